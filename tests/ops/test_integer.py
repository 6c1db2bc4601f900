"""Rounded division and square root: against exact arithmetic, and Python against C."""

import ctypes
import math

import numpy as np
import pytest
from harness import library
from hypothesis import given
from hypothesis import strategies as st

from milliwatt.ops.integer import isqrt, rounded_divide

ROOTS = st.integers(0, 2**31 - 1)
WRAPPER = """
#include "integer.h"
int32_t root(uint64_t x) { return mw_isqrt(x); }
int32_t divide(int32_t a, int32_t b) { return mw_rounded_divide(a, b); }
"""


@pytest.fixture(scope="module")
def c(tmp_path_factory):
    """The C twin, built for this machine."""
    source = tmp_path_factory.mktemp("integer") / "integer.c"
    source.write_text(WRAPPER)
    built = library(source)
    built.root.argtypes = [ctypes.c_uint64]
    return built


@given(root=ROOTS, below=st.sampled_from([-1, 0, 1]), free=st.integers(0, 2**62 - 1))
def test_roots_are_floors_next_to_squares_and_anywhere(c, root, below, free):
    square = min(max(0, root * root + below), 2**62 - 1)
    for x in (square, free):
        assert int(isqrt(np.int64(x))) == math.isqrt(x)
        assert c.root(x) == math.isqrt(x)


@given(a=st.integers(-(2**30), 2**30), b=st.integers(1, 2**30 - 1))
def test_division_rounds_ties_away_from_zero(c, a, b):
    exact = int(math.copysign((2 * abs(a) + b) // (2 * b), a))
    assert int(rounded_divide(np.int64(a), b)) == exact
    assert c.divide(a, b) == exact


def test_division_by_hand(c):
    for a, b, wanted in [(5, 2, 3), (-5, 2, -3), (7, 3, 2), (8, 3, 3), (0, 9, 0), (-4, 3, -1)]:
        assert c.divide(a, b) == wanted
        assert int(rounded_divide(np.int64(a), b)) == wanted
