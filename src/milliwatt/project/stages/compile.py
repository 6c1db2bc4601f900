"""``compile``: the graph as C for the board, proven on an emulated chip and measured there."""

import json
import pickle
from pathlib import Path
from typing import cast

from milliwatt.emit import write_library
from milliwatt.passes import optimize
from milliwatt.project.compile import (
    SAMPLES,
    Compiled,
    agreed,
    build,
    manifest_of,
    prove_all,
    summarize,
)
from milliwatt.project.file import Project
from milliwatt.project.model import Model
from milliwatt.project.samples import sample_inputs
from milliwatt.project.stage import Stage, Work
from milliwatt.project.stages.compress import load_graph
from milliwatt.report.result import Result

RESULT, LIBRARY = "result.pickle", "library"


def load_result(folder: Path) -> Result:
    """Return the figures that this stage has left; a pickle, since it never leaves the build."""
    return cast("Result", pickle.loads((folder / RESULT).read_bytes()))  # noqa: S301


def compiled(project: Project, compressed: Path) -> Compiled:
    """Return the project's model compiled and loaded."""
    graph = load_graph(compressed)
    model = Model(project.name, optimize(graph), original=graph)
    return build(model, project.file.project.board, project.file.build.goal())


def _run(work: Work) -> None:
    project = work.project
    what = f"compiling for {project.file.project.board}"
    work.progress(what, 0, 1)
    done = compiled(project, work.before["compress"])
    work.progress(what, 1, 1)
    seed = project.file.project.seed
    slide = prove_all(done, sample_inputs(done.model.graph, SAMPLES, seed), work.progress)
    result = summarize(done, agreed(done, SAMPLES), slide)
    (work.out / RESULT).write_bytes(pickle.dumps(result))
    (work.out / "result.json").write_text(json.dumps(result.to_json(), indent=2) + "\n")
    write_library(done.library, work.out / LIBRARY, manifest_of(result))


COMPILE = Stage(
    name="compile",
    does="make C, prove and measure it",
    after=("compress",),
    settings=("compile", "project.board", "project.name", "project.seed"),
    code=(
        *("emit", "ir", "kernels", "ops", "passes", "plan", "run", "targets"),
        *("project/compile.py", "project/optimize.py", "project/stages/compile.py"),
    ),
    packages=("numpy", "ziglang", "unicorn"),
    run=_run,
)
