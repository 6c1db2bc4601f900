"""Which samples make a frame, and where its powers lie."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, Quant, TensorType, Window
from milliwatt.ops.dsp.power_spectrum import PowerSpectrum
from milliwatt.ops.real_fft import Taper


def counts(*shape: int) -> TensorType:
    return TensorType(shape, DType.S16, Quant((0.5,)))


def noise(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(1).integers(-3000, 3000, shape).astype(np.int16)


def test_frames_of_hops_are_frames_of_samples():
    # rows of 5 samples: the frame of 12 that begins with row 2 is samples 10 to 21
    op, x = PowerSpectrum(frame=12, hop_rows=2, points=16), noise((1, 7, 5))
    (y,) = op.evaluate((counts(1, 7, 5),), (x,))
    wanted = op.transform.powers(x.reshape(-1)[10:22, None])[:, 0]
    np.testing.assert_array_equal(y[0, 1], wanted)
    assert op.rows((counts(1, 7, 5),)) == (Window(stride=2, span=3),)


def test_channels_follow_each_other():
    op, x = PowerSpectrum(16, 4, 16, channels=3, taper=Taper.HANN), noise((1, 24, 3))
    (y,) = op.evaluate((counts(1, 24, 3),), (x,))
    wanted = op.transform.powers(x[0, 4:20, 2][:, None])[:, 0]
    np.testing.assert_array_equal(y[0, 1, 18:], wanted)


def test_a_batch_is_each_of_its_inputs():
    op, x = PowerSpectrum(12, 1, 16), noise((9, 4, 6))
    (together,) = op.evaluate((counts(1, 4, 6),), (x,))
    alone = [op.evaluate((counts(1, 4, 6),), (one[None],))[0] for one in x]
    np.testing.assert_array_equal(together, np.concatenate(alone))


def test_the_type_of_the_output():
    # two frames; 9 frequencies; steps of 1/2 times 2**-5: half the taper leaves a bit more
    (y,) = PowerSpectrum(16, 1, 16).infer((counts(1, 3, 8),))
    assert y == TensorType((1, 2, 9), DType.S64, Quant(((0.5 * 2.0**-5) ** 2,)))


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (PowerSpectrum(12, 1, 20), "a transform of 20 points; wanted a power of two, 16 to 4096"),
        (PowerSpectrum(17, 1, 16), "frames of 17 samples every 1 rows; wanted 2 to 16 samples"),
        (PowerSpectrum(12, 1, 16, channels=3), "rows of .* hold 4 numbers; wanted a multiple of"),
        (PowerSpectrum(16, 1, 16), r"a frame of 4 rows is longer than the input s16\[1, 3, 4\]"),
    ],
)
def test_what_cannot_be_is_refused(op, message):
    with pytest.raises(ShapeMismatch, match=message):
        op.infer((counts(1, 3, 4),))
