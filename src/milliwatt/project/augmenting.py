"""``[augment]``: more inputs from few, for training alone, and the hooks of ``[train]``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from milliwatt.errors import InputError
from milliwatt.project.binding import bind, unknown
from milliwatt.project.file import Project
from milliwatt.project.inputs import Inputs
from milliwatt.project.prove import Progress
from milliwatt.project.toml_lines import Key

if TYPE_CHECKING:
    from milliwatt.learn.augment import Pool
    from milliwatt.learn.features import Features
    from milliwatt.learn.objective import BatchHook

TABLE = ("augment",)
NOISE = "noise_label"  # a class, named in the file and numbered in code
MIXED_ALONE = ("classes",)


def pool(
    project: Project,
    inputs: Inputs,
    labels: tuple[str, ...],
    features: "Features",
    progress: Progress,
) -> "Pool | None":
    """Return the features of ``copies`` variants of every training input, None without any.

    Variants are made of the counts, so each passes through the operators that the device runs.

    Raises:
        InputError: no such augmentation, or an option that it does not take.
    """
    from milliwatt.learn.augment import AUGMENTATIONS, Pool  # noqa: PLC0415  (PyTorch is optional)

    table = dict(project.file.augment or {})
    if not table:
        return None
    kind, copies = table.pop("kind", None), table.pop("copies", 1)
    if kind not in AUGMENTATIONS:
        said = unknown(str(kind), AUGMENTATIONS).replace("key", "augmentation")
        raise project.place.error((*TABLE, "kind"), f"{kind!r}: {said}")
    if type(copies) is not int or copies < 1:
        raise project.place.error((*TABLE, "copies"), f"found {copies!r}; wanted 1 or more")
    if isinstance(table.get(NOISE), str):
        table[NOISE] = _index(project, str(table[NOISE]), labels)
    how = AUGMENTATIONS[str(kind)]
    return Pool.make(
        inputs.samples,
        inputs.targets,
        copies=copies,
        how=how(**bind(how, table, project.place, TABLE)),
        features=features,
        seed=project.file.project.seed,
        progress=lambda done, of: progress("augmenting", done, of),
    )


def batch_hook(
    project: Project, tables: Mapping[str, object], classes: int, table: Key
) -> "BatchHook | None":
    """Return what ``[train.mask]`` and its like do to each batch, None without any."""
    from milliwatt.learn.augment import BATCH_HOOKS  # noqa: PLC0415
    from milliwatt.learn.objective import chained  # noqa: PLC0415

    hooks = []
    for name, said in tables.items():
        at, hook = (*table, name), BATCH_HOOKS[name]
        if not isinstance(said, dict):
            raise project.place.error(at, f"found {said!r}; wanted a table [{'.'.join(at)}]")
        given = {k: classes for k in MIXED_ALONE if k in hook.__annotations__}
        options = bind(hook, said, project.place, at, given=given) | given
        hooks.append(hook(**options))
    return chained(hooks) if hooks else None


def _index(project: Project, label: str, labels: tuple[str, ...]) -> int:
    if label not in labels:
        error: InputError = project.place.error(
            (*TABLE, NOISE), f"{label!r} is not a label; there are {', '.join(labels)}"
        )
        raise error
    return labels.index(label)
