"""Figures as people read them, each with its unit."""

import math

NOTHING = "\N{EN DASH}"  # a figure that does not exist
_KIBI = 1024
_THOUSAND = 1000


def exact_bytes(n: int) -> str:
    """Return 23412 as ``23,412 B``."""
    return f"{n:,} B"


def short_bytes(n: int) -> str:
    """Return 262144 as ``256 KiB``; below 1 KiB, bytes."""
    if n < _KIBI:
        return f"{n} B"
    if n < _KIBI**2:
        return f"{_digits(n / _KIBI)} KiB"
    return f"{_digits(n / _KIBI**2)} MiB"


def short_count(n: int | None) -> str:
    """Return 2656768 as ``2.66 M``; a count has no unit of its own, its heading names it."""
    if n is None:
        return NOTHING
    value, steps = float(n), 0
    while round(value) >= _THOUSAND and steps < len("kMGT"):
        value, steps = value / _THOUSAND, steps + 1
    return f"{n}" if not steps else f"{_digits(value)} {'kMGT'[steps - 1]}"


def exact_count(n: int | None) -> str:
    """Return 2656768 as ``2,656,768``."""
    return NOTHING if n is None else f"{n:,}"


def percent(part: float, whole: float) -> str:
    """Return ``part`` of ``whole`` in percent; never 0 or 100 where it is only near them."""
    if whole <= 0:
        return NOTHING
    value = 100 * part / whole
    if 0 < value < 0.1:
        return "< 0.1 %"
    if 99.9 < value < 100:
        return "> 99.9 %"
    return f"{value:.1f} %" if value % 100 else f"{value:.0f} %"


def milliseconds(ms: float) -> str:
    """Return a time in the unit that suits it: µs, ms or s."""
    if ms < 1:
        return f"{_digits(ms * _THOUSAND)} µs"
    return f"{_digits(ms)} ms" if ms < _THOUSAND else f"{_digits(ms / _THOUSAND)} s"


def microjoules(uj: float) -> str:
    """Return an energy in the unit that suits it: nJ, µJ or mJ."""
    if uj < 1:
        return f"{_digits(uj * _THOUSAND)} nJ"
    return f"{_digits(uj)} µJ" if uj < _THOUSAND else f"{_digits(uj / _THOUSAND)} mJ"


def milliwatts(mw: float) -> str:
    """Return a power in the unit that suits it: nW, µW or mW."""
    if mw < 1 / _THOUSAND:
        return f"{_digits(mw * _THOUSAND**2)} nW"
    return f"{_digits(mw * _THOUSAND)} µW" if mw < 1 else f"{_digits(mw)} mW"


def megahertz(hz: int) -> str:
    """Return 64000000 as ``64 MHz``."""
    return f"{hz / 1e6:g} MHz"


def decibels(db: float) -> str:
    """Return a ratio in dB; infinite means that nothing was lost."""
    if math.isnan(db):
        return f"{NOTHING} (silent layer)"
    return f"{db:.1f} dB" if math.isfinite(db) else ("exact (∞ dB)" if db > 0 else "-∞ dB")


def ratio(part: int | None, whole: int) -> str:
    """Return ``part / whole`` with three digits; nothing where either is missing."""
    return NOTHING if part is None or not whole else _digits(part / whole)


def plural(n: int, noun: str) -> str:
    """Return ``1 sample``, ``16 samples``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _digits(value: float) -> str:
    """Return three significant digits without an exponent, whole numbers without a point."""
    if value == round(value):
        return f"{value:,.0f}"
    if abs(value) < 10:
        return f"{value:.2f}"
    return f"{value:.1f}" if abs(value) < 100 else f"{value:,.0f}"
