"""``features``: the front end fitted on the training side, and what it makes of every side."""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from milliwatt.ir import Array
from milliwatt.project.augmenting import pool
from milliwatt.project.binding import bind, unknown
from milliwatt.project.file import Project
from milliwatt.project.inputs import Inputs, Labels, inputs_of
from milliwatt.project.networks import is_trained
from milliwatt.project.split_files import load_split
from milliwatt.project.stage import Stage, Work

if TYPE_CHECKING:
    from milliwatt.learn import FrontEnd
    from milliwatt.learn.augment import Pool
    from milliwatt.learn.front_ends import FitFrontEnd

FRONT_END, VARIANTS = "front_end.pickle", "variants.npy"
SIDES = ("train", "validation", "test")
NONE = "none"  # a trained model takes recordings as they are
TABLE = ("features",)
GIVEN = ("counts", "sample_rate_hz")


def load_front_end(folder: Path) -> "FrontEnd":
    """Return the front end that this stage has left; a pickle, since it never leaves the build."""
    return cast("FrontEnd", pickle.loads((folder / FRONT_END).read_bytes()))  # noqa: S301


@dataclass(frozen=True, slots=True, eq=False)
class FeaturesOfSide:
    """One side of the split as the network takes it.

    Attributes:
        x: int8 ``[N, frame, feature]``, or ``[N, frame, band, 1]``.
        y: int64 ``[N]``, classes.
        recording: int64 ``[N]``, from which recording each comes.
        recording_y: int64 ``[recording]``, classes of whole recordings.
    """

    x: npt.NDArray[np.int8]
    y: Labels
    recording: Labels
    recording_y: Labels


def load_features(folder: Path) -> dict[str, FeaturesOfSide]:
    """Return what this stage has left, by the name of the side."""
    found = {}
    for side in SIDES:
        if (folder / f"{side}.npz").is_file():
            with np.load(folder / f"{side}.npz", allow_pickle=False) as arrays:
                found[side] = FeaturesOfSide(**arrays)
    return found


def load_pool(folder: Path, front: "FrontEnd") -> "Pool | None":
    """Return the variants that this stage has left, None where none were asked for."""
    from milliwatt.learn.augment import Pool  # noqa: PLC0415  (PyTorch is optional)

    if not (folder / VARIANTS).is_file():
        return None
    variants = np.load(folder / VARIANTS, mmap_mode="r")
    return Pool(variants, front.output.scale, front.output.zero_point)


def _run(work: Work) -> None:
    project = work.project
    sides = load_split(work.before["dataset"]).sides()
    if project.file.features.kind == NONE:
        for side, dataset in sides.items():
            _save(work.out, side, inputs_of(project, dataset), np.zeros((0, 0, 0), np.int8))
        return
    fit, options = _front_end(project)
    rate = sides["train"].sample_rate_hz
    work.progress("computing features", 0, len(sides) + 1)
    front = fit(inputs_of(project, sides["train"]).samples, sample_rate_hz=rate, **options)
    (work.out / FRONT_END).write_bytes(pickle.dumps(front))
    for done, (side, dataset) in enumerate(sides.items(), 1):
        work.progress("computing features", done, len(sides) + 1)
        inputs = inputs_of(project, dataset)
        _save(work.out, side, inputs, front.compute(inputs.samples))
    work.progress("computing features", len(sides) + 1, len(sides) + 1)
    train = inputs_of(project, sides["train"])
    variants = pool(project, train, sides["train"].labels, front.features(), work.progress)
    if variants is not None:
        np.save(work.out / VARIANTS, variants.variants)


def _save(out: Path, side: str, inputs: Inputs, x: Array) -> None:
    np.savez(
        out / f"{side}.npz",
        x=x,
        y=inputs.targets,
        recording=inputs.recording,
        recording_y=inputs.recording_targets,
    )


def _check(project: Project) -> None:
    if project.file.features.kind != NONE:
        _front_end(project)
    elif not is_trained(project):
        raise project.place.error(
            (*TABLE, "kind"), f"{NONE!r} is for a model that comes as a file; wanted a front end"
        )


def _front_end(project: Project) -> "tuple[FitFrontEnd, dict[str, object]]":
    """Return the front end that the file names and its options, checked."""
    from milliwatt.learn import FRONT_ENDS  # noqa: PLC0415  (PyTorch is optional, slow to import)

    wanted = project.file.features
    if wanted.kind not in FRONT_ENDS:
        said = unknown(wanted.kind, FRONT_ENDS).replace("key", "front end")
        raise project.place.error((*TABLE, "kind"), f"{wanted.kind!r}: {said}")
    fit = FRONT_ENDS[wanted.kind]
    return fit, bind(fit, wanted.options, project.place, TABLE, given=GIVEN)


FEATURES = Stage(
    name="features",
    does="fit the front end, compute features, augment",
    after=("dataset",),
    settings=("window", "features", "augment", "project.seed"),
    code=(
        *("data", "ir", "ops", "learn/augment", "learn/front_ends", "learn/front_end.py"),
        *("project/augmenting.py", "project/inputs.py", "project/split_files.py"),
        "project/stages/features.py",
    ),
    packages=("numpy",),
    run=_run,
    check=_check,
)
