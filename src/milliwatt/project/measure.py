"""From a measured inference to the figures of a result."""

from milliwatt.emit.library import Library
from milliwatt.plan import Lifetime, Plan
from milliwatt.project.samples import Sample
from milliwatt.report.result import Buffer, Energy, Layer, PushUse, RamUse
from milliwatt.run.cycles import estimate_cycles
from milliwatt.run.elf import ElfImage
from milliwatt.run.emulated import EmulatedRunner, Measurement
from milliwatt.targets import Board


def layers(
    plan: Plan,
    library: Library,
    board: Board,
    image: ElfImage | None,
    measured: Measurement | None,
) -> tuple[Layer, ...]:
    """Return the record of every layer that computes; instructions only where measured."""
    model = board.cpu.cycle_model
    records = []
    for call in plan.calls:
        instructions = cycles = None
        if measured is not None:
            counts = measured.layers[call.number]
            instructions = counts.instructions
            if model is not None and image is not None:
                cycles = estimate_cycles(model, counts, image)
        records.append(
            Layer(
                name=call.node.name,
                op=call.node.op.name,
                kernel=call.kernel.symbol(call.variant),
                macs=call.node.op.macs(call.node.types),
                instructions=instructions,
                cycles_estimated=cycles,
                weights_bytes=library.model.layer_weights_bytes[call.number],
            )
        )
    return tuple(records)


def buffers(plan: Plan) -> tuple[Buffer, ...]:
    """Return the arena's buffers over time, one record for each stretch that one is alive."""
    return tuple(
        Buffer(_label(b), b.bytes, first, last, b.offset)
        for b in plan.lifetimes
        for first, last in b.alive
    )


def _label(b: Lifetime) -> str:
    if b.ring_rows is None:
        return b.name
    rows = "one row" if b.ring_rows == 1 else f"{b.ring_rows} rows"
    return f"{b.name} ({rows} at a time)"


def ram(plan: Plan, measured: Measurement | None) -> RamUse:
    """Return the RAM in use; where rows are pushed all of it survives between calls."""
    stack = measured.stack_bytes if measured else None
    if plan.push is not None:
        return RamUse(0, plan.state_bytes + plan.arena_bytes, stack)
    return RamUse(plan.arena_bytes, plan.state_bytes, stack)


def pushes(target: EmulatedRunner, sample: Sample) -> PushUse:
    """Count the instructions of pushed rows once the model has come into its stride.

    To get there an input is pushed, as often as the first result takes; then as many rows as one
    result takes are counted.
    """
    push = target.plan.push
    assert push is not None  # noqa: S101  (asked only of plans for pushed rows)
    target.reset()
    rows = sample[0].reshape(target.plan.graph.inputs[0].type.rows, -1)
    before = max(len(rows), push.first_result_rows)
    for i in range(before):
        target.push(rows[i % len(rows)])
    pushed = range(before, before + push.rows_per_result)
    counted = [target.count_push(rows[i % len(rows)]) for i in pushed]
    target.reset()
    return PushUse(push.rows_per_result, sum(counted) // len(counted), sum(counted))


def energy(board: Board, cycles: int | None) -> Energy | None:
    """Return the energy of ``cycles``, None where cycles or a published current are missing."""
    if cycles is None or board.current is None:
        return None
    microjoules = board.energy_uj(cycles)
    assert microjoules is not None  # noqa: S101  (the board has a current)
    current = board.current
    return Energy(microjoules, current.microamps_per_mhz, current.volts, current.source)


def total_cycles(board: Board, image: ElfImage | None, measured: Measurement | None) -> int | None:
    """Return the estimated cycles of the whole inference, None without a cycle model."""
    if measured is None or image is None or board.cpu.cycle_model is None:
        return None
    return estimate_cycles(board.cpu.cycle_model, measured.all, image)
