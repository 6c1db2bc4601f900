"""A model that listens without end: what it finds in a long stream, and what it imagines.

The stream is assembled from the clips of one side of a split: pieces of background end to end, and
words over them with pauses in between. Rows are pushed into the compiled model as a device would,
scores are averaged over a short time, and a word is taken as heard where its mean passes a
threshold. A first answer while its word is there is a hit; every other one is a false accept,
a second answer to the same word and a wrong word included.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from milliwatt.data import Dataset
from milliwatt.errors import InputError
from milliwatt.ir import TensorType
from milliwatt.project.prove import Progress, silent
from milliwatt.run.runner import CompiledRunner

if TYPE_CHECKING:
    from milliwatt.learn.metrics import FalseAccepts

Reals = npt.NDArray[np.float64]
SECONDS_AN_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Event:
    """Something in a stream: samples ``start`` to ``stop - 1`` hold a clip of ``label``."""

    start: int
    stop: int
    label: int


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """An endless recording's beginning.

    Attributes:
        samples: int16 ``[time, channel]``.
        events: the clips that lie over the background, in order.
        sample_rate_hz: of the samples.
    """

    samples: npt.NDArray[np.int16]
    events: tuple[Event, ...]
    sample_rate_hz: float

    @property
    def hours(self) -> float:
        """How long it is."""
        return len(self.samples) / self.sample_rate_hz / SECONDS_AN_HOUR


@dataclass(frozen=True, slots=True)
class Ear:
    """How scores become answers.

    Attributes:
        targets: the classes that are answered to.
        threshold: that the mean probability of one must reach, 0 to 1.
        smooth: results that the mean is taken over.
        deaf: results after an answer in which there is no other.
        late: samples after the end of a clip in which an answer still counts as one to it.
    """

    targets: tuple[int, ...]
    threshold: float
    smooth: int
    deaf: int
    late: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a stream.

    Attributes:
        hits: words that were answered to as what they are.
        words: all there were of the target classes.
        others: clips over the background that should have been left alone.
        false_accepts: answers to anything else, with the interval of their rate.
    """

    hits: int
    words: int
    others: int
    false_accepts: "FalseAccepts"


def assemble(
    clips: Dataset, *, hours: float, background: str, pause_s: tuple[float, float], seed: int
) -> Stream:
    """Return a stream of the clips of ``clips`` over its own background.

    Every clip comes once before any comes again, in an order of chance.

    Args:
        clips: labelled recordings, all of them shorter than the stream.
        hours: of the stream.
        background: the label of the recordings that lie below everything, at loudnesses of chance.
        pause_s: shortest and longest time between two clips.
        seed: of order, pauses and loudness.

    Raises:
        InputError: no such label, or nothing beside the background.
    """
    if background not in clips.labels:
        raise InputError(
            f"stream: no label {background!r} for the background; there are "
            f"{', '.join(clips.labels)}"
        )
    quiet = clips.labels.index(background)
    below = [r for r in clips.recordings if r.label == quiet]
    above = [r for r in clips.recordings if r.label is not None and r.label != quiet]
    if not below or not above:
        raise InputError(f"stream: {len(below)} clips of background, {len(above)} over it")
    random = np.random.default_rng(seed)
    length = round(hours * SECONDS_AN_HOUR * clips.sample_rate_hz)
    total = np.zeros((length, len(clips.channels)), np.float64)
    at = 0
    while at < length:
        piece = below[random.integers(len(below))].samples * random.random()
        total[at : at + len(piece)] += piece[: length - at]
        at += len(piece)
    events, at, order = [], 0, list[int]()
    while True:
        order = order or random.permutation(len(above)).tolist()
        clip = above[order.pop()]
        at += round(random.uniform(*pause_s) * clips.sample_rate_hz)
        if at + len(clip.samples) > length:
            break
        total[at : at + len(clip.samples)] += clip.samples
        events.append(Event(at, at + len(clip.samples), int(clip.label or 0)))
        at += len(clip.samples)
    limits = np.iinfo(np.int16)
    samples = np.clip(np.rint(total), limits.min, limits.max).astype(np.int16)
    return Stream(samples, tuple(events), clips.sample_rate_hz)


def listen(
    runner: CompiledRunner, stream: Stream, output: TensorType, progress: Progress = silent
) -> tuple[Reals, npt.NDArray[np.int64]]:
    """Push a stream into a model; return its scores and when they came.

    Args:
        runner: of a plan for pushed rows.
        stream: what is heard.
        output: the type of the model's scores.
        progress: told how far the stream has been heard.

    Returns:
        ``[result, class]`` in real numbers, and ``[result]`` samples that had been pushed.
    """
    place = runner.plan.graph.inputs[0].type
    per_row = place.row_size // stream.samples.shape[1]
    rows = stream.samples[: len(stream.samples) // per_row * per_row].reshape(-1, place.row_size)
    runner.reset()
    found, when = [], []
    for i, row in enumerate(rows):
        if i % SECONDS_AN_HOUR == 0:
            progress("listening", i, len(rows))
        result = runner.push(row)
        if result is not None:
            found.append(result[0].reshape(-1))
            when.append((i + 1) * per_row)
    progress("listening", len(rows), len(rows))
    scores = (np.stack(found).astype(np.float64) - output.zero_point) * float(output.scale)
    return scores, np.array(when, np.int64)


def answers_to(scores: Reals, when: npt.NDArray[np.int64], ear: Ear) -> list[tuple[int, int]]:
    """Return each answer: the sample after which it came, and its class."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    sums = np.cumsum(np.vstack((np.zeros(shares.shape[1]), shares)), axis=0)
    means = (sums[ear.smooth :] - sums[: -ear.smooth]) / ear.smooth
    targets = np.array(ear.targets)
    best = targets[means[:, targets].argmax(axis=1)]
    reached = means[np.arange(len(means)), best] >= ear.threshold
    found, free = [], 0
    for i in np.flatnonzero(reached):
        if i >= free:
            found.append((int(when[i + ear.smooth - 1]), int(best[i])))
            free = i + ear.deaf
    return found


def judge(answers: Sequence[tuple[int, int]], stream: Stream, ear: Ear) -> Heard:
    """Return what of the answers was right."""
    from milliwatt.learn.metrics import false_accepts  # noqa: PLC0415  (the room needs PyTorch)

    words = [e for e in stream.events if e.label in ear.targets]
    answered, wrong = set[Event](), 0
    for at, label in answers:
        there = [
            e
            for e in words
            if e.label == label and e.start < at <= e.stop + ear.late and e not in answered
        ]
        if there:
            answered.add(there[0])
        else:
            wrong += 1
    others = len(stream.events) - len(words)
    return Heard(len(answered), len(words), others, false_accepts(wrong, stream.hours))


def chosen_ear(
    scores: Reals, when: npt.NDArray[np.int64], stream: Stream, ear: Ear, most_an_hour: float
) -> Ear:
    """Return ``ear`` with the threshold that hears most with at most so many false accepts an hour.

    Where none is so quiet the quietest is taken.
    """
    candidates = [replace(ear, threshold=t / 100) for t in range(50, 100)]
    judged = [(judge(answers_to(scores, when, c), stream, c), c) for c in candidates]
    allowed = [(h, c) for h, c in judged if h.false_accepts.per_hour <= most_an_hour]
    if allowed:
        return max(allowed, key=lambda hc: (hc[0].hits, hc[1].threshold))[1]
    return min(judged, key=lambda hc: (hc[0].false_accepts.events, -hc[1].threshold))[1]
