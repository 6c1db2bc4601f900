"""A cascade of second-order recursive filters, the same for every channel, that starts from rest.

With ``v = x * 2**8`` for the first section, else what the section before gave:

    u[t] = clamp((b0 v[t] + b1 v[t-1] + b2 v[t-2] - a1 u[t-1] - a2 u[t-2] + 2**28) >> 29)
    y[0, t, c] = clamp((u of the last section + 2**7) >> 8)

Coefficients count in steps of 2**-29 and lie within ±2. The recursion keeps eight bits below a
whole count and 22 before the point, limits itself to those, and its 64-bit sums cannot wrap. What
it remembers begins at 0 with the first row, so a window means the same wherever it was cut.

Source: Oppenheim and Schafer, "Discrete-Time Signal Processing", direct form I.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, TensorType, Types
from milliwatt.ops.fixed import Int32, Int64, clamp

COEFFICIENT_BITS = 29
EXTRA_BITS = 8
LIMIT = 1 << 29
"""Five products of numbers within ±2**29 and coefficients within ±2**30 stay below 2**62."""
COEFFICIENTS = 5


@dataclass(frozen=True, slots=True)
class Biquad(Op):
    """Recursive filters of second order, one after the other.

    Operands:
        x: s16 ``[1, T, C]``, zero point 0.

    Attributes:
        sections: b0, b1, b2, a1, a2 of each, in steps of 2**-29.
    """

    name: ClassVar[str] = "dsp.biquad"

    sections: tuple[tuple[int, int, int, int, int], ...]

    @classmethod
    def of(cls, second_order_sections: Sequence[Sequence[float]]) -> "Biquad":
        """Return the nearest filter to rows of b0, b1, b2, a0, a1, a2, as SciPy designs them.

        Raises:
            ShapeMismatch: a coefficient is outside ±2 once a0 is 1.
        """
        sections = []
        for b0, b1, b2, a0, a1, a2 in second_order_sections:
            reals = [c / a0 for c in (b0, b1, b2, a1, a2)]
            if not all(-2 <= r <= 2 for r in reals):
                raise ShapeMismatch(
                    f"{cls.name}: coefficients {reals}; wanted all of them within -2 to 2"
                )
            c = [round(r * 2.0**COEFFICIENT_BITS) for r in reals]
            sections.append((c[0], c[1], c[2], c[3], c[4]))
        return cls(tuple(sections))

    def infer(self, types: Types) -> Types:
        """Return s16 of the same shape, or raise `ShapeMismatch`."""
        self._want(types, (DType.S16,))
        (x,) = types
        if len(x.shape) != 3 or x.shape[0] != 1 or x.zero_point != 0:
            raise ShapeMismatch(
                f"{self.name}: input {x} with zero point {x.zero_point}; wanted s16[1, T, C] with 0"
            )
        most = 2 << COEFFICIENT_BITS
        if not self.sections or any(abs(c) > most for s in self.sections for c in s):
            raise ShapeMismatch(
                f"{self.name}: {len(self.sections)} sections; wanted at least one, with "
                f"coefficients within {most}"
            )
        return (TensorType(x.shape, DType.S16, x.quant),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Filter row by row in int64; a first axis longer than 1 is a batch of inputs."""
        del types
        v: Int64 = arrays[0].astype(np.int64) << EXTRA_BITS
        for section in self.sections:
            v = _section(v, section)
        rounded = (v + (1 << (EXTRA_BITS - 1))) >> EXTRA_BITS
        return (clamp(rounded, *DType.S16.limits, DType.S16.numpy),)

    def macs(self, types: Types) -> int:
        """Return one for each coefficient and sample."""
        return types[0].size * COEFFICIENTS * len(self.sections)

    def coefficients(self) -> Int32:
        """Return s32 ``[sections, 5]``."""
        return np.array(self.sections, np.int32)


def _section(v: Int64, section: tuple[int, int, int, int, int]) -> Int64:
    b0, b1, b2, a1, a2 = section
    zero = np.zeros_like(v[:, 0])
    v1, v2, u1, u2 = zero, zero, zero, zero
    u = np.empty_like(v)
    for t in range(v.shape[1]):
        total = b0 * v[:, t] + b1 * v1 + b2 * v2 - a1 * u1 - a2 * u2
        now = np.clip((total + (1 << (COEFFICIENT_BITS - 1))) >> COEFFICIENT_BITS, -LIMIT, LIMIT)
        v1, v2, u1, u2 = v[:, t], v1, now, u1
        u[:, t] = now
    return u
