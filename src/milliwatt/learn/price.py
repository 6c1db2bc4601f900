"""What a candidate costs on a board, as learning asks for it.

Learning never imports the compiler: a search is given a `Price`, and `milliwatt.project.price`
makes one that compiles for real.
"""

from collections.abc import Callable
from dataclasses import dataclass

from milliwatt.ir import Graph


@dataclass(frozen=True, slots=True)
class Cost:
    """What one model takes on one board.

    Attributes:
        flash_bytes: code and weights that are linked for the model.
        ram_bytes: arena, state and measured stack together.
        instructions: of one result, counted on the emulated core.
        latency_ms: of one result, estimated from the core's manual; None for cores whose manual
            gives no timings.
    """

    flash_bytes: int
    ram_bytes: int
    instructions: int
    latency_ms: float | None

    def to_json(self) -> dict[str, int | float | None]:
        """Return the figures under their names."""
        return {
            "flash_bytes": self.flash_bytes,
            "ram_bytes": self.ram_bytes,
            "instructions": self.instructions,
            "latency_ms": self.latency_ms,
        }


Price = Callable[[Graph], Cost]
"""Tells what a graph costs, or raises `DoesNotFit` where the board is too small for it."""
