"""Recordings into a dataset folder, each on disk before the next begins.

The file of a recording is written first, whole or not at all, then the table that lists it. If
something stops the program in between, the next one that records into the folder finds a file that
is younger than the table and lists it: label and group stand in its path.
"""

from dataclasses import replace
from pathlib import Path

from milliwatt.data.atomic import write_atomically
from milliwatt.data.folder import describe, read_text
from milliwatt.data.layout import (
    DESCRIPTION,
    ENDINGS,
    METADATA,
    UNLABELLED,
    Description,
    Row,
    encode,
    metadata_text,
    parse_metadata,
    safe,
)
from milliwatt.data.live.assembler import Take
from milliwatt.data.recording import FULL_SCALE_UNIT, Kind, Recording
from milliwatt.errors import InputError

NOBODY = "recording"  # the stem of files without a group
DIGITS = 4


class Recorder:
    """Adds recordings to a dataset folder, which is made with the first of them.

    Attributes:
        about: the dataset's description; None before the first recording.
    """

    def __init__(
        self, path: Path, *, label: str | None, group: str | None, source: str, name: str = ""
    ) -> None:
        """Open a folder to add to, and list what an interrupted recorder left unlisted.

        Args:
            path: a dataset folder, or one to be made.
            label: what the recordings show; None leaves them unlabelled.
            group: who or what is recorded; None leaves it open.
            source: where the recordings come from, for the description.
            name: of a new dataset; empty takes the folder's.

        Raises:
            InputError: label or group cannot be part of a file name, or the folder holds
                something else.
        """
        for what, text in (("label", label), ("group", group)):
            if text is not None and safe(text) != text:
                raise InputError(
                    f"{what} {text!r}: wanted letters, digits, - and _ only, as it becomes part of "
                    "a file name"
                )
        self._path, self._label, self._group = path, label, group
        self._source, self._name = source, name or path.resolve().name
        self.about: Description | None = None
        self._rows: list[Row] = []
        if (path / DESCRIPTION).is_file():
            self.about = describe(path)
            self._open()
        elif path.exists() and any(path.iterdir()):
            raise InputError(f"{path}: holds something that is no dataset; wanted a new folder")

    def save(self, take: Take) -> str:
        """Write a take and list it; return its file, relative to the dataset.

        Raises:
            OSError: the disk is full or gone. Nothing is half-written, and ``take`` may be saved
                again.
            NotAvailable: the package that writes such files is absent.
        """
        about = self._describe(take)
        folder = self._label or UNLABELLED
        stem = f"{folder}/{self._group or NOBODY}"
        number = 1 + max((_number(r.file_name, stem) for r in self._rows), default=0)
        while (self._path / f"{stem}.{number:0{DIGITS}}{ENDINGS[about.kind]}").exists():
            number += 1  # listed nowhere, and not ours to overwrite
        name = f"{stem}.{number:0{DIGITS}}"
        file = f"{name}{ENDINGS[about.kind]}"
        recording = Recording(name, take.samples, None)
        data = encode(recording, about.channels, about.sample_rate_hz, about.kind)
        (self._path / folder).mkdir(parents=True, exist_ok=True)
        write_atomically(self._path / DESCRIPTION, about.to_json().encode("utf-8"))
        write_atomically(self._path / file, data)
        self.about = about
        self._rows.append(Row(file, name, self._label or "", self._group or ""))
        self.list_again()
        return file

    def list_again(self) -> None:
        """Write the table of recordings, as after a disk was full.

        Raises:
            OSError: it is still full.
        """
        write_atomically(self._path / METADATA, metadata_text(self._rows).encode("utf-8"))

    def _describe(self, take: Take) -> Description:
        labels = () if self._label is None else (self._label,)
        if self.about is not None:
            new = tuple(n for n in labels if n not in self.about.labels)
            return replace(self.about, labels=(*self.about.labels, *new))
        sound = all(c.unit == FULL_SCALE_UNIT for c in take.channels)
        kind = Kind.AUDIO if sound and take.sample_rate_hz.is_integer() else Kind.SERIES
        return Description(
            self._name,
            self._source,
            "not stated",
            kind,
            take.sample_rate_hz,
            take.channels,
            labels,
        )

    def _open(self) -> None:
        table = self._path / METADATA
        changed = 0.0
        if table.is_file():
            self._rows = parse_metadata(read_text(table), table)
            changed = table.stat().st_mtime
        listed = {r.file_name for r in self._rows}
        ending = "" if self.about is None else ENDINGS[self.about.kind]
        for file in sorted(self._path.glob(f"*/*.[0-9]*{ending}")):
            relative = file.relative_to(self._path).as_posix()
            hidden = any(part.startswith(".") for part in Path(relative).parts)
            if relative in listed or hidden or file.stat().st_mtime < changed:
                continue
            label = "" if file.parent.name == UNLABELLED else file.parent.name
            group = file.name.removesuffix(ending).rpartition(".")[0]
            self._rows.append(
                Row(
                    relative,
                    relative.removesuffix(ending),
                    label,
                    "" if group == NOBODY else group,
                )
            )
            self._add_label(label)

    def _add_label(self, label: str) -> None:
        if self.about is not None and label and label not in self.about.labels:
            self.about = replace(self.about, labels=(*self.about.labels, label))


def _number(file_name: str, stem: str) -> int:
    """Return the number of a file that begins with ``stem``, 0 for others."""
    if not file_name.startswith(stem + "."):
        return 0
    digits = file_name[len(stem) + 1 :].partition(".")[0]
    return int(digits) if digits.isdecimal() else 0
