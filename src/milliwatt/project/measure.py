"""From a measured inference to the figures of a result."""

from milliwatt.emit.library import Library
from milliwatt.plan import Plan
from milliwatt.report.result import Buffer, Energy, Layer
from milliwatt.run.cycles import estimate_cycles
from milliwatt.run.elf import ElfImage
from milliwatt.run.emulated import Measurement
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
    """Return the arena's buffers over time."""
    return tuple(Buffer(b.name, b.bytes, b.first, b.last, b.offset) for b in plan.lifetimes)


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
