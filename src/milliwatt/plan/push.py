"""Plans for live data: the input arrives a row at a time, nothing of it is kept longer than needed.

Two kinds. *Sliding*: the model looks at the last rows of an endless signal, and every row that
arrives (or every few, with strides) gives the result of the window that ends there; each layer
computes only what is new. That is exact where no layer pads along rows, since a padded border would
have to move with the window. *Image*: otherwise, a result is due after all rows of one input, then
the next input begins.

On request padded models slide too, as *endless* signals: padding stands before the first row of the
signal and nowhere else, so a layer reads real rows where the model by itself would see padding, and
sums over all rows become sums over as many rows, one for each new row. What that means, row for
row, is `milliwatt.run.endless`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from math import gcd, lcm

from milliwatt.errors import UnsupportedOp
from milliwatt.ir import Graph, Kind, Node, Rows, Special, Value, Window
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.pool import Pool2d
from milliwatt.plan.schedule import Schedule
from milliwatt.plan.steps import ARRIVAL, Step, storage

CLOCK_BYTES = 4
MOST_LAYERS = 254  # numbers in a byte; the one left over stands for an arriving row
MOST_IN_A_BYTE = 0xFF
MOST_ROWS = 0xFFFF


class PushKind(Enum):
    """What pushing rows means for a model."""

    IMAGE = "image"
    SLIDING = "sliding"


@dataclass(frozen=True, slots=True)
class Pace:
    """When a tensor gets rows: row ``r`` with the arrival of input row ``delay + r * hop``."""

    delay: int
    hop: int


@dataclass(frozen=True, slots=True)
class Push:
    """How rows become results.

    Attributes:
        kind: whether windows slide.
        rows_per_result: rows from one result to the next, once it runs.
        first_result_rows: rows until the first result.
        paces: for each node that computes, by its index, when it does (sliding only).
        counter_bytes: of the counter of rows that each layer has, and the input.
        why_not_sliding: what stands in the way of sliding, None where it slides.
        endless: padding stands before the first row of a signal alone, as was asked for.
        padded: the layers that pad along rows, and so see other rows than the model by itself.
        again: the row at which counters begin again, behind all padding.
    """

    kind: PushKind
    rows_per_result: int
    first_result_rows: int
    paces: Mapping[int, Pace]
    counter_bytes: int
    why_not_sliding: str | None = None
    endless: bool = False
    padded: tuple[str, ...] = ()
    again: int = 0


def header_bytes(push: Push, calls: int) -> int:
    """Return the size of a clock, and a counter for each layer and for the input, 8-aligned."""
    return -(-(CLOCK_BYTES + push.counter_bytes * (calls + 1)) // 8) * 8


def check_counters(graph: Graph) -> None:
    """Raise `UnsupportedOp` where layers or rows are more than a push's small counters hold."""
    layers, rows = len(graph.nodes), max(v.type.rows for v in graph.values.values())
    if layers > MOST_LAYERS or rows > MOST_ROWS:
        raise UnsupportedOp(
            f"{graph.name}: {layers} layers and tensors of up to {rows} rows; rows can be pushed "
            f"into models of at most {MOST_LAYERS} layers and {MOST_ROWS} rows"
        )


def counter_period(node: Node, capacity: Mapping[Value, int]) -> int:
    """Return after how many rows a node's counter may begin again: all its rings are back."""
    period = capacity[node.output]
    rule = sliding_windows(node)
    if isinstance(rule, Special):
        return 1
    for window, v in zip(rule, node.inputs, strict=True):
        if window is not None and window.stride:
            period = lcm(period, capacity[v] // gcd(capacity[v], window.stride))
    return period


def sliding_windows(node: Node) -> Rows:
    """Return a node's row rule on a signal: a sum over all rows is a window of as many rows."""
    rule = node.op.rows(node.types)
    if rule is Special.ACCUMULATE:
        return (Window(span=node.inputs[0].type.rows),)
    return rule


def _counter_bytes(graph: Graph, most: int) -> int:
    """Return the size of a counter that reaches ``most``, or raise `UnsupportedOp`."""
    if most > MOST_ROWS:
        raise UnsupportedOp(
            f"{graph.name}: rows must be counted up to {most} until all rings of a layer are back "
            f"where they began; wanted at most {MOST_ROWS}"
        )
    return 1 if most <= MOST_IN_A_BYTE else 2


def sliding(graph: Graph, *, endless: bool = False) -> tuple[Push, Schedule]:
    """Return how ``graph`` runs on a signal without end, and one push of it as a schedule.

    Args:
        graph: what runs.
        endless: let layers pad and sum along rows; their results are then others than those of
            the graph on each window by itself.

    Raises:
        UnsupportedOp: windows cannot slide; says which layer stands in the way and why.
    """
    if len(graph.inputs) != 1:
        raise UnsupportedOp(f"{graph.name} has {len(graph.inputs)} inputs; rows come for one")
    if graph.variables:
        raise UnsupportedOp(f"{graph.name} keeps state of its own; it slides already")
    paces: dict[Value, Pace] = {graph.inputs[0]: Pace(0, 1)}
    for node in graph.nodes:
        paces[node.output] = _pace(node, paces, endless=endless)
    results = {paces[v] for v in graph.outputs if v in paces}
    if len(results) != 1 or any(v.type.rows != 1 for v in graph.outputs):
        raise UnsupportedOp(f"{graph.name}: its outputs are not one row each, due together")
    (due,) = results
    one = _one_push(graph, paces)
    computing = [n for n in graph.nodes if n.op.rows(n.types) is not Special.VIEW]
    periods = [counter_period(n, one.capacity) for n in computing]
    again = max((_rows_before(n) for n in graph.nodes), default=0)
    push = Push(
        PushKind.SLIDING,
        rows_per_result=due.hop,
        first_result_rows=due.delay + 1,
        paces={
            i: paces[n.output]
            for i, n in enumerate(graph.nodes)
            if n.op.rows(n.types) is not Special.VIEW
        },
        counter_bytes=_counter_bytes(
            graph, max([one.capacity[graph.inputs[0]], *(again + n for n in periods)])
        ),
        endless=endless,
        padded=tuple(n.name for n in graph.nodes if _pads(n)),
        again=again,
    )
    return push, one


def slides(graph: Graph, *, endless: bool = False) -> bool:
    """Tell whether windows slide over what is pushed into ``graph``, see `sliding`."""
    try:
        sliding(graph, endless=endless)
    except UnsupportedOp:
        return False
    return True


def image(graph: Graph, why_not_sliding: str) -> Push:
    """Return how ``graph`` runs on inputs that come row by row, one after the other.

    Raises:
        UnsupportedOp: the model has several inputs, or keeps state of its own.
    """
    if len(graph.inputs) != 1 or graph.variables:
        raise UnsupportedOp(
            f"{graph.name}: rows can be pushed into models with one input and no state of their own"
        )
    rows = graph.inputs[0].type.rows
    most = max(v.type.rows for v in graph.values.values())
    return Push(PushKind.IMAGE, rows, rows, {}, _counter_bytes(graph, most), why_not_sliding)


def _rows_before(node: Node) -> int:
    """Return how many of a node's first rows read what lies before the signal."""
    rule = sliding_windows(node)
    windows = [] if isinstance(rule, Special) else [w for w in rule if w is not None and w.stride]
    return max((-(-w.pad // w.stride) for w in windows), default=0)


def _pads(node: Node) -> bool:
    """Tell whether some window of rows leaves an operand."""
    rule, rows = sliding_windows(node), node.output.type.rows
    return not isinstance(rule, Special) and any(
        _leaves(w, rows, v) for w, v in zip(rule, node.inputs, strict=True) if w is not None
    )


def _leaves(window: Window, rows: int, v: Value) -> bool:
    first, count = window.needs(0, rows)
    return first < 0 or first + count > v.type.rows


def _pace(node: Node, paces: Mapping[Value, Pace], *, endless: bool) -> Pace:
    """Return when a node computes, or raise `UnsupportedOp` with the reason why it cannot slide."""
    rule, y = node.op.rows(node.types), node.output.type
    if endless:
        rule = sliding_windows(node)
    if isinstance(rule, Special):
        x = node.inputs[0]
        same_rows = x.type.rows == y.rows and x.type.row_size == y.row_size
        if (rule is Special.VIEW and same_rows) or x.type.rows == 1 == y.rows:
            return paces[x]
        raise UnsupportedOp(f"layer {node.name!r} ({node.op.name}) {rule.value}")
    pairs = [(w, v) for w, v in zip(rule, node.inputs, strict=True) if w is not None]
    found = [
        _window_pace(node, window, v, paces[v], endless=endless)
        for window, v in pairs
        if v.kind is not Kind.CONSTANT
    ]
    if any(v.kind is Kind.CONSTANT and v.type.rows > 1 for _, v in pairs):
        raise UnsupportedOp(f"layer {node.name!r} reads a constant that differs by row")
    if len({pace.hop for pace in found}) != 1:
        raise UnsupportedOp(f"layer {node.name!r} joins signals of different rates")
    return max(found, key=lambda pace: pace.delay)


def _window_pace(node: Node, window: Window, v: Value, source: Pace, *, endless: bool) -> Pace:
    """Return when one operand alone would let a node compute."""
    rows = node.output.type.rows
    if _leaves(window, rows, v):
        if not endless:
            raise UnsupportedOp(
                f"layer {node.name!r} ({node.op.name}) pads along rows (SAME padding in time)"
            )
        _check_padding(node, window)
    if window.stride == 0 and rows > 1:
        raise UnsupportedOp(f"layer {node.name!r} reads the same rows for every output row")
    behind = window.span - 1 - window.pad
    return Pace(source.delay + behind * source.hop, (window.stride or 1) * source.hop)


def _check_padding(node: Node, window: Window) -> None:
    """Raise `UnsupportedOp` unless each row of a padded layer reads a row of the signal, or will.

    What lies before it must be the layer's own affair: rows that a graph puts there or joins on
    (a pad that no convolution takes in, a concatenation along rows) are results themselves.
    """
    where = f"layer {node.name!r} ({node.op.name})"
    if not isinstance(node.op, Conv2d | DepthwiseConv2d | Pool2d):
        raise UnsupportedOp(
            f"{where} adds rows of its own to the signal; only convolutions and pooling may pad"
        )
    if window.pad >= window.span:
        raise UnsupportedOp(
            f"{where} pads {window.pad} rows before a window of {window.span}; wanted fewer"
        )


def _one_push(graph: Graph, paces: Mapping[Value, Pace]) -> Schedule:
    """Return one push in which every layer computes a row, as the plan needs it for its memory."""
    roots = storage(graph)
    steps = [Step(ARRIVAL, 0, 1)]
    made: dict[Value, int] = {graph.inputs[0]: 0}
    last_read: dict[Value, int] = {}
    capacity = {v: v.type.rows if v.kind is Kind.CONSTANT else 1 for v in graph.values.values()}
    lasting: set[Value] = set(graph.outputs)
    for i, node in enumerate(graph.nodes):
        if node.op.rows(node.types) is Special.VIEW:
            made[node.output] = made[node.inputs[0]]
            continue
        steps.append(Step(i, 0, 1))
        made[node.output] = len(steps) - 1
        for v, before in zip(node.inputs, _reads_before(node), strict=True):
            if v.kind is Kind.CONSTANT:
                continue
            behind = paces[node.output].delay - paces[v].delay
            # from the oldest row read to the newest there is
            kept = behind // paces[v].hop + 1 + before
            capacity[v] = max(capacity[v], kept)
            last_read[roots[v]] = len(steps) - 1
            if kept > 1 or behind:
                lasting.add(v)
    for v, root in roots.items():
        if root is not v:
            capacity[root] = capacity[v] = max(capacity[root], capacity[v])
    end = len(steps) - 1
    lasting_roots = {roots[v] for v in lasting if v not in graph.outputs}
    alive = {}
    for v, since in made.items():
        if roots[v] is v:
            until = end if any(roots[o] is v for o in graph.outputs) else last_read.get(v, since)
            alive[v] = ((0, end),) if v in lasting_roots else ((since, until),)
    return Schedule(tuple(steps), capacity, alive, {})


def _reads_before(node: Node) -> list[int]:
    """Return for each operand by how many rows the oldest one read lies before the signal."""
    rule = sliding_windows(node)
    if isinstance(rule, Special):
        return [0] * len(node.inputs)
    return [0 if window is None else max(0, window.pad) for window in rule]
