"""Charts as SVG: bars and a map of memory over time.

Horizontal positions are percentages and vertical ones pixels, so a chart takes the width of its
place and its text keeps its size, on a telephone as on a desk. Colours are the style sheet's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from milliwatt.report.names import elide, printable

_ROW = 20  # px for a bar's line of text
_BAR = 8  # px for each bar under it
_GAP = 10
_MAP = 320  # px of height of a memory map
_TEXT = 13  # px a line of text needs to be read
_CHARACTER = 6.6  # px, width of a character of small text on average
_WIDE, _NARROW = 740, 300  # px that a map has on a desk and on a telephone
_LABEL = 30  # characters of a bar's label
_FEWEST = 7  # characters that still tell one block from another
_STEP_LABELS = 12
_HUES = 5  # colours that the style sheet names

MIN_PIECES = 3  # fewer are labelled one by one


@dataclass(frozen=True, slots=True)
class Bar:
    """A label, its figure in words, and the lengths of its bars as shares of the whole width."""

    label: str
    figure: str
    lengths: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of memory over time: columns ``first`` to ``last``, units ``low`` to ``high``."""

    label: str
    tip: str
    first: int
    last: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line across a map and what it says; ``strong`` is drawn over the blocks."""

    at: int
    label: str
    strong: bool = False


def bars(title: str, about: str, rows: Sequence[Bar]) -> str:
    """Return horizontal bars, a line of text above each; the second of a row is hollow."""
    body, y = [], 0
    for row in rows:
        name, whole = escape(elide(row.label, _LABEL)), escape(printable(row.label))
        figure = escape(row.figure)
        body.append(
            f"<g><title>{whole}: {figure}</title>"
            f'<text y="{y + _ROW - 6}">{name}</text>'
            f'<text class="figure" x="100%" y="{y + _ROW - 6}">{figure}</text>'
        )
        y += _ROW
        for series, length in enumerate(row.lengths):
            width = 100 * min(max(length, 0.0), 1.0)
            body.append(
                f'<rect class="track" y="{y}" width="100%" height="{_BAR - 2}" rx="2"/>'
                f'<rect class="series{series}" y="{y}" width="{width:.2f}%" '
                f'height="{_BAR - 2}" rx="2"/>'
            )
            y += _BAR
        body.append("</g>")
        y += _GAP
    return _svg("bars", title, about, y, body)


def memory_map(
    title: str, about: str, blocks: Sequence[Block], levels: Sequence[Level], columns: range
) -> str:
    """Return blocks of memory (upwards) over time (to the right), with lines across.

    Args:
        title: for those who do not see the picture.
        about: likewise, what the picture shows.
        blocks: each drawn with its label where that fits, and its tip on hover.
        levels: lines with labels at the left.
        columns: the steps to show, which hold all blocks; numbered from 1 at the foot.
    """
    top = max([1, *(b.high for b in blocks), *(level.at for level in levels)])
    scale = _MAP / top
    body = [_level(level, _MAP - level.at * scale) for level in levels if not level.strong]
    hues = {label: i for i, label in enumerate(dict.fromkeys(b.label for b in blocks))}
    pieces = _in_pieces(blocks)
    body += [_block(hues[b.label], b, columns, scale, named=b.label not in pieces) for b in blocks]
    body += [_name_of_pieces(of_one, columns, scale) for of_one in pieces.values()]
    body += [_level(level, _MAP - level.at * scale) for level in levels if level.strong]
    body += _numbers(columns)
    return _svg("map", title, about, _MAP + 28, body)


def _in_pieces(blocks: Sequence[Block]) -> dict[str, list[Block]]:
    """Return by label the blocks of each buffer that is drawn in several pieces, one on another."""
    pieces: dict[str, list[Block]] = {}
    for b in blocks:
        pieces.setdefault(b.label, []).append(b)
    return {
        label: of_one
        for label, of_one in pieces.items()
        if len({b.low for b in of_one}) >= MIN_PIECES
    }


def _name_of_pieces(of_one: Sequence[Block], columns: range, scale: float) -> str:
    """Return the one label of a buffer in pieces; it stands over the longest."""
    longest = max(of_one, key=lambda b: b.last - b.first)
    share = (longest.last - longest.first + 1) / max(1, len(columns))
    x = 100 * (longest.first - columns.start) / max(1, len(columns))
    y = _MAP - scale * (longest.low + longest.high) / 2
    return (
        f'<svg x="{x:.3f}%" y="{y - _TEXT:.2f}" width="{100 * share:.3f}%" '
        f'height="{2 * _TEXT}">{_block_label(longest.label, share, _TEXT + 4)}</svg>'
    )


def _block(index: int, block: Block, columns: range, scale: float, *, named: bool) -> str:
    """Return a block as a picture of its own, so that its text cannot leave it."""
    share = (block.last - block.first + 1) / max(1, len(columns))
    x = 100 * (block.first - columns.start) / max(1, len(columns))
    height = (block.high - block.low) * scale
    fits = named and height >= _TEXT + 2
    text = _block_label(block.label, share, height / 2 + 4) if fits else ""
    return (
        f'<svg x="{x:.3f}%" y="{_MAP - block.high * scale:.2f}" width="{100 * share:.3f}%" '
        f'height="{max(height, 1.5):.2f}"><title>{escape(printable(block.tip))}</title>'
        f'<rect class="hue{index % _HUES}" width="100%" height="100%" rx="2"/>{text}</svg>'
    )


def _block_label(label: str, share: float, y: float) -> str:
    """Return the label as a desk and as a telephone have room for it; the style sheet picks."""
    label, texts = printable(label), []
    for kind, width in (("wide", _WIDE), ("narrow", _NARROW)):
        fits = int((share * width - 10) / _CHARACTER)
        if fits >= min(len(label), _FEWEST):
            shown = escape(elide(label, fits))
            texts.append(f'<text class="{kind}" x="6" y="{y:.1f}">{shown}</text>')
    return "".join(texts)


def _level(level: Level, y: float) -> str:
    kind = "bound" if level.strong else "grid"
    text = (
        f'<text class="bound" x="100%" dx="-6" y="{y + 14:.1f}">{escape(level.label)}</text>'
        if level.strong
        else f'<text class="axis" x="-8" y="{y + 4:.1f}">{escape(level.label)}</text>'
    )
    return f'<line class="{kind}" x2="100%" y1="{y:.2f}" y2="{y:.2f}"/>{text}'


def _numbers(columns: range) -> Iterator[str]:
    every = max(1, -(-len(columns) // _STEP_LABELS))
    for i in range(0, len(columns), every):
        x = 100 * (i + 0.5) / len(columns)
        yield f'<text class="step" x="{x:.2f}%" y="{_MAP + 20}">{columns[i] + 1}</text>'


def _svg(kind: str, title: str, about: str, height: int, body: Sequence[str]) -> str:
    label = escape(printable(f"{title}. {about}"))
    return (
        f'<svg class="{kind}" role="img" aria-label="{label}" width="100%" height="{height}">'
        f"<desc>{escape(printable(about))}</desc>{''.join(body)}</svg>"
    )
