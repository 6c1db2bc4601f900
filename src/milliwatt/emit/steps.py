"""The order of a plan's steps as C.

A layer that runs whole is one call. Layers that take turns row by row follow a table of layer
numbers, a byte a row; how far each has come is counted as it goes.
"""

from collections.abc import Iterator
from itertools import groupby

from milliwatt.emit.layer import LayerWriter
from milliwatt.plan import ARRIVAL, Call, Plan, Step

_PER_LINE = 32


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
    yield f"static void {prefix}_follow(uint8_t *const *at, const uint8_t *order, int32_t count,"
    yield f"{' ' * (len(prefix) + 20)}uint16_t *next)\n{{"
    yield "    for (int32_t i = 0; i < count;) {"
    yield "        const int32_t layer = order[i], first = next[layer];"
    yield "        int32_t rows = 0;"
    yield "        do {"
    yield "            rows++;"
    yield "            i++;"
    yield "        } while (i < count && order[i] == layer);"
    yield "        next[layer] = (uint16_t)(first + rows);"
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
        yield f"uint16_t next[{len(turns)}] = {{0}};"
    follow = f"mw_{writer.model_name}_follow"
    for together, steps in groupby(plan.steps, lambda s: s.index in turns):
        if together:
            order = [turns[s.index] for s in steps for _ in range(s.count)]
            yield "{"
            yield from (f"    {line}" for line in order_table(order))
            yield f"    {follow}(at, order, {len(order)}, next);"
            yield "}"
        else:
            yield from (_call(plan, writer, s) for s in steps)


def order_table(order: list[int]) -> Iterator[str]:
    """Yield the definition of a table of steps."""
    yield f"static const uint8_t order[{len(order)}] = {{"
    for at in range(0, len(order), _PER_LINE):
        yield "    " + ", ".join(map(str, order[at : at + _PER_LINE])) + ","
    yield "};"


def _call(plan: Plan, writer: LayerWriter, step: Step) -> str:
    assert step.index != ARRIVAL  # noqa: S101  (only plans for arriving rows have those)
    return f"{writer.symbol(plan.calls[step.index])}(at, {step.first}, {step.count});"


def _case(place: int, count: int) -> str:
    """The last layer is the default, so that the compiler need not check for others."""
    return "default:" if place == count - 1 else f"case {place}:"
