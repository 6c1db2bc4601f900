"""The stages of a project: what runs, what is kept, and that the same seed gives the same model."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from milliwatt.errors import InputError
from milliwatt.project.file import FILE, read_project
from milliwatt.project.make import Ran, make, published, stages_upto, status
from milliwatt.project.stages import STAGES
from milliwatt.project.stages.compress import load_graph
from milliwatt.project.stages.report import load_study

pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("torchao", reason="quantising needs torchao")

from own_project import TOML, write_project

NAMES = [s.name for s in STAGES if s.name != "stream"]


def ran(results: dict[str, Ran]) -> list[str]:
    """Return the stages that did not come from the cache."""
    return [name for name, r in results.items() if not r.cached]


def digests(results: dict[str, Ran]) -> dict[str, str]:
    return {name: r.artefact.digest for name, r in results.items()}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, dict[str, Ran]]:
    """A project that was made once."""
    folder = write_project(tmp_path_factory.mktemp("made"))
    return folder, make(read_project(folder))


@pytest.fixture
def project(made, tmp_path) -> Path:
    """A copy of it, with its cache, to be changed."""
    return Path(shutil.copytree(made[0], tmp_path / "copy", copy_function=shutil.copy2))


def edit(folder: Path, old: str, new: str) -> None:
    text = (folder / FILE).read_text()
    assert old in text
    (folder / FILE).write_text(text.replace(old, new))


def test_everything_runs_once(made):
    folder, results = made
    assert list(results) == NAMES
    assert ran(results) == NAMES
    again = make(read_project(folder))
    assert ran(again) == []
    assert digests(again) == digests(results)
    assert all(s.current for s in status(read_project(folder)))


def test_the_report_counts_what_was_run(made):
    _, results = made
    study = load_study(results["report"].artefact.folder)
    windows = 2 * 2 * 7  # ann's takes of both moves; seven windows of one second in four
    assert study.accuracy.int8.total == windows
    assert study.accuracy.on_device == study.accuracy.int8
    assert sum(map(sum, study.confusion)) == windows
    assert study.labels == ("shake", "sway")
    assert "no group on two sides (2 in train, 1 in validation, 1 in test)" in study.task
    assert study.accuracy.int8.low < study.accuracy.int8.share <= study.accuracy.int8.high
    assert study.duty is not None
    assert study.duty.results_per_second == 2.0
    text = json.loads((results["report"].artefact.folder / "report.json").read_text())
    assert text["bit_exact"]["target"] is True
    assert text["scores"][0]["int8"]["total"] == windows


def test_results_lie_where_people_look(project):
    found = read_project(project)
    written = published(found, make(found))
    assert written["report"] == project.resolve() / "build" / "report.html"
    assert (written["C library"] / "mw_moves.h").is_file()
    published(found, make(found))  # again, over what is there


def test_only_what_a_setting_decides_runs_again(project):
    (project / FILE).write_text(TOML + "[target]\naccuracy = 0.9\n")
    assert ran(make(read_project(project))) == ["report"]
    edit(project, "epochs = 3", "epochs = 2")
    assert ran(make(read_project(project), "train")) == ["train"]
    edit(project, "epochs = 2", "epochs = 3")
    assert ran(make(read_project(project))) == []  # what was made before is still there


def test_a_stage_that_makes_the_same_again_ends_the_chain(project):
    for path in (project / "recordings").rglob("*.csv"):
        path.touch()
    assert ran(make(read_project(project))) == ["collect"]
    edit(
        project,
        'board = "nrf52840"' if "board" in TOML else 'name = "moves"',
        'name = "moves"\nseed = 0',
    )
    assert ran(make(read_project(project))) == []


def test_new_data_runs_everything(project):
    path = next((project / "recordings").rglob("dee_1.csv"))
    path.write_text(path.read_text().replace("0.000,", "0.000,9", 1))
    assert ran(make(read_project(project), "features")) == ["collect", "dataset", "features"]


def test_force_runs_the_stage_that_is_named(project):
    assert ran(make(read_project(project), "features", force=True)) == ["features"]


def test_status_says_what_changed(project):
    edit(project, "epochs = 3", "epochs = 2")
    said = {s.stage.name: s.why for s in status(read_project(project))}
    assert said["features"] == ""
    assert said["train"] == "changed: [train] epochs"
    assert said["compress"] == "after train"
    shutil.rmtree(project / "build")
    assert next(iter(status(read_project(project)))).why == "never ran"


def test_same_seed_same_model_anywhere(made, tmp_path):
    _, results = made
    elsewhere = make(read_project(write_project(tmp_path)))
    for stage in ("dataset", "features", "train", "compile"):
        ours, theirs = results[stage].artefact, elsewhere[stage].artefact
        kept = [
            p.name for p in ours.folder.rglob("*.*") if p.suffix in (".npy", ".npz", ".pt", ".c")
        ]
        assert kept
        for name in kept:
            a, b = (next(f.rglob(name)) for f in (ours.folder, theirs.folder))
            assert a.read_bytes() == b.read_bytes(), f"{stage}: {name}"


def test_another_seed_is_another_model(project):
    def weights() -> list[np.ndarray]:
        graph = load_graph(make(read_project(project), "compress")["compress"].artefact.folder)
        return [v.data for v in graph.values.values() if v.data is not None]

    before = weights()
    edit(project, 'name = "moves"', 'name = "moves"\nseed = 1')
    assert any(not np.array_equal(a, b) for a, b in zip(before, weights(), strict=True))


def test_interrupted_training_goes_on_to_the_same_weights(made, tmp_path):
    folder = write_project(tmp_path)

    def interrupt(what: str, done: int, total: int) -> None:
        if what == "training" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(read_project(folder), progress=interrupt)
    assert not (folder / "build" / "train").exists()
    seen = []
    results = make(
        read_project(folder),
        "train",
        progress=lambda what, done, _: seen.append(done) if what == "training" else None,
    )
    assert ran(results) == ["train"]
    assert seen == [1, 2, 3]  # told of the epochs before, and the one that was left
    assert digests(results)["train"] == digests(made[1])["train"]


def test_an_interrupted_stage_leaves_nothing(tmp_path):
    folder = write_project(tmp_path)

    def interrupt(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(read_project(folder), progress=interrupt)
    assert [p.name for p in (folder / "build").rglob("*") if p.is_file()] == [".lock"]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("epochs = 3", "epoch = 3", "train.epoch: unknown key; did you mean epochs?"),
        ("width = 8", "with = 8", "model.with: unknown key; did you mean width?"),
        ("frame_ms = 200", "frames_ms = 200", "features.frames_ms: unknown key; did you mean"),
        ('kind = "frame_statistics"', 'kind = "frame_stats"', "did you mean frame_statistics?"),
        ("cnn_1d", "cnn_3d", "'cnn_3d': unknown architecture; did you mean cnn_1d?"),
        ("epochs = 3", "epochs = 3\n[compress]\nprunes = 1", "compress.prunes: unknown key; did"),
        ("epochs = 3", 'class_weights = "even"', "train.class_weights: found 'even'; wanted"),
    ],
)
def test_wrong_options_are_refused_before_anything_runs(old, new, wanted, tmp_path):
    folder = write_project(tmp_path)
    edit(folder, old, new)
    with pytest.raises(InputError) as error:
        make(read_project(folder))
    assert wanted in str(error.value)
    assert f"{folder / FILE}, line " in str(error.value)
    assert not (folder / "build" / "collect").exists()


def test_a_stage_that_there_is_none_of():
    with pytest.raises(InputError, match="unknown stage; did you mean train"):
        stages_upto("trian")


MODULE = """
from torch import nn

def build(*, shape, classes, seed, width: int = 4):
    channels, rows, _ = shape
    return nn.Sequential(
        nn.Conv2d(channels, width, (3, 1)), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(width, classes))
"""


def test_an_own_module_is_a_model(project):
    edit(project, 'architecture = "cnn_1d"\nwidth = 8', 'module = "mine.py:build"\nwidth = 5')
    with pytest.raises(InputError, match=r"model.module: there is no file .*mine.py"):
        make(read_project(project))
    (project / "mine.py").write_text(MODULE)
    results = make(read_project(project))
    graph = load_graph(results["compress"].artefact.folder)
    assert any(v.type.shape[:1] == (5,) for v in graph.values.values())
    (project / "mine.py").write_text(MODULE + "# changed\n")
    assert "train" in ran(make(read_project(project), "train"))
    edit(project, "mine.py:build", "mine.py:make")
    with pytest.raises(InputError, match=r"mine.py has no function make"):
        make(read_project(project))


def test_a_trained_file_takes_the_place_of_training(project):
    import torch

    from milliwatt import learn
    from milliwatt.project.stages.features import load_features, load_front_end
    from milliwatt.project.stages.train import network_input, trained

    results = make(read_project(project))
    folders = {name: r.artefact.folder for name, r in results.items()}
    front = load_front_end(folders["features"])
    x = network_input(front, load_features(folders["features"])["train"].x)
    model = trained(read_project(project), folders["train"], x, 2)
    out = front.output
    quantized = learn.quantize(model, x, input_scale=out.scale, input_zero_point=out.zero_point)
    torch.export.save(quantized.program, project / "mine.pt2")
    before = load_study(folders["report"])
    edit(project, 'architecture = "cnn_1d"\nwidth = 8', 'file = "mine.pt2"')
    again = make(read_project(project))
    assert "train" not in again
    after = load_study(again["report"].artefact.folder)
    assert after.accuracy.int8 == before.accuracy.int8
    assert after.accuracy.float_model is None


def test_a_tflite_file_takes_recordings_as_they_are(project):
    from tflm.models import small_model

    (project / "mine.tflite").write_bytes(small_model("conv", seed=3))
    edit(project, 'architecture = "cnn_1d"\nwidth = 8', 'file = "mine.tflite"')
    edit(project, 'kind = "frame_statistics"\nframe_ms = 200\nhop_ms = 100', 'kind = "none"')
    with pytest.raises(
        InputError, match=r"moves takes s8\[.*, a window of the data is int16 \[50, 2\]"
    ):
        make(read_project(project))


def test_trees_take_the_place_of_a_network(project):
    pytest.importorskip("sklearn", reason="trees are grown by scikit-learn")
    edit(project, 'architecture = "cnn_1d"\nwidth = 8', 'classical = "random_forest"\ntrees = 5')
    with pytest.raises(InputError, match="train: is for networks; random_forest has no use for it"):
        make(read_project(project))
    edit(project, "[train]\nepochs = 3\n", "")
    study = load_study(make(read_project(project))["report"].artefact.folder)
    assert study.accuracy.int8 == study.accuracy.float_model
    assert study.accuracy.on_device == study.accuracy.int8
    assert study.accuracy.int8.share > 0.9
    assert any(layer.op == "trees.forest" for layer in study.result.layers)


def test_what_is_not_normal_is_told_by_its_distance(project):
    pytest.importorskip("sklearn", reason="centres are found by scikit-learn")
    edit(project, 'architecture = "cnn_1d"\nwidth = 8', 'classical = "k_means"\ncentres = 2')
    edit(project, "[train]\nepochs = 3\n", '[decide]\nhow = "any"\npositive = "shake"\n')
    study = load_study(make(read_project(project))["report"].artefact.folder)
    assert [m.name for m in study.metrics] == ["Sensitivity", "Specificity"]
    assert study.accuracy.int8.share > 0.9
