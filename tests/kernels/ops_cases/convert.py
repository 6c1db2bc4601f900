"""Cases of the operators that change how numbers are stored."""

from hypothesis import strategies as st

from milliwatt.ir import DType, Quant, TensorType
from milliwatt.ops.nn import quantize as floats
from milliwatt.ops.nn import requantize as integers
from milliwatt.ops.nn.dequantize import Dequantize
from ops_cases.conv import Case
from ops_cases.draw import scales
from ops_cases.moving import Types, one_operand, shapes


@st.composite
def requantize(draw: st.DrawFn, dtypes: Types) -> Case:
    """Draw a change of scale, zero point and type, ratios of scales that wrap among them."""
    dtype = draw(st.sampled_from(integers.OUTPUTS))
    op = integers.Requantize(draw(zeroed(dtype)), dtype)
    return draw(one_operand(op, TensorType(draw(shapes()), dtypes[0], draw(zeroed(dtypes[0])))))


@st.composite
def quantize(draw: st.DrawFn) -> Case:
    """Draw a conversion from float."""
    dtype = draw(st.sampled_from(floats.OUTPUTS))
    scale = draw(st.sampled_from([1.0, 0.5]) | scales(1e-5, 10.0))
    quant = Quant((scale,), draw(st.integers(*dtype.limits)))
    return draw(one_operand(floats.Quantize(quant, dtype), TensorType(draw(shapes()), DType.F32)))


@st.composite
def dequantize(draw: st.DrawFn, dtypes: Types) -> Case:
    """Draw a conversion to float, scales down to subnormal results among them."""
    scale = draw(scales(1e-5, 10.0) | st.sampled_from([2.0**-126, 2.0**-149, 2.0**120]))
    quant = Quant((scale,), draw(st.integers(*dtypes[0].limits)))
    return draw(one_operand(Dequantize(), TensorType(draw(shapes()), dtypes[0], quant)))


@st.composite
def zeroed(draw: st.DrawFn, dtype: DType) -> Quant:
    """Draw a quantisation; 32 bits have no zero point."""
    low, high = (0, 0) if dtype is DType.S32 else dtype.limits
    return Quant((draw(scales(1e-4, 1e4)),), draw(st.integers(low, high)))
