"""Parting a dataset: by group unless the user insists on chance.

Recordings of one person, machine or day resemble each other more than any two people do. A model
tested on people it was trained with is scored on its memory. So groups stay together, and a
random split says in its own basis that its score is too high.
"""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np

from milliwatt.data.dataset import Dataset, Split
from milliwatt.data.recording import Recording
from milliwatt.errors import InputError

TRIALS = 200  # shuffles looked at; the one that balances the labels best is taken
Part = float | Sequence[str]


class LeakWarning(UserWarning):
    """A score on this split is likely to be too high."""


def split_by_group(
    dataset: Dataset, *, validation: Part = 0.0, test: Part = 0.2, seed: int = 0
) -> Split:
    """Part ``dataset`` so that every group lies on one side only.

    A part is a share of the recordings (0.2), met as nearly as whole groups allow, or the names of
    its groups. Of `TRIALS` seeded shuffles of the groups the one is taken whose shares of every
    label come nearest to the wanted ones. What is on no other side is ``train``.

    Args:
        dataset: every recording names its group.
        validation: what choices are made on; 0 for none.
        test: what is scored once.
        seed: same seed, same split.

    Raises:
        InputError: recordings without a group, too few groups, or a group that is not there.
    """
    counts = _recordings_of(dataset)
    named = {side: p for side, p in (("validation", validation), ("test", test)) if _is_named(p)}
    chosen = {side: _known_groups(dataset, p) for side, p in named.items()}
    shares = {
        side: float(p)
        for side, p in (("test", test), ("validation", validation))
        if isinstance(p, int | float)
    }
    if any(s < 0 for s in shares.values()) or sum(shares.values()) >= 1 or shares.get("test") == 0:
        raise InputError(
            f"dataset {dataset.name}: shares {shares}; wanted them positive and below 1 together"
        )
    taken = {g for groups in chosen.values() for g in groups}
    free = [g for g in counts if g not in taken]
    asked = {side: s for side, s in shares.items() if s > 0}
    if len(free) <= len(asked):
        raise InputError(
            f"dataset {dataset.name}: {len(counts)} groups; too few for train"
            f"{''.join(', ' + s for s in ('validation', 'test') if s in asked or s in named)}: "
            "record more, or part by chance with random_split and say so"
        )
    chosen |= _draw(counts, free, asked, seed)
    return _parted(dataset, chosen)


def random_split(
    dataset: Dataset, *, validation: float = 0.0, test: float = 0.2, seed: int = 0
) -> Split:
    """Part the recordings by chance, a label at a time; warns, as its score misleads.

    Groups are forgotten in the result, since they are on both sides.

    Raises:
        InputError: shares below 0 or not below 1 together, or a side left empty.

    Warns:
        LeakWarning: always.
    """
    if min(validation, test) < 0 or test == 0 or validation + test >= 1:
        raise InputError(
            f"dataset {dataset.name}: shares of {validation} and {test}; wanted them positive and "
            "below 1 together"
        )
    basis = (
        "A random split: recordings of one person, machine or day may be on both sides, so a "
        "score here is likely to be higher than on anyone new."
    )
    warnings.warn(f"dataset {dataset.name}: {basis}", LeakWarning, stacklevel=2)
    rng = np.random.default_rng(seed)
    sides: dict[str, list[int]] = {"train": [], "validation": [], "test": []}
    keys = [-1 if r.label is None else r.label for r in dataset.recordings]
    for key in sorted(set(keys)):
        order = rng.permutation([i for i, k in enumerate(keys) if k == key])
        first = round(test * len(order))
        second = first + round(validation * len(order))
        sides["test"] += order[:first].tolist()
        sides["validation"] += order[first:second].tolist()
        sides["train"] += order[second:].tolist()
    picked = {
        side: tuple(replace(dataset.recordings[i], group=None) for i in sorted(indices))
        for side, indices in sides.items()
    }
    return _made(dataset, picked, basis)


def _is_named(part: Part) -> bool:
    if isinstance(part, str):
        raise InputError(f"groups {part!r}: wanted a list of names, such as [{part!r}]")
    return not isinstance(part, int | float)


def _recordings_of(dataset: Dataset) -> dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return for each group how many recordings of each label it has; unlabelled ones last."""
    counts = {g: np.zeros(len(dataset.labels) + 1, np.int64) for g in dataset.groups}
    for recording in dataset.recordings:
        if recording.group is None:
            raise InputError(
                f"dataset {dataset.name}, recording {recording.name}: no group (person, machine, "
                "day), so nothing keeps its like from the other side. Give it one, or part by "
                "chance with random_split and say so"
            )
        for label in recording.labels() or {len(dataset.labels)}:
            counts[recording.group][label] += 1
    return counts


def _known_groups(dataset: Dataset, part: Part) -> tuple[str, ...]:
    groups = tuple(str(g) for g in part) if not isinstance(part, int | float) else ()
    unknown = sorted(set(groups) - set(dataset.groups))
    if unknown or not groups:
        raise InputError(
            f"dataset {dataset.name}: groups {unknown or 'none'} asked for; there are "
            f"{', '.join(dataset.groups)}"
        )
    return groups


def _draw(
    counts: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]],
    free: list[str],
    asked: dict[str, float],
    seed: int,
) -> dict[str, tuple[str, ...]]:
    """Return the groups of each side that is asked for by its share."""
    rng = np.random.default_rng(seed)
    total = sum(counts.values()).astype(np.float64)  # type: ignore[union-attr]
    best: tuple[float, dict[str, tuple[str, ...]]] | None = None
    for _ in range(TRIALS if asked else 0):
        rest, drawn, error = [free[i] for i in rng.permutation(len(free))], {}, 0.0
        for waiting, (side, share) in enumerate(asked.items()):
            most = len(rest) - (len(asked) - waiting)  # later sides and train get one each
            sums = np.array(list(accumulate(counts[g] for g in rest[:most])), np.float64)
            errors = np.abs(sums / np.maximum(total, 1) - share)[:, total > 0].mean(axis=1)
            n = int(errors.argmin()) + 1
            drawn[side], rest = tuple(rest[:n]), rest[n:]
            error += float(errors[n - 1])
        if best is None or error < best[0]:
            best = (error, drawn)
    return best[1] if best else {}


def _parted(dataset: Dataset, chosen: dict[str, tuple[str, ...]]) -> Split:
    held = {g: side for side, groups in chosen.items() for g in groups}
    if len(held) < sum(map(len, chosen.values())):
        raise InputError(f"dataset {dataset.name}: a group is asked for on two sides: {chosen}")
    picked: dict[str, tuple[Recording, ...]] = {
        side: tuple(r for r in dataset.recordings if held.get(r.group or "", "train") == side)
        for side in ("train", "validation", "test")
    }
    sizes = {side: len({r.group for r in recordings}) for side, recordings in picked.items()}
    counted = ", ".join(f"{n} in {side}" for side, n in sizes.items() if n)
    basis = (
        f"Split by group, no group on two sides ({counted}): a score on the test side is one for "
        "groups the model has never seen."
    )
    return _made(dataset, picked, basis)


def _made(dataset: Dataset, picked: dict[str, tuple[Recording, ...]], basis: str) -> Split:
    for side in ("train", "test"):
        if not picked[side]:
            raise InputError(f"dataset {dataset.name}: nothing is left for {side}")
    train, test = (replace(dataset, recordings=picked[side]) for side in ("train", "test"))
    middle = picked["validation"]
    return Split(train, test, basis, replace(dataset, recordings=middle) if middle else None)
