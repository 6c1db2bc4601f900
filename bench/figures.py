"""What is measured and what comes of it: cases, figures, checks."""

import enum
from dataclasses import dataclass


class Unit(enum.Enum):
    """What the instructions of a case are counted for."""

    INFERENCE = "whole input"
    IMAGE = "pushed line by line"  # the sum over all lines of one image
    FRAME = "one pushed frame"  # of a window that slides, in the steady state


@dataclass(frozen=True, slots=True)
class Case:
    """A build to measure.

    Attributes:
        model: as the peer's figures call it.
        board: what it is compiled for.
        unit: what instructions are counted for; anything but an inference is compiled to be pushed.
        winograd: compiled with ``--optimize speed --winograd`` instead of the default options.
    """

    model: str
    board: str
    unit: Unit = Unit.INFERENCE
    winograd: bool = False

    @property
    def title(self) -> str:
        """Return what tables call the build."""
        parts = [self.model.upper()]
        if self.unit is not Unit.INFERENCE:
            parts.append(self.unit.value)
        return ", ".join([*parts, "Winograd"] if self.winograd else parts)


@dataclass(frozen=True, slots=True)
class Figures:
    """One engine's figures for one `Unit` of a model; sizes in bytes."""

    engine: str
    instructions: int
    cycles_estimated: int | None
    code: int
    weights: int  # of TFLM the .tflite file, which stays in flash as it is
    arena: int
    state: int  # of TFLM static RAM
    stack: int

    @property
    def ram(self) -> int:
        """Everything in RAM while the model runs."""
        return self.arena + self.state + self.stack


@dataclass(frozen=True, slots=True)
class Entry:
    """A model on a board: what was measured now, and the peers on the same core."""

    model: str
    board: str
    ours: Figures
    samples: int
    peers: dict[str, Figures]


@dataclass(frozen=True, slots=True)
class Check:
    """A requirement or a goal with the figures that decide it."""

    what: str
    found: float
    limit: float
    at_least: bool = False  # ``found`` must not be below the limit, instead of not above it

    @property
    def holds(self) -> bool:
        """Tell whether it is met."""
        return self.found >= self.limit if self.at_least else self.found <= self.limit

    @property
    def miss(self) -> float:
        """Return how far ``found`` is beyond the limit, as a share of it; below 0 where met."""
        beyond = self.found / self.limit - 1
        return -beyond if self.at_least else beyond
