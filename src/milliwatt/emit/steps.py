"""The order of a plan's steps as C.

A layer that runs whole is one call. Layers that take turns row by row follow a table of layer
numbers, a byte a row; how far each has come is counted as it goes.
"""

from collections.abc import Iterator
from itertools import groupby

from milliwatt.emit.layer import LayerWriter
from milliwatt.plan import ARRIVAL, Call, Plan, Step

MOST_IN_A_BYTE = 255
MOST_ROWS = 0xFFFF  # that a counter of 16 bits holds
_PER_LINE = 32


def order_type(plan: Plan) -> str:
    """Return the C type of a layer's number in a table of steps: a byte wherever that is enough."""
    return "uint8_t" if len(taking_turns(plan)) <= MOST_IN_A_BYTE else "uint16_t"


def counter_type(plan: Plan) -> str:
    """Return the C type that counts the rows of any layer."""
    most = max((s.first + s.count for s in plan.steps), default=0)
    return "uint16_t" if most <= MOST_ROWS else "uint32_t"


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
    first = "next[layer]" if counter == "uint16_t" else "(int32_t)next[layer]"
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
            order = [turns[s.index] for s in steps for _ in range(s.count)]
            yield "{"
            yield from (f"    {line}" for line in order_table(order, order_type(plan)))
            yield f"    {follow}(at, order, {len(order)}, next);"
            yield "}"
        else:
            yield from (_call(plan, writer, s) for s in steps)


def order_table(order: list[int], number: str) -> Iterator[str]:
    """Yield the definition of a table of steps."""
    yield f"static const {number} order[{len(order)}] = {{"
    for at in range(0, len(order), _PER_LINE):
        yield "    " + ", ".join(map(str, order[at : at + _PER_LINE])) + ","
    yield "};"


def _call(plan: Plan, writer: LayerWriter, step: Step) -> str:
    assert step.index != ARRIVAL  # noqa: S101  (only plans for arriving rows have those)
    return f"{writer.symbol(plan.calls[step.index])}(at, {step.first}, {step.count});"


def _case(place: int, count: int) -> str:
    """The last layer is the default, so that the compiler need not check for others."""
    return "default:" if place == count - 1 else f"case {place}:"
