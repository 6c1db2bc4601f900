"""Cases of the operators that lead from samples to spectra and what is made of them."""

from hypothesis import strategies as st

from milliwatt.ir import DType, Quant, TensorType
from milliwatt.ops.dsp.biquad import Biquad
from milliwatt.ops.dsp.filterbank import Band, Filterbank
from milliwatt.ops.dsp.fir import Fir
from milliwatt.ops.dsp.frame_moments import FrameMoments
from milliwatt.ops.dsp.log2 import Log2
from milliwatt.ops.dsp.power_spectrum import PowerSpectrum
from milliwatt.ops.dsp.projection import Projection
from milliwatt.ops.dsp.spectral_peaks import SpectralPeaks
from milliwatt.ops.real_fft import Taper
from ops_cases.conv import Case
from ops_cases.draw import CHANNELS, scales
from ops_cases.moving import one_operand

Types = tuple[DType, ...]


@st.composite
def power_spectrum(draw: st.DrawFn) -> Case:
    """Draw frames within a row and over several, of one signal and of more."""
    points = draw(st.sampled_from([32, 32, 16, 64, 128, 128, 256, 512]))
    channels = draw(st.sampled_from([1, 1, 1, 2, 3]))
    samples = draw(st.integers(1, points))
    op = PowerSpectrum(
        frame=draw(st.integers(2, points)),
        hop_rows=draw(st.integers(1, 3)),
        points=points,
        channels=channels,
        taper=draw(st.sampled_from(Taper)),
    )
    rows = -(-op.frame // samples) + draw(st.integers(0, 5))
    x = TensorType((1, rows, samples * channels), DType.S16, Quant((draw(scales()),)))
    return draw(one_operand(op, x))


@st.composite
def filterbank(draw: st.DrawFn) -> Case:
    """Draw bands that overlap, touch or leave gaps, of any weights; some like roof tiles."""
    bins, channels = draw(st.integers(1, 40)), draw(st.integers(1, 3))
    bands = draw(tiles(bins) if draw(st.booleans()) else any_bands(bins))
    x = TensorType((1, draw(st.integers(1, 6)), channels * bins), DType.S64)
    return draw(one_operand(Filterbank(bands, channels), x))


@st.composite
def any_bands(draw: st.DrawFn, bins: int) -> tuple[Band, ...]:
    """Draw up to eight bands, each anywhere."""
    bands = []
    for _ in range(draw(st.integers(1, 8))):
        first = draw(st.integers(0, bins - 1))
        weights = st.lists(st.integers(0, 1 << 15), min_size=1, max_size=bins - first)
        bands.append(Band(first, tuple(draw(weights))))
    return tuple(bands)


@st.composite
def tiles(draw: st.DrawFn, bins: int) -> tuple[Band, ...]:
    """Draw bands of which each falls as the next one rises; a stretch may be empty."""
    starts = sorted(draw(st.lists(st.integers(0, bins), min_size=3, max_size=8)))
    rising = [draw(st.integers(0, 1 << 15)) for _ in range(bins)]
    bands = []
    for a, b, c in zip(starts[:-2], starts[1:-1], starts[2:], strict=True):
        weights = [*rising[a:b], *((1 << 15) - w for w in rising[b:c])]
        bands.append(Band(a, tuple(weights)) if weights else Band(min(a, bins - 1), (0,)))
    return tuple(bands)


@st.composite
def log2(draw: st.DrawFn, dtypes: Types) -> Case:
    """Draw numbers of all signs."""
    x = TensorType((1, draw(st.integers(1, 6)), draw(st.integers(1, 50))), dtypes[0])
    return draw(one_operand(Log2(draw(st.sampled_from([1, 2, 77, 2**31 - 1]))), x))


@st.composite
def projection(draw: st.DrawFn) -> Case:
    """Draw weights that use up the room there is, and some that need little."""
    inputs, outputs = draw(st.integers(1, 21)), draw(st.integers(1, 7))
    most = min(32767, 65535 // inputs)
    weight = st.integers(-most, most)
    rows = [tuple(draw(weight) for _ in range(inputs)) for _ in range(outputs)]
    x = TensorType((1, draw(st.integers(1, 5)), inputs), DType.S16)
    return draw(one_operand(Projection(tuple(rows), draw(st.integers(1, 15)), draw(scales())), x))


@st.composite
def frame_moments(draw: st.DrawFn) -> Case:
    """Draw frames that overlap, touch or leave gaps."""
    op = FrameMoments(draw(st.sampled_from([2, 3, 9, 64])), draw(st.integers(1, 5)))
    rows = op.frame + draw(st.integers(0, 12))
    x = TensorType((1, rows, draw(CHANNELS)), DType.S16, Quant((draw(scales()),)))
    return draw(one_operand(op, x))


@st.composite
def fir(draw: st.DrawFn) -> Case:
    """Draw taps that use up the room there is, and some that need little."""
    count = draw(st.integers(1, 9))
    most = min(32767, 65504 // count)
    taps = tuple(draw(st.integers(-most, most)) for _ in range(count))
    op = Fir(taps, draw(st.integers(1, 20)), draw(st.integers(1, 3)))
    x = TensorType((1, count + draw(st.integers(0, 9)), draw(CHANNELS)), DType.S16)
    return draw(one_operand(op, x))


@st.composite
def biquad(draw: st.DrawFn) -> Case:
    """Draw sections of any coefficients: most are unstable, and reach every limit."""
    coefficient = st.integers(-(1 << 30), 1 << 30)
    sections = st.lists(st.tuples(*[coefficient] * 5), min_size=1, max_size=3)
    x = TensorType((1, draw(st.integers(1, 20)), draw(CHANNELS)), DType.S16)
    return draw(one_operand(Biquad(tuple(draw(sections))), x))


@st.composite
def spectral_peaks(draw: st.DrawFn) -> Case:
    """Draw spectra with more peaks than wanted, and with fewer."""
    bins, channels = draw(st.integers(3, 20)), draw(st.integers(1, 3))
    op = SpectralPeaks(draw(st.integers(1, 5)), draw(st.integers(1, bins - 2)), channels)
    x = TensorType((1, draw(st.integers(1, 5)), channels * bins), DType.S64)
    return draw(one_operand(op, x))
