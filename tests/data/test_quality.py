"""What is wrong on purpose is found, and what is right is left alone."""

import json
from dataclasses import replace

import numpy as np
import pytest

from milliwatt.data import Channel, Dataset, Recording, Span, Split, split_by_group
from milliwatt.data.quality import Trouble, check
from milliwatt.data.quality.labels import doubts
from milliwatt.data.quality.signals import longest_run
from milliwatt.data.quality.twins import identical, overlapping, similar
from milliwatt.data.sources.images import colour_channels

RATE = 100.0


def tone(rng, frequency, length=300):
    """A sine of a random phase with noise, in two channels."""
    phase = 2 * np.pi * (frequency * np.arange(length) / RATE + rng.random(2)[:, None])
    wave = 8000 * np.sin(phase).T + rng.normal(0, 2000, (length, 2))
    return wave.round().astype(np.int16)


def dataset(recordings=None, labels=("slow", "fast")):
    rng = np.random.default_rng(1)
    if recordings is None:
        recordings = tuple(
            Recording(f"{labels[i % 2]}/{i}", tone(rng, (3, 12)[i % 2]), i % 2, f"g{i // 8}")
            for i in range(48)
        )
    channels = (Channel("x", "g", 0.5), Channel("y", "g", 0.5))
    return Dataset("d", "made here", channels, RATE, labels, recordings)


def with_recording(whole, index, **changes):
    recordings = list(whole.recordings)
    recordings[index] = replace(recordings[index], **changes)
    return replace(whole, recordings=tuple(recordings))


def found(quality, trouble):
    return [f for f in quality.findings if f.trouble is trouble]


def test_nothing_is_found_where_nothing_is_wrong():
    quality = check(dataset())
    assert quality.findings == ()
    assert quality.notes == ("neighbours agree with 100% of 48 labels (the commonest alone: 50%)",)


def test_statistics_by_hand():
    samples = np.array([[1, -4], [3, -4]], np.int16)
    recordings = (
        Recording("a", samples, 0, "p", ()),
        Recording("b", np.repeat(samples, 5, 0), None, "q", (Span(2, 6, 1),)),
    )
    quality = check(dataset(recordings))
    x = quality.channels[0]
    # counts 1 and 3 in equal parts, at 0.5 g a count
    assert (x.low, x.high, x.mean, x.deviation) == (0.5, 1.5, 1.0, 0.5)
    assert [(n.recordings, n.groups, n.seconds) for n in quality.labels] == [
        (1, 1, 0.02),
        (1, 1, 0.04),
    ]
    assert (quality.shortest, quality.longest, quality.groups) == (2, 10, 2)


@pytest.mark.parametrize(
    ("mask", "run"), [([], 0), ([0, 0], 0), ([1, 1, 0, 1], 2), ([0, 1, 1, 1], 3)]
)
def test_runs(mask, run):
    assert longest_run(np.array(mask, bool)) == run


def test_clipped():
    whole = dataset()
    samples = whole.recordings[5].samples.copy()
    samples[100:103, 1] = 32767
    (finding,) = found(check(with_recording(whole, 5, samples=samples)), Trouble.CLIPPED)
    assert finding.recordings == ("fast/5",)
    samples[101, 1] = 0  # touches the edge twice, which a peak may
    assert not found(check(with_recording(whole, 5, samples=samples)), Trouble.CLIPPED)


def test_a_sensor_of_fewer_bits_clips_below():
    whole = dataset()
    clipped = [replace(r, samples=np.clip(r.samples, -2500, 2500)) for r in whole.recordings]
    (finding,) = found(check(replace(whole, recordings=tuple(clipped))), Trouble.CLIPPED)
    assert len(finding.recordings) == 48


def test_constant_and_still():
    whole = dataset()
    samples = whole.recordings[0].samples.copy()
    samples[:, 0] = 7
    (finding,) = found(check(with_recording(whole, 0, samples=samples)), Trouble.CONSTANT)
    assert (finding.recordings, "(x)" in finding.text) == (("slow/0",), True)
    samples = whole.recordings[3].samples.copy()
    samples[50:75] = samples[50]  # 0.25 s
    (finding,) = found(check(with_recording(whole, 3, samples=samples)), Trouble.STILL)
    assert finding.recordings == ("fast/3",)
    samples = whole.recordings[3].samples.copy()
    samples[50:74] = samples[50]
    assert not found(check(with_recording(whole, 3, samples=samples)), Trouble.STILL)


def test_twins_of_every_kind():
    rng = np.random.default_rng(2)
    noise = rng.integers(-9000, 9000, (4000, 2), np.int16)
    louder = (noise[:1000] * 1.7 + 50 + rng.normal(0, 20, (1000, 2))).round().astype(np.int16)
    recordings = tuple(
        Recording(name, samples, 0)
        for name, samples in (
            ("a", noise[:1000]),
            ("same", noise[:1000]),
            ("shifted", noise[613:1613]),
            ("louder", louder),
            ("other", noise[2000:3000]),
        )
    )
    assert identical(recordings) == [(0, 1)]
    assert overlapping(recordings) == {(0, 1), (0, 2), (1, 2)}
    assert similar(recordings) == {(0, 1), (0, 3), (1, 3)}


def test_resting_sensors_do_not_overlap():
    rest = np.tile(np.array([[1, 2]], np.int16), (2000, 1))
    rest[::40] += 1
    recordings = (Recording("a", rest, 0), Recording("b", rest[7:], 0))
    assert overlapping(recordings) == set()


def test_leaks_across_a_split_are_a_finding_of_their_own():
    whole = dataset()
    samples = whole.recordings[40].samples
    leaky = with_recording(whole, 0, samples=(samples * 0.5).round().astype(np.int16))
    split = split_by_group(leaky, test=["g5"])
    (finding,) = found(check(split), Trouble.LEAK)
    assert finding.recordings == ("train/slow/0", "test/slow/40")
    assert "too high" in finding.text
    inside = split_by_group(leaky, test=["g3"])
    assert not found(check(inside), Trouble.LEAK)
    (finding,) = found(check(inside), Trouble.NEAR_IDENTICAL)
    assert "1 of them in different groups" in finding.text


def test_a_wrong_label_is_named_first():
    whole = with_recording(dataset(), 20, label=1)
    (finding,) = found(check(whole), Trouble.MISLABELLED)
    assert finding.recordings[0] == "slow/20"
    assert "such as slow/20, which looks like slow" in finding.text


def test_labels_that_cannot_be_told_apart_are_not_doubted():
    rng = np.random.default_rng(3)
    alike = tuple(Recording(f"r{i}", tone(rng, 5), i % 2, f"g{i}") for i in range(60))
    quality = check(dataset(alike))
    assert not found(quality, Trouble.MISLABELLED)
    assert "too few to say anything" in quality.notes[0]


def test_doubts_by_hand():
    # label 0 usually gets (0.9 + 0.8 + 0.1) / 3 = 0.6, label 1 gets 0.9
    shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.1, 0.9]])
    (doubt,) = doubts(shares, np.array([0, 0, 0, 1]))
    assert (doubt.recording, doubt.suggested) == (2, 1)
    assert doubt.margin == pytest.approx(0.8)


def test_balance():
    rng = np.random.default_rng(4)
    recordings = tuple(
        Recording(f"r{i}", tone(rng, 5), int(i == 0), "g0" if i < 3 else None) for i in range(23)
    )
    texts = " ".join(f.text for f in found(check(dataset(recordings)), Trouble.BALANCE))
    assert "22 recordings of slow, 1 of fast" in texts
    assert "fast comes from one group only" in texts
    assert "20 recordings name no group" in texts
    one = dataset(recordings[1:3])
    other = dataset(tuple(replace(r, group="h") for r in recordings[:1]))
    texts = " ".join(f.text for f in found(check(Split(one, other, "")), Trouble.BALANCE))
    assert "nothing in train is labelled fast" in texts
    assert "nothing in test is labelled slow" in texts


def test_images():
    rng = np.random.default_rng(5)
    pixels = rng.integers(0, 256, (30, 16, 16, 1), np.uint8)
    pixels[7] = pixels[3] // 2 + 10
    pixels[9] = 128
    recordings = tuple(Recording(f"i{i}", p, i % 2, f"g{i}") for i, p in enumerate(pixels))
    quality = check(Dataset("d", "", colour_channels(1, ""), 0.0, ("a", "b"), recordings))
    assert found(quality, Trouble.CONSTANT)[0].recordings == ("i9",)
    assert found(quality, Trouble.NEAR_IDENTICAL)[0].recordings == ("i3", "i7")
    assert quality.channels[0].high == 1.0


def test_json_holds_everything():
    quality = check(with_recording(dataset(), 20, label=1))
    text = json.loads(json.dumps(quality.to_json()))
    assert text["schema"] == 1
    assert text["findings"][0]["trouble"] == "label doubtful"
    assert text["findings"][0]["recordings"][0] == "slow/20"
    assert text["labels"][0] == {"name": "slow", "recordings": 23, "groups": 6, "seconds": 69.0}
