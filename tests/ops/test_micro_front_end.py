"""TensorFlow's micro front end: against the package that wraps the original, and by hand."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, TensorType
from milliwatt.ops.dsp.denoise_log import (
    EXPECTED,
    MOST,
    UNIT,
    DenoiseLog,
    gain,
    log_table,
    logarithms,
)
from milliwatt.ops.dsp.micro_filterbank import MicroFilterbank, hann
from milliwatt.ops.dsp.noise_estimate import NoiseEstimate

HOP, BANDS, RATE = 160, 40, 16000
TIME = np.arange(RATE)


def signals():
    """Yield a second each: silence, extremes, tones, sweeps, clicks, noise of every loudness."""
    rng = np.random.default_rng(0)
    yield "silence", np.zeros(RATE)
    yield "stuck at the lowest", np.full(RATE, -32768)
    yield "square", np.where(TIME // 40 % 2, 32767, -32768)
    yield "tone", 32767 * np.sin(TIME * 0.2)
    yield "sweep", 10000 * np.sin(TIME**2 * 1e-5)
    yield "clicks", np.where(rng.random(RATE) < 0.001, -32768, 0)
    for loudness in (1, 10, 100, 1000, 10000, 32767):
        yield f"noise of {loudness}", rng.uniform(-loudness, loudness + 1, RATE)
    for i in range(6):
        swelling = np.abs(np.sin(TIME * rng.uniform(1e-5, 1e-2)))
        yield f"swelling {i}", rng.normal(0, 10 ** rng.uniform(0, 4), RATE) * swelling


def features(samples):
    """Return ``[frame, band]`` by our operators, before it is quantised."""
    x = samples[: len(samples) // HOP * HOP].reshape(1, -1, HOP)
    (energies,) = MicroFilterbank().evaluate((TensorType(x.shape, DType.S16),), (x,))
    (noise,) = NoiseEstimate().evaluate((), (energies, np.zeros((1, 1, BANDS), np.int32)))
    return logarithms(energies, noise)[0]


@pytest.mark.parametrize(
    ("name", "samples"), signals(), ids=lambda v: v if isinstance(v, str) else ""
)
def test_the_original_gives_the_same_integers(name, samples):
    pytest.importorskip("pymicro_features", reason="pip install pymicro-features")
    from pymicro_features import MicroFrontend

    audio = np.clip(samples, -32768, 32767).astype(np.int16)
    original, wanted = MicroFrontend(), []
    for at in range(0, len(audio), HOP):
        found = original.process_samples(audio[at : at + HOP].tobytes()).features
        if found:
            wanted.append(np.rint(np.array(found) / 0.0390625).astype(np.int16))
    np.testing.assert_array_equal(features(audio), np.stack(wanted), err_msg=name)


def test_every_feature_is_quantised_as_by_rounding_once():
    op, k = DenoiseLog(), np.arange(MOST + 1)
    wanted = np.clip(np.round(k * UNIT / EXPECTED.scale[0] + EXPECTED.zero_point), -128, 127)
    np.testing.assert_array_equal(
        np.clip((k * op.multiplier() + 2**30 >> 31) + EXPECTED.zero_point, -128, 127), wanted
    )


def test_a_tone_is_loudest_in_its_band():
    # 1 kHz is 1000 mel within half a mel; band i peaks at the i + 1st of 41 steps of the mel scale
    low, high = (1127 * np.log1p(hz / 700) for hz in (125, 7500))
    band = round((1000 - low) / ((high - low) / 41)) - 1
    tone = (8000 * np.sin(2 * np.pi * 1000 * TIME[:480] / RATE)).astype(np.int16)
    x = tone.reshape(1, 3, HOP)
    (energies,) = MicroFilterbank().evaluate((TensorType(x.shape, DType.S16),), (x,))
    assert energies[0, 0].argmax() == band


def test_the_window_is_a_hann_window():
    exact = 4096 * (0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(480) + 0.5) / 480))
    # half a step for rounding; single precision of the angle, 2**-24 * 2 * pi, adds 8e-4 of a step
    assert np.abs(hann(480) - exact).max() <= 0.5 + 1e-3


def test_smoothing_by_hand():
    # half of 8 << 10 first, then half of that and half of nothing
    x = np.array([[[8, 8], [0, 0]]], np.int32)
    (y,) = NoiseEstimate(even=8192, odd=0).evaluate((), (x, np.array([[[0, 77]]], np.int32)))
    np.testing.assert_array_equal(y, [[[4096, 77], [2048, 77]]])


def test_no_noise_has_the_highest_gain():
    # 2**21 * 80**-0.95 = 32,635.8
    assert gain(np.array([0]))[0] == 32636
    assert (np.diff(gain(np.arange(1 << 16))) <= 0).all()


def test_the_table_of_logarithms_begins_and_ends_at_nothing():
    table = log_table()
    assert table[0] == table[128] == 0
    assert table[64] == round((np.log2(1.5) - 0.5) * 65536)


@pytest.mark.parametrize(
    ("op", "shape", "wanted"),
    [
        (MicroFilterbank(), (1, 2, 160), "frames of 3 hops of s16"),
        (MicroFilterbank(), (1, 3, 50), "need a transform of 256; wanted 8, 32, 128"),
        (MicroFilterbank(high_hz=9000.0), (1, 3, 160), "40 bands from 125 to 9000 Hz"),
    ],
)
def test_what_cannot_be_computed_is_refused(op, shape, wanted):
    with pytest.raises(ShapeMismatch, match=wanted):
        op.infer((TensorType(shape, DType.S16),))


def test_other_bands_before_are_refused():
    x, before = TensorType((1, 2, 40), DType.S32), TensorType((1, 1, 39), DType.S32)
    with pytest.raises(ShapeMismatch, match="wanted s32"):
        NoiseEstimate().infer((x, before))
    with pytest.raises(ShapeMismatch, match="wanted two of s32"):
        DenoiseLog().infer((x, before))
