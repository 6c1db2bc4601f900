"""Draw how layers take turns row by row, from a real schedule: ``python docs/rows.py``.

Writes ``docs/img/rows.svg``: every row of every tensor of a small network as a bar, from the unit
of work that makes it to the last that reads it, once streamed and once on whole maps.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from milliwatt.ir import Builder, DType, Graph, Quant, Special, TensorType, Value
from milliwatt.ops.nn.average_pool2d import AveragePool2d
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.plan import ARRIVAL, Schedule, lower_bound, play
from milliwatt.plan.lifetimes import arena_spans

PICTURE = Path(__file__).parent / "img" / "rows.svg"
ROWS, PIXELS, CHANNELS = 10, 10, 8  # of the input
UNIT, SLOT, LANE_GAP, LEFT, TOP = 23, 17, 9, 182, 52  # pixels
COLOURS = ("#8fb7e0", "#9fd3a8", "#f1c27b", "#d9a3c7")
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
    'font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222">\n'
    '<rect width="{w}" height="{h}" fill="#fff"/>'
)


@dataclass
class Life:
    """When a row is made, and when it is read, in units of work."""

    made: int
    reads: list[int]

    @property
    def end(self) -> int:
        """The last unit at which the row matters."""
        return max([self.made, *self.reads])


def network() -> Graph:
    """Return three layers: windows of three rows, the second with stride 2, and an average."""
    quant = Quant((0.5,), 0)
    b = Builder("rows")
    x = b.input("input", TensorType((1, ROWS, PIXELS, CHANNELS), DType.S8, quant))
    a = b.node("layer A", AveragePool2d(quant, (3, 3), (1, 1), (1, 1, 1, 1)), x)
    c = b.node("layer B", MaxPool2d(quant, (3, 3), (2, 1), (0, 1, 1, 1)), a)
    return b.build(b.node("average", GlobalAveragePool(quant), c))


def lives(graph: Graph, schedule: Schedule) -> tuple[dict[Value, list[Life]], int]:
    """Return when each row of each tensor is made and read, and the units of work altogether."""
    rows: dict[Value, list[Life]] = {v: [] for v in graph.values.values()}
    now = 0
    for step in schedule.steps:
        for row in range(step.first, step.first + step.count):
            if step.index == ARRIVAL:
                rows[graph.inputs[0]].append(Life(now, []))
            else:
                _compute(graph, step.index, row, now, rows)
            now += 1
    return rows, now


def _compute(
    graph: Graph, index: int, row: int, now: int, rows: Mapping[Value, list[Life]]
) -> None:
    node = graph.nodes[index]
    x, rule = node.inputs[0], node.op.rows(node.types)
    if isinstance(rule, Special):  # the average takes row by row and keeps its sums
        rows[x][row].reads.append(now)
        if row == 0:
            rows[node.output].append(Life(now, []))
        rows[node.output][0].reads.append(now)
        return
    (window,) = rule
    if window is not None:
        first, count = window.needs(row, 1)
        for r in range(max(0, first), min(x.type.rows, first + count)):
            rows[x][r].reads.append(now)
    rows[node.output].append(Life(now, []))


def drawing() -> str:
    """Return the picture: the network streamed, and below it the same one on whole maps."""
    graph = network()
    everything = graph.values.values()
    body: list[str] = []
    y, width = 8, 0
    for title, schedule in (
        ("By rows: each row as soon as its inputs exist", play(graph, (), arriving=True)),
        (
            "Whole: one layer after the other",
            play(graph, everything, deepest_first=False, arriving=True),
        ),
    ):
        rows, units = lives(graph, schedule)
        held = lower_bound(arena_spans(graph, schedule, {}).values())
        width = max(width, LEFT + units * UNIT + 16)
        body.append(
            f'<text x="10" y="{y + 16}" font-size="15" font-weight="bold">{title}</text>'
            f'<text x="10" y="{y + 36}">{held:,} bytes at most. '
            "A bar is a row, from when it is made to its last use; a dot is a read.</text>"
        )
        y += TOP
        for v, colour in zip(everything, COLOURS, strict=True):
            body += _lane(v, rows[v], schedule.capacity[v], y, colour)
            y += schedule.capacity[v] * SLOT + LANE_GAP
        y += 4
        body.append(
            f'<path d="M {LEFT} {y} H {LEFT + units * UNIT}" stroke="#222" fill="none"/>'
            f'<path d="M {LEFT + units * UNIT} {y - 4} l 8 4 l -8 4 z"/>'
            f'<text x="{LEFT}" y="{y + 16}">time: one column is one row that arrives or is '
            "computed</text>"
        )
        y += 40
    return "\n".join([HEAD.format(w=width, h=y), *body, "</svg>"]) + "\n"


def _lane(v: Value, rows: list[Life], capacity: int, y: int, colour: str) -> Iterator[str]:
    """Yield a tensor: its buffer, a line for each row that it has room for, and what lies there."""
    if capacity < v.type.rows:  # a ring
        room = f"ring of {capacity} of {v.type.rows} rows" if capacity > 1 else "1 row, used again"
    else:
        room = f"all {capacity} rows" if capacity > 1 else "sums, then 1 row"
    height = capacity * SLOT
    yield f'<rect x="10" y="{y}" width="5" height="{height}" fill="{colour}"/>'
    yield f'<text x="22" y="{y + 13}"><tspan font-weight="bold">{v.name}</tspan> {room}</text>'
    for r, life in enumerate(rows):
        top = y + r % capacity * SLOT
        x, long = LEFT + life.made * UNIT, (life.end - life.made + 1) * UNIT
        yield (
            f'<rect x="{x + 1}" y="{top + 1}" width="{long - 2}" height="{SLOT - 2}" rx="3" '
            f'fill="{colour}"/><text x="{x + 6}" y="{top + 13}" font-size="11">{r}</text>'
        )
        for read in life.reads:
            centre = LEFT + read * UNIT + UNIT - 7
            yield f'<circle cx="{centre}" cy="{top + SLOT / 2}" r="2.5"/>'


if __name__ == "__main__":
    PICTURE.write_text(drawing(), "utf-8")
