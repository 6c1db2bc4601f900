"""Cases of the operators that make fewer elements of many, and of softmax."""

from hypothesis import assume
from hypothesis import strategies as st

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import Builder, DType, Op, Quant, TensorType
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.mean import Mean
from milliwatt.ops.nn.softmax import Softmax
from milliwatt.ops.pool import Pool2d
from ops_cases.conv import Case, clips
from ops_cases.draw import CHANNELS, SIZES, contents, quants

REFUSED = ("larger than the padded image", "are not neighbours", "whose rows are others")


@st.composite
def pool(draw: st.DrawFn, op: type[Pool2d]) -> Case:
    """Draw a pooling window with any stride, and padding smaller than the window."""
    quant = draw(quants())
    kh, kw = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    top, bottom = draw(st.integers(0, kh - 1)), draw(st.integers(0, kh - 1))
    left, right = draw(st.integers(0, kw - 1)), draw(st.integers(0, kw - 1))
    stride = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    made = op(quant, (kh, kw), stride, (top, bottom, left, right), draw(clips()))
    return draw(one_image(made, quant))


@st.composite
def global_average_pool(draw: st.DrawFn) -> Case:
    """Draw an average of an image."""
    quant = draw(quants())
    return draw(one_image(GlobalAveragePool(quant, draw(clips())), quant))


@st.composite
def mean(draw: st.DrawFn) -> Case:
    """Draw a mean over any axes of one to four dimensions."""
    sizes = draw(st.lists(st.integers(1, 7), min_size=1, max_size=3))
    shape = (1, *sizes) if draw(st.sampled_from([True, True, False])) else tuple(sizes)
    axes = draw(st.sets(st.integers(-len(shape), len(shape) - 1), min_size=1))
    x = TensorType(shape, DType.S8, draw(quants()))
    return draw(one_operand(Mean(draw(quants()), tuple(axes), draw(st.booleans())), x))


@st.composite
def softmax(draw: st.DrawFn) -> Case:
    """Draw a softmax, with scales from all nearly equal to only the largest left."""
    shape = tuple(draw(st.lists(st.integers(1, 4), max_size=2)))
    shape = (*shape, draw(st.sampled_from([1, 2, 3, 10, 12, 100, 600])))
    scale = draw(st.sampled_from([2.0**-20, 2.0**-8, 0.0625, 0.75, 1.5, 3.0, 17.0]))
    x = TensorType(shape, DType.S8, Quant((scale,), draw(st.integers(-128, 127))))
    return draw(one_operand(Softmax(draw(st.sampled_from([1.0, 1.0, 0.5, 1.7]))), x))


@st.composite
def one_image(draw: st.DrawFn, op: Op, quant: Quant) -> Case:
    """Return the graph of ``op`` on a drawn image."""
    return draw(
        one_operand(op, TensorType((1, draw(SIZES), draw(SIZES), draw(CHANNELS)), DType.S8, quant))
    )


@st.composite
def one_operand(draw: st.DrawFn, op: Op, x: TensorType) -> Case:
    """Return the graph of ``op`` on ``x``, unless the drawn sizes do not fit."""
    b = Builder("case")
    try:
        y = b.node("y", op, b.input("x", x))
    except ShapeMismatch as e:
        assume(not any(why in str(e) for why in REFUSED))
        raise
    return b.build(y), {"x": draw(contents(x))}
