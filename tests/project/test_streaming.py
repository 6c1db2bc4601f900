"""Streams: what they are made of, and how answers are judged, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from milliwatt.data import Channel, Dataset, Recording
from milliwatt.errors import InputError

pytest.importorskip("torch", reason="rates stand in the room that needs PyTorch")

from milliwatt.project.streaming import (
    Ear,
    Event,
    Stream,
    answers_to,
    assemble,
    chosen_ear,
    judge,
)

RATE = 100.0
CHANNEL = Channel("sound", "full scale", 1 / 32768)


def clips() -> Dataset:
    """Background of small numbers, words whose level is their class times 1000."""
    found = [
        Recording(f"{label}{i}", np.full((50, 1), label * 1000 + i, np.int16), label)
        for label in range(3)
        for i in range(4)
    ]
    return Dataset("made", "here", (CHANNEL,), RATE, ("quiet", "other", "word"), tuple(found))


def made(**changes: object) -> Stream:
    options = {"hours": 0.05, "background": "quiet", "pause_s": (0.2, 0.6), "seed": 3} | changes
    return assemble(clips(), **options)  # type: ignore[arg-type]


def test_clips_lie_over_the_background_where_the_events_say():
    stream = made()
    assert len(stream.samples) == 0.05 * 3600 * RATE
    assert stream.hours == pytest.approx(0.05)
    covered = np.zeros(len(stream.samples), bool)
    for event in stream.events:
        level = stream.samples[event.start : event.stop, 0]
        assert (np.abs(level - event.label * 1000) <= 6).all()
        covered[event.start : event.stop] = True
    assert (np.abs(stream.samples[~covered]) <= 3).all()
    pauses = [b.start - a.stop for a, b in zip(stream.events, stream.events[1:], strict=False)]
    assert 20 <= min(pauses) <= max(pauses) <= 60


def test_every_clip_comes_before_any_comes_again():
    stream = made()
    levels = [int(stream.samples[e.start : e.stop].max()) // 1000 for e in stream.events[:8]]
    assert sorted(levels) == [1] * 4 + [2] * 4
    assert made().samples.tobytes() == stream.samples.tobytes()
    assert made(seed=4).samples.tobytes() != stream.samples.tobytes()


def test_a_stream_needs_its_background():
    with pytest.raises(InputError, match="no label 'silence' for the background; there are quiet"):
        made(background="silence")


EAR = Ear(targets=(2,), threshold=0.8, smooth=2, deaf=3, late=10)


def scores(*shares: float) -> tuple[np.ndarray, np.ndarray]:
    """Return logits whose probability of class 2 is each of ``shares``, ten samples apart."""
    p = np.array(shares)
    rest = np.log((1 - p) / 2)
    return np.stack([rest, rest, np.log(p)], axis=1), np.arange(1, len(p) + 1) * 10


def test_the_mean_must_pass_the_threshold_and_then_it_is_deaf():
    # means of two: 0.5, 0.85, 0.9, 0.85, 0.85, 0.9, 0.5
    logits, when = scores(0.1, 0.9, 0.8, 1 - 1e-9, 0.7, 1 - 1e-9, 0.8, 0.2)
    assert answers_to(logits, when, EAR) == [(30, 2), (60, 2)]
    assert answers_to(logits, when, replace(EAR, deaf=9)) == [(30, 2)]
    assert answers_to(logits, when, replace(EAR, threshold=0.95)) == []


STREAM = Stream(
    np.zeros((36_000, 1), np.int16), (Event(0, 50, 2), Event(100, 150, 1), Event(200, 250, 2)), RATE
)


@pytest.mark.parametrize(
    ("answers", "hits", "wrong"),
    [
        ([(40, 2), (255, 2)], 2, 0),
        ([(61, 2)], 0, 1),  # too late
        ([(40, 2), (50, 2)], 1, 1),  # twice to one word
        ([(120, 2)], 0, 1),  # to another word
        ([(240, 1)], 0, 1),  # the wrong word
        ([], 0, 0),
    ],
)
def test_an_answer_counts_once_and_only_while_its_word_is_there(answers, hits, wrong):
    heard = judge(answers, STREAM, EAR)
    assert (heard.hits, heard.words, heard.others) == (hits, 2, 1)
    assert heard.false_accepts.events == wrong
    assert heard.false_accepts.hours == pytest.approx(0.1)
    assert heard.false_accepts.interval.low <= wrong / 0.1 <= heard.false_accepts.interval.high


def test_the_threshold_is_the_one_that_hears_most_within_the_limit():
    # a word at 0.9 within the first event, an alarm at 0.7 where nothing is
    logits, when = scores(0.9, 0.9, 0.01, *[0.01] * 8, 0.7, 0.7)
    ear = replace(EAR, smooth=1)
    assert chosen_ear(logits, when, STREAM, ear, 0.0).threshold == pytest.approx(0.89, abs=0.011)
    assert chosen_ear(logits, when, STREAM, ear, 20.0).threshold < 0.9
    nothing = chosen_ear(*scores(0.995, 0.995), STREAM, replace(ear, late=-100), 0.0)
    assert nothing.threshold == 0.99
