"""What the push function does with rows, step by step, for looking at every layer."""

from collections.abc import Iterator

from milliwatt.plan import ARRIVAL, Call, Plan, PushKind, Step, counter_period


def all_steps(plan: Plan) -> Iterator[Step]:
    """Yield every step that one input takes, the arrivals of its rows among them."""
    push = plan.push
    if push is None or push.kind is PushKind.IMAGE:
        yield from plan.steps
        return
    for step in sliding_steps(plan, plan.graph.inputs[0].type.rows):
        if step.index == ARRIVAL or step.first < plan.calls[step.index].node.output.type.rows:
            yield step


def sliding_steps(plan: Plan, rows: int) -> Iterator[Step]:
    """Yield every step that so many rows of a signal take, their arrivals among them."""
    push = plan.push
    assert push is not None  # noqa: S101  (asked only where windows slide)
    nodes = {node.name: i for i, node in enumerate(plan.graph.nodes)}
    for now in range(rows):
        yield Step(ARRIVAL, now, 1)
        for call in plan.calls:
            pace = push.paces[nodes[call.node.name]]
            row, early = divmod(now - pace.delay, pace.hop)
            if row >= 0 and not early:
                yield Step(call.number, row, 1)


def counted(plan: Plan, call: Call, row: int) -> int:
    """Return what the counter of a layer says at its row ``row``: it begins again where it can."""
    push = plan.push
    if push is None or push.kind is PushKind.IMAGE or row < push.again:
        return row
    period = counter_period(call.node, {v: s.capacity for v, s in plan.stores.items()})
    return push.again + (row - push.again) % period
