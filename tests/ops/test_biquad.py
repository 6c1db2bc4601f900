"""Recursive filters against SciPy's, and by hand."""

import numpy as np
import pytest

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, Quant, TensorType
from milliwatt.ops.dsp.biquad import Biquad


def filtered(op: Biquad, signal: np.ndarray) -> np.ndarray:
    x = TensorType((1, *signal.shape), DType.S16, Quant((1.0,)))
    assert op.infer((x,)) == (x,)
    return op.evaluate((x,), (signal.astype(np.int16)[None],))[0][0]


def test_a_leaking_sum_by_hand():
    # u[t] = x[t] + u[t-1] / 2: 8, 4 + 4, 0 + 4, 0 + 2
    op = Biquad.of([[1.0, 0.0, 0.0, 1.0, -0.5, 0.0]])
    assert filtered(op, np.array([[8], [4], [0], [0]]))[:, 0].tolist() == [8, 8, 4, 2]


@pytest.mark.parametrize("cutoff_hz", [0.3, 5.0, 20.0])
@pytest.mark.parametrize("kind", ["lowpass", "highpass"])
def test_it_is_near_scipys(kind, cutoff_hz):
    """Each section rounds to 1/512 of a count; what it remembers of that grows by its gain."""
    signal_ = pytest.importorskip("scipy.signal", reason="the float truth: pip install scipy")
    sections = signal_.butter(4, cutoff_hz, kind, fs=50.0, output="sos")
    x = np.random.default_rng(0).integers(-9000, 9000, (400, 2))
    exact = signal_.sosfilt(sections, x, axis=0)
    impulse = np.zeros(4000)
    impulse[0] = 1.0
    # an error of 1/512 in each step of a section comes out as the sum of the magnitudes of what
    # follows it: its own recursion and all later sections
    gains = []
    for s in range(len(sections)):
        own = np.array([[1.0, 0.0, 0.0, *sections[s][3:]]])
        response = signal_.sosfilt(np.vstack([own, sections[s + 1 :]]), impulse)
        gains.append(np.abs(response).sum())
    # coefficients are off by 2**-30, on numbers of up to 5 times 9000 that the sections pass on
    limit = 0.5 + sum(gains) * (1 / 512 + 5 * 9000 * max(gains) * 2.0**-30)
    assert np.abs(filtered(Biquad.of(sections), x) - exact).max() <= limit


def test_an_unstable_filter_saturates():
    op = Biquad.of([[1.0, 0.0, 0.0, 1.0, -2.0, 0.0]])
    assert filtered(op, np.full((40, 1), 100))[-1, 0] == 32767


def test_coefficients_beyond_two_are_refused():
    with pytest.raises(ShapeMismatch, match=r"coefficients \[4.0, .*; wanted all of them within"):
        Biquad.of([[2.0, 0.0, 0.0, 0.5, 0.0, 0.0]])
    with pytest.raises(ShapeMismatch, match="0 sections; wanted at least one, with coefficients"):
        Biquad(()).infer((TensorType((1, 2, 1), DType.S16),))
