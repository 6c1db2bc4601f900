"""The fixed-point transform against the formula in double precision, within a derived bound."""

import numpy as np
import pytest

from milliwatt.ops.real_fft import DROP, RealFft, Taper, reversal

CASES = [
    RealFft(16, 16, Taper.RECTANGULAR),
    RealFft(32, 20, Taper.HANN),
    RealFft(64, 64, Taper.HANN),
    RealFft(256, 200, Taper.HAMMING),
    RealFft(512, 480, Taper.HANN),
    RealFft(512, 512, Taper.RECTANGULAR),
    RealFft(1024, 1024, Taper.HANN),
    RealFft(4096, 4096, Taper.HAMMING),
]


def bound(fft: RealFft) -> float:
    """Return how far a magnitude can be from the exact one, in steps of the spectrum.

    All errors are lengths of complex numbers, in steps of the transform first; turning keeps them.
    A tapered sample is rounded down (1), its taper by half a step of 2**-16 (1/4 for a sample of
    2**15); four pairs meet before there is any product. Then a span adds two rounded products (1/2
    each), by roots of which 1.0 is short by 2**-31 and the others by half of that, on numbers under
    2**30.5 (0.36 each). The error of ``a`` goes on whole and that of ``b2`` by half: 3/2 a span.

    The split takes two numbers of the transform for E and two for O, shifted by DROP; rounds down
    once or twice (2), two products (1/2 each), and its roots of 24 bits (1/4 each).
    """
    spans = fft.half.bit_length() - 3
    error = 4 * 2**0.5 * 1.25
    for _ in range(spans):
        error = 1.5 * error + 2**0.5 * 2 * (0.5 + 0.36)
    return 2**0.5 * (2 + 1 + 0.5) + 2 * error / 2**DROP


@pytest.mark.parametrize("fft", CASES, ids=lambda f: f"{f.frame}-of-{f.points}-{f.taper.value}")
@pytest.mark.parametrize("highest", [32767, 100, 2])
def test_magnitudes_are_within_the_bound(fft, highest):
    rng = np.random.default_rng(highest)
    frames = rng.integers(-highest - 1, highest, (fft.frame, 40), endpoint=True).astype(np.int16)
    frames[:, 0], frames[:, 1] = highest, np.where(np.arange(fft.frame) % 2, highest, -highest)
    exact = np.fft.rfft(frames * fft.taper.values(fft.frame)[:, None], fft.points, axis=0)
    error = np.sqrt(fft.powers(frames)) - np.abs(exact) * 2.0**fft.fraction_bits
    assert np.abs(error).max() <= bound(fft)
    # and no bit of the spectrum is left unused: some signal comes within a factor of 4 of the limit
    assert fft.powers(np.full_like(frames, -32768)).max() <= 2**46 * 1.0001
    assert fft.powers(np.full_like(frames, -32768)).max() >= 2**40 or fft.frame < fft.points


def test_a_constant_by_hand():
    # 16 samples of 3 add up to 48 at frequency 0 and to nothing elsewhere; steps of 1 / 2**4
    fft = RealFft(16, 16, Taper.RECTANGULAR)
    assert fft.fraction_bits == 4
    powers = fft.powers(np.full((16, 1), 3, np.int16))[:, 0]
    assert powers.tolist() == [(48 * 16) ** 2] + [0] * 8


def test_the_bits_of_an_index_in_reverse():
    assert reversal(8).tolist() == [0, 4, 2, 6, 1, 5, 3, 7]


def test_one_period_of_a_taper():
    np.testing.assert_allclose(Taper.HANN.values(4), [0, 0.5, 1, 0.5], atol=1e-12)
    np.testing.assert_allclose(Taper.HAMMING.values(2), [0.08, 1.0], atol=1e-12)
