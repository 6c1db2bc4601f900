"""Cases of the operators of TensorFlow's micro front end."""

from hypothesis import strategies as st

from milliwatt.ir import Builder, DType, Quant, TensorType
from milliwatt.ops.dsp.denoise_log import DenoiseLog
from milliwatt.ops.dsp.micro_filterbank import MicroFilterbank
from milliwatt.ops.dsp.noise_estimate import NoiseEstimate
from ops_cases.conv import Case
from ops_cases.draw import CHANNELS, contents, scales
from ops_cases.moving import one_operand


@st.composite
def micro_filterbank(draw: st.DrawFn) -> Case:
    """Draw transforms of 32, 128 or 512 samples, full or with zeros behind."""
    hop, hops = draw(st.sampled_from([(10, 2), (8, 4), (25, 3), (32, 4), (160, 3)]))
    op = MicroFilterbank(
        hops,
        sample_rate_hz=draw(st.sampled_from([8000, 16000])),
        bands=draw(st.integers(1, 12)),
        low_hz=draw(st.sampled_from([0.0, 125.0, 700.0])),
        high_hz=draw(st.sampled_from([2000.0, 3500.0])),
    )
    x = TensorType((1, hops + draw(st.integers(0, 4)), hop), DType.S16)
    return draw(one_operand(op, x))


@st.composite
def noise_estimate(draw: st.DrawFn) -> Case:
    """Draw a few frames and what came before."""
    bands = draw(CHANNELS)
    x = TensorType((1, draw(st.integers(1, 5)), bands), DType.S32)
    before = TensorType((1, 1, bands), DType.S32)
    share = st.integers(0, 16384)
    b = Builder("case")
    op = NoiseEstimate(draw(share), draw(share))
    y = b.node("y", op, b.input("x", x), b.input("before", before))
    return b.build(y), {"x": draw(contents(x)), "before": draw(contents(before))}


@st.composite
def denoise_log(draw: st.DrawFn) -> Case:
    """Draw loudness and noise of any bits, small ones as often as large ones."""
    type_ = TensorType((1, draw(st.integers(1, 5)), draw(CHANNELS)), DType.S32)
    b = Builder("case")
    op = DenoiseLog(Quant((draw(scales(0.04, 0.5)),), draw(st.integers(-128, 127))))
    y = b.node("y", op, b.input("x", type_), b.input("noise", type_))
    shift = st.integers(0, 31)
    arrays = {name: draw(contents(type_)) >> draw(shift) for name in ("x", "noise")}
    return b.build(y), arrays
