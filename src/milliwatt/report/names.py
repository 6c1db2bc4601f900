"""Names from files, made safe and short enough to show."""

from rich.cells import cell_len

ELLIPSIS = "…"


def printable(name: str) -> str:
    """Return ``name`` with every character that could steer a terminal or a page replaced."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name) or "?"


def elide(name: str, width: int) -> str:
    """Return ``name`` in at most ``width`` terminal cells, its middle dropped where it is longer.

    Layer names share long prefixes and differ at their ends, so both ends stay.
    """
    name = printable(name)
    if cell_len(name) <= width:
        return name
    if width < 1:
        return ""
    head_cells = (width - 1) // 2
    head = _within(name, head_cells)
    tail = _within(name[::-1], width - 1 - head_cells)[::-1]
    return head + ELLIPSIS + tail


def _within(text: str, cells: int) -> str:
    end = len(text)
    while cell_len(text[:end]) > cells:
        end -= 1
    return text[:end]
