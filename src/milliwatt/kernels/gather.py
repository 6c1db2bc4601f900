"""Nested loops that read one tensor in the order of another, with as few loops as will do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loops:
    """Loops from the outermost in: ``count`` times ``step`` bytes on, around ``size`` bytes.

    The C side is `gather.h`: its innermost loop is the last of these.
    """

    counts: tuple[int, ...]
    steps: tuple[int, ...]
    size: int

    def params(self, depth: int) -> Mapping[str, int]:
        """Return ``size`` and the loops as ``n0, step0, n1, …``, with idle ones in front."""
        idle = depth - len(self.counts)
        counts, steps = (1,) * idle + self.counts, (0,) * idle + self.steps
        loops: dict[str, int] = {"size": self.size}
        for i, (n, step) in enumerate(zip(counts, steps, strict=True)):
            loops |= {f"n{i}": n, f"step{i}": step}
        return loops


def merged(counts: Sequence[int], steps: Sequence[int], size: int) -> Loops:
    """Return the loops with neighbours joined where one continues in the steps of the other."""
    kept: list[tuple[int, int]] = []
    for n, step in zip(counts, steps, strict=True):
        if n == 1:
            continue
        if kept and kept[-1][1] == n * step:
            kept[-1] = (kept[-1][0] * n, step)
        else:
            kept.append((n, step))
    if kept and kept[-1][1] == size:
        size *= kept.pop()[0]
    return Loops(tuple(n for n, _ in kept), tuple(step for _, step in kept), size)


def row_major(shape: Sequence[int], size: int) -> list[int]:
    """Return for each axis the bytes from one index to the next, elements having ``size``."""
    steps: list[int] = []
    for n in reversed(shape):
        steps.append(size)
        size *= n
    return steps[::-1]
