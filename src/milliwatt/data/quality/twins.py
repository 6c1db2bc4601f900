"""Recordings that are there twice: as they are, cut with an overlap, or slightly changed.

* Identical: the same samples.
* Overlapping: the same stretch of samples at any place in both. Each run of `SHINGLE` rows is
  hashed; runs whose hash is a multiple of `SAMPLED` are compared, so that the same runs are chosen
  in both whatever the shift (winnowing: Schleimer, Wilkerson, Aiken, "Winnowing", 2003). Runs that
  hardly change are left out.
* Similar: equally long, and the samples of one are those of the other but for gain, offset and a
  little noise: a correlation of `SIMILAR` or more. A copy of other volume or JPEG quality is so.
"""

import hashlib
from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import numpy.typing as npt

from milliwatt.data.recording import Recording

SHINGLE = 32  # rows
SAMPLED = 64  # one run in so many is compared
CHANGES = SHINGLE // 2  # rows of a run that must differ from the one before
SHARED_RUNS = 2  # that make two recordings overlap; one may be chance or a test tone
CROWD = 20  # recordings that share a run: a constant pattern of the sensor, not copies
SIMILAR = 0.99  # correlation
SKETCH = 1024  # samples that stand for a recording when all are compared with all
SKETCH_MARGIN = 0.05  # five standard errors of a correlation of 0.95 or more from SKETCH samples
BLOCK = 512  # recordings compared with all others at a time
MIXER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, odd: spreads bits
Pair = tuple[int, int]


def identical(recordings: tuple[Recording, ...]) -> list[tuple[int, ...]]:
    """Return the sets of recordings that hold the same samples, by position."""
    by_digest: dict[bytes, list[int]] = {}
    for i, recording in enumerate(recordings):
        samples = np.ascontiguousarray(recording.samples)
        digest = hashlib.blake2b(repr(samples.shape).encode() + samples.tobytes()).digest()
        by_digest.setdefault(digest, []).append(i)
    return [tuple(found) for found in by_digest.values() if len(found) > 1]


def overlapping(recordings: tuple[Recording, ...]) -> set[Pair]:
    """Return the pairs of series that share a stretch of samples, by position."""
    holders: dict[int, set[int]] = {}
    for i, recording in enumerate(recordings):
        if not recording.is_image:
            for run in _runs(recording):
                holders.setdefault(run, set()).add(i)
    shared: dict[Pair, int] = {}
    for held in holders.values():
        if 1 < len(held) <= CROWD:
            for pair in combinations(sorted(held), 2):
                shared[pair] = shared.get(pair, 0) + 1
    return {pair for pair, count in shared.items() if count >= SHARED_RUNS}


def similar(recordings: tuple[Recording, ...]) -> set[Pair]:
    """Return the pairs of equal shape that correlate by `SIMILAR` or more, by position."""
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for i, recording in enumerate(recordings):
        by_shape.setdefault(recording.samples.shape, []).append(i)
    return {
        (alike[a], alike[b])
        for alike in by_shape.values()
        for a, b in _similar([recordings[i] for i in alike])
    }


def twins(recordings: tuple[Recording, ...]) -> Mapping[str, set[Pair]]:
    """Return all pairs by what they are, each pair under its strongest name only."""
    same = {pair for found in identical(recordings) for pair in combinations(found, 2)}
    cut = overlapping(recordings) - same
    return {
        "identical": same,
        "overlapping": cut,
        "similar": similar(recordings) - same - cut,
    }


def _runs(recording: Recording) -> set[int]:
    """Return the sampled hashes of all runs of `SHINGLE` rows."""
    rows = recording.samples.astype(np.int64).view(np.uint64)
    if len(rows) < SHINGLE:
        return set()
    mixed = np.zeros(len(rows), np.uint64)
    for column in rows.T:
        mixed = (mixed ^ column) * MIXER
        mixed ^= mixed >> np.uint64(29)
    changed = np.concatenate(([0], np.cumsum(mixed[1:] != mixed[:-1])))
    lively = changed[SHINGLE - 1 :] - changed[: len(rows) - SHINGLE + 1] >= CHANGES
    runs = np.zeros(len(rows) - SHINGLE + 1, np.uint64)
    for k in range(SHINGLE):  # Horner, modulo 2^64
        runs = runs * MIXER + mixed[k : k + len(runs)]
    runs ^= runs >> np.uint64(32)
    return set(runs[lively & (runs % np.uint64(SAMPLED) == 0)].tolist())


def _similar(recordings: list[Recording]) -> Iterator[Pair]:
    """Compare sketches of all, then all samples of those whose sketches are near enough."""
    size = recordings[0].samples.size
    rng = np.random.default_rng(0)
    at = np.sort(rng.permutation(size)[:SKETCH])
    sketches = np.stack([_unit(r.samples.reshape(-1)[at]) for r in recordings])
    for start in range(0, len(recordings), BLOCK):
        near = sketches[start : start + BLOCK] @ sketches.T >= SIMILAR - SKETCH_MARGIN
        for i, j in np.argwhere(near):
            a, b = int(i) + start, int(j)
            if a < b and _correlation(recordings[a], recordings[b]) >= SIMILAR:
                yield a, b


def _correlation(one: Recording, other: Recording) -> float:
    return float(_unit(one.samples.reshape(-1)) @ _unit(other.samples.reshape(-1)))


def _unit(values: npt.NDArray[np.int16 | np.uint8]) -> npt.NDArray[np.float32]:
    """Return ``values`` without their mean, of length 1; zeros where all are the same."""
    centred = values.astype(np.float32) - np.float32(values.mean())
    length = np.sqrt((centred * centred).sum())
    unit: npt.NDArray[np.float32] = centred / length if length > 0 else centred
    return unit
