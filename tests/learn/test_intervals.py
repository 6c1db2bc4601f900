"""Intervals by the book: SciPy's where it is installed, tables and properties everywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milliwatt.errors import InputError
from milliwatt.learn import by_group, clopper_pearson, poisson_rate, wilson

COUNTS = [(0, 10), (1, 10), (5, 10), (10, 10), (97, 100), (1857, 1857), (2285, 2525)]


@pytest.mark.parametrize(("successes", "trials"), COUNTS)
@pytest.mark.parametrize(("ours", "method"), [(wilson, "wilson"), (clopper_pearson, "exact")])
def test_shares_are_scipys(successes, trials, ours, method):
    stats = pytest.importorskip("scipy.stats", reason="the truth is SciPy's")
    for confidence in (0.9, 0.95):
        wanted = stats.binomtest(successes, trials).proportion_ci(confidence, method)
        got = ours(successes, trials, confidence)
        # sums of up to 2525 terms of 16 digits, through logarithms of size 2e4
        assert (got.low, got.high) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


@pytest.mark.parametrize("events", [0, 1, 3, 20, 400])
def test_rates_are_scipys(events):
    stats = pytest.importorskip("scipy.stats", reason="the truth is SciPy's")
    got = poisson_rate(events, 8.0)
    low = stats.chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    high = stats.chi2.ppf(0.975, 2 * events + 2) / 2
    assert (got.low, got.high) == pytest.approx((low / 8, high / 8), rel=1e-9)


def test_nothing_seen_is_the_rule_of_three():
    # exactly: -ln(0.025) events, 3.69 / 10 an hour
    assert poisson_rate(0, 10.0).high == pytest.approx(0.36889, abs=1e-5)
    assert poisson_rate(0, 10.0).low == 0.0


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_seen_share_lies_inside_and_the_exact_one_is_wider(counts):
    successes, trials = counts
    near, safe = wilson(successes, trials), clopper_pearson(successes, trials)
    assert 0 <= near.low <= successes / trials <= near.high <= 1
    assert safe.low <= successes / trials <= safe.high
    assert safe.high - safe.low >= near.high - near.low - 1e-12 or successes in (0, trials)


def test_groups_that_differ_widen_the_interval():
    groups = np.repeat(np.arange(20), 50)
    mixed = np.tile([1.0, 0.0], 500)
    apart = (groups % 2).astype(np.float64)
    narrow, wide = (by_group(v, groups, seed=0) for v in (mixed, apart))
    assert (narrow.low, narrow.high) == (0.5, 0.5)  # every group has the same share
    assert wide.high - wide.low > 0.3
    alone = wilson(500, 1000)
    assert wide.high - wide.low > 4 * (alone.high - alone.low)


@pytest.mark.parametrize("counts", [(1, 0), (3, 2), (-1, 5)])
def test_no_trials_no_interval(counts):
    with pytest.raises(InputError, match="wanted at least one trial"):
        wilson(*counts)


def test_no_exposure_no_rate():
    with pytest.raises(InputError, match="wanted a count, some exposure"):
        poisson_rate(1, 0.0)


def test_one_group_is_no_sample_of_groups():
    with pytest.raises(InputError, match="at least two groups"):
        by_group(np.ones(4), np.zeros(4), seed=0)
