"""Which plan to compile: least RAM, fewest instructions, least flash, or within a budget.

Plans are compared by what they measure, not by what a model of them says: each candidate is built
and one inference of it counted on the emulated core.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from milliwatt.errors import DoesNotFit
from milliwatt.ir import Graph
from milliwatt.kernels import Option
from milliwatt.plan import NO_PREFERENCES, Preferences, Schedule, least_ram, partitions, whole
from milliwatt.targets import Cpu

FASTER, SMALLER = "-O2", "-Os"
TOLERATED_SLOWDOWN = 1.03  # by rows is the default where it costs less than this


class Optimize(Enum):
    """What a compile strives for."""

    RAM = "ram"
    SPEED = "speed"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to compile a model.

    Attributes:
        label: what reports call it.
        schedule: makes the steps.
        flags: optimisation for the C compiler.
        preferences: which kernel variants to choose.
    """

    label: Optimize
    schedule: Callable[[Graph], Schedule]
    flags: str = FASTER
    preferences: Preferences = NO_PREFERENCES


class Handed(Enum):
    """How many rows at a time a plan hands to its kernels."""

    SEVERAL = "several where they are narrow: layers run whole"
    AS_LIKED = "as many as a variant computes together: layers take turns"
    SINGLE = "one, whatever a variant likes: windows slide"


class Prefer(Protocol):
    """Says which kernel variants a way to compile should choose."""

    def __call__(self, flags: str, handed: Handed) -> Preferences:
        """Return them for code compiled with ``flags`` whose kernels are called in such a way."""


def first_listed(flags: str, handed: Handed) -> Preferences:
    """Prefer nothing: every layer gets the first variant that covers it."""
    del flags, handed
    return NO_PREFERENCES


def always(preferences: Preferences) -> Prefer:
    """Prefer the same in whatever way it is compiled."""

    def prefer(flags: str, handed: Handed) -> Preferences:
        del flags, handed
        return preferences

    return prefer


@dataclass(frozen=True, slots=True)
class Cost:
    """What a built candidate takes; ``instructions`` is None where no emulator counts them."""

    instructions: int | None
    ram_bytes: int
    flash_bytes: int | None


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits on RAM (with stack) and flash, in bytes; None for the board's own."""

    ram_bytes: int | None = None
    flash_bytes: int | None = None

    def __bool__(self) -> bool:
        """Tell whether any limit is set."""
        return self.ram_bytes is not None or self.flash_bytes is not None

    def allows(self, cost: Cost) -> bool:
        """Tell whether a candidate stays within the limits."""
        ram_fits = self.ram_bytes is None or cost.ram_bytes <= self.ram_bytes
        flash = cost.flash_bytes
        return ram_fits and (self.flash_bytes is None or flash is None or flash <= self.flash_bytes)

    def __str__(self) -> str:
        """Return the limits in words."""
        limits = (("RAM", self.ram_bytes), ("flash", self.flash_bytes))
        return " and ".join(f"{n} bytes of {what}" for what, n in limits if n is not None)


@dataclass(frozen=True, slots=True)
class Goal:
    """What the user wants of a compile.

    Attributes:
        optimize: what to strive for. None decides by measuring: the least RAM where that costs
            under 3 % more instructions than the fastest plan, else the better product of both.
        budget: limits within which the fastest plan is wanted; goes before ``optimize``.
        push: rows of the input are pushed one by one; goes before both.
        slide: with ``push``, windows slide even where layers pad or sum along rows, as if the
            signal had no end; results are then not those of each window by itself.
        tune: measure every kernel variant that covers a layer and choose the best.
        tune_cache: file that keeps those measurements; None for one in the user's cache.
        winograd: convolve by exact Winograd where that is faster, for several times the flash of
            those layers; with `Optimize.SPEED`, rows or whole is decided as by default.
    """

    optimize: Optimize | None = None
    budget: Budget = Budget()
    push: bool = False
    tune: bool = False
    tune_cache: Path | None = None
    winograd: bool = False
    slide: bool = False

    @property
    def base(self) -> Preferences:
        """What is asked of kernel variants, tuned or not."""
        return Preferences(options=Option.WINOGRAD) if self.winograd else NO_PREFERENCES


DEFAULT_GOAL = Goal()


def candidate(optimize: Optimize, cpu: Cpu, prefer: Prefer = first_listed) -> Candidate:
    """Return the way to compile that ``optimize`` asks for."""
    if optimize is Optimize.RAM:
        return _least_ram(optimize, cpu, FASTER, prefer)
    flags = SMALLER if optimize is Optimize.SIZE else FASTER
    return Candidate(optimize, whole, flags, prefer(flags, Handed.SEVERAL))


def within(graph: Graph, cpu: Cpu, prefer: Prefer = first_listed) -> Iterator[Candidate]:
    """Yield every candidate that a budget may choose from."""
    preferences = prefer(FASTER, Handed.SEVERAL)
    for schedule in partitions(graph, cpu, preferences):
        yield Candidate(Optimize.SPEED, schedule, FASTER, preferences)
    yield candidate(Optimize.RAM, cpu, prefer)
    yield candidate(Optimize.SIZE, cpu, prefer)
    yield _least_ram(Optimize.SIZE, cpu, SMALLER, prefer)


def _least_ram(label: Optimize, cpu: Cpu, flags: str, prefer: Prefer) -> Candidate:
    preferences = prefer(flags, Handed.AS_LIKED)
    return Candidate(label, least_ram(cpu, preferences), flags, preferences)


def prefer_rows(speed: Cost, ram: Cost) -> bool:
    """Tell whether the plan with the least RAM is the default.

    It is where it costs under 3 % more instructions than the fastest; elsewhere the better product
    of RAM and instructions decides.
    """
    if speed.instructions is None or ram.instructions is None:
        return ram.ram_bytes < speed.ram_bytes
    if ram.instructions < TOLERATED_SLOWDOWN * speed.instructions:
        return True
    return ram.ram_bytes * ram.instructions < speed.ram_bytes * speed.instructions


def fastest(costs: list[Cost], budget: Budget) -> int:
    """Return the position of the cheapest candidate within ``budget``.

    Raises:
        DoesNotFit: none is; says how close the best ones come.
    """
    allowed = [i for i, cost in enumerate(costs) if budget.allows(cost)]
    if not allowed:
        least = min(cost.ram_bytes for cost in costs)
        flash = [cost.flash_bytes for cost in costs if cost.flash_bytes is not None]
        smallest = f", the least flash {min(flash)} bytes" if flash else ""
        raise DoesNotFit(
            f"no plan stays within {budget}: the least RAM is {least} bytes{smallest} "
            "(not at once); raise the limit"
        )
    return min(allowed, key=lambda i: (costs[i].instructions or 0, costs[i].ram_bytes))
