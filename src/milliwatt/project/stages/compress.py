"""``compress``: the trained network in integers, joined with the front end into one graph.

Classical models and files that were trained elsewhere are in integers already.
"""

import json
import pickle
import shutil
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from milliwatt.ir import Graph
from milliwatt.project.binding import bind
from milliwatt.project.cache import RECORD
from milliwatt.project.classical import FLOATS, GRAPH, is_classical
from milliwatt.project.file import Project
from milliwatt.project.networks import is_trained, module_file, trained_graph
from milliwatt.project.stage import Stage, Work
from milliwatt.project.stages.features import NONE, load_features, load_front_end, load_pool
from milliwatt.project.stages.train import network_input, pair, train_options, trained

if TYPE_CHECKING:
    from milliwatt.learn.compress.pipeline import Compression

LAYERS = "layers.npz"
TRACED = 64  # test inputs on which quantisation error is measured layer by layer
TABLE = ("compress",)


def load_graph(folder: Path) -> Graph:
    """Return the graph that this stage has left; a pickle, since it never leaves the build."""
    return cast("Graph", pickle.loads((folder / GRAPH).read_bytes()))  # noqa: S301


def _run(work: Work) -> None:
    """Compress the trained network, or take the file that was trained elsewhere as it is."""
    if is_classical(work.project):
        shutil.copytree(work.before["train"], work.out, dirs_exist_ok=True)
        (work.out / RECORD).unlink()
        np.savez(work.out / LAYERS)
        return
    if not is_trained(work.project):
        _compress(work)
        return
    graph = replace(trained_graph(work.project), name=work.project.name)
    if work.project.file.features.kind != NONE:
        graph = load_front_end(work.before["features"]).before(graph)
    (work.out / GRAPH).write_bytes(pickle.dumps(graph))
    np.savez(work.out / LAYERS)


def _compress(work: Work) -> None:
    import torch  # noqa: PLC0415  (PyTorch is optional, and slow to import)

    from milliwatt import learn  # noqa: PLC0415
    from milliwatt.importers.torch import import_program  # noqa: PLC0415
    from milliwatt.learn.compress.pipeline import Material, compressed  # noqa: PLC0415

    project, how = work.project, compression(work.project)
    front = load_front_end(work.before["features"])
    sides = load_features(work.before["features"])
    labels = json.loads((work.before["dataset"] / "split.json").read_text())["labels"]
    inputs = {side: network_input(front, found.x) for side, found in sides.items()}
    model = trained(project, work.before["train"], inputs["train"], len(labels))
    said, train = train_options(project), sides["train"]
    y = torch.from_numpy(train.y)
    material = Material(
        inputs["train"],
        y,
        input_scale=front.output.scale,
        input_zero_point=front.output.zero_point,
        seed=project.file.project.seed,
        recipe=said.recipe,
        hooks=said.hooks(project, load_pool(work.before["features"], front), len(labels)),
        validation=pair(front, sides["validation"]) if "validation" in sides else None,
        class_weights=said.weights_of(y, len(labels)),
    )
    with warnings.catch_warnings():
        # a deprecation inside PyTorch, met when it copies an exported program
        warnings.filterwarnings("ignore", category=FutureWarning, module="copyreg")
        quantized = compressed(model, material, how, work.progress)
    graph = front.before(import_program(quantized.program, name=project.name))
    (work.out / GRAPH).write_bytes(pickle.dumps(graph))
    for side, x in inputs.items():
        np.save(work.out / FLOATS.format(side), learn.logits(model, x).numpy())
    traced = learn.layer_outputs(quantized.folded, inputs["test"][:TRACED])
    np.savez(work.out / LAYERS, allow_pickle=False, **traced)


def compression(project: Project) -> "Compression":
    """Return ``[compress]``, checked.

    Raises:
        InputError: an option that there is none of, or of the wrong type.
    """
    from milliwatt.learn.compress.pipeline import Compression  # noqa: PLC0415

    if is_trained(project) and project.file.compress:
        raise project.place.error(TABLE, "a trained file is taken as it is; wanted no [compress]")
    return Compression(**bind(Compression, project.file.compress, project.place, TABLE))


COMPRESS = Stage(
    name="compress",
    does="quantise, join with the front end",
    after=("dataset", "features", "train"),
    settings=("compress", "model", "train", "project.name", "project.seed"),
    code=("learn", "importers/torch", "ir", "ops", "project/stages/compress.py"),
    packages=("numpy", "torch", "torchao"),
    run=_run,
    own=module_file,
    check=compression,
)
