"""Accuracy against what it costs: a panel a resource, a dot a candidate, a line for the front.

A picture for documents as well as pages, so it carries its own colours, light and dark.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from milliwatt.report.names import elide, printable

_PANEL, _HEIGHT = 320, 300  # px
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 34, 40
_LABEL = 26  # characters beside a dot
_TICKS = 4
_STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#444}.title{font-size:13px;fill:#111}"
    ".dot{fill:#9aa5b1}.front{fill:#0b6e99}.best{fill:#c2410c}"
    ".line{fill:none;stroke:#0b6e99;stroke-width:1.5}.limit{stroke:#c2410c;stroke-dasharray:4 3}"
    ".axis{stroke:#bbb}"
    "@media(prefers-color-scheme:dark){text{fill:#bbb}.title{fill:#eee}.axis{stroke:#555}"
    ".dot{fill:#667}.front{fill:#4cb3dd}.line{stroke:#4cb3dd}.best{fill:#fb923c}}"
)

Place = Callable[[float, float], tuple[float, float]]
"""From what is taken and an accuracy to a place in the panel, px."""


@dataclass(frozen=True, slots=True)
class Resource:
    """An axis: what it counts, and the limit that was set, in the same unit."""

    title: str
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A candidate: its accuracy (0 to 1) and what it takes of each resource, None if unknown.

    ``name`` is written beside the dot, where there is one; ``best`` sets it apart.
    """

    label: str
    accuracy: float
    takes: tuple[float | None, ...]
    name: str = ""
    best: bool = False


def pareto(
    title: str, about: str, resources: Sequence[Resource], marks: Sequence[Mark], least: float
) -> str:
    """Return an SVG document with a panel for each resource.

    Args:
        title: for those who do not see the picture.
        about: likewise, what it shows.
        resources: the panels, in the order of `Mark.takes`.
        marks: the dots; at least one.
        least: the accuracy that is still allowed, drawn as a line.
    """
    width = _PANEL * len(resources)
    body = [
        f'<g transform="translate({_PANEL * i} 0)">{"".join(_panel(i, r, marks, least))}</g>'
        for i, r in enumerate(resources)
    ]
    label = escape(printable(f"{title}. {about}"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" role="img" '
        f'aria-label="{label}" width="{width}"><style>{_STYLE}</style>{"".join(body)}</svg>\n'
    )


def _panel(i: int, resource: Resource, marks: Sequence[Mark], least: float) -> Iterator[str]:
    known = [(m, x) for m in marks if (x := m.takes[i]) is not None]
    yield f'<text class="title" x="{_LEFT}" y="18">{escape(resource.title)}</text>'
    if not known:
        yield f'<text x="{_LEFT}" y="60">not known of this board</text>'
        return
    most = max([x for _, x in known] + ([resource.limit] if resource.limit else []))
    right = _TICKS * _step(1.02 * most / _TICKS)
    accuracies = [m.accuracy for m, _ in known] + [least]
    low, high = min(accuracies), max(accuracies)
    low, high = low - 0.1 * (high - low) - 0.002, high + 0.1 * (high - low) + 0.002

    def at(x: float, y: float) -> tuple[float, float]:
        across = (_PANEL - _LEFT - _RIGHT) * x / right
        up = (_HEIGHT - _TOP - _BOTTOM) * (y - low) / (high - low)
        return _LEFT + across, _HEIGHT - _BOTTOM - up

    yield from _axes(at, right, low, high)
    _, y = at(0, least)
    yield f'<line class="limit" x1="{_LEFT}" x2="{_PANEL - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    if resource.limit:
        x, _ = at(resource.limit, low)
        yield (
            f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>'
        )
    front = _front(known)
    points = " ".join("{:.1f},{:.1f}".format(*at(x, m.accuracy)) for m, x in front)
    yield f'<polyline class="line" points="{points}"/>'
    on_front = {id(m) for m, _ in front}
    for mark, taken in known:
        x, y = at(taken, mark.accuracy)
        kind = "best" if mark.best else "front" if id(mark) in on_front else "dot"
        tip = f"{mark.label}: {100 * mark.accuracy:.2f} %, {taken:,.6g}"
        yield (
            f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{5 if mark.best else 4}">'
            f"<title>{escape(printable(tip))}</title></circle>"
        )
        if mark.name:
            anchor = "end" if x > _PANEL / 2 else "start"
            side = -7 if anchor == "end" else 7
            text = escape(elide(printable(mark.name), _LABEL))
            yield f'<text x="{x + side:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}">{text}</text>'


def _axes(at: Place, right: float, low: float, high: float) -> Iterator[str]:
    left, bottom = at(0, low)
    end, top = at(right, high)
    yield f'<path class="axis" fill="none" d="M{left:.1f} {top:.1f}V{bottom:.1f}H{end:.1f}"/>'
    for i in range(_TICKS + 1):
        share = i / _TICKS
        x, _ = at(right * share, low)
        _, y = at(0, low + (high - low) * share)
        yield (
            f'<text x="{x:.1f}" y="{bottom + 16:.1f}" text-anchor="middle">'
            f"{_short(right * share)}</text>"
        )
        percent = f"{100 * (low + (high - low) * share):.1f} %"
        yield f'<text x="{left - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{percent}</text>'


def _step(least: float) -> float:
    """Return the smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is not below."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(n * power for n in (1, 2, 2.5, 5, 10) if n * power >= least)


def _short(number: float) -> str:
    """Return a number as a tick says it: 2.5, 400, 20 k, 1.5 M."""
    for unit, name in ((1e6, " M"), (1e3, " k")):
        if number >= 10 * unit or (number >= unit > 1e3):
            return f"{number / unit:g}{name}"
    return f"{number:,g}"


def _front(known: Sequence[tuple[Mark, float]]) -> list[tuple[Mark, float]]:
    """Return the marks that are more accurate than all that take less."""
    front: list[tuple[Mark, float]] = []
    for mark, x in sorted(known, key=lambda item: (item[1], -item[0].accuracy)):
        if not front or mark.accuracy > front[-1][0].accuracy:
            front.append((mark, x))
    return front
