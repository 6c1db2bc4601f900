"""What a check of recordings found."""

from dataclasses import dataclass
from enum import Enum

SCHEMA = 1


class Trouble(Enum):
    """A kind of finding; the value is its name in JSON."""

    BALANCE = "class balance"
    CLIPPED = "clipped"
    CONSTANT = "constant"
    DUPLICATED = "duplicated"
    LEAK = "on both sides of the split"
    MISLABELLED = "label doubtful"
    NEAR_IDENTICAL = "near-identical"
    STILL = "stands still"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at.

    Attributes:
        trouble: what kind it is.
        text: what was found, in a sentence.
        recordings: names of the recordings, the worst first; pairs lie beside each other.
    """

    trouble: Trouble
    text: str
    recordings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelStatistics:
    """Of all samples of a channel, in its unit."""

    name: str
    unit: str
    low: float
    high: float
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class LabelStatistics:
    """Of all recordings, or labelled stretches, of a label.

    Attributes:
        name: the label.
        recordings: how many carry it.
        groups: how many groups these come from.
        seconds: how long they are together; 0 for images.
    """

    name: str
    recordings: int
    groups: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Quality:
    """Statistics of a dataset and what a check of it found.

    Attributes:
        name: the dataset.
        recordings: how many there are.
        groups: how many groups they name.
        shortest, longest: samples (rows of images) of the shortest and the longest recording.
        channels: one per channel.
        labels: one per label.
        findings: what to look at; empty where nothing was found.
        notes: what was not checked, and why.
    """

    name: str
    recordings: int
    groups: int
    shortest: int
    longest: int
    channels: tuple[ChannelStatistics, ...]
    labels: tuple[LabelStatistics, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return the report as plain JSON values."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            "recordings": self.recordings,
            "groups": self.groups,
            "samples": {"shortest": self.shortest, "longest": self.longest},
            "channels": [
                {
                    "name": c.name,
                    "unit": c.unit,
                    "low": c.low,
                    "high": c.high,
                    "mean": c.mean,
                    "deviation": c.deviation,
                }
                for c in self.channels
            ],
            "labels": [
                {
                    "name": n.name,
                    "recordings": n.recordings,
                    "groups": n.groups,
                    "seconds": n.seconds,
                }
                for n in self.labels
            ],
            "findings": [
                {
                    "trouble": f.trouble.value,
                    "text": f.text,
                    "recordings": list(f.recordings),
                }
                for f in self.findings
            ],
            "notes": list(self.notes),
        }
