"""What a compile or a run found out: the records that tables, JSON and HTML are made from.

Every figure was measured or derived in the run that made the record; what does not exist for a
board (an emulator, a cycle model, a published current) is None.
"""

from dataclasses import asdict, dataclass, field

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as compiled: kernel, cost and its own constants."""

    name: str
    op: str
    kernel: str
    macs: int
    instructions: int | None
    cycles_estimated: int | None
    weights_bytes: int


@dataclass(frozen=True, slots=True)
class Buffer:
    """A stretch of the arena over time: alive from layer ``first`` to ``last``, both included."""

    name: str
    bytes: int
    first: int
    last: int
    offset: int


@dataclass(frozen=True, slots=True)
class FlashUse:
    """Flash in bytes: code is functions and their constants, weights is data from the model."""

    code: int
    weights: int

    @property
    def total(self) -> int:
        """Code and weights."""
        return self.code + self.weights


@dataclass(frozen=True, slots=True)
class RamUse:
    """RAM in bytes; ``stack`` is the measured peak, None without an emulator."""

    arena: int
    state: int
    stack: int | None

    @property
    def total(self) -> int:
        """Everything the model occupies, the stack as far as it is known."""
        return self.arena + self.state + (self.stack or 0)


@dataclass(frozen=True, slots=True)
class BitExact:
    """Which implementations agreed to the bit on ``samples`` inputs; None where not compared."""

    reference: bool | None
    host: bool | None
    target: bool | None
    tflm: bool | None
    samples: int


@dataclass(frozen=True, slots=True)
class Energy:
    """The energy estimate of one inference and what it rests on."""

    microjoules_estimated: float
    microamps_per_mhz: float
    volts: float
    source: str


@dataclass(frozen=True, slots=True)
class PushUse:
    """What pushed rows cost in the steady state, in instructions (measured)."""

    rows_per_result: int
    instructions_per_row: int
    instructions_per_result: int


@dataclass(frozen=True, slots=True)
class BoardLimits:
    """The memory of a board, in bytes, and its clock; None on a machine without limits."""

    title: str
    flash_bytes: int | None
    ram_bytes: int | None
    clock_hz: int | None


@dataclass(frozen=True, slots=True)
class Result:
    """A compiled and measured model."""

    model: str
    board: str
    cpu: str
    optimize: str
    macs: int
    milliwatt_version: str
    compiler_version: str
    cycle_model: str | None
    instructions: int | None
    cycles_estimated: int | None
    latency_ms_estimated: float | None
    energy: Energy | None
    flash: FlashUse | None
    ram: RamUse
    bit_exact: BitExact
    layers: tuple[Layer, ...]
    limits: BoardLimits
    buffers: tuple[Buffer, ...]
    arena_bound_bytes: int
    push: PushUse | None = None
    targets: dict[str, str] = field(default_factory=dict)

    @property
    def arena_bytes(self) -> int:
        """Size of what ``buffers`` shows: the arena, part of the state in pushed models."""
        return max((b.offset + b.bytes for b in self.buffers), default=self.ram.arena)

    def to_json(self) -> dict[str, object]:
        """Return the report of schema 1, which scripts read."""
        flash = self.flash
        return {
            "schema": SCHEMA,
            "model": self.model,
            "board": self.board,
            "cpu": self.cpu,
            "optimize": self.optimize,
            "macs": self.macs,
            "versions": {"milliwatt": self.milliwatt_version, "compiler": self.compiler_version},
            "cycle_model": self.cycle_model,
            "instructions": self.instructions,
            "cycles_estimated": self.cycles_estimated,
            "latency_ms_estimated": self.latency_ms_estimated,
            "energy_uj_estimated": self.energy.microjoules_estimated if self.energy else None,
            "push": asdict(self.push) if self.push else None,
            "flash_bytes": {
                "code": flash.code if flash else None,
                "weights": flash.weights if flash else None,
                "total": flash.total if flash else None,
            },
            "ram_bytes": {
                "arena": self.ram.arena,
                "state": self.ram.state,
                "stack": self.ram.stack,
                "total": self.ram.total if self.ram.stack is not None else None,
            },
            "bit_exact": {
                "reference": self.bit_exact.reference,
                "host": self.bit_exact.host,
                "target": self.bit_exact.target,
                "tflm": self.bit_exact.tflm,
                "samples": self.bit_exact.samples,
            },
            "layers": [
                {
                    "name": layer.name,
                    "op": layer.op,
                    "kernel": layer.kernel,
                    "macs": layer.macs,
                    "instructions": layer.instructions,
                    "cycles_estimated": layer.cycles_estimated,
                    "weights_bytes": layer.weights_bytes,
                }
                for layer in self.layers
            ],
            "targets": self.targets,
        }


@dataclass(frozen=True, slots=True)
class LayerError:
    """Quantisation error of a layer's output: signal to noise, in dB, against the float model."""

    name: str
    sqnr_db: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares of right answers on the same test recordings, before and after quantisation."""

    recordings: int
    float_model: float
    int8_reference: float
    on_device: float


@dataclass(frozen=True, slots=True)
class Study:
    """A trained, compiled and tested model: what the demo's report shows.

    Attributes:
        title: of the page.
        task: one sentence: data, sensor, split, sample counts.
        result: the compiled model.
        accuracy: float, int8 and device.
        labels: class names, in the order of the confusion matrix.
        confusion: [true class][answer of the device], recordings.
        sqnr: by layer.
        seconds: wall-clock seconds of each stage of this run, by name.
    """

    title: str
    task: str
    result: Result
    accuracy: Accuracy
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    sqnr: tuple[LayerError, ...]
    seconds: dict[str, float]
