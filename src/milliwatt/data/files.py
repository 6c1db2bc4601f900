"""Files that a user has, into a dataset.

Without further word the folder that a file lies in names its label. A pattern may name label and
group by parts of the path instead::

    (?P<label>[^/]+)/(?P<group>[^/_]+)_.*        walk/ann_3.csv is a walk of ann's
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from milliwatt.data.dataset import Dataset
from milliwatt.data.download import LOCK
from milliwatt.data.layout import DESCRIPTION, METADATA, SPANS, index_of, numbered
from milliwatt.data.progress import Progress, silent
from milliwatt.data.recording import Recording
from milliwatt.data.sources import READERS, Content, ReadOptions, ending
from milliwatt.errors import InputError

RATE_TOLERANCE = 0.03  # a sensor's clock may be this far from its data sheet, hence from the next
OWN_FILES = {DESCRIPTION, METADATA, SPANS, LOCK}


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How files become recordings.

    Attributes:
        read: what the files do not say of themselves.
        pattern: regular expression with the groups ``label`` and ``group``, searched in the path
            relative to the folder; None takes the name of the folder as the label.
        label: label of every recording; None for the pattern's.
        group: group of every recording; None for the pattern's.
        licence: what the owner of the files allows.
    """

    read: ReadOptions = field(default_factory=ReadOptions)
    pattern: str | None = None
    label: str | None = None
    group: str | None = None
    licence: str = "not stated"


def import_files(
    path: Path,
    options: ImportOptions | None = None,
    *,
    name: str | None = None,
    progress: Progress = silent,
) -> Dataset:
    """Read every file below ``path``, or the one file, that a reader exists for.

    Labels are sorted by name. A label or group that a file itself states wins over its path.

    Args:
        path: a folder or a file.
        options: how files become recordings.
        name: name of the dataset; None for that of the folder or file.
        progress: told of every file.

    Raises:
        InputError: nothing to read, a damaged file, files that differ in channels or rate, a
            pattern that a path does not match, or values that need a full scale.
        NotAvailable: a package that reads such files is absent.
    """
    options = options or ImportOptions()
    files = _files(path)
    pattern = _compiled(options.pattern)
    found = []
    for i, file in enumerate(files):
        relative = file.relative_to(path if path.is_dir() else path.parent)
        label, group = _named(relative, pattern, options)
        stem = relative.as_posix()[: -len(ending(file) or "")]
        for content in READERS[ending(file) or ""](file, options.read):
            own = replace(content, label=content.label or label, group=content.group or group)
            found.append((f"{stem}.{content.part}" if content.part else stem, own))
        progress("reading files", i + 1, len(files))
    return assemble(
        found,
        name=name or path.resolve().name.partition(".")[0],
        source=f"{len(files)} files of {path.resolve().name}",
        licence=options.licence,
    )


def assemble(
    contents: Sequence[tuple[str, Content]], *, name: str, source: str, licence: str = "not stated"
) -> Dataset:
    """Return named contents as a dataset, its labels sorted.

    Rates that were measured may differ by `RATE_TOLERANCE`; their median is taken.

    Raises:
        InputError: channels or rates differ.
    """
    if not contents:
        raise InputError(f"dataset {name}: no recordings")
    labels = sorted({label for _, c in contents for label in _labels(c)})
    first_name, first = contents[0]
    rate = first.sample_rate_hz
    if any(c.rate_measured for _, c in contents):
        rate = float(f"{np.median([c.sample_rate_hz for _, c in contents]):.4g}")
    recordings = []
    for own_name, content in contents:
        allowed = RATE_TOLERANCE * rate if content.rate_measured else 0.0
        if content.channels != first.channels or abs(content.sample_rate_hz - rate) > allowed:
            raise InputError(
                f"dataset {name}: {own_name} has {_shape(content)}; {first_name} has "
                f"{_shape(first)}; wanted one set of channels at one rate"
            )
        label = None if content.label is None else index_of(content.label, labels, own_name)
        spans = numbered(content.spans, labels, own_name)
        recordings.append(Recording(own_name, content.samples, label, content.group, spans))
    return Dataset(name, source, first.channels, rate, tuple(labels), tuple(recordings), licence)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    inside = sorted(path.rglob("*")) if path.is_dir() else [path]
    readable = [
        f
        for f in inside
        if f.is_file()
        and ending(f)
        and f.name not in OWN_FILES
        and not any(part.startswith(".") for part in f.relative_to(path).parts)
    ]
    if not readable:
        raise InputError(f"{path}: no file to read; wanted files that end in {', '.join(READERS)}")
    return readable


def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InputError(f"pattern {pattern!r}: {error}") from None
    if not set(compiled.groupindex) & {"label", "group"}:
        raise InputError(f"pattern {pattern!r}: wanted a part named label or group: (?P<label>…)")
    return compiled


def _named(
    relative: Path, pattern: re.Pattern[str] | None, options: ImportOptions
) -> tuple[str | None, str | None]:
    if pattern is None:
        return options.label or relative.parent.name or None, options.group
    match = pattern.search(relative.as_posix())
    if match is None:
        raise InputError(f"{relative}: does not match the pattern {pattern.pattern!r}")
    parts = match.groupdict()
    return options.label or parts.get("label"), options.group or parts.get("group")


def _labels(content: Content) -> Iterable[str]:
    own = () if content.label is None else (content.label,)
    return (*own, *(label for _, _, label in content.spans))


def _shape(content: Content) -> str:
    columns = ", ".join(f"{c.name} [{c.scale:g} {c.unit}]" for c in content.channels)
    return f"{columns} at {content.sample_rate_hz:g} Hz"
