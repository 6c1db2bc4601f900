"""What the removal of channels claims, channel by channel, checkable on the original graph."""

from dataclasses import dataclass
from enum import Enum


class How(Enum):
    """Why a reader can do without a channel."""

    FOLDED = "folded"  # it adds a constant, which is in the bias now
    ZERO_WEIGHTS = "zero weights"  # its weights for all that is kept are zero
    CARRIED = "carried"  # it makes channels that are removed too


class Why(Enum):
    """Why a channel is not needed."""

    CONSTANT = "constant"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Reader:
    """A layer that read a removed channel."""

    layer: str
    how: How


@dataclass(frozen=True, slots=True)
class Removal:
    """A channel that is gone.

    Attributes:
        tensor: its tensor, by the name of the layer that makes it.
        channel: its index along the last axis of the original tensor.
        low: the lowest integer that it can hold, over all inputs; None for floats.
        high: the highest.
        accumulator: the lowest and highest sum behind it, None where its layer sums nothing.
        readers: every layer that read it.
    """

    tensor: str
    channel: int
    low: int | None
    high: int | None
    accumulator: tuple[int, int] | None
    readers: tuple[Reader, ...]

    @property
    def why(self) -> Why:
        """Constant, whatever comes in; or not read by anything that is kept."""
        return Why.CONSTANT if self.low is not None and self.low == self.high else Why.UNREAD


@dataclass(frozen=True, slots=True)
class Certificate:
    """All removals from one graph, in the order of its layers.

    Attributes:
        graph: the name of the graph.
        removals: one for each channel.
    """

    graph: str
    removals: tuple[Removal, ...] = ()
