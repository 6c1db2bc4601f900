"""A dataset as a folder that other tools read: writing it, and reading it back to the bit.

`milliwatt.data.layout` draws the folder. A folder without ``dataset.json`` is read too, if its
files say enough: an AudioFolder or ImageFolder made elsewhere, or plain folders named by label.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from milliwatt.data.atomic import folder_atomically
from milliwatt.data.dataset import Dataset, Split
from milliwatt.data.files import ImportOptions, assemble, import_files
from milliwatt.data.layout import (
    DESCRIPTION,
    METADATA,
    SPANS,
    Description,
    Row,
    encode,
    file_name,
    index_of,
    metadata_text,
    numbered,
    parse_description,
    parse_metadata,
    parse_spans,
    spans_text,
)
from milliwatt.data.progress import Progress, silent
from milliwatt.data.recording import Kind, Recording, Samples
from milliwatt.data.sources import READERS, Content, ReadOptions, ending
from milliwatt.errors import InputError

SPLIT = "split.json"
SIDES = ("train", "validation", "test")
STORED = (".flac", ".jpeg", ".jpg", ".parquet", ".png", ".wav")  # endings of described datasets


def save_dataset(
    dataset: Dataset, path: Path, *, overwrite: bool = False, progress: Progress = silent
) -> None:
    """Write ``dataset`` to the folder ``path``, whole or not at all.

    Args:
        dataset: sound becomes WAV, other series Parquet, images PNG; every count is kept.
        path: a new or empty folder.
        overwrite: replace a dataset that is there.
        progress: told of every recording.

    Raises:
        InputError: the folder holds something else, or cannot be written.
        NotAvailable: the package that writes such files is absent.
    """
    refuse_occupied(path, overwrite=overwrite)
    try:
        with folder_atomically(path) as folder:
            _write(dataset, folder, progress)
    except OSError as error:
        raise InputError(f"{path}: cannot write ({error.strerror or error})") from error


def open_dataset(path: Path, *, progress: Progress = silent) -> Dataset:
    """Read a dataset folder.

    Raises:
        InputError: there is none, a file of it is absent or damaged, or files disagree.
        NotAvailable: the package that reads such files is absent.
    """
    if not path.is_dir():
        raise InputError(f"{path}: no such folder; wanted a dataset (see `milliwatt data`)")
    if (path / SPLIT).is_file():
        raise InputError(f"{path}: a dataset in parts; open one of {', '.join(SIDES)} in it")
    if (path / DESCRIPTION).is_file():
        return _read_described(path, progress)
    if (path / METADATA).is_file():
        return _read_foreign(path)
    return import_files(path, ImportOptions(), progress=progress)


def save_split(split: Split, path: Path, *, overwrite: bool = False) -> None:
    """Write the parts of ``split`` as datasets ``train``, ``validation`` and ``test`` in ``path``.

    Raises:
        InputError: the folder holds something else, or cannot be written.
        NotAvailable: the package that writes such files is absent.
    """
    refuse_occupied(path, overwrite=overwrite)
    try:
        with folder_atomically(path) as folder:
            for side, dataset in split.sides().items():
                (folder / side).mkdir()
                _write(dataset, folder / side, silent)
            text = json.dumps({"basis": split.basis}, indent=2, ensure_ascii=False) + "\n"
            (folder / SPLIT).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot write ({error.strerror or error})") from error


def open_split(path: Path) -> Split:
    """Read what `save_split` wrote.

    Raises:
        InputError: there is none, or a part of it is absent or damaged.
        NotAvailable: the package that reads such files is absent.
    """
    try:
        basis = str(json.loads(read_text(path / SPLIT))["basis"])
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path / SPLIT}: wanted JSON with the text basis") from None
    validation = open_dataset(path / "validation") if (path / "validation").is_dir() else None
    return Split(open_dataset(path / "train"), open_dataset(path / "test"), basis, validation)


def is_split(path: Path) -> bool:
    """Tell whether ``path`` holds a dataset in parts, which `open_split` reads."""
    return (path / SPLIT).is_file()


def describe(path: Path) -> Description:
    """Return what ``dataset.json`` in ``path`` says.

    Raises:
        InputError: there is none, or it is damaged.
    """
    return parse_description(read_text(path / DESCRIPTION), path / DESCRIPTION)


def refuse_occupied(path: Path, *, overwrite: bool) -> None:
    """Refuse a folder that holds something, unless that is a dataset to be replaced.

    Raises:
        InputError: says what is there.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    ours = any((path / name).is_file() for name in (DESCRIPTION, SPLIT))
    if overwrite and ours:
        return
    what = "a dataset; say --overwrite to replace it" if ours else "something that is no dataset"
    raise InputError(f"{path}: holds {what}; wanted a new or empty folder")


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot read ({error}); wanted a text file") from None


def read_content(path: Path, options: ReadOptions, endings: Iterable[str] = READERS) -> Content:
    """Return the one recording of a file.

    Raises:
        InputError: the file is absent, of another kind, or holds several recordings.
    """
    found = ending(path)
    if found is None or found not in endings:
        raise InputError(f"{path}: wanted a file that ends in {', '.join(endings)}")
    contents = list(READERS[found](path, options))
    if len(contents) != 1:
        raise InputError(f"{path}: {len(contents)} recordings; wanted one: import the file instead")
    return contents[0]


def _write(dataset: Dataset, folder: Path, progress: Progress) -> None:
    taken: set[str] = set()
    rows, named = [], []
    for i, r in enumerate(dataset.recordings):
        label = None if r.label is None else dataset.labels[r.label]
        name = file_name(r.name, label, dataset.kind, taken)
        (folder / name).parent.mkdir(exist_ok=True)
        data = encode(r, dataset.channels, dataset.sample_rate_hz, dataset.kind)
        (folder / name).write_bytes(data)
        rows.append(Row(name, r.name, label or "", r.group or ""))
        named.append((name, r))
        progress("writing recordings", i + 1, len(dataset.recordings))
    description = Description(
        dataset.name,
        dataset.source,
        dataset.licence,
        dataset.kind,
        dataset.sample_rate_hz,
        dataset.channels,
        dataset.labels,
    )
    texts = {DESCRIPTION: description.to_json(), METADATA: metadata_text(rows)}
    if any(r.spans for r in dataset.recordings):
        texts[SPANS] = spans_text(named, dataset.labels, dataset.sample_rate_hz)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _read_described(path: Path, progress: Progress) -> Dataset:
    about = describe(path)
    rows = parse_metadata(read_text(path / METADATA), path / METADATA)
    spans = {}
    if (path / SPANS).is_file():
        spans = parse_spans(read_text(path / SPANS), path / SPANS, about.sample_rate_hz)
    # A row taken out of the table leaves its spans behind; a file that never was is a slip.
    unknown = sorted(n for n in spans if not (path / n).is_file())
    if unknown:
        raise InputError(f"{path / SPANS}: there is no file {unknown[0]}")
    recordings = []
    for i, row in enumerate(rows):
        file = path / row.file_name
        recordings.append(
            Recording(
                row.name,
                _samples_of(file, about),
                index_of(row.label, about.labels, str(file)) if row.label else None,
                row.group or None,
                numbered(spans.get(row.file_name, ()), about.labels, str(file)),
            )
        )
        progress("reading recordings", i + 1, len(rows))
    if not recordings:
        raise InputError(f"{path / METADATA}: no recordings; record or import some")
    return Dataset(
        about.name,
        about.source,
        about.channels,
        about.sample_rate_hz,
        about.labels,
        tuple(recordings),
        about.licence,
    )


def _samples_of(file: Path, about: Description) -> Samples:
    """Return the samples of a file that must agree with what the dataset says of itself."""
    content = read_content(file, ReadOptions(gray=len(about.channels) == 1), STORED)
    same = (
        len(content.channels) == len(about.channels)
        if about.kind is Kind.AUDIO
        else content.channels == about.channels
    )
    if not same or content.sample_rate_hz != about.sample_rate_hz:
        raise InputError(
            f"{file}: {len(content.channels)} channels "
            f"({', '.join(c.name for c in content.channels)}) at {content.sample_rate_hz:g} Hz; "
            f"{DESCRIPTION} says {len(about.channels)} "
            f"({', '.join(c.name for c in about.channels)}) at {about.sample_rate_hz:g} Hz, with "
            "the same units and scales"
        )
    return content.samples


def _read_foreign(path: Path) -> Dataset:
    """Read an AudioFolder or ImageFolder that another tool made."""
    rows = parse_metadata(read_text(path / METADATA), path / METADATA)
    contents = []
    for row in rows:
        content = read_content(path / row.file_name, ReadOptions())
        # AudioFolder without a column of labels means the folder, as it does without metadata.
        label = row.label or Path(row.file_name).parent.name or None
        contents.append((row.name, replace(content, label=label, group=row.group or None)))
    return assemble(contents, name=path.resolve().name, source=f"the files in {path}")
