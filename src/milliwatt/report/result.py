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
class Slide:
    """How results of a signal without end compare with those of the model on windows by themselves.

    Attributes:
        padded: layers that pad along rows, and so read real rows where a window has padding.
        windows: how many were compared.
        equal: results that are the same to the bit.
        same_largest: whose largest output is the same.
        largest_difference: between two outputs.
        in_steps: that is in integer steps of the output, not in real numbers.
    """

    padded: tuple[str, ...]
    windows: int
    equal: int
    same_largest: int
    largest_difference: float
    in_steps: bool

    def __str__(self) -> str:
        """Return the comparison in one sentence."""
        if not self.padded:
            return (
                "Windows slide, and no layer pads along rows: every result is that of the model on "
                f"its window by itself ({self.windows} compared)."
            )
        layers = "1 layer" if len(self.padded) == 1 else f"{len(self.padded)} layers"
        unit = " steps" if self.in_steps else ""
        return (
            f"Windows slide as if the signal had no end: {layers} read real rows where a window by "
            f"itself has padding, so of {self.windows} results {self.equal} are those of the model "
            f"on its window, {self.same_largest} have the same largest output, and the largest "
            f"difference is {self.largest_difference:g}{unit}."
        )


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
    slide: Slide | None = None
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
            **({"slide": asdict(self.slide)} if self.slide else {}),
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
class Counted:
    """A share with its sample: ``right`` of ``total``, and where the true share lies (95 %)."""

    right: int
    total: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Right answers of all, 0 to 1."""
        return self.right / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Metric:
    """One score before and after quantisation; None where there is no float model or no board."""

    name: str
    float_model: Counted | None
    int8: Counted
    on_device: Counted | None


@dataclass(frozen=True, slots=True)
class Goal:
    """What was asked for and what was measured, in words; ``met`` is None where it is unknown."""

    name: str
    wanted: str
    measured: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Duty:
    """Average power at the rate at which the application asks for results.

    Attributes:
        results_per_second: how often.
        cpu_share: of the core's time, estimated.
        active_milliwatts: the core at work, averaged over time, estimated.
        sleep_milliwatts: the rest of the time; None where nothing is published or said.
        sleep_source: whose figure that is.
    """

    results_per_second: float
    cpu_share: float
    active_milliwatts: float | None
    sleep_milliwatts: float | None
    sleep_source: str | None

    @property
    def milliwatts(self) -> float | None:
        """Both together; None where one is unknown."""
        if self.active_milliwatts is None or self.sleep_milliwatts is None:
            return None
        return self.active_milliwatts + self.sleep_milliwatts


@dataclass(frozen=True, slots=True)
class Heard:
    """What a listening model made of a long stream of clips over background.

    Attributes:
        hours: of the stream.
        words: those answered to as what they are, of all there were.
        others: clips that should have been left alone.
        false_accepts: answers to anything else.
        per_hour: their rate, and where the true rate lies (95 %).
        threshold: that a mean probability had to reach.
    """

    hours: float
    words: Counted
    others: int
    false_accepts: int
    per_hour: tuple[float, float, float]
    threshold: float


@dataclass(frozen=True, slots=True)
class Study:
    """A trained, compiled and tested model: what the demo's report shows.

    Attributes:
        title: of the page.
        task: one sentence: data, sensor, split, sample counts.
        result: the compiled model.
        accuracy: right answers in float, in int8 and on the device, of the test recordings.
        labels: class names, in the order of the confusion matrix.
        confusion: [true class][answer of the device], recordings.
        sqnr: by layer.
        seconds: wall-clock seconds of each stage of this run, by name.
        metrics: scores beside accuracy: sensitivity, specificity.
        goals: what was asked for beside what was measured.
        duty: average power in use; None where it cannot be told.
        heard: what became of a long stream; None where there was none.
    """

    title: str
    task: str
    result: Result
    accuracy: Metric
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    sqnr: tuple[LayerError, ...]
    seconds: dict[str, float]
    metrics: tuple[Metric, ...] = ()
    goals: tuple[Goal, ...] = ()
    duty: Duty | None = None
    heard: Heard | None = None
