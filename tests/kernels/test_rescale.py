"""Requantisation with one rounding equals the reference's two wherever it says that it holds."""

import ctypes

import numpy as np
import pytest
from harness import library

from milliwatt.kernels.rescale import (
    HIGH_LIMIT,
    MOST_RIGHT,
    SHORT_LIMIT,
    Products,
    rescale_shifts,
)
from milliwatt.ops.bounds import Bounds
from milliwatt.ops.fixed import requantize

SOURCE = """#include "rescale.h"
void all(const int32_t *acc, int32_t n, int32_t multiplier, int32_t shift, int32_t zero,
         int32_t *y);
void all(const int32_t *acc, int32_t n, int32_t multiplier, int32_t shift, int32_t zero,
         int32_t *y)
{
    for (int32_t i = 0; i < n; i++) {
        y[i] = mw_rescale_FORM(acc[i], MULTIPLIER, shift, zero);
    }
}
"""
LIMITS = {Products.LONG: (1 << 31) - 1, Products.HIGH: HIGH_LIMIT, Products.SHORT: SHORT_LIMIT}
RIGHTS = {
    Products.LONG: range(2, 31),
    Products.HIGH: range(1, MOST_RIGHT + 1),
    Products.SHORT: range(1, 31),
}


@pytest.fixture(scope="module", params=Products, ids=lambda form: form.value)
def form(request, tmp_path_factory):
    """Return a form, and a function that computes by it, every undefined behaviour a trap."""
    source = tmp_path_factory.mktemp("rescale") / f"{request.param.value}.c"
    given = "(const void *)&multiplier" if request.param is Products.SHORT else "multiplier"
    source.write_text(SOURCE.replace("FORM", request.param.value).replace("MULTIPLIER", given))
    call = library(source).all

    def compute(acc, multiplier, shift, zero):
        y = np.empty_like(acc)
        numbers = map(ctypes.c_int32, (multiplier, shift, zero))
        call(ctypes.c_void_p(acc.ctypes.data), len(acc), *numbers, ctypes.c_void_p(y.ctypes.data))
        return y

    return request.param, compute


def shift_of(form, limit, multiplier, right):
    """Return what a form wants for sums up to ``limit``, or None."""
    bounds = Bounds(np.array([-limit]), np.array([limit]))
    numbers = np.array([multiplier], np.int32), np.array([-right], np.int32)
    return rescale_shifts(form, bounds, *numbers)


def test_equals_the_reference(form):
    form, compute = form
    most = LIMITS[form] - 1
    rng = np.random.default_rng(1)
    for right in RIGHTS[form]:
        for multiplier in (0, 1 << 30, (1 << 31) - 1, int(rng.integers(1 << 30, 1 << 31))):
            (shift,) = shift_of(form, most, multiplier, right)
            # ties of both roundings lie where the scaled sum is a half: near multiples of 2**right
            odd = rng.integers(-200, 200, 1000) * 2 + 1
            ties = odd * 2.0 ** (right - 1) * 2.0**31 / max(multiplier, 1)
            near = (np.round(ties) + rng.integers(-2, 3, 1000)).clip(-most, most)
            ends = [0, 1, -1, 2, -2, most, -most]
            anywhere = rng.integers(-most, most + 1, 1000)
            acc = np.concatenate([near, ends, anywhere]).astype(np.int32)
            for zero in (-128, 127, int(rng.integers(-128, 128))):
                wanted = (requantize(acc, multiplier, -right) + zero).clip(-128, 127)
                np.testing.assert_array_equal(compute(acc, multiplier, int(shift), zero), wanted)


def test_says_where_it_does_not_hold():
    multiplier = 1 << 30
    assert shift_of(Products.LONG, 1, multiplier, 1) is None
    assert shift_of(Products.HIGH, 1, multiplier, 0) is None
    assert shift_of(Products.HIGH, 1, multiplier, MOST_RIGHT + 1) is None
    assert shift_of(Products.HIGH, HIGH_LIMIT, multiplier, 5) is None
    assert shift_of(Products.SHORT, 1, multiplier, 0) is None
    assert shift_of(Products.SHORT, SHORT_LIMIT, multiplier, 5) is None
