"""The distance to the nearest of a few centres: k-means and Gaussian mixtures as anomaly scores.

    z[k, f] = clamp16(((x[m, f] - centre[k, f]) * scale[k, f] + half) >> shift[f])
    y[m]    = min over k of (offset[k] + (sum over f of z[k, f]^2 >> 8))       saturating

``z`` counts 1 / 256 of a deviation, so a step of ``y`` is 1 / 256 of a squared deviation. With one
scale for all centres and no offset this is k-means on standardised features. With a scale for each
centre and ``offset = sum of log(2 pi var) - 2 log(weight)`` it is minus twice the logarithm of the
likeliest component of a Gaussian mixture with diagonal covariances. The mixture's own logarithm of
a sum is at most ``2 log K`` below that, and nearest to it where one component explains the input.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, Quant, Rows, TensorType, Types, Window

UNIT_BITS = 8
OUT = Quant((1 / 256,))
INT32 = (-(1 << 31), (1 << 31) - 1)
DIMENSIONS = 1 << 16
"""With more, sums of squares below 2**30 could leave 47 bits."""


@dataclass(frozen=True, slots=True)
class Nearest(Op):
    """Squared distance to the nearest centre, plus what that centre costs.

    Operands:
        x: s16 ``[M, F]`` or ``[1, M, F]``.
        centres: s16 ``[K, F]``.
        scales: s16 ``[K, F]``, or ``[1, F]`` where all centres share them.
        offsets: s32 ``[K]``.

    Attributes:
        shifts: for each feature by how many bits a scaled difference is shifted down, 1 to 31.
    """

    name: ClassVar[str] = "trees.nearest"

    shifts: tuple[int, ...]

    def infer(self, types: Types) -> Types:
        """Return s32 ``[M, 1]`` or ``[1, M, 1]``, or raise `ShapeMismatch`."""
        self._want(types, (DType.S16,), (DType.S16,), (DType.S16,), (DType.S32,))
        x, centres, scales, offsets = types
        if len(x.shape) not in (2, 3) or (len(x.shape) == 3 and x.shape[0] != 1):
            raise ShapeMismatch(f"{self.name}: input {x}; wanted s16[M, F] or s16[1, M, F]")
        f = x.shape[-1]
        if len(centres.shape) != 2 or centres.shape[1] != f or f > DIMENSIONS:
            raise ShapeMismatch(f"{self.name}: centres {centres}; wanted s16[K, {f}]")
        k = centres.shape[0]
        if scales.shape not in ((k, f), (1, f)) or offsets.shape != (k,):
            raise ShapeMismatch(
                f"{self.name}: scales {scales} and offsets {offsets}; wanted s16[{k}, {f}] or "
                f"s16[1, {f}], and s32[{k}]"
            )
        if len(self.shifts) != f or not all(1 <= s <= 31 for s in self.shifts):
            raise ShapeMismatch(f"{self.name}: shifts {self.shifts}; wanted {f} of 1 to 31")
        return (TensorType((*x.shape[:-1], 1), DType.S32, OUT),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Compute in int64, saturating where the device does."""
        x, centres, scales, offsets = (a.astype(np.int64) for a in arrays)
        rows = x.reshape(-1, 1, x.shape[-1])
        shifts = np.array(self.shifts, np.int64)
        scaled = (rows - centres) * scales + (1 << (shifts - 1)) >> shifts
        z = np.clip(scaled, *DType.S16.limits)
        distance = (offsets + ((z * z).sum(axis=2) >> UNIT_BITS)).min(axis=1)
        (y,) = self.infer(types)
        return (np.clip(distance, *INT32).astype(np.int32).reshape(y.shape),)

    def macs(self, types: Types) -> int:
        """Return two for each coordinate: one to scale, one to square."""
        x, centres, _, _ = types
        return 2 * x.size * centres.shape[0]

    def rows(self, types: Types) -> Rows:
        """Need the same row."""
        del types
        return (Window(), None, None, None)
