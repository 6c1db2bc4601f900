"""Camera images as they are, in gray or another size if asked for: nothing is fitted."""

import numpy as np

from milliwatt.errors import InputError
from milliwatt.ir import Array, DType, Op, Quant, TensorType
from milliwatt.learn.front_end import FrontEnd
from milliwatt.ops.dsp.gray import COLOURS, Gray
from milliwatt.ops.dsp.resize import Resize
from milliwatt.ops.nn.average_pool2d import AveragePool2d
from milliwatt.ops.nn.requantize import Requantize

BRIGHTNESS = 1 / 256
PIXELS = Quant((BRIGHTNESS,))
CENTRED = Quant((BRIGHTNESS,), -128)
"""The same brightness, 0 to 1, where int8 holds it."""


def image(
    counts: Array,
    *,
    sample_rate_hz: float = 0.0,
    height: int | None = None,
    width: int | None = None,
    gray: bool = False,
) -> FrontEnd:
    """Return a front end for images of the size of ``counts``.

    Args:
        counts: uint8 ``[N, row, column, channel]``, training images.
        sample_rate_hz: ignored; images have none.
        height: lines that the network sees; all by default. By a whole factor fewer, in both
            directions, they are averaged line by line, so that a camera's lines can be pushed.
        width: pixels in a line that the network sees.
        gray: whether colours are dropped before anything else.

    Raises:
        InputError: the images are not uint8 ``[N, row, column, channel]``.
    """
    del sample_rate_hz
    if counts.ndim != 4 or counts.dtype != np.uint8 or not len(counts):
        raise InputError(
            f"images are {counts.dtype} {list(counts.shape)}; "
            "wanted at least one, uint8 [N, row, column, channel]"
        )
    _, rows, columns, channels = counts.shape
    if gray and channels != COLOURS:
        raise InputError(f"images of {channels} channels; gray = true wants {COLOURS}")
    size = (height or rows, width or columns)
    factors = (rows // size[0], columns // size[1])
    whole = (factors[0] * size[0], factors[1] * size[1]) == (rows, columns)
    ops: list[tuple[str, Op]] = [("gray", Gray())] if gray else []
    if not whole:
        ops.append(("resized", Resize(*size)))
    ops.append(("centred", Requantize(CENTRED, DType.S8)))
    if whole and factors != (1, 1):
        ops.append(("averaged", AveragePool2d(CENTRED, factors, factors)))
    return FrontEnd(TensorType((1, rows, columns, channels), DType.U8, PIXELS), tuple(ops))
