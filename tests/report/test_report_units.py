"""Figures as people read them."""

import pytest

from milliwatt.report import units
from milliwatt.report.units import NOTHING


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (None, NOTHING),
        (0, "0"),
        (999, "999"),
        (1_000, "1 k"),
        (9_870, "9.87 k"),
        (48_210, "48.2 k"),
        (999_499, "999 k"),
        (999_500, "1.00 M"),
        (2_656_768, "2.66 M"),
        (10**13, "10 T"),
    ],
)
def test_counts(n: int | None, text: str) -> None:
    assert units.short_count(n) == text


@pytest.mark.parametrize(
    ("n", "text"),
    [(0, "0 B"), (1_023, "1023 B"), (23_412, "22.9 KiB"), (262_144, "256 KiB"), (2**21, "2 MiB")],
)
def test_bytes(n: int, text: str) -> None:
    assert units.short_bytes(n) == text


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (0, "0 %"),
        (1, "< 0.1 %"),
        (39_000, "39.0 %"),
        (99_999, "> 99.9 %"),
        (100_000, "100 %"),
        (117_050, "117.0 %"),
    ],
)
def test_percent_is_whole_only_where_it_is(part: int, text: str) -> None:
    assert units.percent(part, 100_000) == text
    assert units.percent(part, 0) == NOTHING


def test_times_energies_and_ratios_choose_their_unit() -> None:
    assert [units.milliseconds(t) for t in (0.0125, 96.8, 1500)] == ["12.5 µs", "96.8 ms", "1.50 s"]
    assert [units.microjoules(e) for e in (0.25, 958.3, 1500)] == ["250 nJ", "958 µJ", "1.50 mJ"]
    assert [units.decibels(x) for x in (30.24, float("inf"))] == ["30.2 dB", "exact (∞ dB)"]
    assert units.megahertz(64_000_000) == "64 MHz"
    assert [units.ratio(3, 2), units.ratio(None, 2), units.ratio(3, 0)] == [
        "1.50",
        NOTHING,
        NOTHING,
    ]
    assert [units.plural(1, "layer"), units.plural(2_000, "layer")] == ["1 layer", "2,000 layers"]
