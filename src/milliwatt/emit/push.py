"""The push function: takes one row of the input, returns 1 when a result is due.

Everything lies in one block, the state: a clock, counters of rows for each layer and for the
input, then the arena.
"""

from collections.abc import Iterator

from milliwatt.emit.layer import LayerWriter
from milliwatt.emit.order import Order, find_order
from milliwatt.emit.steps import counter_type, order_type
from milliwatt.plan import (
    ARRIVAL,
    CLOCK_BYTES,
    Plan,
    Push,
    PushKind,
    counter_period,
)

ARRIVAL_CODE = 255  # in the table of steps: the caller's turn
MOST_IN_HALF_A_CLOCK = 0xFFFF  # where steps repeat, the other half counts how often


def push_signature(plan: Plan, name: str) -> str:
    """Return the prototype of the push function."""
    row = plan.graph.inputs[0].type.dtype.c_name
    outputs = (f"{v.type.dtype.c_name} *output_{i}" for i, v in enumerate(plan.graph.outputs))
    return f"int32_t mw_{name}_push(void *state, const {row} *row, {', '.join(outputs)})"


def push_functions(plan: Plan, push: Push, name: str, writer: LayerWriter) -> Iterator[str]:
    """Yield the reset, init and push functions."""
    yield f"void mw_{name}_reset(void *state)\n{{"
    yield f"    __builtin_memset(state, 0, {plan.state_bytes});\n}}\n"
    yield f"void mw_{name}_init(void *state)\n{{\n    mw_{name}_reset(state);\n}}\n"
    body = _sliding(plan, push, writer) if push.kind is PushKind.SLIDING else _image(plan, name)
    yield f"{push_signature(plan, name)}\n{{"
    yield from (f"    {line}" for line in _state(plan, writer))
    yield from (f"    {line}" for line in body)
    yield "}"


def _state(plan: Plan, writer: LayerWriter) -> Iterator[str]:
    """Yield what both kinds begin with: the parts of the state, and the row into its place."""
    source = plan.graph.inputs[0]
    store, size = plan.stores[source], source.type.row_bytes
    arrived = f"next[{len(plan.calls)}]"
    yield "uint32_t *const clock = state;"
    counter = counter_type(plan)
    yield f"{counter} *const next = ({counter} *)((uint8_t *)state + {CLOCK_BYTES});"
    yield f"uint8_t *const memory = (uint8_t *)state + {plan.state_bytes};"
    bases = ["memory", "state", "memory", *("memory" for _ in plan.graph.outputs)]
    yield f"uint8_t *const at[{len(bases)}] = {{{', '.join(bases)}}};"
    if store.places:
        yield "void *place[1];"
        yield f"mw_places_out(place, memory, {writer.places(source)}, {arrived}++, 1);"
        yield f"__builtin_memcpy(place[0], row, {size});"
    elif store.capacity > 1:
        place = f"memory + {store.offset} + (uint32_t){arrived} * {store.step_bytes}u"
        yield f"__builtin_memcpy({place}, row, {size});"
        yield f"const int32_t after = {arrived} + 1;"
        yield f"{arrived} = ({counter})(after == {store.capacity} ? 0 : after);"
    else:
        yield f"__builtin_memcpy(memory + {store.offset}, row, {size});"


def _results(plan: Plan) -> Iterator[str]:
    for i, v in enumerate(plan.graph.outputs):
        yield f"__builtin_memcpy(output_{i}, memory + {plan.stores[v].offset}, {v.type.bytes});"


def _image(plan: Plan, name: str) -> Iterator[str]:
    """Follow the table of steps up to the next arrival; begin again behind the last step."""
    codes = [
        ARRIVAL_CODE if s.index == ARRIVAL else s.index for s in plan.steps for _ in range(s.count)
    ]
    order = find_order(codes, ARRIVAL_CODE)
    if len(order.codes) > MOST_IN_HALF_A_CLOCK:
        order = Order(tuple(codes))
    steps = len(order.codes)
    yield from order.definition(order_type(plan))
    if order.length:
        yield "uint32_t round = *clock >> 16;"
        yield "const uint32_t begin = (*clock & 0xFFFFu) + 1; /* behind this row's arrival */"
    else:
        yield "const uint32_t begin = *clock + 1; /* behind the arrival that this row is */"
    yield "uint32_t end = begin;"
    yield f"while (end < {steps} && order[end] != {ARRIVAL_CODE}) {{"
    yield "    end++;"
    yield "}"
    yield f"mw_{name}_follow(at, order + begin, (int32_t)(end - begin), next);"
    if order.length:
        yield f"if (end == {order.end} && round < {order.times - 1}) {{ /* the cycle again */"
        yield f"    end = {order.begin};"
        yield "    round++;"
        yield "}"
        yield "*clock = round << 16 | end;"
    else:
        yield "*clock = end;"
    yield f"if (end < {steps}) {{"
    yield "    return 0;"
    yield "}"
    yield from _results(plan)
    yield f"__builtin_memset(state, 0, {plan.state_bytes});"
    yield "return 1;"


def _sliding(plan: Plan, push: Push, writer: LayerWriter) -> Iterator[str]:
    """Let every layer compute a row whose time has come."""
    capacity = {v: s.capacity for v, s in plan.stores.items()}
    nodes = {node.name: i for i, node in enumerate(plan.graph.nodes)}
    paces = [push.paces[nodes[c.node.name]] for c in plan.calls]
    last = max(p.delay for p in paces)
    due = push.first_result_rows - 1
    again = push.again
    yield "/* rows before a layer's first, from one to the next, until its rings are back */"
    yield f"static const uint16_t pace[{len(paces)}][3] = {{"
    for call, pace in zip(plan.calls, paces, strict=True):
        yield f"    {{{pace.delay}, {pace.hop}, {again + counter_period(call.node, capacity)}}},"
    yield "};"
    yield "const uint32_t now = *clock;"
    yield f"*clock = now + 1 == {last + push.rows_per_result} ? {last} : now + 1;"
    yield f"for (int32_t layer = 0; layer < {len(paces)}; layer++) {{"
    yield "    if (now < pace[layer][0] || (now - pace[layer][0]) % pace[layer][1] != 0) {"
    yield "        continue;"
    yield "    }"
    yield "    const int32_t first = next[layer];"
    after = f"first + 1 == pace[layer][2] ? {again} : first + 1"
    yield f"    next[layer] = ({counter_type(plan)})({after});"
    yield "    switch (layer) {"
    for call in plan.calls:
        case = "default:" if call is plan.calls[-1] else f"case {call.number}:"
        yield f"    {case} {writer.symbol(call)}(at, first, 1); break;"
    yield "    }"
    yield "}"
    yield f"if (now < {due} || (now - {due}) % {push.rows_per_result} != 0) {{"
    yield "    return 0;"
    yield "}"
    yield from _results(plan)
    yield "return 1;"
