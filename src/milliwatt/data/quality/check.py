"""The check of a dataset or a split: statistics, and everything that should be looked at."""

from dataclasses import replace

import numpy as np

from milliwatt.data.dataset import Dataset, Split
from milliwatt.data.progress import Progress, silent
from milliwatt.data.quality.finding import (
    ChannelStatistics,
    Finding,
    LabelStatistics,
    Quality,
    Trouble,
)
from milliwatt.data.quality.labels import vote
from milliwatt.data.quality.signals import suspicious_signals
from milliwatt.data.quality.twins import Pair, twins
from milliwatt.data.recording import Recording

UNBALANCED = 10.0  # times as many recordings of the commonest label as of the rarest
STEPS = 4
EXPLAINED = {
    "identical": "hold the same samples",
    "overlapping": "share a stretch of samples",
    "similar": "differ by gain, offset or a little noise only",
}


def check(data: Dataset | Split, *, progress: Progress = silent) -> Quality:
    """Return statistics of ``data`` and what should be looked at before training on it.

    Of a split, all parts are checked together, and recordings that resemble each other across
    parts are a finding of their own: they make a score too high.

    Args:
        data: any dataset or split.
        progress: told of the steps.
    """
    sides = data.sides() if isinstance(data, Split) else {"": data}
    whole = _joined(sides)
    where = [side for side, part in sides.items() for _ in part.recordings]
    findings, notes = [], []
    progress("checking signals", 0, STEPS)
    findings += suspicious_signals(whole)
    progress("comparing recordings", 1, STEPS)
    findings += _twin_findings(whole, where)
    progress("asking neighbours about labels", 2, STEPS)
    found, note = _label_findings(whole)
    findings += found
    notes += note
    progress("counting", 3, STEPS)
    labels = _label_statistics(whole)
    findings += _balance(whole, labels, sides)
    progress("counting", STEPS, STEPS)
    lengths = [len(r.samples) for r in whole.recordings]
    return Quality(
        whole.name,
        len(whole.recordings),
        len(whole.groups),
        min(lengths),
        max(lengths),
        _channel_statistics(whole),
        labels,
        tuple(findings),
        tuple(notes),
    )


def _joined(sides: dict[str, Dataset]) -> Dataset:
    first = next(iter(sides.values()))
    if len(sides) == 1:
        return first
    recordings = tuple(
        replace(r, name=f"{side}/{r.name}") for side, part in sides.items() for r in part.recordings
    )
    return replace(first, recordings=recordings)


def _twin_findings(dataset: Dataset, where: list[str]) -> list[Finding]:
    findings = []
    for kind, pairs in twins(dataset.recordings).items():
        inside = sorted(p for p in pairs if where[p[0]] == where[p[1]])
        across = sorted(p for p in pairs if where[p[0]] != where[p[1]])
        what = EXPLAINED[kind]
        if across:
            text = f"{len(across)} pairs of recordings {what}: a score on the test side is too high"
            findings.append(Finding(Trouble.LEAK, text, _names(dataset, across)))
        if inside:
            trouble = Trouble.DUPLICATED if kind == "identical" else Trouble.NEAR_IDENTICAL
            groups = sum(_apart(dataset, p) for p in inside)
            of_groups = f", {groups} of them in different groups" if groups else ""
            text = f"{len(inside)} pairs of recordings {what}{of_groups}"
            findings.append(Finding(trouble, text, _names(dataset, inside)))
    return findings


def _apart(dataset: Dataset, pair: Pair) -> bool:
    one, other = (dataset.recordings[i].group for i in pair)
    return one is not None and other is not None and one != other


def _names(dataset: Dataset, pairs: list[Pair]) -> tuple[str, ...]:
    return tuple(dataset.recordings[i].name for pair in pairs for i in pair)


def _label_findings(dataset: Dataset) -> tuple[list[Finding], list[str]]:
    votes = vote(dataset)
    if votes is None:
        return [], ["labels were not checked: too few labelled recordings, or one label only"]
    agreed = (
        f"neighbours agree with {votes.accuracy:.0%} of {votes.checked} labels "
        f"(the commonest alone: {votes.commonest:.0%})"
    )
    if not votes.useful:
        return [], [f"doubtful labels are not named: {agreed}, too few to say anything"]
    if not votes.doubts:
        return [], [agreed]
    named = [dataset.recordings[d.recording].name for d in votes.doubts]
    worst = votes.doubts[0]
    text = (
        f"{len(named)} labels differ from those of similar recordings, such as {named[0]}, which "
        f"looks like {dataset.labels[worst.suggested]}: look at the first ones"
    )
    return [Finding(Trouble.MISLABELLED, text, tuple(named))], [agreed]


def _channel_statistics(dataset: Dataset) -> tuple[ChannelStatistics, ...]:
    count, total, squares = 0, 0.0, 0.0
    lows, highs = [], []
    for recording in dataset.recordings:
        rows = recording.samples.reshape(-1, len(dataset.channels)).astype(np.float64)
        count += len(rows)
        total = total + rows.sum(axis=0)
        squares = squares + (rows**2).sum(axis=0)
        lows.append(rows.min(axis=0))
        highs.append(rows.max(axis=0))
    mean = np.asarray(total) / count
    deviation = np.sqrt(np.maximum(np.asarray(squares) / count - mean**2, 0))
    low, high = np.min(lows, axis=0), np.max(highs, axis=0)
    return tuple(
        ChannelStatistics(
            c.name,
            c.unit,
            float(low[i] * c.scale),
            float(high[i] * c.scale),
            float(mean[i] * c.scale),
            float(deviation[i] * c.scale),
        )
        for i, c in enumerate(dataset.channels)
    )


def _label_statistics(dataset: Dataset) -> tuple[LabelStatistics, ...]:
    rate = dataset.sample_rate_hz
    found = []
    for index, name in enumerate(dataset.labels):
        carriers = [r for r in dataset.recordings if index in r.labels()]
        samples = sum(_samples_of(r, index) for r in carriers)
        groups = {r.group for r in carriers if r.group is not None}
        seconds = samples / rate if rate else 0.0
        found.append(LabelStatistics(name, len(carriers), len(groups), seconds))
    return tuple(found)


def _samples_of(recording: Recording, label: int) -> int:
    spans = sum(s.stop - s.start for s in recording.spans if s.label == label)
    elsewhere = len(recording.samples) - sum(s.stop - s.start for s in recording.spans)
    return spans + (elsewhere if recording.label == label else 0)


def _balance(
    dataset: Dataset, labels: tuple[LabelStatistics, ...], sides: dict[str, Dataset]
) -> list[Finding]:
    texts = []
    counts = {n.name: n.recordings for n in labels}
    most, least = (f(counts, key=lambda k: counts[k], default=None) for f in (max, min))
    if most is not None and least is not None and counts[most] > UNBALANCED * counts[least]:
        texts.append(
            f"{counts[most]} recordings of {most}, {counts[least]} of {least}: record more of the "
            "rare ones, or weigh classes"
        )
    texts += [
        f"{n.name} comes from one group only: it cannot be tested on another"
        for n in labels
        if dataset.groups and n.recordings and n.groups == 1
    ]
    for side, part in sides.items():
        present = {label for r in part.recordings for label in r.labels()}
        absent = [n for i, n in enumerate(part.labels) if i not in present]
        if side and absent:
            texts.append(f"nothing in {side} is labelled {', '.join(absent)}")
    without = sum(r.group is None for r in dataset.recordings)
    if without:
        texts.append(f"{without} recordings name no group, so that no honest split can be made")
    unlabelled = sum(not r.labels() for r in dataset.recordings)
    if unlabelled:
        texts.append(f"{unlabelled} recordings have no label")
    return [Finding(Trouble.BALANCE, text) for text in texts]
