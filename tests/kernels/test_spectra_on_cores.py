"""Signal processing gives the reference's bits on every kind of core, assembly included.

The transform's inner loops are assembly on a Cortex-M4 for three lengths; an M0+ has no long
multiply, RV32IMC no reversal of bits.
"""

import numpy as np
import pytest

from milliwatt.emit import make_library
from milliwatt.ir import Builder, DType, Graph, Op, Quant, TensorType
from milliwatt.learn.front_ends.mel import mel_bands
from milliwatt.ops.dsp.biquad import Biquad
from milliwatt.ops.dsp.filterbank import Filterbank
from milliwatt.ops.dsp.fir import Fir
from milliwatt.ops.dsp.frame_moments import FrameMoments
from milliwatt.ops.dsp.log2 import Log2
from milliwatt.ops.dsp.power_spectrum import PowerSpectrum
from milliwatt.ops.dsp.projection import Projection
from milliwatt.ops.dsp.spectral_peaks import SpectralPeaks
from milliwatt.ops.dsp.standardize import Standardize
from milliwatt.ops.real_fft import Taper
from milliwatt.plan import by_rows, make_plan, whole
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.run.reference import Reference
from milliwatt.targets import load_board

BOARDS = ("rp2040", "nrf52840", "esp32c3")
FEATURES = 8


def sound(points: int, frame: int, samples: int, taper: Taper) -> Graph:
    """Rows of samples of one signal to standardised coefficients, and to the spectrum's peaks."""
    b = Builder(f"sound_{points}")
    rows = -(-frame // samples) + 2
    x = b.input("x", TensorType((1, rows, samples), DType.S16, Quant((1.0,))))
    spectrum = b.node("spectrum", PowerSpectrum(frame, 1, points, taper=taper), x)
    bank = Filterbank(mel_bands(FEATURES, 500, 8000, sample_rate_hz=16000, points=points))
    logs = b.node("logs", Log2(77), b.node("bands", bank, spectrum))
    weights = tuple(tuple(int(w) for w in row) for row in 4000 * np.eye(FEATURES)[:3] - 500)
    coefficients = b.node("coefficients", Projection(weights, 12, 2.0**-9), logs)
    near, far = Standardize(Quant((1 / 32,)), (0,) * 3, (900.0,) * 3), (40, -7, 0)
    left = Standardize(Quant((1 / 32,)), far, (900.0, 30.0, 2.0))
    return b.build(
        b.node("near", near, coefficients),
        b.node("left", left, coefficients),
        b.node("peaks", SpectralPeaks(3), spectrum),
    )


def motion() -> Graph:
    """Three channels filtered both ways, then moments and spectra."""
    b = Builder("motion")
    x = b.input("x", TensorType((1, 60, 3), DType.S16, Quant((1.0,))))
    low_pass = Biquad.of([[0.2, 0.4, 0.2, 1.0, -0.4, 0.2], [1.0, -1.9, 0.95, 1.0, -1.2, 0.5]])
    recursive = b.node("recursive", low_pass, x)
    smooth = b.node("smooth", Fir((1000, 20000, -3000, 7), 14, hop=2), x)
    return b.build(
        recursive,
        b.node("moments", FrameMoments(32, 9), recursive),
        b.node("smooth_moments", FrameMoments(20, 3), smooth),
        b.node("spectra", PowerSpectrum(27, 7, 32, channels=3), recursive),
    )


GRAPHS = [
    sound(32, 32, 8, Taper.RECTANGULAR),
    sound(128, 100, 34, Taper.HAMMING),
    sound(512, 480, 320, Taper.HANN),
    sound(512, 511, 100, Taper.RECTANGULAR),
    motion(),
]


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("graph", GRAPHS, ids=lambda g: f"{g.name}-{g.inputs[0].type.shape[1]}")
def test_a_core_gives_the_bits_of_the_reference(graph, board, tmp_path):
    target = load_board(board)
    plan = make_plan(graph, target.cpu, whole if graph.name == "motion" else by_rows)
    library = make_library(plan, target, graph.name, graph.name)
    runner, reference = EmulatedRunner(plan, library, target, tmp_path), Reference(graph)
    for signal in signals(graph.inputs[0].type.shape):
        for ours, wanted in zip(runner.run((signal,)), reference.run((signal,)), strict=True):
            assert ours.tobytes() == wanted.tobytes()


def signals(shape: tuple[int, ...]) -> list[np.ndarray]:
    """Return noise, faint and loud, and both extremes, standing and in turn."""
    rng = np.random.default_rng(1)
    turns = np.where(np.arange(np.prod(shape)) % 2, -32768, 32767).reshape(shape)
    whole_range = rng.integers(-32768, 32767, shape, endpoint=True)
    faint = rng.integers(-3, 3, shape, endpoint=True)
    lowest = np.full(shape, -32768)
    return [s.astype(np.int16) for s in (whole_range, faint, turns, lowest)]


@pytest.mark.parametrize(
    ("op", "variant"),
    [
        (PowerSpectrum(480, 1, 512), "dsp"),
        (PowerSpectrum(480, 1, 1024), "scalar"),
        (PowerSpectrum(480, 1, 512, channels=2), "scalar"),
    ],
)
def test_the_fast_transform_is_chosen_where_it_can_be(op: Op, variant: str):
    b = Builder("one")
    x = b.input("x", TensorType((1, 3, 320), DType.S16, Quant((1.0,))))
    plan = make_plan(b.build(b.node("y", op, x)), load_board("nrf52840").cpu)
    assert [call.variant.name for call in plan.calls] == [variant]
