"""``[model] classical``: trees and anomaly scores in place of a network."""

import pickle

import numpy as np

from milliwatt.data import Split
from milliwatt.project.binding import bind, unknown
from milliwatt.project.file import Project
from milliwatt.project.inputs import inputs_of
from milliwatt.project.split_files import load_split
from milliwatt.project.stage import Work
from milliwatt.project.stages.features import NONE, load_front_end

GRAPH, FLOATS = "graph.pickle", "float_{}.npy"
MODEL = ("model",)


def is_classical(project: Project) -> bool:
    """Tell whether the model is no network."""
    return project.file.model.classical is not None


def checked_classical(project: Project) -> dict[str, object]:
    """Return the options of the kind that ``[model]`` names.

    Raises:
        InputError: no such kind, options that it does not take, or what a network alone has.
    """
    from milliwatt.learn.classical import CLASSICAL  # noqa: PLC0415  (optional, slow to import)

    kind, place = project.file.model.classical or "", project.place
    if kind not in CLASSICAL:
        said = unknown(kind, CLASSICAL).replace("key", "kind")
        raise place.error((*MODEL, "classical"), f"{kind!r}: {said}")
    for table in ("augment", "train", "compress"):
        if getattr(project.file, table):
            raise place.error((table,), f"is for networks; {kind} has no use for it")
    if project.file.features.kind == NONE:
        raise place.error(("features", "kind"), f"{kind} needs features; wanted a front end")
    if not CLASSICAL[kind].labelled and project.file.decide.positive is None:
        raise place.error(
            ("decide",), f"{kind} scores distances; name positive, what is not normal"
        )
    return bind(CLASSICAL[kind].make, project.file.model.options, place, MODEL, given=("seed",))


def fit_classical(work: Work) -> None:
    """Fit on the features of the training side; leave the joined graph and the library's scores.

    Kinds without labels learn from what is not `positive` alone.
    """
    from milliwatt.learn.classical import CLASSICAL, fit, flattened  # noqa: PLC0415

    project = work.project
    kind = project.file.model.classical or ""
    front = flattened(load_front_end(work.before["features"]))
    split: Split = load_split(work.before["dataset"])
    x, y = {}, {}
    for side, dataset in split.sides().items():
        inputs = inputs_of(project, dataset)
        features = front.compute(inputs.samples).astype(np.int16, casting="no")
        x[side] = features.reshape(len(features), -1)
        y[side] = inputs.targets
    learned, labels = x["train"], y["train"]
    if not CLASSICAL[kind].labelled:
        positive = split.train.labels.index(project.file.decide.positive or "")
        learned = learned[labels != positive]
    quant = front.output.quant
    assert quant is not None  # noqa: S101  (a front end's output has one)
    work.progress("fitting", 0, 1)
    fitted = fit(
        kind,
        learned,
        labels if CLASSICAL[kind].labelled else None,
        seed=project.file.project.seed,
        name=project.name,
        quant=quant,
        options=checked_classical(project),
    )
    (work.out / GRAPH).write_bytes(pickle.dumps(front.before(fitted.graph)))
    for side, found in x.items():
        np.save(work.out / FLOATS.format(side), fitted.scores(found))
    work.progress("fitting", 1, 1)
