"""Rules for operators that move elements and compute nothing."""

from milliwatt.errors import ShapeMismatch, UnsupportedOp
from milliwatt.importers.tflite.lowering import Step
from milliwatt.importers.tflite.options import (
    Activation,
    ConcatenationOptions,
    StridedSliceOptions,
)
from milliwatt.ir import Op, Value
from milliwatt.ops.nn.concatenation import MAX_OPERANDS, Concatenation
from milliwatt.ops.nn.copy import Copy
from milliwatt.ops.nn.pad import Pad
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.transpose import Transpose


def reshape(step: Step) -> None:
    """RESHAPE: the output's own shape says all; the operand only repeats it."""
    step.put(Reshape(step.output_type().shape), step.value(0))


def expand_dims(step: Step) -> None:
    """EXPAND_DIMS, a reshape."""
    reshape(step)


def squeeze(step: Step) -> None:
    """SQUEEZE, a reshape."""
    reshape(step)


def transpose(step: Step) -> None:
    """TRANSPOSE by a constant permutation."""
    rank = len(step.value(0).type.shape)
    order = step.integers(1, "the permutation")
    step.put(Transpose(tuple(step.axis(a, rank) for a in order)), step.value(0))


def pad(step: Step) -> None:
    """PAD with the zero point, PADV2 with a constant of the same quantisation."""
    x, flat = step.value(0), step.integers(1, "the paddings")
    if len(flat) != 2 * len(x.type.shape):
        raise ShapeMismatch(f"{len(flat)} paddings for {x.type}; wanted a pair for each axis")
    filler = None
    if step.has(2):
        data = step.data(2, "the padding value")
        if data.size != 1 or step.value(2).type.quant != x.type.quant:
            raise UnsupportedOp("the padding value is not one number quantised as the input is")
        filler = int(data.ravel()[0])
    step.put(Pad(tuple(zip(flat[::2], flat[1::2], strict=True)), filler), x)


def concatenation(step: Step) -> None:
    """CONCATENATION, chained where it has more operands than a kernel takes."""
    options = step.options(ConcatenationOptions)
    if options.activation is not Activation.NONE:
        raise UnsupportedOp(f"has the activation {options.activation.name}; only NONE is supported")
    parts = [step.value(i) for i in range(len(step.operator.inputs))]
    op = Concatenation(step.axis(options.axis, len(step.output_type().shape)))
    if len(parts) == 1:
        step.put(Copy(), parts[0])
        return
    while len(parts) > MAX_OPERANDS:
        parts[:MAX_OPERANDS] = [step.node("part", op, *parts[:MAX_OPERANDS])]
    step.put(op, *parts)


def strided_slice(step: Step) -> None:
    """STRIDED_SLICE with constant bounds; masks and negative indices are resolved here.

    Source: TensorFlow Lite, strided_slice_logic.h, StartForAxis and StopForAxis.
    """
    options, x = step.options(StridedSliceOptions), step.value(0)
    if options.ellipsis_mask or options.new_axis_mask or options.offset:
        raise UnsupportedOp("has an ellipsis, a new axis or end offsets; none of them is supported")
    bounds = [step.integers(i, f"the {w}") for i, w in ((1, "begin"), (2, "end"), (3, "strides"))]
    if any(len(b) != len(x.type.shape) for b in bounds):
        raise ShapeMismatch(f"begin, end or strides have not one entry for each axis of {x.type}")
    begins, sizes = [], []
    for axis, (begin, end, stride) in enumerate(zip(*bounds, strict=True)):
        first, size = _range(x.type.shape[axis], axis, begin, end, stride, options)
        begins.append(first)
        sizes.append(size)
    op = StridedSlice(tuple(begins), bounds[2], tuple(sizes))
    kept = tuple(n for a, n in enumerate(sizes) if not options.shrink_axis_mask >> a & 1)
    if kept == tuple(sizes):
        step.put(op, x)
    else:
        step.put(Reshape(kept), step.node("slice", op, x))


def _range(
    size: int, axis: int, begin: int, end: int, stride: int, options: StridedSliceOptions
) -> tuple[int, int]:
    """Return the first index along one axis and how many are taken."""
    if stride == 0:
        raise ShapeMismatch(f"stride 0 along axis {axis}")
    forward, bit = stride > 0, 1 << axis
    low, high = (0, size) if forward else (-1, size - 1)
    start = begin + size if begin < 0 else begin
    start = min(max(start, low), high)
    if options.begin_mask & bit:
        start = low if forward else high
    if options.shrink_axis_mask & bit:
        return start, 1
    stop = end + size if end < 0 else end
    stop = min(max(stop, low), high)
    if options.end_mask & bit:
        stop = high if forward else low
    return start, max(0, -(-(stop - start) // stride))


def split(step: Step) -> None:
    """SPLIT into equal parts."""
    count = len(step.operator.outputs)
    axis = _split_axis(step, 0, step.value(1))
    size = step.value(1).type.shape[axis]
    if count == 0 or size % count:
        raise ShapeMismatch(f"{size} along axis {axis} cannot be split into {count} equal parts")
    _split(step, step.value(1), axis, (size // count,) * count)


def split_v(step: Step) -> None:
    """SPLIT_V into the sizes given, of which one may be -1 for the rest."""
    x = step.value(0)
    axis, sizes = _split_axis(step, 2, x), step.integers(1, "the sizes")
    total = x.type.shape[axis]
    if sizes.count(-1) == 1:
        rest = total - (sum(sizes) + 1)
        sizes = tuple(rest if s == -1 else s for s in sizes)
    if len(sizes) != len(step.operator.outputs) or min(sizes) < 1 or sum(sizes) != total:
        raise ShapeMismatch(
            f"{total} along axis {axis} cannot be split into {list(sizes)} "
            f"for {len(step.operator.outputs)} outputs"
        )
    _split(step, x, axis, sizes)


def _split_axis(step: Step, operand: int, x: Value) -> int:
    axis = step.integers(operand, "the axis")
    if len(axis) != 1:
        raise ShapeMismatch(f"the axis has {len(axis)} elements; wanted one")
    return step.axis(axis[0], len(x.type.shape))


def _split(step: Step, x: Value, axis: int, sizes: tuple[int, ...]) -> None:
    at = 0
    for i, size in enumerate(sizes):
        step.put(_part(x, axis, at, size), x, output=i)
        at += size


def _part(x: Value, axis: int, at: int, size: int) -> Op:
    shape = x.type.shape
    begin = tuple(at if a == axis else 0 for a in range(len(shape)))
    sizes = tuple(size if a == axis else n for a, n in enumerate(shape))
    return StridedSlice(begin, (1,) * len(shape), sizes)
