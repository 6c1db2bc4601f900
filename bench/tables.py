"""Markdown tables, and how figures read in them."""

from collections.abc import Iterable, Sequence

from bench.figures import Check

NONE = "–"  # where there is nothing to show
_NO_PROSE = ("|", "#", "```", "* ")  # a table, a heading, commands, a list


def table(head: Sequence[str], rows: Iterable[Sequence[str]], text_columns: int) -> str:
    """Return a table whose first ``text_columns`` are set left and all others right."""
    rule = ["---" if i < text_columns else "---:" for i in range(len(head))]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *rows))


def shell(*commands: str) -> str:
    """Return a block of commands to type."""
    return "```sh\n" + "\n".join(commands) + "\n```"


def unwrapped(text: str) -> str:
    """Return Markdown with each paragraph on one line, however it was broken in a source."""
    parts = text.split("\n\n")
    return "\n\n".join(p if p.startswith(_NO_PROSE) else " ".join(p.split()) for p in parts)


def against(check: Check, scale: float = 1, digits: int = 0) -> str:
    """Return what was found beside its goal, both divided by ``scale``, and any miss."""
    found, limit = (f"{value / scale:,.{digits}f}" for value in (check.found, check.limit))
    met, missed = ("≥", "<") if check.at_least else ("≤", ">")
    if check.holds:
        return f"{found} {met} {limit}"
    return f"**{found} {missed} {limit}, missed by {percent(check.miss)}**"


def percent(share: float) -> str:
    """Return a share, to the tenth of a percent."""
    return f"{100 * share:.1f} %"
