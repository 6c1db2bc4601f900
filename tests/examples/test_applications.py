"""The applications of ``examples``, made on a reduced set of their real recordings."""

import runpy
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from milliwatt.data import Dataset, save_dataset
from milliwatt.data.catalog import CATALOG
from milliwatt.data.progress import silent
from milliwatt.project.file import FILE, read_project
from milliwatt.project.make import make
from milliwatt.project.stages.report import load_study
from milliwatt.report.result import Study

pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("torchao", reason="quantising needs torchao")
pytest.importorskip("soundfile", reason="the clips are FLAC")
pytest.importorskip("pyarrow", reason="datasets of series are Parquet")

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def made(name: str, changes: dict[str, str], small: Dataset, folder: Path) -> Study:
    """Make an application on few recordings, with its project file changed to be quick."""
    text = (EXAMPLES / name / FILE).read_text("utf-8")
    for old, new in changes.items():
        assert old in text, f"{name}: {old} is not there any more"
        text = text.replace(old, new)
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_text(text, "utf-8")
    save_dataset(small, folder / "data" / small.name)
    return load_study(make(read_project(folder))["report"].artefact.folder)


def reduced(name: str, path: Path, groups: Sequence[str], each: int) -> Dataset:
    """Return at most ``each`` recordings of every label of every group, from a copy at hand."""
    if not path.exists():
        pytest.skip(f"no recordings: {path} is absent")
    found = CATALOG[name].load(path, silent)
    assert isinstance(found, Dataset)
    kept, seen = [], dict[tuple[str | None, int | None], int]()
    for r in found.recordings:
        key = (r.group, r.label)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= each and (not groups or r.group in groups):
            kept.append(r)
    return replace(found, recordings=tuple(kept))


def test_a_fall_is_told_from_activities(shared, tmp_path):
    people = [f"SA{i:02}" for i in range(1, 9)]
    small = reduced("sisfall", shared / "data" / "sisfall_50hz.npz", people, 15)
    study = made("fall_detection", {"epochs = ": "epochs = 4 # "}, small, tmp_path / "fall")
    sensitivity, specificity = study.metrics
    assert (sensitivity.name, specificity.name) == ("Sensitivity", "Specificity")
    assert sensitivity.int8.total + specificity.int8.total == study.accuracy.int8.total
    assert study.accuracy.on_device == study.accuracy.int8
    # of two kinds as many: an answer that knows nothing is right in half of them
    assert study.accuracy.int8.low > 0.6
    flash = next(g for g in study.goals if g.name == "flash")
    assert flash.met


def test_words_are_heard_in_a_stream(shared, tmp_path):
    small = reduced("speech_commands", shared / "data" / "speech_commands.zip", (), 1)
    quick = {
        "copies = ": "copies = 1 # ",
        "epochs = ": "epochs = 6 # ",
        "average = ": "average = 0 # ",
        "width = 1.5": "width = 0.25",  # of the teacher
        "hours = ": "hours = 0.01 # ",
    }
    study = made("voice_commands", quick, small, tmp_path / "voice")
    assert len(study.labels) == 8
    assert study.accuracy.on_device == study.accuracy.int8
    assert study.accuracy.int8.low > 1 / 8  # better than an answer that knows nothing
    assert study.heard is not None
    assert study.heard.hours == pytest.approx(0.01)
    assert study.heard.words.total > 0
    assert study.result.push is not None
    goals = {g.name: g.met for g in study.goals}
    assert goals["RAM"]
    assert "share of CPU time" in goals


@pytest.mark.parametrize("template", ["fall", "voice"])
def test_a_template_is_its_example(template):
    names = {"fall": "fall_detection", "voice": "voice_commands"}
    from milliwatt.project.templates import text

    example = (EXAMPLES / names[template] / FILE).read_text("utf-8")
    wanted = example.replace(f'name = "{names[template]}"', 'name = "mine"', 1)
    got = text(template, "mine").split("         # functions in C begin with mw_mine_")
    assert "".join(got) == wanted


def test_results_are_a_page_with_every_figure(shared, tmp_path, monkeypatch):
    people = [f"SA{i:02}" for i in range(1, 6)]
    small = reduced("sisfall", shared / "data" / "sisfall_50hz.npz", people, 4)
    study = made("fall_detection", {"epochs = ": "epochs = 1 # "}, small, tmp_path / "fall")
    results = runpy.run_path(str(EXAMPLES / "results.py"))
    page = results["page"]({"fall_detection": study})
    for goal in study.goals:
        assert f"| {goal.name} | {goal.wanted} | {goal.measured} |" in page
    for word in ("in float", "in int8", "on the device", "95 % interval", "Average power"):
        assert word in page
    results["picture"](study, tmp_path / "fall" / "report.svg")
    svg = (tmp_path / "fall" / "report.svg").read_text()
    assert svg.startswith("<svg")
    assert "font-face" not in svg


def test_results_make_what_lies_in_a_folder(shared, tmp_path):
    people = [f"SA{i:02}" for i in range(1, 6)]
    small = reduced("sisfall", shared / "data" / "sisfall_50hz.npz", people, 4)
    made("fall_detection", {"epochs = ": "epochs = 1 # "}, small, tmp_path / "fall")
    study_of = runpy.run_path(str(EXAMPLES / "results.py"))["study_of"]
    assert study_of(tmp_path / "fall", {}).labels == ("activity", "fall")
    shutil.rmtree(tmp_path / "fall" / "data")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(Exception, match=r"no address of its publisher|no such file"):
            study_of(tmp_path / "fall", {})
