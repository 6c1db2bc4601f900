"""The order of a plan's steps as C.

A layer that runs whole is one call. Layers that take turns row by row follow a table of layer
numbers, a byte a row, in which what repeats itself stands once; how far each layer has come is
counted as it goes.
"""

from collections.abc import Iterator
from itertools import groupby

from milliwatt.emit.layer import LayerWriter
from milliwatt.emit.order import Order, find_order
from milliwatt.plan import ARRIVAL, Call, Plan, Step

MOST_IN_A_BYTE = 255
MOST_ROWS = 0xFFFF  # that a counter of 16 bits holds


def order_type(plan: Plan) -> str:
    """Return the C type of a layer's number in a table of steps: a byte wherever that is enough."""
    return "uint8_t" if len(taking_turns(plan)) <= MOST_IN_A_BYTE else "uint16_t"


def counter_type(plan: Plan) -> str:
    """Return the C type that counts the rows of any layer."""
    if plan.push is not None:
        return "uint8_t" if plan.push.counter_bytes == 1 else "uint16_t"
    most = max((s.first + s.count for s in plan.steps), default=0)
    if most > MOST_ROWS:
        return "uint32_t"
    return "uint8_t" if most <= MOST_IN_A_BYTE else "uint16_t"


def taking_turns(plan: Plan) -> tuple[Call, ...]:
    """Return the layers that run in more than one step; all of them where rows are pushed."""
    if plan.push is not None:
        return plan.calls
    counts: dict[int, int] = {}
    for step in plan.steps:
        counts[step.index] = counts.get(step.index, 0) + 1
    return tuple(c for c in plan.calls if counts.get(c.number, 0) > 1)


def dispatcher(plan: Plan, writer: LayerWriter, prefix: str) -> Iterator[str]:
    """Yield the function that follows a table of steps, where any layers take turns."""
    turns = taking_turns(plan)
    if not turns:
        return
    yield "/* Compute rows in the given order; next[] counts the rows of each layer. */"
    number, counter = order_type(plan), counter_type(plan)
    yield f"static void {prefix}_follow(uint8_t *const *at, const {number} *order, int32_t count,"
    yield f"{' ' * (len(prefix) + 20)}{counter} *next)\n{{"
    yield "    for (int32_t i = 0; i < count;) {"
    first = "(int32_t)next[layer]" if counter == "uint32_t" else "next[layer]"
    yield f"        const int32_t layer = order[i], first = {first};"
    yield "        int32_t rows = 0;"
    yield "        do {"
    yield "            rows++;"
    yield "            i++;"
    yield "        } while (i < count && order[i] == layer);"
    yield f"        next[layer] = ({counter})(first + rows);"
    yield "        switch (layer) {"
    for place, call in enumerate(turns):
        yield f"        {_case(place, len(turns))} {writer.symbol(call)}(at, first, rows); break;"
    yield "        }"
    yield "    }"
    yield "}\n"


def run_steps(plan: Plan, writer: LayerWriter) -> Iterator[str]:
    """Yield the statements that run all steps."""
    turns = {c.number: place for place, c in enumerate(taking_turns(plan))}
    if turns:
        yield f"{counter_type(plan)} next[{len(turns)}] = {{0}};"
    follow = f"mw_{writer.model_name}_follow"
    for together, steps in groupby(plan.steps, lambda s: s.index in turns):
        if together:
            order = find_order([turns[s.index] for s in steps for _ in range(s.count)])
            yield "{"
            yield from (f"    {line}" for line in order.definition(order_type(plan)))
            yield from (f"    {line}" for line in _follow(follow, order))
            yield "}"
        else:
            yield from (_call(plan, writer, s) for s in steps)


def _follow(follow: str, order: Order) -> Iterator[str]:
    """Yield the calls that go through a table: once, or with its cycle so many times."""
    parts = [(0, order.begin, 1), (order.begin, order.end, order.times)]
    for begin, end, times in [*parts, (order.end, len(order.codes), 1)]:
        if begin == end:
            continue
        place = f"order + {begin}" if begin else "order"
        call = f"{follow}(at, {place}, {end - begin}, next);"
        if times > 1:
            yield f"for (int32_t i = 0; i < {times}; i++) {{"
            yield f"    {call}"
            yield "}"
        else:
            yield call


def _call(plan: Plan, writer: LayerWriter, step: Step) -> str:
    assert step.index != ARRIVAL  # noqa: S101  (only plans for arriving rows have those)
    return f"{writer.symbol(plan.calls[step.index])}(at, {step.first}, {step.count});"


def _case(place: int, count: int) -> str:
    """The last layer is the default, so that the compiler need not check for others."""
    return "default:" if place == count - 1 else f"case {place}:"
