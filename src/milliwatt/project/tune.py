"""Which kernel variant is best for each layer, found by measuring all that cover it.

A layer is measured alone: one small program calls every variant on the same noise and the emulated
core counts. The kernels are called as the plan will call them: with several narrow rows at a time
(plans that run layers whole), with as many rows as a variant computes together (plans that stream,
images that are pushed), or with single rows (windows that slide). Memory is made ample, so that
layers fit that only stream on the board; code and counts do not depend on it. The variant with the
fewest instructions wins, and the first listed of equals.

Figures are kept under a key of all that the kernels are given except the values of weights, which
hardly matter (30 instructions of 500,000 in a convolution): so a network that was trained again
need not be measured again. With the same cache file the same files come out.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import milliwatt
import milliwatt.kernels
from milliwatt.emit import make_library
from milliwatt.errors import Divergence, InputError, NotAvailable
from milliwatt.ir import Graph, Kind, Node, Special, TensorType, Value
from milliwatt.kernels import Kernel, Variant
from milliwatt.plan import (
    NO_PREFERENCES,
    Plan,
    Preferences,
    candidates,
    make_plan,
    rows_per_call,
)
from milliwatt.project.optimize import Handed
from milliwatt.project.prove import Progress, difference, same_bits, silent
from milliwatt.project.samples import EDGES, sample_inputs
from milliwatt.project.tuning_cache import Measured, TuningCache
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.run.reference import Reference
from milliwatt.run.toolchain import compile_flags, compiler_version
from milliwatt.targets import Board, Memory, Support

AMPLE_BYTES = 16 << 20  # the most that fits between the memories of every board
_FORMAT = "milliwatt tuning 1"
_KERNELS = Path(milliwatt.kernels.__file__).parent
_SOURCES = (".c", ".h", ".py")


@dataclass(frozen=True, slots=True)
class Trial:
    """A layer with several variants to choose from, and how they will be called.

    Attributes:
        node: the layer.
        kernel: what computes it.
        variants: all that cover it, best listed first.
        board: on whose core.
        base: preferences that hold besides.
        flags: optimisation for the C compiler.
        rows_per_call: rows handed to each variant at once, at the most.
    """

    node: Node
    kernel: Kernel
    variants: tuple[Variant, ...]
    board: Board
    base: Preferences
    flags: str
    rows_per_call: tuple[int, ...]

    @property
    def labels(self) -> list[str]:
        """The variants' labels."""
        return [v.label for v in self.variants]

    def __str__(self) -> str:
        """Return for example ``nn.add s8[1, 8, 8, 4], … on cortex-m4f, -O2, rows a call: 1``."""
        types = ", ".join(_shape(t) for t in (*self.node.types, self.node.output.type))
        rows = " or ".join(str(n) for n in sorted({*self.rows_per_call}))
        core = self.board.cpu.name
        return f"{self.node.op.name} {types} on {core}, {self.flags}, rows a call: {rows}"

    def key(self) -> str:
        """Return the hash of all that decides what is measured."""
        node, cpu = self.node, self.board.cpu
        facts = [
            _FORMAT,
            milliwatt.__version__,
            compiler_version(),
            compile_flags(cpu, self.flags),
            [cpu.name, cpu.arch.value, str(cpu.isa), cpu.word_bits, cpu.emulator_model],
            str(self),
            self.rows_per_call,
            [v.kind is Kind.CONSTANT for v in node.inputs],
            str(node.op.rows(node.types)),
            {name: int(value) for name, value in self.kernel.params(node).items()},
            [[v.label, _packed(v, node), v.scratch_bytes(node)] for v in self.variants],
            sorted(_source_digests(self.kernel)),
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@dataclass(frozen=True)
class Tuner:
    """Prefers what measures best for the layers of ``graph`` on ``board``.

    Attributes:
        graph: whose layers are tuned.
        board: whose core they run on.
        cache: what is known already; grows.
        base: preferences that hold besides.
        progress: called as the work goes on.
    """

    graph: Graph
    board: Board
    cache: TuningCache
    base: Preferences = NO_PREFERENCES
    progress: Progress = silent

    def __call__(self, flags: str, handed: Handed) -> Preferences:
        """Return the best variant of every layer that has several.

        Args:
            flags: optimisation for the C compiler.
            handed: how many rows at a time kernels will get.

        Raises:
            NotAvailable: the board has no emulator.
            Divergence: a variant does not equal the reference, which is a defect.
            InputError: the cache is damaged or cannot be written.
        """
        trials = list(self._trials(flags, handed))
        best: dict[str, str] = {}
        for done, trial in enumerate(trials):
            self.progress(f"tuning kernels, {flags}", done, len(trials))
            best[trial.node.name] = self._best(trial)
        self.progress(f"tuning kernels, {flags}", len(trials), len(trials))
        return replace(self.base, tuned=best)

    def _trials(self, flags: str, handed: Handed) -> Iterable[Trial]:
        if self.board.support is not Support.EMULATED:
            raise NotAvailable(
                f"{self.board.name} has no emulator here, so its kernels cannot be measured; "
                "leave --tune out"
            )
        for node in self.graph.nodes:
            fixed = all(v.kind is Kind.CONSTANT for v in node.inputs)
            if fixed or node.op.rows(node.types) is Special.VIEW:
                continue
            kernel, variants = candidates(node, self.board.cpu, self.base.options)
            if len(variants) > 1:
                rows = tuple(rows_handed(node, v, handed) for v in variants)
                yield Trial(node, kernel, variants, self.board, self.base, flags, rows)

    def _best(self, trial: Trial) -> str:
        key = trial.key()
        known = self.cache.get(key)
        if known is None:
            known = Measured(str(trial), measure(trial))
            self.cache.add(key, known)
        counts = known.instructions
        labels = trial.labels
        if sorted(counts) != sorted(labels):
            raise InputError(
                f"{self.cache.path}: {key} has figures for {'; '.join(sorted(counts))}, wanted "
                f"{'; '.join(labels)}; delete the file to measure again"
            )
        return min(labels, key=lambda label: counts[label])


def measure(trial: Trial) -> dict[str, int]:
    """Return the instructions that each variant takes for the layer, by its label.

    Raises:
        Divergence: one computes other bits than the reference.
        BuildFailed: one does not compile.
    """
    plan = _side_by_side(trial)
    title = f"{trial.node.name} with every kernel"
    library = make_library(plan, trial.board, "tuning", title, trial.flags)
    (noise,) = sample_inputs(plan.graph, EDGES + 1, 0)[EDGES:]
    with tempfile.TemporaryDirectory(prefix="milliwatt-tune-") as folder:
        runner = EmulatedRunner(plan, library, _ample(trial.board), Path(folder))
        results, measured = runner.measure(noise)
    once = replace(plan.graph, nodes=plan.graph.nodes[:1], outputs=plan.graph.outputs[:1])
    (wanted,) = Reference(once).run(noise)
    for variant, got in zip(trial.variants, results, strict=True):
        if not same_bits(wanted, got):
            raise Divergence(
                f"layer {trial.node.name!r}: {trial.kernel.symbol(variant)} on the target "
                f"{trial.board.name} differs from the reference: {difference(wanted, got)}"
            )
    counts = (layer.instructions for layer in measured.layers)
    return dict(zip(trial.labels, counts, strict=True))


def _side_by_side(trial: Trial) -> Plan:
    """Return the plan that computes the layer from the same operands once with each variant."""
    node = trial.node
    operands: dict[Value, Value] = {}
    for v in node.inputs:
        name = f"operand_{len(operands)}"
        if v.kind is Kind.CONSTANT:
            operands.setdefault(v, replace(v, name=name))
        else:
            operands.setdefault(v, Value(name, v.type, Kind.INPUT))
    (type_,) = node.op.infer(node.types)
    copies = tuple(
        replace(node.with_inputs(operands), name=label, outputs=(Value(f"by {label}", type_),))
        for label in trial.labels
    )
    graph = Graph(
        name="tuning",
        inputs=tuple(v for v in operands.values() if v.kind is Kind.INPUT),
        outputs=tuple(copy.output for copy in copies),
        nodes=copies,
    )
    forced = replace(trial.base, tuned={label: label for label in trial.labels})
    plan = make_plan(graph, trial.board.cpu, preferences=forced)
    rows = zip(plan.calls, trial.rows_per_call, strict=True)
    return replace(plan, calls=tuple(replace(call, rows_per_call=n) for call, n in rows))


def rows_handed(node: Node, variant: Variant, handed: Handed) -> int:
    """Return how many rows at a time a plan would hand to a variant, at the most."""
    most = rows_per_call(node, variant.rows_at_once)
    if handed is Handed.SINGLE:
        return 1
    return min(variant.rows_at_once, most) if handed is Handed.AS_LIKED else most


def _ample(board: Board) -> Board:
    """Return ``board`` with more memory than any layer needs."""

    def grown(memory: Memory | None) -> Memory | None:
        return None if memory is None else Memory(memory.origin, AMPLE_BYTES)

    return replace(
        board,
        flash=grown(board.flash),
        flash_data=grown(board.flash_data),
        ram=grown(board.ram),
    )


def _shape(t: TensorType) -> str:
    return f"{t.dtype.value}{list(t.shape)}"


def _packed(variant: Variant, node: Node) -> list[list[str]]:
    """Return names, types and shapes of the arrays that a variant reads."""
    arrays = variant.constants(node).items()
    return [[name, str(array.dtype), str(array.shape)] for name, array in arrays]


def _source_digests(kernel: Kernel) -> Iterable[str]:
    """Yield the hash of every file that the code of a kernel, or how it is called, comes from."""
    for folder in (_KERNELS, kernel.folder):
        for path in folder.iterdir():
            if path.suffix in _SOURCES:
                yield f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}"
