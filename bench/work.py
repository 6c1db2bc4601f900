"""What the instructions of an inference do, by the name of each, and how many are glue."""

from collections.abc import Mapping
from dataclasses import dataclass

from milliwatt.project.compile import Compiled
from milliwatt.project.samples import EDGES, sample_inputs
from milliwatt.run.disassembly import disassemble

CLASSES = {  # beginnings of names; the first class with a fitting one counts
    "multiplying": ("smla", "smlsd", "smua", "smusd", "smulb", "smult", "mla", "mls", "mul"),
    "loading": ("ldr", "ldm", "vldr", "vldm"),
    "storing": ("str", "stm", "vstr", "vstm"),
    "widening, packing": ("sxt", "uxt", "pkh"),
    "requantising": ("smm", "smull", "ssat", "usat"),
}
BRANCHING, REST = "branching, calling", "the rest"
BRANCHES = frozenset({"b", "bl", "bx", "blx", "cbz", "cbnz", "tbb", "tbh", "push", "pop"})
_ROWS = "mw_rows_"  # functions that hand rows to kernels


@dataclass(frozen=True, slots=True)
class Work:
    """The instructions of an inference.

    Attributes:
        by_class: how many of each class; `REST` is shifts, sums, moves and
            comparisons.
        glue: how many, of any class, are outside of kernels: they call them and turn rows.
    """

    by_class: Mapping[str, int]
    glue: int

    @property
    def instructions(self) -> int:
        """All of them."""
        return sum(self.by_class.values())


def class_of(name: str) -> str:
    """Return the class of an instruction, by its name without condition or width."""
    if name in BRANCHES:
        return BRANCHING
    return next((c for c, beginnings in CLASSES.items() if name.startswith(beginnings)), REST)


def work(compiled: Compiled) -> Work | None:
    """Run one inference of noise and look at each instruction; None without an emulator."""
    target = compiled.target
    if target is None:
        return None
    (noise,) = sample_inputs(compiled.plan.graph, EDGES + 1, 0)[EDGES:]
    target.reset()
    _, measured = target.measure(noise)
    by_class = dict.fromkeys((*CLASSES, BRANCHING, REST), 0)
    glue = 0
    outside = (f"{compiled.library.model.prefix}_", _ROWS)
    for item in disassemble(target.image, compiled.board.cpu.arch):
        executed = measured.all.at(item.address)
        by_class[class_of(item.name)] += executed
        glue += executed * item.function.startswith(outside)
    return Work(by_class, glue)
