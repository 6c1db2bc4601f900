"""Deciding: kernels, order, rows, buffers. Prints and writes nothing."""

from milliwatt.plan.arena import ALIGN_BYTES, Layout, Span, lower_bound, place
from milliwatt.plan.choose import NO_PREFERENCES, Preferences, candidates, choose
from milliwatt.plan.plan import (
    Base,
    Call,
    Lifetime,
    Plan,
    Store,
    make_plan,
    make_push_plan,
    rows_per_call,
)
from milliwatt.plan.push import (
    CLOCK_BYTES,
    Pace,
    Push,
    PushKind,
    counter_period,
    slides,
    sliding_windows,
)
from milliwatt.plan.regions import least_ram, partitions
from milliwatt.plan.schedule import Schedule, by_rows, play, whole
from milliwatt.plan.steps import ARRIVAL, Step, storage

__all__ = [
    "ALIGN_BYTES",
    "ARRIVAL",
    "CLOCK_BYTES",
    "NO_PREFERENCES",
    "Base",
    "Call",
    "Layout",
    "Lifetime",
    "Pace",
    "Plan",
    "Preferences",
    "Push",
    "PushKind",
    "Schedule",
    "Span",
    "Step",
    "Store",
    "by_rows",
    "candidates",
    "choose",
    "counter_period",
    "least_ram",
    "lower_bound",
    "make_plan",
    "make_push_plan",
    "partitions",
    "place",
    "play",
    "rows_per_call",
    "slides",
    "sliding_windows",
    "storage",
    "whole",
]
