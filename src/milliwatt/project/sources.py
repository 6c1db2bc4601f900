"""Where a project's recordings come from: a folder or file of its own, or the catalogue."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from milliwatt.data import DATASETS, Dataset, Recording, Split
from milliwatt.data.catalog import CATALOG
from milliwatt.data.files import ImportOptions, import_files
from milliwatt.data.folder import is_split, open_dataset, open_split
from milliwatt.data.layout import DESCRIPTION, METADATA
from milliwatt.data.sources import ReadOptions
from milliwatt.data.split import random_split, split_by_group
from milliwatt.errors import InputError
from milliwatt.project.binding import bind
from milliwatt.project.cache import text_hash
from milliwatt.project.file import Project, SplitBy
from milliwatt.project.prove import Progress

DATA = ("data",)
_OPTIONS = {
    "--columns": 'columns = ["NAME", ...]',
    "--full-scale": "full_scale = { NAME = VALUE }",
    "--rate": "sample_rate_hz = HZ",
}


def own_files(project: Project) -> list[Path]:
    """Return the files behind ``[data] source``, sorted; none where it names a catalogue's set.

    Raises:
        InputError: the source is neither a path nor in the catalogue.
    """
    path = _path(project)
    if path is None:
        return []
    inside = [path] if path.is_file() else path.rglob("*")
    files = sorted(p for p in inside if p.is_file() and not p.name.startswith("."))
    if not files:
        raise project.place.error((*DATA, "source"), f"{path} holds no file")
    return files


def listing(project: Project) -> Mapping[str, str]:
    """Return a hash of names, sizes and times of a project's own files, which is quick to get."""
    stats = ((p, p.stat()) for p in own_files(project))
    root = project.root
    lines = (f"{os.path.relpath(p, root)} {s.st_size} {s.st_mtime_ns}" for p, s in stats)
    return {"files of [data] source": text_hash("\n".join(lines))}


def load(project: Project, progress: Progress) -> Split:
    """Read the recordings and part them as ``[data.split]`` says.

    Raises:
        InputError: files, labels or groups are not as they should be; says what to do.
        NotAvailable: a package that reads such files is absent.
    """
    file = project.file.data
    path = _path(project)
    if path is None:
        if file.options or project.file.sensor:
            raise project.place.error(DATA, f"{file.source} needs no options of a reader")
        found: Dataset | Split = DATASETS[file.source]()
    elif is_split(path):
        found = open_split(path)
    elif (path / DESCRIPTION).is_file() or (path / METADATA).is_file():
        found = open_dataset(path, progress=progress)
    else:
        found = _imported(project, path, progress)
    return _parted(project, found)


def _path(project: Project) -> Path | None:
    source = project.file.data.source
    path = project.root / source
    if path.exists():
        return path
    if source in DATASETS:
        return None
    if path.name in CATALOG:
        raise project.place.error(
            (*DATA, "source"),
            f"there is no {path} yet; type in {project.root.resolve()}: milliwatt data get "
            f"{path.name} --into {Path(source).parent}",
        )
    raise project.place.error(
        (*DATA, "source"),
        f"{source!r} is neither a folder or file here ({path}) nor a set of the catalogue, which "
        f"has {', '.join(DATASETS)}",
    )


def _imported(project: Project, path: Path, progress: Progress) -> Dataset:
    """Read files; where a reader names an option of the command line, say how it is called here."""
    try:
        return import_files(path, _options(project), name=project.name, progress=progress)
    except InputError as error:
        used = [(o, key) for o, key in _OPTIONS.items() if f"{o} " in f"{error} "]
        if not used:
            raise
        said = ", ".join(f"{option} is {key}" for option, key in used)
        raise InputError(f"{error}. In [sensor] of {project.place.file.name}, {said}") from None


def _options(project: Project) -> ImportOptions:
    place, file = project.place, project.file
    read = ReadOptions(**bind(ReadOptions, file.sensor, place, ("sensor",)))
    options = bind(ImportOptions, file.data.options, place, DATA, given=("read",))
    return ImportOptions(read=read, **options)


def _parted(project: Project, found: Dataset | Split) -> Split:
    file = project.file.data
    how = file.split
    if isinstance(found, Split):
        if how is None or how.by == "given":
            return _with_labels(project, found)
        found = _joined(found)
    elif how is not None and how.by == "given":
        raise project.place.error(
            (*DATA, "split", "by"), "'given', but the data comes in one part; wanted group"
        )
    found = _kept(project, found)
    how = how or SplitBy()
    seed = project.file.project.seed
    if how.by == "group":
        return split_by_group(found, validation=how.validation, test=how.test, seed=seed)
    if isinstance(how.test, tuple) or isinstance(how.validation, tuple):
        raise project.place.error(
            (*DATA, "split"), "a split by chance takes shares; wanted test = 0.2, not names"
        )
    return random_split(found, validation=how.validation, test=how.test, seed=seed)


def _with_labels(project: Project, split: Split) -> Split:
    middle = split.validation
    return replace(
        split,
        train=_kept(project, split.train),
        test=_kept(project, split.test),
        validation=_kept(project, middle) if middle else None,
    )


def _kept(project: Project, dataset: Dataset) -> Dataset:
    """Return the recordings of the wanted labels, which are then numbered as the file does."""
    wanted = project.file.data.labels
    if wanted is None:
        return dataset
    if absent := sorted(set(wanted) - set(dataset.labels)):
        raise project.place.error(
            (*DATA, "labels"),
            f"{absent[0]!r} is not a label of the data, which has {', '.join(dataset.labels)}",
        )
    number = {dataset.labels.index(name): i for i, name in enumerate(wanted)}

    def renumbered(r: Recording) -> Recording:
        spans = tuple(replace(s, label=number[s.label]) for s in r.spans if s.label in number)
        return replace(r, label=None if r.label is None else number[r.label], spans=spans)

    kept = tuple(
        renumbered(r)
        for r in dataset.recordings
        if (r.label is None or r.label in number) and (r.label is not None or r.spans)
    )
    if not kept:
        raise InputError(f"dataset {dataset.name}: no recording has one of {', '.join(wanted)}")
    return replace(dataset, labels=tuple(wanted), recordings=kept)


def _joined(split: Split) -> Dataset:
    sides = split.sides().values()
    return replace(split.train, recordings=tuple(r for d in sides for r in d.recordings))
