"""Fused activations and window geometry, which several rules need."""

from math import floor

import numpy as np

from milliwatt.errors import ShapeMismatch, UnsupportedOp
from milliwatt.importers.tflite.lowering import Step, one_scale
from milliwatt.importers.tflite.options import Activation, Padding
from milliwatt.ir import TensorType

_BOUNDS = {
    Activation.NONE: (None, None),
    Activation.RELU: (0.0, None),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
    Activation.RELU6: (0.0, 6.0),
}


def clip(step: Step, activation: Activation) -> tuple[int, int]:
    """Return the limits that a fused activation sets on the stored output.

    Raises:
        UnsupportedOp: the activation is none that only clips.

    Source: TensorFlow Lite, kernel_util, CalculateActivationRangeQuantized.
    """
    if activation not in _BOUNDS:
        known = ", ".join(a.name for a in _BOUNDS)
        raise UnsupportedOp(f"has the fused activation {activation.name}; supported: {known}")
    y = one_scale(step.output_type(), "output")
    low, high = y.dtype.limits
    lower, upper = _BOUNDS[activation]
    return (
        low if lower is None else max(low, _stored(lower, y)),
        high if upper is None else min(high, _stored(upper, y)),
    )


def pads(
    image: tuple[int, ...],
    window: tuple[int, ...],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: Padding,
) -> tuple[int, int, int, int]:
    """Return the padding at top, bottom, left and right; an odd pixel goes below or right.

    Raises:
        ShapeMismatch: a window, stride or dilation below 1.

    Source: TensorFlow Lite, padding.h, ComputePaddingHeightWidth.
    """
    for what, sizes in (("window", window), ("stride", stride), ("dilation", dilation)):
        if min(sizes) < 1:
            raise ShapeMismatch(f"{what} {sizes[0]}x{sizes[1]}; wanted at least 1x1")
    if padding is Padding.VALID:
        return 0, 0, 0, 0
    both = []
    for n, k, s, d in zip(image, window, stride, dilation, strict=True):
        total = max(0, (-(-n // s) - 1) * s + (k - 1) * d + 1 - n)
        both += [total // 2, total - total // 2]
    return both[0], both[1], both[2], both[3]


def _stored(real: float, y: TensorType) -> int:
    """Return the integer that stands for ``real``, divided in float32, halves away from zero."""
    quotient = float(np.float32(real) / np.float32(y.scale))
    return y.zero_point + (floor(quotient + 0.5) if quotient >= 0 else -floor(-quotient + 0.5))
