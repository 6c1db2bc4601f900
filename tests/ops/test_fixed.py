"""Fixed-point arithmetic: worked by hand, and the same in C on edges and noise."""

import ctypes
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import milliwatt.kernels as kernels_room
from milliwatt.errors import ShapeMismatch
from milliwatt.kernels.rescale import SHORT_LIMIT, Products, rescale_shifts
from milliwatt.kernels.scale import right_shift
from milliwatt.ops.bounds import Bounds
from milliwatt.ops.fixed import (
    INT32_MAX,
    INT32_MIN,
    doubling_high_mul,
    quantize_multiplier,
    requantize,
    rounding_divide_by_pot,
    wrap_int32,
)
from milliwatt.ops.fixed_exp import (
    exp_of_negative,
    reciprocal,
    reciprocal_of_half,
    shift_left_saturate,
)

SHIM = """
#include "fixed_exp.h"
#include "rescale.h"
#include "scale.h"
int32_t add_wrap(int32_t a, int32_t b) { return mw_add_wrap(a, b); }
int32_t shift_left_wrap(int32_t a, int32_t b) { return mw_shift_left_wrap(a, b); }
int32_t shift_left_saturate(int32_t a, int32_t b) { return mw_shift_left_saturate(a, b); }
int32_t high_mul(int32_t a, int32_t b) { return mw_doubling_high_mul(a, b); }
int32_t shift_right(int32_t a, int32_t b) { return mw_rounding_shift_right(a, b); }
int32_t requantize(int32_t a, int32_t m, int32_t s) { return mw_requantize(a, m, s); }
int32_t scale(int32_t x, int32_t m, int32_t half, int32_t by) { return mw_scale(x, m, half, by); }
int32_t rescale_long(int32_t x, int32_t m, int32_t by, int32_t z)
{
    return mw_rescale_long(x, m, by, z);
}
int32_t rescale_short(int32_t x, int32_t m, int32_t by, int32_t z)
{
    return mw_rescale_short(x, (const uint8_t *)&m, by, z);
}
int32_t exp_of_negative(int32_t x) { return mw_exp_of_negative(x); }
int32_t reciprocal_of_half(int32_t x) { return mw_reciprocal_of_half(x); }
int32_t reciprocal_mantissa(int32_t x) { int32_t bits; return mw_reciprocal(x, 12, &bits); }
int32_t reciprocal_bits(int32_t x) { int32_t bits; mw_reciprocal(x, 12, &bits); return bits; }
"""
FLAGS = (
    "-std=c11",
    "-O1",
    "-shared",
    "-fPIC",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
)
TRAPS = ("-fsanitize=undefined", "-fsanitize-trap=undefined")
EDGES = [v + d for v in (INT32_MIN, -(1 << 30), 0, 1 << 30, INT32_MAX) for d in (-2, -1, 0, 1, 2)]
INT32 = st.sampled_from([v for v in EDGES if INT32_MIN <= v <= INT32_MAX]) | st.integers(
    INT32_MIN, INT32_MAX
)
MANTISSA = st.sampled_from([0, 1 << 30, (1 << 30) + 1, INT32_MAX]) | st.integers(1 << 30, INT32_MAX)


@pytest.fixture(scope="module")
def c(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    room = Path(kernels_room.__file__).parent
    command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, *TRAPS, "-I", str(room)]
    files = [str(folder / "shim.c"), "-o", str(folder / "shim.so")]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return ctypes.CDLL(str(folder / "shim.so"))


@pytest.mark.parametrize(
    ("real", "wanted"),
    [
        (0.0, (0, 0)),
        (1.0, (1 << 30, 1)),
        (0.5, (1 << 30, 0)),
        (0.75, (3 << 29, 0)),
        (3.0, (3 << 29, 2)),
        (2.0**-32, (1 << 30, -31)),
        (2.0**-33, (0, 0)),
        (1 - 2.0**-40, (1 << 30, 1)),  # rounds up to 1
    ],
)
def test_a_real_splits_into_mantissa_and_shift(real, wanted):
    assert quantize_multiplier(real) == wanted


def test_a_multiplier_beyond_every_shift_is_refused():
    with pytest.raises(ShapeMismatch, match="at most 2\\*\\*30 is usable"):
        quantize_multiplier(2.0**30)


@pytest.mark.parametrize(
    ("x", "bits", "wanted"),
    [(5, 1, 3), (-5, 1, -3), (4, 1, 2), (6, 2, 2), (-6, 2, -2), (5, 2, 1), (7, 0, 7), (-7, 0, -7)],
)
def test_halves_round_away_from_zero_when_shifting(x, bits, wanted):
    assert rounding_divide_by_pot(np.array(x), bits) == wanted


def test_halves_round_upward_when_multiplying():
    half = 1 << 30  # stands for 1/2
    products = doubling_high_mul(np.array([1, -1, 3, -3, 4]), half)
    assert products.tolist() == [1, 0, 2, -1, 2]
    assert doubling_high_mul(np.array(INT32_MIN), INT32_MIN) == INT32_MAX


def test_requantising_rounds_twice():
    # 3 / 4: first 3 * 1/2 = 1.5 -> 2, then 2 / 2 = 1; a shift to the left comes before all
    assert requantize(np.array([3, -3, 40]), 1 << 30, -1).tolist() == [1, -1, 10]
    assert requantize(np.array([3]), 1 << 30, 3).tolist() == [12]


def test_the_exponential_is_near_the_real_one():
    x = -np.linspace(0, 31.99, 500)
    got = exp_of_negative((x * 2**26).astype(np.int64)) / 2**31
    # the series is cut after its fourth power: (1/8)^5 / 5! relative; each product rounds by 2**-32
    np.testing.assert_allclose(
        got, np.exp(np.trunc(x * 2**26) / 2**26), rtol=3e-7, atol=8 * 2.0**-32
    )


@pytest.mark.parametrize("x", [1.0, 1.5, 2.0, 3.0, 7.25, 100.0, 511.9])
def test_the_reciprocal_is_near_the_real_one(x):
    mantissa, bits = reciprocal(np.array(int(x * 2**19)), 12)
    # Newton's three steps from an error of 1/17 leave (1/17)^8 < 2**-32; a few roundings of 2**-29
    assert math.isclose(
        int(mantissa) / 2**31 / 2 ** int(bits), int(x * 2**19) ** -1 * 2**19, rel_tol=2**-26
    )


@given(INT32, INT32)
def test_adding_wraps_alike(c, a, b):
    assert c.add_wrap(a, b) == wrap_int32(np.array(a + b))


@given(INT32, st.integers(0, 31))
def test_shifting_left_is_alike(c, a, bits):
    assert c.shift_left_wrap(a, bits) == wrap_int32(np.array(a) << bits)
    if bits < 31:
        assert c.shift_left_saturate(a, bits) == shift_left_saturate(np.array(a), bits)


@given(INT32, INT32.filter(lambda b: b != INT32_MIN))
def test_multiplying_is_alike(c, a, b):
    assert c.high_mul(a, b) == doubling_high_mul(np.array(a), b)


@given(INT32, st.integers(0, 31))
def test_shifting_right_is_alike(c, a, bits):
    assert c.shift_right(a, bits) == rounding_divide_by_pot(np.array(a), bits)


@given(INT32, MANTISSA, st.integers(-31, 30))
def test_requantising_is_alike(c, acc, mantissa, shift):
    assert c.requantize(acc, mantissa, shift) == requantize(np.array(acc), mantissa, shift)


@given(
    st.integers(-(1 << 28) + 1, (1 << 28) - 1) | st.integers(-600, 600),
    MANTISSA,
    st.integers(-31, 0),
)
def test_scaling_small_numbers_is_requantising(c, x, mantissa, shift):
    p = right_shift("y", shift)
    got = c.scale(x, mantissa, p["round_y"], p["right_y"])
    assert got == requantize(np.array(x), mantissa, shift)


@given(st.integers(-(1 << 30) + 1, (1 << 30) - 1), MANTISSA)
def test_scaling_without_a_shift_takes_larger_numbers(c, x, mantissa):
    p = right_shift("y", 0)
    assert c.scale(x, mantissa, p["round_y"], p["right_y"]) == requantize(np.array(x), mantissa, 0)


def one_channel(products, magnitude, mantissa, shift):
    """Return the shift of one channel whose sums reach ``magnitude``, or None."""
    reach = np.array([magnitude], np.int64)
    multiplier, shifts = np.array([mantissa], np.int32), np.array([shift], np.int32)
    found = rescale_shifts(products, Bounds(-reach, reach), multiplier, shifts)
    return None if found is None else int(found[0])


def rescaled(acc, mantissa, shift, zero):
    return int(np.clip(requantize(np.array(acc), mantissa, shift) + zero, -128, 127))


# sums about the ties of the second rounding, whatever the shift
NEAR_TIES = st.builds(
    lambda sign, bits, d: sign * ((1 << bits) + d),
    st.sampled_from([-1, 1]), st.integers(0, 22), st.integers(-1, 1),
)  # fmt: skip


@settings(max_examples=1000)
@given(INT32 | NEAR_TIES, MANTISSA, st.integers(-31, -2), st.integers(-128, 127))
def test_rescaling_by_long_products_is_requantising(c, acc, mantissa, shift, zero):
    by = one_channel(Products.LONG, 1 << 31, mantissa, shift)
    assert c.rescale_long(acc, mantissa, by, zero) == rescaled(acc, mantissa, shift, zero)


@settings(max_examples=1000)
@given(
    st.integers(1 - SHORT_LIMIT, SHORT_LIMIT - 1) | NEAR_TIES,
    MANTISSA,
    st.integers(-31, -1),
    st.integers(-128, 127),
)
def test_rescaling_by_short_products_is_requantising(c, acc, mantissa, shift, zero):
    by = one_channel(Products.SHORT, SHORT_LIMIT - 1, mantissa, shift)
    assert c.rescale_short(acc, mantissa, by, zero) == rescaled(acc, mantissa, shift, zero)


def test_rescaling_is_refused_where_it_would_not_be_exact():
    assert one_channel(Products.LONG, 1 << 31, 1 << 30, -1) is None
    assert one_channel(Products.SHORT, 100, 1 << 30, 0) is None
    assert one_channel(Products.SHORT, SHORT_LIMIT, 1 << 30, -5) is None
    assert one_channel(Products.LONG, 100, 0, 7) == 0  # whatever the shift, nothing is left


@given(INT32.filter(lambda x: x <= 0) | st.integers(-(1 << 27), 0))
def test_exponentials_are_alike(c, x):
    assert c.exp_of_negative(x) == exp_of_negative(np.array(x))


@given(INT32.filter(lambda x: x >= 1 << 30))
def test_reciprocals_of_halves_are_alike(c, half):
    assert c.reciprocal_of_half(half) == reciprocal_of_half(np.array(half))


@given(INT32.filter(lambda x: x > 0) | st.integers(1, 1 << 20))
def test_reciprocals_are_alike(c, x):
    mantissa, bits = reciprocal(np.array(x), 12)
    assert (c.reciprocal_mantissa(x), c.reciprocal_bits(x)) == (mantissa, bits)
