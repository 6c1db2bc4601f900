"""Cases of the operators that move elements and leave them as they are, for any element type."""

from hypothesis import strategies as st

from milliwatt.ir import Builder, DType, Op, Quant, TensorType
from milliwatt.ops.nn.concatenation import Concatenation
from milliwatt.ops.nn.copy import Copy
from milliwatt.ops.nn.pad import Pad
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.transpose import Transpose
from ops_cases.conv import Case
from ops_cases.draw import contents, scales

Types = tuple[DType, ...]


@st.composite
def copy(draw: st.DrawFn, dtypes: Types) -> Case:
    """Draw a copy."""
    x = TensorType(draw(shapes()), dtypes[0], draw(quant_of(dtypes[0])))
    return draw(one_operand(Copy(), x))


@st.composite
def concatenation(draw: st.DrawFn, dtypes: Types) -> Case:
    """Draw a concatenation along any axis but the batch, now and then with a constant operand."""
    shape, quant = draw(shapes()), draw(quant_of(dtypes[0]))
    row_axis = TensorType(shape, dtypes[0]).row_axis or 0
    axis = draw(st.integers(row_axis, len(shape) - 1))
    b, arrays, operands = Builder("case"), {}, []
    for i, dtype in enumerate(dtypes):
        sizes = list(shape)
        if axis > 0 or len(shape) < 3:
            sizes[axis] = draw(st.integers(1, 5))
        type_ = TensorType(tuple(sizes), dtype, quant)
        data = draw(contents(type_))
        if i == 1 and draw(st.booleans()):
            operands.append(b.constant(f"x{i}", type_, data))
        else:
            operands.append(b.input(f"x{i}", type_))
            arrays[f"x{i}"] = data
    return b.build(b.node("y", Concatenation(axis), *operands)), arrays


@st.composite
def pad(draw: st.DrawFn, dtypes: Types) -> Case:
    """Draw a padding of any axes, by the zero point or another value."""
    x = TensorType(draw(shapes()), dtypes[0], draw(quant_of(dtypes[0])))
    pads = draw(st.tuples(*[st.tuples(st.integers(0, 3), st.integers(0, 3))] * len(x.shape)))
    if x.row_axis == 1:
        pads = ((0, 0), *pads[1:])
    value = draw(st.none() | st.integers(*x.dtype.limits))
    return draw(one_operand(Pad(pads, value), x))


@st.composite
def strided_slice(draw: st.DrawFn, dtypes: Types) -> Case:
    """Draw a slice, backwards along some axes inside a row."""
    x = TensorType(draw(shapes()), dtypes[0], draw(quant_of(dtypes[0])))
    begin, stride, shape = [], [], []
    for axis, n in enumerate(x.shape):
        step, count = draw(st.integers(1, 3)), n
        first = draw(st.integers(0, n - 1))
        if axis == 0 and x.row_axis == 0 and len(x.shape) > 2:
            first, step = 0, 1  # all of it, lest axis 0 become a batch of 1
        else:
            count = draw(st.integers(1, (n - 1 - first) // step + 1))
        if axis != (-1 if x.row_axis is None else x.row_axis) and draw(st.booleans()):
            first, step = first + (count - 1) * step, -step
        begin, stride, shape = [*begin, first], [*stride, step], [*shape, count]
    return draw(one_operand(StridedSlice(tuple(begin), tuple(stride), tuple(shape)), x))


@st.composite
def transpose(draw: st.DrawFn, dtypes: Types) -> Case:
    """Draw an order of up to five axes."""
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=5)))
    perm = tuple(draw(st.permutations(range(len(shape)))))
    x = TensorType(shape, dtypes[0], draw(quant_of(dtypes[0])))
    return draw(one_operand(Transpose(perm), x))


@st.composite
def shapes(draw: st.DrawFn) -> tuple[int, ...]:
    """Draw one to four sizes, most often behind a batch of 1 as models have it."""
    sizes = tuple(draw(st.lists(st.integers(1, 7), min_size=1, max_size=3)))
    return (draw(st.sampled_from([1, 1, 1, 2, 3])), *sizes) if draw(st.booleans()) else sizes


@st.composite
def quant_of(draw: st.DrawFn, dtype: DType) -> Quant | None:
    """Draw a quantisation for a type of up to 16 bits, None for the wider ones."""
    if dtype.bytes > 2:
        return None
    low, high = (0, 0) if dtype is DType.S16 else dtype.limits
    return Quant((draw(scales()),), draw(st.integers(low, high)))


@st.composite
def one_operand(draw: st.DrawFn, op: Op, x_type: TensorType) -> Case:
    """Return the graph of one node with one input, and that input."""
    b = Builder("case")
    x = b.input("x", x_type)
    return b.build(b.node("y", op, x)), {"x": draw(contents(x_type))}
