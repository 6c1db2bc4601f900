"""The network that ``[model]`` names: an architecture, or a user's own module."""

import importlib.util
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from milliwatt.errors import InputError
from milliwatt.importers.tflite import load_tflite
from milliwatt.ir import Graph
from milliwatt.project.binding import bind, unknown
from milliwatt.project.cache import file_hash
from milliwatt.project.file import Project

if TYPE_CHECKING:
    from torch import nn

MODEL = ("model",)
GIVEN = ("shape", "classes", "seed")


def network(project: Project, *, shape: tuple[int, int, int], classes: int) -> "nn.Module":
    """Return the untrained network.

    Args:
        project: says which, and its options.
        shape: (channels, rows, width) of its input, in PyTorch's order.
        classes: of its output.

    Raises:
        InputError: no such architecture or function, or options that it does not take.
    """
    make, options = checked_options(project)
    made = make(shape=shape, classes=classes, seed=project.file.project.seed, **options)
    return cast("nn.Module", made)


def checked_options(project: Project) -> tuple[Callable[..., object], dict[str, object]]:
    """Return what makes the network, and the options that the file gives it."""
    make = _maker(project)
    return make, bind(make, project.file.model.options, project.place, MODEL, given=GIVEN)


def module_file(project: Project) -> Mapping[str, str]:
    """Return the hash of a user's own module or model, which decides what is trained."""
    model = project.file.model
    own = model.file or (model.module or "").partition(":")[0]
    if not own:
        return {}
    path = project.root / own
    return {f"file {own}": file_hash(path) if path.is_file() else "absent"}


def is_trained(project: Project) -> bool:
    """Tell whether the model is a file that was trained elsewhere."""
    return project.file.model.file is not None


def trained_graph(project: Project) -> Graph:
    """Return the graph of the file that ``[model]`` names: ``.tflite``, or ``.pt2`` of PyTorch.

    Raises:
        InputError: no such file, of another kind, or options beside it.
        ModelError: the file cannot be used as it is.
    """
    name = project.file.model.file or ""
    path, key = project.root / name, (*MODEL, "file")
    if project.file.model.options:
        extra = next(iter(project.file.model.options))
        raise project.place.error((*MODEL, extra), "a trained file takes no options")
    if not path.is_file():
        raise project.place.error(key, f"there is no file {path}")
    if path.suffix == ".tflite":
        return load_tflite(path)
    if path.suffix == ".pt2":
        import torch  # noqa: PLC0415  (PyTorch is optional, and slow to import)

        from milliwatt.importers.torch import import_program  # noqa: PLC0415

        return import_program(torch.export.load(path), name=project.name)
    raise project.place.error(key, f"found {path.suffix or 'no suffix'}; wanted .tflite or .pt2")


def _maker(project: Project) -> Callable[..., object]:
    from milliwatt.learn import ARCHITECTURES  # noqa: PLC0415  (PyTorch is optional)

    model = project.file.model
    if model.module:
        return _from_module(project, model.module)
    name = model.architecture or ""
    if name not in ARCHITECTURES:
        said = unknown(name, ARCHITECTURES).replace("key", "architecture")
        raise project.place.error((*MODEL, "architecture"), f"{name!r}: {said}")
    return ARCHITECTURES[name]


def _from_module(project: Project, named: str) -> Callable[..., object]:
    """Import ``FILE.py`` and return its function."""
    file, _, function = named.partition(":")
    path, key = project.root / file, (*MODEL, "module")
    if not path.is_file():
        raise project.place.error(key, f"there is no file {path}")
    spec = importlib.util.spec_from_file_location(f"milliwatt_user_{path.stem}", path)
    assert spec is not None  # noqa: S101  (the file exists and ends in .py)
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(f"{path}: cannot be imported: {type(error).__name__}: {error}") from error
    make = getattr(module, function, None)
    if not callable(make):
        raise project.place.error(key, f"{file} has no function {function}")
    return cast("Callable[..., object]", make)
