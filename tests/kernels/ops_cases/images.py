"""Cases of the operators on camera images."""

from hypothesis import strategies as st

from milliwatt.ir import DType, TensorType
from milliwatt.ops.dsp.gray import COLOURS, Gray
from milliwatt.ops.dsp.resize import Resize
from ops_cases.conv import Case
from ops_cases.draw import SIZES
from ops_cases.moving import one_operand


@st.composite
def gray(draw: st.DrawFn) -> Case:
    """Draw a colour image."""
    return draw(one_operand(Gray(), TensorType((1, draw(SIZES), draw(SIZES), COLOURS), DType.U8)))


@st.composite
def resize(draw: st.DrawFn) -> Case:
    """Draw an image that becomes larger or smaller, each way for itself."""
    op = Resize(draw(SIZES), draw(SIZES))
    shape = (1, draw(st.integers(1, 14)), draw(st.integers(1, 14)), draw(st.integers(1, 4)))
    return draw(one_operand(op, TensorType(shape, DType.U8)))
