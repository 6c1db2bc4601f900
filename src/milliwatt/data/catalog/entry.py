"""What the catalogue knows of a data set."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from milliwatt.data.dataset import Dataset, Split
from milliwatt.data.download import Download
from milliwatt.data.progress import Progress

Load = Callable[[Path, Progress], Dataset | Split]
"""Reads the publisher's files, or a local copy, from a folder or an archive."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A data set of a publisher.

    Attributes:
        name: what `milliwatt data get` calls it.
        title: what it holds, in a line.
        licence: what the publisher allows; ``none stated`` where nothing is said.
        page: where the publisher describes it.
        downloads: files and addresses; empty where there is no address that lasts, so that only
            a local copy will do.
        load: turns those files, or a local copy, into recordings.
        advice: what an honest split is, and what to beware of.
        packaged: the recordings come with a Python package; nothing is downloaded.
    """

    name: str
    title: str
    licence: str
    page: str
    downloads: tuple[Download, ...]
    load: Load
    advice: str
    packaged: bool = False
