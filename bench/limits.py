"""How far a build is from the limit of its core, and what it spends the rest on.

The limit counts multiply-accumulates and the loads of their operands, nothing else. SMLAD does two
multiply-accumulates of int16 in one instruction. Operands are kept in blocks of three pixels by two
outputs, the largest whose six sums and five operands leave registers for pointers. One load fetches
the words of all pixels and another those of all outputs (LDM or LDRD), for six SMLAD. So twelve
multiply-accumulates take eight instructions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from milliwatt.report.result import Layer

PIXELS, OUTPUTS = 3, 2
LOADS, MACS_PER_SMLAD = 2, 2
SMLADS = PIXELS * OUTPUTS
LIMIT_PER_MAC = Fraction(SMLADS + LOADS, SMLADS * MACS_PER_SMLAD)
KINDS = {
    "nn.conv2d": "convolution",
    "nn.depthwise_conv2d": "depthwise convolution",
    "nn.fully_connected": "fully connected",
    "nn.add": "addition",
}
OTHERS = "all else"


@dataclass(frozen=True, slots=True)
class Spent:
    """What the operators of one kind take together, the calls of their kernels included."""

    kind: str
    macs: int
    instructions: int

    @property
    def limit(self) -> int:
        """Instructions at the limit of the core, rounded up; none without multiplications."""
        return -int(-self.macs * LIMIT_PER_MAC // 1)


def spent(layers: Iterable[Layer], instructions: int) -> list[Spent]:
    """Return what each kind of operator takes of an inference, everything else last.

    Args:
        layers: with their instructions measured.
        instructions: of the whole inference.
    """
    macs = dict.fromkeys((*KINDS.values(), OTHERS), 0)
    counts = dict(macs)
    for layer in layers:
        assert layer.instructions is not None  # noqa: S101  (of emulated boards only)
        kind = KINDS.get(layer.op, OTHERS)
        macs[kind] += layer.macs
        counts[kind] += layer.instructions
    counts[OTHERS] += instructions - sum(counts.values())  # on the way to the first layer
    return [Spent(kind, macs[kind], n) for kind, n in counts.items() if n]


def limit(parts: Iterable[Spent]) -> int:
    """Return the instructions of the whole at the limit of the core."""
    return sum(part.limit for part in parts)
