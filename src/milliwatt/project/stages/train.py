"""``train``: the network learns from the training side; the validation side says when to stop.

The seed decides everything drawn by chance, so the same project gives the same weights. Interrupted
between two epochs, it goes on from there, with the same weights at the end.
"""

import dataclasses
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from milliwatt.project import teaching
from milliwatt.project.augmenting import batch_hook
from milliwatt.project.binding import bind, unknown
from milliwatt.project.classical import checked_classical, fit_classical, is_classical
from milliwatt.project.file import Project
from milliwatt.project.networks import checked_options, is_trained, module_file, network
from milliwatt.project.stage import Stage, Work
from milliwatt.project.stages.features import (
    FeaturesOfSide,
    load_features,
    load_front_end,
    load_pool,
)
from milliwatt.project.toml_lines import Key

if TYPE_CHECKING:
    import torch
    from torch import nn

    from milliwatt.learn import Epoch, FrontEnd, Hooks, Loss, Pool, Recipe

WEIGHTS, HISTORY, CHECKPOINT = "weights.pt", "history.json", "checkpoint.pt"
TABLE = ("train",)
GIVEN = frozenset(
    {
        *("model", "x", "y", "seed", "recipe", "validation", "class_weights"),
        *("loss", "hooks", "parameters", "checkpoint", "resume", "progress"),
    }
)
EPOCHS = 40  # where the file says nothing
BALANCED = "balanced"


def trained(project: Project, work_before: Path, x: "torch.Tensor", classes: int) -> "nn.Module":
    """Return the network with the weights that this stage has left, ready to use."""
    import torch  # noqa: PLC0415  (PyTorch is optional, and slow to import)

    model = network(project, shape=shape_of(x), classes=classes)
    model.load_state_dict(torch.load(work_before / WEIGHTS, weights_only=True))
    return model.eval()


def network_input(front: "FrontEnd", x: npt.NDArray[np.int8]) -> "torch.Tensor":
    """Return float32 ``[N, channel, row, width]``: features as the network takes them."""
    from milliwatt.learn.features import as_network_input  # noqa: PLC0415

    return as_network_input(x, front.output.scale, front.output.zero_point)


def shape_of(x: "torch.Tensor") -> tuple[int, int, int]:
    """Return (channels, rows, width) of a batch of network inputs."""
    _, channels, rows, width = x.shape
    return channels, rows, width


def _run(work: Work) -> None:
    if is_classical(work.project):
        fit_classical(work)
        return
    project = work.project
    front = load_front_end(work.before["features"])
    sides = load_features(work.before["features"])
    labels = json.loads((work.before["dataset"] / "split.json").read_text())["labels"]
    held = sides.get("validation")
    lessons = Lessons(
        work,
        *pair(front, sides["train"]),
        None if held is None else pair(front, held),
        load_pool(work.before["features"], front),
        len(labels),
    )
    said = train_options(project)
    model = network(project, shape=shape_of(lessons.x), classes=len(labels))
    loss = _taught(lessons, said) if said.teacher else None
    _save(work.out, model, lessons.learn(model, said, "training", CHECKPOINT, loss))


@dataclass(frozen=True, slots=True)
class Lessons:
    """What a network of this project is trained on.

    Attributes:
        work: of the stage.
        x: float32 ``[N, channel, row, width]``, the training side.
        y: int64 ``[N]``, its classes.
        held: the same of the validation side, if there is one.
        variants: of the training side, if there are any.
        classes: how many.
    """

    work: Work
    x: "torch.Tensor"
    y: "torch.Tensor"
    held: "tuple[torch.Tensor, torch.Tensor] | None"
    variants: "Pool | None"
    classes: int

    def learn(
        self,
        model: "nn.Module",
        said: "TrainOptions",
        what: str,
        checkpoint: str,
        loss: "Loss | None" = None,
    ) -> "tuple[Epoch, ...]":
        """Train ``model`` as ``said``, and show progress as ``what``."""
        from milliwatt import learn  # noqa: PLC0415

        project, epochs = self.work.project, said.others["epochs"]
        return learn.train(
            model,
            self.x,
            self.y,
            seed=project.file.project.seed,
            recipe=said.recipe,
            class_weights=said.weights_of(self.y, self.classes),
            validation=self.held,
            hooks=said.hooks(project, self.variants, self.classes),
            loss=loss,
            checkpoint=self.work.out / checkpoint,
            resume=True,
            progress=lambda epoch: self.work.progress(what, epoch.number, epochs),
            **said.others,
        )


def _taught(lessons: Lessons, said: "TrainOptions") -> "Loss":
    """Train the teacher, unless an interrupted run has, and return the loss that it teaches by."""
    from milliwatt.learn import CrossEntropy  # noqa: PLC0415

    assert said.teacher is not None  # noqa: S101  (asked for by the caller)
    project, out = lessons.work.project, lessons.work.out
    how = train_options(project, said.teaching, teaching.TEACHER)
    shape = shape_of(lessons.x)
    model = said.teacher.network(project, shape=shape, classes=lessons.classes)
    if not teaching.kept(out, model):
        lessons.learn(model, how, "training the teacher", teaching.CHECKPOINT)
        teaching.keep(out, model)
    weights = said.weights_of(lessons.y, lessons.classes)
    return said.teacher.loss(model, CrossEntropy(said.recipe.label_smoothing, weights))


def _save(out: Path, model: "nn.Module", history: "tuple[Epoch, ...]") -> None:
    import torch  # noqa: PLC0415

    torch.save(model.state_dict(), out / WEIGHTS)
    rows = [dataclasses.asdict(e) for e in history]
    (out / HISTORY).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    for unfinished in (CHECKPOINT, teaching.WEIGHTS):
        (out / unfinished).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """``[train]``, checked.

    Attributes:
        recipe: its plain numbers.
        balanced: whether every class counts the same.
        batch_hooks: tables of what is done to batches, by name.
        others: further arguments of `learn.train`.
        table: where it stands.
        teacher: who is trained first, if anybody.
        teaching: how that one is trained, not checked yet.
    """

    recipe: "Recipe"
    balanced: bool
    batch_hooks: Mapping[str, object]
    others: dict[str, Any]
    table: Key = TABLE
    teacher: teaching.Teacher | None = None
    teaching: Mapping[str, object] = field(default_factory=dict)

    def hooks(self, project: Project, variants: "Pool | None", classes: int) -> "Hooks":
        """Return what happens beside the descent: variants, masks, mixtures."""
        from milliwatt.learn import Hooks  # noqa: PLC0415

        return Hooks(
            inputs=variants, batch=batch_hook(project, self.batch_hooks, classes, self.table)
        )

    def weights_of(self, y: "torch.Tensor", classes: int) -> tuple[float, ...]:
        """Return what a sample of each class counts; empty for the same."""
        from milliwatt.learn import balanced_weights  # noqa: PLC0415

        return balanced_weights(y, classes) if self.balanced else ()


def train_options(
    project: Project, said: Mapping[str, object] | None = None, at: Key = TABLE
) -> TrainOptions:
    """Return ``[train]``, or its teacher's table, checked against `learn.train` and its recipe.

    Raises:
        InputError: an option that neither knows, or of the wrong type.
    """
    from milliwatt.learn import Recipe, train  # noqa: PLC0415
    from milliwatt.learn.augment import BATCH_HOOKS  # noqa: PLC0415

    table, place = dict(project.file.train if said is None else said), project.place
    teacher, how = teaching.teacher_of(project, table) if at == TABLE else (None, {})
    if teacher:
        table.pop("teacher")
    weights = table.pop("class_weights", None)
    if weights not in (None, BALANCED):
        raise place.error((*at, "class_weights"), f"found {weights!r}; wanted {BALANCED!r}")
    hooks = {k: table.pop(k) for k in BATCH_HOOKS if k in table}
    numbers = {f.name for f in dataclasses.fields(Recipe)}
    own = {k: v for k, v in table.items() if k in numbers}
    rest = {k: v for k, v in table.items() if k not in numbers}
    known = {*inspect.signature(train).parameters} - GIVEN
    known |= numbers | {"class_weights", "teacher", *BATCH_HOOKS}
    for name in rest:
        if name not in known:
            raise place.error((*at, name), unknown(name, known))
    rest.setdefault("epochs", EPOCHS)
    recipe = Recipe(**bind(Recipe, own, place, at))
    options = bind(train, rest, place, at, given=GIVEN)
    return TrainOptions(recipe, weights == BALANCED, hooks, options, at, teacher, how)


def pair(front: "FrontEnd", side: "FeaturesOfSide") -> "tuple[torch.Tensor, torch.Tensor]":
    """Return the inputs and classes of a side."""
    import torch  # noqa: PLC0415

    return network_input(front, side.x), torch.from_numpy(side.y)


def _check(project: Project) -> None:
    if is_classical(project):
        checked_classical(project)
        return
    said = train_options(project)
    if said.teacher:
        train_options(project, said.teaching, teaching.TEACHER)
    checked_options(project)


TRAIN = Stage(
    name="train",
    does="train the network",
    after=("dataset", "features"),
    settings=("decide.positive", "model", "train", "project.name", "project.seed"),
    code=(
        "learn",
        "project/augmenting.py",
        "project/classical.py",
        "project/networks.py",
        "project/stages/train.py",
        "project/teaching.py",
    ),
    packages=("numpy", "torch", "scikit-learn", "lightgbm"),
    run=_run,
    own=module_file,
    check=_check,
    applies=lambda project: not is_trained(project),
    resumable=True,
)
