"""``stream``: what the model hears in hours of clips and noise, pushed row by row.

Runs where the project file has a ``[stream]``. The threshold is chosen on a stream of the
validation side; the test side is heard once.
"""

import json
from dataclasses import asdict, replace

import numpy as np

from milliwatt.data import Dataset
from milliwatt.errors import Divergence
from milliwatt.project.compile import Compiled
from milliwatt.project.file import Listen, Project
from milliwatt.project.prove import Progress
from milliwatt.project.split_files import load_split
from milliwatt.project.stage import Stage, Work
from milliwatt.project.stages.compile import compiled
from milliwatt.project.streaming import (
    Ear,
    Heard,
    Stream,
    answers_to,
    assemble,
    chosen_ear,
    judge,
    listen,
)

HEARD = "heard.json"
COMPARED_S = 10.0  # seconds of the stream that the emulated board hears as well


def _run(work: Work) -> None:
    project = work.project
    said = project.file.stream
    assert said is not None  # noqa: S101  (the stage applies)
    done = compiled(project, work.before["compress"])
    split = load_split(work.before["dataset"])
    seed = project.file.project.seed
    test = _assembled(split.test, said, seed)
    ear = _ear(project, split.test, done)
    if said.threshold is None:
        if split.validation is None:
            raise project.place.error(
                ("stream",), "threshold is missing, and there is no validation side to choose it on"
            )
        held = _assembled(split.validation, said, seed + 1)
        scores, when = listen(done.host, held, done.model.graph.outputs[0].type, work.progress)
        ear = chosen_ear(scores, when, held, ear, said.most_an_hour)
    heard = _heard(done, test, ear, work.progress)
    _compare(done, test)
    text = json.dumps({"heard": asdict(heard), "ear": asdict(ear), "hours": test.hours}, indent=1)
    (work.out / HEARD).write_text(text + "\n", encoding="utf-8")


def _assembled(side: Dataset, said: Listen, seed: int) -> Stream:
    return assemble(
        side, hours=said.hours, background=said.background, pause_s=said.pause_s, seed=seed
    )


def _ear(project: Project, clips: Dataset, done: Compiled) -> Ear:
    said = project.file.stream
    push = done.plan.push
    assert said is not None  # noqa: S101  (the stage applies)
    if push is None or push.why_not_sliding is not None:
        why = push.why_not_sliding if push else "[compile] push is not set"
        raise project.place.error(("stream",), f"the model does not slide: {why}")
    place = done.plan.graph.inputs[0].type
    per_row = place.row_size // len(clips.channels)
    result_s = push.rows_per_result * per_row / clips.sample_rate_hz
    silent = {said.background, *said.others}
    targets = tuple(i for i, label in enumerate(clips.labels) if label not in silent)
    window = place.rows * per_row
    return Ear(
        targets,
        said.threshold or 0.0,
        smooth=max(1, round(said.smooth_ms / 1000 / result_s)),
        deaf=max(1, round(said.deaf_ms / 1000 / result_s)),
        # an answer needs the window to hold the word, and the mean to follow
        late=window + round(said.smooth_ms / 1000 * clips.sample_rate_hz),
    )


def _heard(done: Compiled, stream: Stream, ear: Ear, progress: Progress) -> Heard:
    scores, when = listen(done.host, stream, done.model.graph.outputs[0].type, progress)
    return judge(answers_to(scores, when, ear), stream, ear)


def _compare(done: Compiled, stream: Stream) -> None:
    """Let the emulated board hear the beginning too, and refuse any other score."""
    if done.target is None:
        return
    beginning = replace(
        stream, samples=stream.samples[: round(COMPARED_S * stream.sample_rate_hz)], events=()
    )
    output = done.model.graph.outputs[0].type
    wanted, _ = listen(done.host, beginning, output)
    got, _ = listen(done.target, beginning, output)
    if not np.array_equal(wanted, got):
        at = int(np.argwhere((wanted != got).any(axis=1))[0, 0])
        raise Divergence(f"stream: result {at} on {done.board.name} is not that of the host's C")


STREAM = Stage(
    name="stream",
    does="listen to hours of clips and noise",
    after=("dataset", "compress", "compile"),
    settings=("compile", "stream", "project.board", "project.name", "project.seed"),
    code=("run", "learn/metrics.py", "project/streaming.py", "project/stages/stream.py"),
    packages=("numpy", "unicorn"),
    run=_run,
    applies=lambda project: project.file.stream is not None,
)
