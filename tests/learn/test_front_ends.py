"""Front ends: what they fit, what they refuse, and that graphs compute what training sees."""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from milliwatt.errors import InputError
from milliwatt.ir import Builder, Graph
from milliwatt.learn.front_end import FrontEnd
from milliwatt.learn.front_ends import FRONT_ENDS
from milliwatt.learn.front_ends.mel import mel_bands
from milliwatt.learn.front_ends.mfcc import cosines
from milliwatt.learn.front_ends.spectral import rising_bands
from milliwatt.ops.nn.requantize import Requantize
from milliwatt.plan import make_push_plan
from milliwatt.plan.push import PushKind
from milliwatt.run.reference import Reference
from milliwatt.targets import load_board

SHARED = Path(os.environ.get("MILLIWATT_SHARED", Path(__file__).parents[3] / "shared"))
CLIPS = SHARED / "data" / "speech_commands.zip"
RATE = 16000.0
SERIES = {
    "frame_statistics": {"frame_ms": 40, "hop_ms": 20},
    "mel_spectrogram": {"bands": 20},
    "mfcc": {"bands": 20, "coefficients": 5},
    "raw": {},
    "spectral": {"frame_ms": 16, "hop_ms": 8, "peaks": 2},
}


def noise(n: int = 70, hops: int = 3, channels: int = 1) -> np.ndarray:
    """Return recordings of noise, each of another loudness."""
    rng = np.random.default_rng(0)
    loudness = np.exp2(rng.uniform(2, 13, (n, 1, 1)))
    return (
        (rng.standard_normal((n, 320 * hops, channels)) * loudness)
        .clip(-32768, 32767)
        .astype(np.int16)
    )


def graph_of(front: FrontEnd) -> Graph:
    """Return a graph of the front end and one layer that doubles the features' scale."""
    b = Builder("network")
    x = b.input("features", front.output)
    doubled = Requantize(type(front.output.quant)((2 * front.output.scale,)), front.output.dtype)
    return front.before(b.build(b.node("halved", doubled, x)))


def test_every_front_end_of_series_is_tried():
    assert set(SERIES) | {"image"} == set(FRONT_ENDS)
    assert list(FRONT_ENDS) == sorted(FRONT_ENDS)


@pytest.mark.parametrize("name", SERIES)
def test_the_graph_computes_what_training_sees(name):
    counts = noise(6)
    front = FRONT_ENDS[name](counts, sample_rate_hz=RATE, **SERIES[name])
    graph = graph_of(front)
    features = front.compute(counts)
    assert features.dtype == np.int8
    for recording, wanted in zip(counts, features, strict=True):
        rows = recording.reshape(front.input.shape)
        got = Reference(graph).trace((rows,))[front.ops[-1][0]]
        np.testing.assert_array_equal(got[0], wanted)


@pytest.mark.parametrize("name", SERIES)
def test_features_are_standardised_over_the_training_windows(name):
    counts = noise()
    front = FRONT_ENDS[name](counts, sample_rate_hz=RATE, **SERIES[name])
    # as real numbers: mean 0 and deviation 1, off by the steps of 1/32 and by what saturates at 4
    real = front.compute(counts) * front.output.scale
    means, deviations = real.mean(axis=(0, 1)), real.std(axis=(0, 1))
    assert np.abs(means).max() < 0.2
    moving = deviations > 0
    assert moving.any()
    assert np.abs(deviations[moving] - 1).max() < 0.5


@pytest.mark.parametrize("name", ["mel_spectrogram", "mfcc"])
def test_sound_is_pushed_a_hop_at_a_time(name):
    counts = noise(4, hops=2)
    front = FRONT_ENDS[name](counts, sample_rate_hz=RATE, **SERIES[name])
    plan = make_push_plan(graph_of(front), load_board("nrf52840").cpu)
    assert plan.push is not None
    assert (plan.push.kind, plan.push.rows_per_result) == (PushKind.SLIDING, 1)


def test_features_can_be_images():
    front = FRONT_ENDS["mel_spectrogram"](noise(4), sample_rate_hz=RATE, bands=20, image=True)
    assert front.output.shape == (1, 2, 20, 1)
    assert front.compute(noise(4)).shape == (4, 2, 20, 1)


def test_a_duration_between_two_samples_is_refused():
    message = "hop_ms = 20.01 is 320.16 samples at 16000 Hz; 20 would be 320"
    with pytest.raises(InputError, match=message):
        FRONT_ENDS["mfcc"](noise(4), sample_rate_hz=RATE, hop_ms=20.01)


def test_windows_that_are_no_whole_number_of_hops_are_refused():
    message = "recordings of 960 samples are no whole number of hops of 400; cut windows of 800"
    with pytest.raises(InputError, match=message):
        FRONT_ENDS["mfcc"](noise(4), sample_rate_hz=RATE, hop_ms=25)


def test_two_channels_of_sound_are_refused():
    with pytest.raises(InputError, match="recordings have 2 channels; mel bands are of one"):
        FRONT_ENDS["mel_spectrogram"](noise(4, channels=2), sample_rate_hz=RATE)


def test_more_bands_than_frequencies_are_refused():
    with pytest.raises(InputError, match="lies between two frequencies of the transform, which"):
        FRONT_ENDS["mel_spectrogram"](noise(4), sample_rate_hz=RATE, bands=200)
    with pytest.raises(InputError, match="30 bands from 0 to 8000 Hz, where the transform has 17"):
        FRONT_ENDS["spectral"](noise(4), sample_rate_hz=RATE, frame_ms=2, hop_ms=2, bands=30)


def test_recordings_of_another_length_are_refused():
    front = FRONT_ENDS["mfcc"](noise(4), sample_rate_hz=RATE)
    message = r"recordings are int16 \[4, 640, 1\]; wanted int16 \[N, 960, 1\]"
    with pytest.raises(InputError, match=message):
        front.compute(noise(4, hops=2))


def test_neighbouring_mel_bands_add_up_to_one():
    bands = mel_bands(20, 100, 7000, sample_rate_hz=RATE, points=512)
    total = np.zeros(257, np.int64)
    for band in bands:
        total[band.first : band.end] += band.weights
    # between the centres of the first and the last
    first = bands[0].first + int(np.argmax(bands[0].weights)) + 1
    last = bands[-1].first + int(np.argmax(bands[-1].weights))
    assert set(total[first:last].tolist()) == {1 << 15}


def test_bands_touch_and_widen():
    bands = rising_bands(4, 0, 25, sample_rate_hz=50, points=64)
    assert [(b.first, b.end) for b in bands] == [(0, 2), (2, 6), (6, 14), (14, 33)]


def test_the_cosine_transform_is_orthonormal():
    np.testing.assert_allclose(cosines(20, 20) @ cosines(20, 20).T, np.eye(20), atol=1e-12)


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """Return forty clips of a second, int16 ``[40, 16000, 1]``."""
    soundfile = pytest.importorskip("soundfile", reason="clips are FLAC: pip install soundfile")
    if not CLIPS.exists():
        pytest.skip(f"{CLIPS} is absent")
    with zipfile.ZipFile(CLIPS) as archive:
        names = sorted(n for n in archive.namelist() if n.endswith(".wav"))[:: 2525 // 40][:40]
        sounds = [soundfile.read(io.BytesIO(archive.read(n)), dtype="int16")[0] for n in names]
    return np.stack([np.resize(s[:16000], 16000) for s in sounds])[:, :, None]


def test_mel_energies_of_speech_are_those_of_librosa(speech):
    """The error of a magnitude bounds that of an energy, hence of its logarithm."""
    librosa = pytest.importorskip("librosa", reason="the float truth: pip install librosa")
    front = FRONT_ENDS["mel_spectrogram"](speech, sample_rate_hz=RATE)
    ops = dict(front.ops)
    energy, types = speech.reshape(-1, 50, 320), (front.input,)
    for name in ("spectrum", "mel", "log"):
        (energy,) = ops[name].evaluate(types, (energy,))
        types = ops[name].infer(types)
    filters = librosa.filters.mel(
        sr=16000, n_fft=512, n_mels=40, fmin=20, fmax=8000, htk=True, norm=None
    )
    hann = np.hanning(481)[:480]
    frames = np.lib.stride_tricks.sliding_window_view(speech[:, :, 0], 480, axis=1)[:, ::320]
    exact = np.abs(np.fft.rfft(frames * hann, 512)) ** 2 @ filters.T
    above = exact * 2.0**15 > 4.0 * ops["log"].floor
    error = (energy / 512.0 - 15.0 - np.log2(np.maximum(exact, 1e-9)))[above]
    # A magnitude is off by at most 7.1 (tests/ops/test_real_fft.py). Where a band's energy exceeds
    # (7.1 * 100) ** 2 its logarithm is off by 2 * log2(1.01) = 0.03 at most, and of its own by
    # 0.64 / 512; the weights' rounding of 2**-16 is nothing beside that. Nearer to the floor,
    # errors of several frequencies average out: there the mean is held.
    loud = exact[above] > (7.1 * 100) ** 2
    assert loud.mean() > 0.3
    assert np.abs(error[loud]).max() <= 0.03 + 0.64 / 512
    assert np.sqrt((error**2).mean()) < 0.03
