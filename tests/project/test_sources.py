"""Where a project's recordings come from, how they are cut, and what power the model takes."""

from dataclasses import replace

import numpy as np
import pytest
from own_project import TOML, write_project
from samples import FULL

from milliwatt.data import LeakWarning
from milliwatt.errors import InputError
from milliwatt.project.file import FILE, Project, read_project
from milliwatt.project.inputs import inputs_of
from milliwatt.project.power import duty
from milliwatt.project.prove import silent
from milliwatt.project.sources import listing, load, own_files
from milliwatt.project.split_files import load_split, save_split
from milliwatt.report.result import PushUse


def project(folder, old: str = "", new: str = "") -> Project:
    if not (folder / "recordings").exists():
        write_project(folder)
    assert old in TOML
    (folder / FILE).write_text(TOML.replace(old, new))
    return read_project(folder)


def test_groups_that_are_named_stay_on_their_side(tmp_path):
    split = load(project(tmp_path), silent)
    assert {side: d.groups for side, d in split.sides().items()} == {
        "train": ("cid", "dee"),
        "validation": ("bob",),
        "test": ("ann",),
    }
    assert split.train.labels == ("shake", "sway")
    assert split.train.channels[0].scale == 16 / 32768


def test_labels_are_kept_in_the_order_that_is_asked_for(tmp_path):
    said = 'source = "recordings"'
    split = load(project(tmp_path, said, f'{said}\nlabels = ["sway", "shake"]'), silent)
    assert split.test.labels == ("sway", "shake")
    assert all(r.name.startswith(split.test.labels[r.label]) for r in split.test.recordings)
    only = load(project(tmp_path, said, f'{said}\nlabels = ["sway"]'), silent)
    assert {r.name.partition("/")[0] for r in only.train.recordings} == {"sway"}
    with pytest.raises(InputError, match=r"line 7: data.labels: 'jump' is not a label of the data"):
        load(project(tmp_path, said, f'{said}\nlabels = ["jump"]'), silent)


def test_a_split_by_chance_warns(tmp_path):
    chance = 'by = "chance"\ntest = 0.25\nvalidation = 0.25'
    with pytest.warns(LeakWarning):
        split = load(project(tmp_path, 'test = ["ann"]\nvalidation = ["bob"]', chance), silent)
    assert [len(d.recordings) for d in split.sides().values()] == [8, 4, 4]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ('"recordings"', '"records"', "line 6: data.source: 'records' is neither a folder or file"),
        (
            '"recordings"',
            '"data/sisfall"',
            "yet; type in .*: milliwatt data get sisfall --into data",
        ),
        ('"recordings"', '"basic_motions"', "data: basic_motions needs no options of a reader"),
        ('"*" = 16.0', "ax = 16.0", r"In \[sensor\] of milliwatt.toml, .*full_scale = { NAME"),
        ("full_scale", "full_scales", "sensor.full_scales: unknown key; did you mean full_scale?"),
        ('["bob"]', '["eve"]', "groups .'eve'. asked for; there are ann, bob, cid, dee"),
        (
            'test = ["ann"]',
            'by = "given"',
            "line 10: data.split.by: 'given', but the data comes in",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path, old, new, wanted):
    with pytest.raises(InputError, match=wanted):
        load(project(tmp_path, old, new), silent)


def test_the_listing_follows_names_sizes_and_times(tmp_path):
    found = project(tmp_path)
    before = listing(found)
    assert listing(found) == before
    assert len(own_files(found)) == 16
    own_files(found)[0].touch()
    assert listing(found) != before


def test_a_split_comes_back_from_its_files(tmp_path):
    split = load(project(tmp_path), silent)
    (tmp_path / "saved").mkdir()
    save_split(split, tmp_path / "saved")
    again = load_split(tmp_path / "saved")
    assert again.basis == split.basis
    for name, ours in split.sides().items():
        theirs = again.sides()[name]
        assert replace(theirs, recordings=ours.recordings).channels == ours.channels
        for a, b in zip(ours.recordings, theirs.recordings, strict=True):
            assert (a.name, a.label, a.group, a.spans) == (b.name, b.label, b.group, b.spans)
            np.testing.assert_array_equal(a.samples, b.samples)


def test_windows_know_their_recordings(tmp_path):
    found = project(tmp_path)
    inputs = inputs_of(found, load(found, silent).test)
    assert inputs.samples.shape == (28, 50, 2)
    np.testing.assert_array_equal(inputs.recording, np.repeat(np.arange(4), 7))
    np.testing.assert_array_equal(inputs.targets, inputs.recording_targets[inputs.recording])


def test_of_an_event_only_the_windows_that_hold_it_are_taken(tmp_path):
    found = project(tmp_path)
    window = 'length_ms = 1000\nhop_ms = 500\nevent = "shake"\nevent_ms = 200'
    cut = project(tmp_path, "length_ms = 1000\nhop_ms = 500", f'{window}\nevent_channels = ["ay"]')
    side = load(found, silent).test
    inputs = inputs_of(cut, side)
    shake = [i for i, r in enumerate(side.recordings) if r.label == 0]
    for i, r in enumerate(side.recordings):
        starts = int((inputs.recording == i).sum())
        if i not in shake:
            assert starts == 7
            continue
        peak = int(np.abs(r.samples[:, 1].astype(int)).argmax())
        around = min(max(peak, 5), len(r.samples) - 5)
        holds = [at for at in range(0, 151, 25) if at <= around - 5 and around + 5 <= at + 50]
        assert abs(starts - len(holds)) <= 1  # a span of an odd number of samples
        assert starts >= 1
    with pytest.raises(InputError, match=r"window.event: 'jump' is not a label; there are shake"):
        inputs_of(project(tmp_path, "hop_ms = 500", 'hop_ms = 500\nevent = "jump"'), side)


def test_average_power_is_work_and_sleep(tmp_path):
    said = '[power]\nsleep_microamps = 2.0\nsource = "sheet"\n'
    found = project(tmp_path, "[train]", said + "[train]")
    result = replace(FULL, latency_ms_estimated=50.0)
    assert result.energy is not None
    energy = replace(result.energy, microjoules_estimated=400.0, volts=3.0)
    power = duty(found, replace(result, energy=energy), None)
    assert power is not None
    # a result every 500 ms: 2 a second of 50 ms and 400 µJ; 2 µA at 3 V for 90 % of the time
    assert power.results_per_second == 2.0
    assert power.cpu_share == pytest.approx(0.1)
    assert power.active_milliwatts == pytest.approx(0.8)
    assert power.sleep_milliwatts == pytest.approx(0.0054)
    assert power.milliwatts == pytest.approx(0.8054)


def test_where_rows_are_pushed_the_signal_sets_the_rate(tmp_path):
    pushed = replace(FULL, latency_ms_estimated=50.0, instructions=1000, push=PushUse(2, 50, 100))
    power = duty(project(tmp_path), pushed, 50.0)
    assert power is not None
    # 25 results a second of a tenth of an inference each
    assert power.results_per_second == 25.0
    assert power.cpu_share == pytest.approx(0.125)
    assert power.milliwatts is None  # no current asleep is said
    assert duty(project(tmp_path), replace(FULL, latency_ms_estimated=None), 50.0) is None
