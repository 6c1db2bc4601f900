"""``report``: everything that was found out, as a page and as JSON."""

import dataclasses
import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from milliwatt.ir import Graph
from milliwatt.project.cache import RECORD
from milliwatt.project.classical import FLOATS
from milliwatt.project.file import Project
from milliwatt.project.goals import goals
from milliwatt.project.power import duty
from milliwatt.project.scores import (
    Answers,
    Reals,
    Units,
    answers,
    by_class,
    chosen_threshold,
    counted,
    leads_of,
)
from milliwatt.project.stage import Stage, Work
from milliwatt.project.stages.compile import load_result
from milliwatt.project.stages.compress import load_graph
from milliwatt.project.stages.features import load_features
from milliwatt.project.stages.stream import HEARD
from milliwatt.project.stages.verify import ERRORS, SCORES
from milliwatt.report.files import write_text_atomically
from milliwatt.report.html import study_page
from milliwatt.report.result import Counted, Heard, LayerError, Metric, Study

STUDY, PAGE, JSON = "study.pickle", "report.html", "report.json"


@dataclass(frozen=True, slots=True)
class Scored:
    """The answers of each kind of model; None where it did not run."""

    float_model: Answers | None
    int8: Answers
    board: Answers | None

    def metric(self, name: str, of: Callable[[Answers], Counted | None]) -> Metric | None:
        """Return one score of all kinds; None where the test side has nothing of it."""
        int8 = of(self.int8)
        if int8 is None:
            return None
        in_float = of(self.float_model) if self.float_model else None
        return Metric(name, in_float, int8, of(self.board) if self.board else None)


def load_study(folder: Path) -> Study:
    """Return what this stage has left; a pickle, since it never leaves the build."""
    return cast("Study", pickle.loads((folder / STUDY).read_bytes()))  # noqa: S301


def _run(work: Work) -> None:
    study = _study(work)
    (work.out / STUDY).write_bytes(pickle.dumps(study))
    write_text_atomically(work.out / PAGE, study_page(study))
    text = json.dumps(_to_json(study), indent=2) + "\n"
    write_text_atomically(work.out / JSON, text)


def _study(work: Work) -> Study:
    project, result = work.project, load_result(work.before["compile"])
    about = json.loads((work.before["dataset"] / "split.json").read_text(encoding="utf-8"))
    labels = tuple(about["labels"])
    scored = _scored(work, labels)
    accuracy = scored.metric("Accuracy", lambda a: a.right)
    assert accuracy is not None  # noqa: S101  (there is a test side)
    metrics = _positive_metrics(project, scored, labels)
    errors = json.loads((work.before["verify"] / ERRORS).read_text(encoding="utf-8"))
    power = duty(project, result, _rows_a_second(work, about))
    heard = _heard(work)
    shown = scored.board or scored.int8
    return Study(
        title=f"{project.name} on {result.limits.title}",
        task=_task(project, about),
        result=result,
        accuracy=accuracy,
        labels=labels,
        confusion=shown.confusion(len(labels)),
        sqnr=tuple(LayerError(name, db) for name, db in errors),
        seconds=_seconds(work.before),
        metrics=metrics,
        goals=goals(project.file.target, result, (accuracy, *metrics), power, heard),
        duty=power,
        heard=heard,
    )


def _scored(work: Work, labels: tuple[str, ...]) -> Scored:
    """Decide everything by one threshold, chosen on the validation side of the int8 model."""
    how = work.project.file.decide
    sides = load_features(work.before["features"])
    units = {side: Units(f.y, f.recording, f.recording_y) for side, f in sides.items()}
    positive = _positive(work.project, labels)
    real = _dequantizer(load_graph(work.before["compress"]))
    with np.load(work.before["verify"] / SCORES, allow_pickle=False) as arrays:
        found = dict(arrays)
    threshold = how.threshold or 0.0
    if how.how == "any" and how.threshold is None and "validation" in found:
        held = units["validation"]
        scores = by_class(real(found["validation"]), len(labels), positive)
        leads = leads_of(scores, held, how.windows, positive)
        truth = held.recording_y[np.unique(held.recording)] == positive
        threshold = chosen_threshold(leads, truth)

    def decided(scores: Reals, of: Units) -> Answers:
        return answers(by_class(scores, len(labels), positive), of, how, positive, threshold)

    test, board = units["test"], found.get("board")
    floats = work.before["compress"] / FLOATS.format("test")
    in_float = np.load(floats).astype(np.float64) if floats.is_file() else None
    return Scored(
        None if in_float is None else decided(in_float, test),
        decided(real(found["test"]), test),
        None if board is None else decided(real(board), test.only(found["board_windows"])),
    )


def _positive(project: Project, labels: tuple[str, ...]) -> int:
    """Return the class that ``[decide]`` looks for, 0 where it looks for none."""
    how = project.file.decide
    if how.positive is None:
        if how.how == "any":
            raise project.place.error(("decide",), "how = 'any' needs positive, the label sought")
        return 0
    if how.positive not in labels:
        raise project.place.error(
            ("decide", "positive"), f"{how.positive!r} is not a label; there are {labels}"
        )
    return labels.index(how.positive)


def _positive_metrics(
    project: Project, scored: Scored, labels: tuple[str, ...]
) -> tuple[Metric, ...]:
    if project.file.decide.positive is None:
        return ()
    label = _positive(project, labels)
    found = (
        scored.metric("Sensitivity", lambda a: a.among(label, positive=True)),
        scored.metric("Specificity", lambda a: a.among(label, positive=False)),
    )
    return tuple(m for m in found if m is not None)


def _dequantizer(
    graph: Graph,
) -> Callable[[np.ndarray[tuple[int, ...], np.dtype[np.generic]]], Reals]:
    t = graph.outputs[0].type

    def real(q: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Reals:
        return (q.astype(np.float64) - t.zero_point) * float(t.scale)

    return real


def _task(project: Project, about: Mapping[str, object]) -> str:
    sides = cast("dict[str, list[object]]", about["sides"])
    counts = ", ".join(f"{len(rows):,} to {side}" for side, rows in sides.items())
    per = project.file.decide.per
    return (
        f"{len(cast('list[str]', about['labels']))} classes, {about['source']}; recordings: "
        f"{counts}; scored by {per}. {about['basis']}"
    )


def _rows_a_second(work: Work, about: Mapping[str, object]) -> float | None:
    """Return how fast rows of the model's input come; None where the input is no signal."""
    place = load_graph(work.before["compress"]).inputs[0].type
    rate = float(cast("float", about["sample_rate_hz"]))
    channels = len(cast("list[object]", about["channels"]))
    return rate * channels / place.row_size if rate else None


def _heard(work: Work) -> Heard | None:
    if "stream" not in work.before:
        return None
    found = json.loads((work.before["stream"] / HEARD).read_text(encoding="utf-8"))
    heard, accepts = found["heard"], found["heard"]["false_accepts"]
    interval = accepts["interval"]
    rate = accepts["events"] / accepts["hours"]
    return Heard(
        found["hours"],
        counted(heard["hits"], heard["words"]),
        heard["others"],
        accepts["events"],
        (rate, interval["low"], interval["high"]),
        found["ear"]["threshold"],
    )


def _seconds(before: Mapping[str, Path]) -> dict[str, float]:
    """Return how long each stage took when it ran, as its record says."""
    return {
        name: float(json.loads((folder / RECORD).read_text(encoding="utf-8"))["seconds"])
        for name, folder in before.items()
    }


def _to_json(study: Study) -> dict[str, object]:
    """Return the result in schema 1, and what a project adds to it."""
    return study.result.to_json() | {
        "scores": [dataclasses.asdict(m) for m in (study.accuracy, *study.metrics)],
        "labels": list(study.labels),
        "confusion": study.confusion,
        "goals": [dataclasses.asdict(g) for g in study.goals],
        "heard": dataclasses.asdict(study.heard) if study.heard else None,
        "duty": dataclasses.asdict(study.duty) if study.duty else None,
        "seconds": study.seconds,
        "task": study.task,
    }


REPORT = Stage(
    name="report",
    does="write page and figures",
    after=("dataset", "features", "train", "compress", "compile", "verify", "stream"),
    settings=("decide", "target", "power", "window", "project.name"),
    code=(
        *("report", "project/scores.py", "project/power.py", "project/goals.py"),
        "project/stages/report.py",
    ),
    packages=("numpy",),
    run=_run,
)
