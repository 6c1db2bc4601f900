"""Requantisation in six instructions equals the long form wherever it says that it holds."""

import ctypes

import numpy as np
from harness import library

from milliwatt.kernels.requantize_short import LIMIT, MOST_RIGHT, short_requantization
from milliwatt.ops.bounds import Bounds
from milliwatt.ops.fixed import requantize

SOURCE = """#include "requantize_short.h"
void all(const int32_t *acc, int32_t n, int32_t multiplier, int32_t shift, int32_t zero,
         int32_t *y);
void all(const int32_t *acc, int32_t n, int32_t multiplier, int32_t shift, int32_t zero,
         int32_t *y)
{
    const int32_t offset = mw_short_offset(zero, shift);
    for (int32_t i = 0; i < n; i++) {
        y[i] = mw_requantize_short(acc[i], multiplier, shift, offset);
    }
}
"""


def short_form(tmp_path, acc, constants, zero):
    """Return what the C computes, every undefined behaviour a trap."""
    source = tmp_path / "short.c"
    if not source.exists():
        source.write_text(SOURCE)
    y = np.empty_like(acc)
    pointers = (ctypes.c_void_p(a.ctypes.data) for a in (acc, y))
    first, last = pointers
    numbers = (int(constants.multiplier[0]), int(constants.shift[0]), zero)
    library(source).all(first, len(acc), *map(ctypes.c_int32, numbers), last)
    return y


def channel(limit, multiplier, shift):
    """Return one channel's constants for sums up to ``limit``."""
    bounds = Bounds(np.array([-limit]), np.array([limit]))
    return short_requantization(
        bounds, np.array([multiplier], np.int32), np.array([shift], np.int32)
    )


def test_equals_the_long_form(tmp_path):
    rng = np.random.default_rng(1)
    for right in range(1, MOST_RIGHT + 1):
        for multiplier in (1 << 30, (1 << 31) - 1, int(rng.integers(1 << 30, 1 << 31))):
            zero = int(rng.choice([-128, 127, 0, 5]))
            constants = channel(LIMIT - 1, multiplier, -right)
            # ties of both roundings lie where the scaled sum is a half: near multiples of 2**right
            odd = rng.integers(-200, 200, 2000) * 2 + 1
            ties = odd * 2.0 ** (right - 1) * 2.0**31 / multiplier
            near = (np.round(ties) + rng.integers(-2, 3, 2000)).clip(1 - LIMIT, LIMIT - 1)
            ends = [0, 1, -1, 2, -2, LIMIT - 1, 1 - LIMIT]
            anywhere = rng.integers(1 - LIMIT, LIMIT, 2000)
            acc = np.concatenate([near, ends, anywhere]).astype(np.int32)
            wanted = (requantize(acc, multiplier, -right) + zero).clip(-128, 127)
            np.testing.assert_array_equal(short_form(tmp_path, acc, constants, zero), wanted)


def test_a_channel_that_vanishes_gives_the_zero_point(tmp_path):
    acc = np.array([-(1 << 20), -1, 0, 1, 1 << 20], np.int32)
    for multiplier, shift in ((0, 0), (1 << 30, -31), (1 << 30, -22)):
        constants = channel(1 << 20, multiplier, shift)
        assert (requantize(acc, multiplier, shift) == 0).all()
        for zero in (-128, -3, 0, 127):
            assert (short_form(tmp_path, acc, constants, zero) == zero).all()


def test_refuses_what_it_cannot_do():
    assert channel(LIMIT - 1, 1 << 30, -1) is not None
    assert channel(LIMIT, 1 << 30, -1) is None, "its double does not fit"
    assert channel(1000, 1 << 30, 0) is None, "nothing to shift"
    assert channel(1000, 1 << 30, 3) is None, "shifts left"
    assert channel(LIMIT - 1, 1 << 30, -(MOST_RIGHT + 1)) is None, "its offset does not fit"
