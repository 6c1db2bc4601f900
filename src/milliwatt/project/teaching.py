"""``[train.teacher]``: a larger network that is trained first and that the project's learns from.

The teacher sees the same variants of the training windows, with batch hooks and a recipe of its
own. It never leaves this machine: what is compiled is the network that it taught.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from milliwatt.errors import InputError
from milliwatt.project.binding import bind, unknown
from milliwatt.project.file import Project
from milliwatt.project.networks import GIVEN

if TYPE_CHECKING:
    from torch import nn

    from milliwatt.learn import Loss

TEACHER = ("train", "teacher")
OWN = ("model", "temperature", "share")
WEIGHTS, CHECKPOINT = "teacher.pt", "teacher-checkpoint.pt"


@dataclass(frozen=True, slots=True)
class Teacher:
    """What ``[train.teacher]`` says beside how the teacher is trained.

    Attributes:
        model: architecture and its options.
        believed: temperature and share, for `milliwatt.learn.Distillation`.
    """

    model: Mapping[str, object]
    believed: Mapping[str, Any]

    def network(
        self, project: Project, *, shape: tuple[int, int, int], classes: int
    ) -> "nn.Module":
        """Return the untrained teacher.

        Raises:
            InputError: no such architecture, or options that it does not take.
        """
        from milliwatt.learn import ARCHITECTURES  # noqa: PLC0415  (PyTorch is optional)

        options, at = dict(self.model), (*TEACHER, "model")
        name = options.pop("architecture", None)
        if name not in ARCHITECTURES:
            said = unknown(str(name), ARCHITECTURES).replace("key", "architecture")
            raise project.place.error((*at, "architecture"), f"{name!r}: {said}")
        make = ARCHITECTURES[str(name)]
        bound = bind(make, options, project.place, at, given=GIVEN)
        return make(shape=shape, classes=classes, seed=project.file.project.seed, **bound)

    def loss(self, taught: "nn.Module", hard: "Loss") -> "Loss":
        """Return what the project's network learns: the teacher's beliefs beside the labels."""
        from milliwatt.learn import Distillation  # noqa: PLC0415

        return Distillation(taught.eval(), hard=hard, **self.believed)


def teacher_of(
    project: Project, table: Mapping[str, object]
) -> tuple[Teacher | None, Mapping[str, object]]:
    """Return the teacher that ``[train]`` names, None without one, and how it is trained.

    Raises:
        InputError: it is no table, or has no model.
    """
    from milliwatt.learn import Distillation  # noqa: PLC0415  (PyTorch is optional)

    said = table.get("teacher")
    if said is None:
        return None, {}
    model = said.get("model") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(model, dict):
        raise _wanted(project, said)
    own = {k: v for k, v in said.items() if k in OWN and k != "model"}
    given = ("teacher", "hard")
    believed = bind(Distillation, own, project.place, TEACHER, given=given)
    return Teacher(model, believed), {k: v for k, v in said.items() if k not in OWN}


def kept(out: Path, model: "nn.Module") -> bool:
    """Load the weights of a teacher that an interrupted run has finished; tell whether it had."""
    import torch  # noqa: PLC0415

    if not (out / WEIGHTS).is_file():
        return False
    model.load_state_dict(torch.load(out / WEIGHTS, weights_only=True))
    return True


def keep(out: Path, model: "nn.Module") -> None:
    """Save a finished teacher, so that an interrupted run need not train it again."""
    import torch  # noqa: PLC0415

    part = out / f"{WEIGHTS}.part"
    torch.save(model.state_dict(), part)
    part.replace(out / WEIGHTS)
    (out / CHECKPOINT).unlink(missing_ok=True)


def _wanted(project: Project, said: object) -> InputError:
    found = sorted(said) if isinstance(said, dict) else said
    return project.place.error(
        TEACHER, f'found {found!r}; wanted a table with model = {{architecture = "…"}}'
    )
