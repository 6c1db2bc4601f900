"""The files of a dataset folder, each on its own: description, table of recordings, spans.

::

    walks/
      dataset.json     name, source, licence, kind, sample_rate_hz, channels, labels
      metadata.csv     file_name,name,label,group       (a row a recording)
      spans.csv        file_name,start_s,stop_s,label   (only where spans carry labels)
      walk/ann_1.parquet …                              (or .wav, .png)

`metadata.csv` with its column `file_name` is what Hugging Face's AudioFolder and ImageFolder look
for. The recordings are plain WAV, PNG or Parquet files that any tool reads.
"""

import csv
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np

from milliwatt.data.recording import Channel, Kind, Recording, Span
from milliwatt.data.sources.images import png_bytes
from milliwatt.data.sources.parquet import parquet_bytes
from milliwatt.data.sources.wav import wav_bytes
from milliwatt.errors import InputError

DESCRIPTION, METADATA, SPANS = "dataset.json", "metadata.csv", "spans.csv"
FORMAT, VERSION = "milliwatt dataset", 1
COLUMNS = ("file_name", "name", "label", "group")
SPAN_COLUMNS = ("file_name", "start_s", "stop_s", "label")
ENDINGS = {Kind.AUDIO: ".wav", Kind.SERIES: ".parquet", Kind.IMAGES: ".png"}
UNLABELLED = "unlabelled"  # the folder of recordings without a label
UNSAFE = re.compile(r"[^\w@+=-]+|^[.]+")  # what file systems or shells may trip over


@dataclass(frozen=True, slots=True)
class Description:
    """Everything of a dataset but its recordings; the attributes are those of `Dataset`."""

    name: str
    source: str
    licence: str
    kind: Kind
    sample_rate_hz: float
    channels: tuple[Channel, ...]
    labels: tuple[str, ...]

    def to_json(self) -> str:
        """Return the text of ``dataset.json``."""
        content = {
            "format": FORMAT,
            "version": VERSION,
            "name": self.name,
            "source": self.source,
            "licence": self.licence,
            "kind": self.kind.value,
            "sample_rate_hz": self.sample_rate_hz,
            "channels": [{"name": c.name, "unit": c.unit, "scale": c.scale} for c in self.channels],
            "labels": list(self.labels),
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class Row:
    """A recording as ``metadata.csv`` lists it; empty text where nothing is known."""

    file_name: str
    name: str
    label: str = ""
    group: str = ""


def parse_description(text: str, path: Path) -> Description:
    """Return what ``dataset.json`` says.

    Raises:
        InputError: not JSON, another format or version, or a part is absent.
    """
    try:
        content = json.loads(text)
        if content["format"] != FORMAT or content["version"] != VERSION:
            raise InputError(
                f"{path}: format {content['format']} version {content['version']}; wanted "
                f"{FORMAT} version {VERSION}"
            )
        return Description(
            name=str(content["name"]),
            source=str(content["source"]),
            licence=str(content["licence"]),
            kind=Kind(content["kind"]),
            sample_rate_hz=float(content["sample_rate_hz"]),
            channels=tuple(
                Channel(str(c["name"]), str(c["unit"]), float(c["scale"]))
                for c in content["channels"]
            ),
            labels=tuple(map(str, content["labels"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{path}: {what}; wanted the description of a dataset") from None


def encode(
    recording: Recording, channels: tuple[Channel, ...], rate_hz: float, kind: Kind
) -> bytes:
    """Return the file that holds the samples of ``recording``, every count of it.

    Raises:
        NotAvailable: the package that writes files of this kind is absent.
    """
    if kind is Kind.IMAGES:
        return png_bytes(recording.samples.astype(np.uint8, copy=False))
    samples = recording.samples.astype(np.int16, copy=False)
    if kind is Kind.AUDIO:
        return wav_bytes(samples, rate_hz)
    return parquet_bytes(samples, channels, rate_hz)


def file_name(name: str, label: str | None, kind: Kind, taken: set[str]) -> str:
    """Return where a recording goes, relative to the dataset, and add it to ``taken``."""
    folder = safe(label) if label else UNLABELLED
    stem = safe(name.removeprefix(f"{label}/").replace("/", "-"))
    candidate, number = f"{folder}/{stem}{ENDINGS[kind]}", 2
    while candidate.lower() in taken:  # some file systems do not tell a from A
        candidate, number = f"{folder}/{stem}-{number}{ENDINGS[kind]}", number + 1
    taken.add(candidate.lower())
    return candidate


def safe(text: str) -> str:
    """Return ``text`` with everything replaced that a file name should not hold."""
    return UNSAFE.sub("_", text) or "_"


def metadata_text(rows: Iterable[Row]) -> str:
    """Return the text of ``metadata.csv``."""
    return _table(COLUMNS, ((r.file_name, r.name, r.label, r.group) for r in rows))


def spans_text(
    recordings: Iterable[tuple[str, Recording]], labels: Sequence[str], rate_hz: float
) -> str:
    """Return the text of ``spans.csv``: times in seconds from the start of the file."""
    return _table(
        SPAN_COLUMNS,
        (
            (name, repr(s.start / rate_hz), repr(s.stop / rate_hz), labels[s.label])
            for name, recording in recordings
            for s in recording.spans
        ),
    )


def parse_metadata(text: str, path: Path) -> list[Row]:
    """Return the rows of ``metadata.csv``; other tools' columns beside ours are ignored.

    Raises:
        InputError: no column ``file_name``, or a row too short.
    """
    rows = []
    for number, row in _rows(text, path, ("file_name",)):
        name = row["file_name"]
        if not name or Path(name).is_absolute() or ".." in Path(name).parts:
            raise InputError(
                f"{path}, line {number}: file name {name!r}; wanted one inside the folder"
            )
        rows.append(
            Row(name, row.get("name") or Path(name).with_suffix("").as_posix(),
                row.get("label") or "", row.get("group") or "")
        )  # fmt: skip
    return rows


def parse_spans(text: str, path: Path, rate_hz: float) -> dict[str, list[tuple[int, int, str]]]:
    """Return for each file its spans: first sample, sample after the last, label.

    Raises:
        InputError: a column is absent, or a time is not a number.
    """
    spans: dict[str, list[tuple[int, int, str]]] = {}
    for number, row in _rows(text, path, SPAN_COLUMNS):
        try:
            start, stop = (round(float(row[c]) * rate_hz) for c in ("start_s", "stop_s"))
        except (ValueError, OverflowError):
            raise InputError(
                f"{path}, line {number}: {row['start_s']!r} to {row['stop_s']!r}; wanted seconds"
            ) from None
        spans.setdefault(row["file_name"], []).append((start, stop, row["label"]))
    return {name: sorted(found) for name, found in spans.items()}


def numbered(
    spans: Iterable[tuple[int, int, str]], labels: Sequence[str], where: str
) -> tuple[Span, ...]:
    """Return ``spans`` with label names turned into indices.

    Raises:
        InputError: a label is not among ``labels``.
    """
    return tuple(Span(a, b, index_of(label, labels, where)) for a, b, label in spans)


def index_of(label: str, labels: Sequence[str], where: str) -> int:
    """Return the index of ``label``.

    Raises:
        InputError: it is not among ``labels``.
    """
    if label not in labels:
        raise InputError(f"{where}: label {label!r}; wanted one of {', '.join(labels)}")
    return labels.index(label)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue()


def _rows(text: str, path: Path, wanted: Sequence[str]) -> Iterable[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(StringIO(text), strict=True)
    absent = [c for c in wanted if c not in (reader.fieldnames or ())]
    if absent:
        raise InputError(
            f"{path}: no column {', '.join(absent)} among {', '.join(reader.fieldnames or ())}"
        )
    try:
        for row in reader:
            if any(row[c] is None for c in wanted):
                raise InputError(f"{path}, line {reader.line_num}: too few fields")
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}") from None
