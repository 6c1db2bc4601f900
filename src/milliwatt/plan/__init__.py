"""Deciding: kernels, order, rows, buffers. Prints and writes nothing."""

from milliwatt.plan.arena import ALIGN_BYTES, Layout, Span, lower_bound, place
from milliwatt.plan.choose import choose
from milliwatt.plan.plan import Base, Call, Lifetime, Plan, Store, make_plan
from milliwatt.plan.schedule import Schedule, Step, by_rows, storage, whole

__all__ = [
    "ALIGN_BYTES",
    "Base",
    "Call",
    "Layout",
    "Lifetime",
    "Plan",
    "Schedule",
    "Span",
    "Step",
    "Store",
    "by_rows",
    "choose",
    "lower_bound",
    "make_plan",
    "place",
    "storage",
    "whole",
]
