"""Candidates of a project folder: made from its trained network, scored, priced.

What a search chooses by is the validation side, on the integers that the device computes (the C
on this machine, proven against the emulated board). The test side is not looked at.
"""

import dataclasses
import inspect
import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from milliwatt import learn
from milliwatt.errors import InputError
from milliwatt.importers.torch import import_program
from milliwatt.ir import Graph
from milliwatt.learn.compress.distill import Distillation
from milliwatt.learn.compress.pipeline import Material, compressed
from milliwatt.learn.price import Cost
from milliwatt.project.compile import Compiled
from milliwatt.project.file import Decide, ModelFrom, Project
from milliwatt.project.inputs import Inputs, inputs_of
from milliwatt.project.make import make
from milliwatt.project.networks import network
from milliwatt.project.price import cost_of, measured, proven
from milliwatt.project.prove import Progress, silent
from milliwatt.project.scores import Reals, Units, answers
from milliwatt.project.search import Candidate
from milliwatt.project.split_files import load_split
from milliwatt.project.stages.features import load_features, load_front_end, load_pool
from milliwatt.project.stages.train import network_input, pair, shape_of, train_options, trained
from milliwatt.report.result import Counted

if TYPE_CHECKING:
    from torch import nn

    from milliwatt.learn import FrontEnd

SCORED_BY = "validation"
LEFT_OVER = 4  # narrower networks keep a multiple of as many channels
TEACHER_SHARE, TEMPERATURE = 0.7, 3.0  # by which a narrower network learns from the given one


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One side of the split.

    Attributes:
        inputs: as the device takes them.
        x: as the network takes them, float32 ``[N, channel, row, width]``.
        units: as they are scored.
    """

    inputs: Inputs
    x: torch.Tensor
    units: Units


@dataclass(eq=False)
class Workshop:
    """Makes, scores and prices candidates of one project.

    Attributes:
        project: as its file says.
        front: the fitted front end.
        model: the trained network.
        material: what compression has to work with.
        sides: what is scored, by name.
        classes: how many there are.
        digest: of the trained network and everything before it.
    """

    project: Project
    front: "FrontEnd"
    model: "nn.Module"
    material: Material
    sides: Mapping[str, Side]
    classes: int
    digest: str

    @classmethod
    def open(cls, project: Project, progress: Progress = silent) -> "Workshop":
        """Train ``project`` unless that is done, and load what compression needs.

        Raises:
            InputError: the split has no validation side, or the model is not a network.
            MilliwattError: whatever a stage refuses.
        """
        if not (project.file.model.architecture or project.file.model.module):
            raise InputError(
                "[model] names a finished or a classical model; compressing needs a network that "
                "is trained here, from [model] architecture or module"
            )
        ran = make(project, "train", progress=progress)
        folders = {name: r.artefact.folder for name, r in ran.items()}
        front, found = load_front_end(folders["features"]), load_features(folders["features"])
        if SCORED_BY not in found:
            raise InputError(
                "the split has no validation side, and choosing by the test side would spoil it; "
                "set validation in [data.split], such as 0.15"
            )
        classes = len(json.loads((folders["dataset"] / "split.json").read_text())["labels"])
        said = train_options(project)
        x, y = network_input(front, found["train"].x), torch.from_numpy(found["train"].y)
        split = load_split(folders["dataset"]).sides()
        inputs = {side: inputs_of(project, split[side]) for side in (SCORED_BY, "test")}
        return cls(
            project=project,
            front=front,
            model=trained(project, folders["train"], x, classes),
            material=Material(
                x,
                y,
                input_scale=front.output.scale,
                input_zero_point=front.output.zero_point,
                seed=project.file.project.seed,
                recipe=said.recipe,
                hooks=said.hooks(project, load_pool(folders["features"], front), classes),
                validation=pair(front, found[SCORED_BY]),
                class_weights=said.weights_of(y, classes),
            ),
            sides={
                name: Side(
                    i,
                    network_input(front, found[name].x),
                    Units(i.targets, i.recording, i.recording_targets),
                )
                for name, i in inputs.items()
            },
            classes=classes,
            digest=ran["train"].artefact.digest,
        )

    @property
    def widths(self) -> tuple[float, ...]:
        """The factors on the network's width that can be had: 1 alone if it has no such option."""
        return (1.0, 0.75, 0.5) if self._width() is not None else (1.0,)

    def reference(self, side: str = SCORED_BY) -> Counted:
        """Return how many answers of the float network are right on a side."""
        return self._right(
            learn.logits(self.model, self.sides[side].x).numpy().astype(np.float64), side
        )

    def __call__(self, candidate: Candidate, progress: Progress) -> tuple[float, Cost]:
        """Make, price and score a candidate on the validation side.

        Raises:
            DoesNotFit: the board is too small for it.
        """
        done = self.build(candidate, progress)
        return self.right(done, SCORED_BY, progress).share, cost_of(measured(done))

    def build(self, candidate: Candidate, progress: Progress) -> Compiled:
        """Return a candidate compiled and proven."""
        board = self.project.file.project.board
        progress(f"compiling for {board}", 0, 1)
        done = proven(self.graph(candidate, progress), board, goal=self.project.file.build.goal())
        progress(f"compiling for {board}", 1, 1)
        return done

    def graph(self, candidate: Candidate, progress: Progress) -> Graph:
        """Return front end and compressed network as one graph."""
        program = self.quantized(candidate, progress).program
        return self.front.before(import_program(program, name=self.project.name))

    def quantized(self, candidate: Candidate, progress: Progress) -> learn.QuantizedModel:
        """Return a candidate's network in integers."""
        model = self.model
        if candidate.width != 1.0:
            model = self._narrower(candidate.width, progress)
        material = replace(self.material, teacher=self.model)
        with warnings.catch_warnings():
            # a deprecation inside PyTorch, met when it copies an exported program
            warnings.filterwarnings("ignore", category=FutureWarning, module="copyreg")
            return compressed(model, material, candidate.how, progress)

    def right(self, done: Compiled, side: str, progress: Progress = silent) -> Counted:
        """Return how many answers of the compiled C are right on a side."""
        samples = self.sides[side].inputs.samples
        (place,), (output,) = done.model.graph.inputs, done.model.graph.outputs
        scores = []
        for i, one in enumerate(samples):
            progress(f"scoring the {side} side", i, len(samples))
            done.host.reset()
            (q,) = done.host.run((one.reshape(place.type.shape),))
            scores.append(q.reshape(-1).astype(np.float64) - output.type.zero_point)
        progress(f"scoring the {side} side", len(samples), len(samples))
        return self._right(np.stack(scores) * output.type.scale, side)

    def _right(self, scores: Reals, side: str) -> Counted:
        """Return how many are right where the best class is the answer."""
        how = Decide(per=self.project.file.decide.per)
        return answers(scores, self.sides[side].units, how, positive=0, threshold=0.0).right

    def _width(self) -> float | int | None:
        """Return the width of the network as its file has it, None if it has no such option."""
        model = self.project.file.model
        if "width" in model.options:
            given = model.options["width"]
            return given if isinstance(given, int | float) else None
        if model.architecture is None:
            return None
        option = inspect.signature(learn.ARCHITECTURES[model.architecture]).parameters.get("width")
        default = None if option is None else option.default
        return default if isinstance(default, int | float) else None

    def width_at(self, factor: float) -> float | None:
        """Return the option ``width`` at a factor; None where it stays as the file has it."""
        width = self._width()
        if width is None or factor == 1.0:
            return None
        scaled: float = width * factor
        if isinstance(width, int):
            scaled = max(LEFT_OVER, round(scaled / LEFT_OVER) * LEFT_OVER)
        return scaled

    def _narrower_project(self, factor: float) -> Project:
        """Return the project with a network of another width."""
        said = self.project.file.model.model_dump() | {"width": self.width_at(factor)}
        model = ModelFrom.model_validate({k: v for k, v in said.items() if v is not None})
        file = self.project.file.model_copy(update={"model": model})
        return dataclasses.replace(self.project, file=file)

    def _narrower(self, factor: float, progress: Progress) -> "nn.Module":
        """Return a narrower network that has learned from the given one; kept in a file."""
        project = self._narrower_project(factor)
        model = network(project, shape=shape_of(self.material.x), classes=self.classes)
        kept = self.project.build_folder / "search" / f"{self.digest[:16]}-width-{factor:g}.pt"
        if kept.is_file():
            model.load_state_dict(torch.load(kept, weights_only=True))
            return model.eval()
        said, given = train_options(project), self.material
        epochs = said.others["epochs"]
        learn.train(
            model,
            given.x,
            given.y,
            seed=given.seed,
            recipe=given.recipe,
            validation=given.validation,
            hooks=given.hooks,
            loss=Distillation(
                self.model,
                temperature=TEMPERATURE,
                share=TEACHER_SHARE,
                hard=learn.CrossEntropy(given.recipe.label_smoothing, given.class_weights),
            ),
            progress=_told(progress, f"training at {factor:g} of the width", epochs),
            **said.others,
        )
        kept.parent.mkdir(parents=True, exist_ok=True)
        temporary = kept.with_suffix(".part")
        torch.save(model.state_dict(), temporary)
        temporary.replace(kept)
        return model


def as_toml(candidate: Candidate, width: float | None) -> str:
    """Return what a project file has to say for ``candidate``: ``[model]`` and ``[compress]``."""
    plain, lines = type(candidate.how)(), []
    if width is not None:
        lines += ["[model]", f"width = {json.dumps(width)}", ""]
    lines.append("[compress]")
    for field in dataclasses.fields(candidate.how):
        value = getattr(candidate.how, field.name)
        if value != getattr(plain, field.name):
            said = list(value) if isinstance(value, tuple) else getattr(value, "value", value)
            lines.append(f"{field.name} = {json.dumps(said)}")
    return "\n".join(lines) + "\n"


def _told(progress: Progress, what: str, epochs: int) -> "Callable[[learn.Epoch], None]":
    def told(epoch: learn.Epoch) -> None:
        progress(what, epoch.number, epochs)

    return told
