"""The slowly changing noise in each band, as TensorFlow's micro front end tracks it.

    loud = x[t] << 10                                              in 32 bits without sign
    n[t] = (loud * s + n[t - 1] * (16384 - s)) >> 14               with n[-1] from the last call

with a smoothing factor ``s`` for bands of even number and one for the others. Ten more bits than
the loudness itself has keep the slow average from getting stuck.

Source: noise reduction of tensorflow/lite/experimental/microfrontend.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Arrays, DType, Op, TensorType, Types

EXTRA_BITS = 10
FACTOR_BITS = 14
MASK = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class NoiseEstimate(Op):
    """Smoothed loudness, frame after frame.

    Operands:
        x: s32 ``[1, T, bands]``, loudness.
        before: s32 ``[1, 1, bands]``, the estimate after the frame before the first.

    Attributes:
        even: the new frame's share for bands 0, 2, …, in steps of 1 / 16384.
        odd: the same for bands 1, 3, …
    """

    name: ClassVar[str] = "dsp.noise_estimate"

    even: int = 409
    odd: int = 983

    def infer(self, types: Types) -> Types:
        """Return s32 ``[1, T, bands]``, or raise `ShapeMismatch`."""
        self._want(types, (DType.S32,), (DType.S32,))
        x, before = types
        if len(x.shape) != 3 or x.shape[0] != 1 or before.shape != (1, 1, x.shape[2]):
            raise ShapeMismatch(
                f"{self.name}: {x} after {before}; wanted s32[1, T, bands] after s32[1, 1, bands]"
            )
        for share in (self.even, self.odd):
            if not 0 <= share <= 1 << FACTOR_BITS:
                raise ShapeMismatch(f"{self.name}: share {share}; wanted 0 to {1 << FACTOR_BITS}")
        return (TensorType(x.shape, DType.S32),)

    def evaluate(self, types: Types, arrays: Arrays) -> Arrays:
        """Smooth frame by frame, in 64 bits without sign."""
        del types
        x, estimate = (a[0].astype(np.int64) & MASK for a in arrays)
        share = np.where(np.arange(x.shape[1]) % 2 == 0, self.even, self.odd).astype(np.int64)
        estimate, every = estimate[0], np.empty(x.shape, np.int64)
        for t, loudness in enumerate(x):
            loud = loudness << EXTRA_BITS & MASK
            estimate = loud * share + estimate * ((1 << FACTOR_BITS) - share) >> FACTOR_BITS
            every[t] = estimate
        return (every.astype(np.uint32).view(np.int32)[None],)
