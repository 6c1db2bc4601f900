"""Cases of the operators that make features."""

from hypothesis import strategies as st

from milliwatt.ir import DType, Quant, TensorType
from milliwatt.ops.dsp.frame_statistics import FrameStatistics
from milliwatt.ops.dsp.standardize import Standardize
from ops_cases.conv import Case
from ops_cases.draw import CHANNELS, quants, scales
from ops_cases.moving import one_operand


@st.composite
def frame_statistics(draw: st.DrawFn) -> Case:
    """Draw frames that overlap, touch or leave gaps."""
    op = FrameStatistics(draw(st.integers(1, 9)), draw(st.integers(1, 5)))
    rows = op.frame + draw(st.integers(0, 12))
    x = TensorType((1, rows, draw(CHANNELS)), DType.S16, Quant((draw(scales()),)))
    return draw(one_operand(op, x))


@st.composite
def standardize(draw: st.DrawFn) -> Case:
    """Draw means and deviations, a flat channel's tiny one among them."""
    c = draw(CHANNELS)
    mean = st.integers(*DType.S16.limits)
    deviation = st.floats(0.1, 20000.0)
    op = Standardize(
        draw(quants()),
        tuple(draw(mean) for _ in range(c)),
        tuple(draw(deviation) for _ in range(c)),
    )
    return draw(one_operand(op, TensorType((1, draw(st.integers(1, 9)), c), DType.S16)))
