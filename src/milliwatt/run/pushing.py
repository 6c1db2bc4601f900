"""What the push function does with one input, step by step, for looking at every layer."""

from collections.abc import Iterator

from milliwatt.plan import ARRIVAL, Call, Plan, PushKind, Step, counter_period


def all_steps(plan: Plan) -> Iterator[Step]:
    """Yield every step that one input takes, the arrivals of its rows among them."""
    push = plan.push
    if push is None or push.kind is PushKind.IMAGE:
        yield from plan.steps
        return
    nodes = {node.name: i for i, node in enumerate(plan.graph.nodes)}
    for now in range(plan.graph.inputs[0].type.rows):
        yield Step(ARRIVAL, now, 1)
        for call in plan.calls:
            pace = push.paces[nodes[call.node.name]]
            row, early = divmod(now - pace.delay, pace.hop)
            if row >= 0 and not early:
                yield Step(call.number, row, 1)


def counter_limit(plan: Plan, call: Call) -> int:
    """Return where the counter of a layer begins again; beyond all rows where it never does."""
    if plan.push is None or plan.push.kind is PushKind.IMAGE:
        return 1 << 31
    return counter_period(call.node, {v: s.capacity for v, s in plan.stores.items()})
