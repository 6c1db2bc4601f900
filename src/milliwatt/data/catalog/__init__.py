"""Datasets a newcomer has without an account: one file each, one line in each table here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from milliwatt.data.catalog import basic_motions as _basic_motions
from milliwatt.data.catalog import cwru, mitbih, occupancy, sisfall, speech_commands
from milliwatt.data.catalog.basic_motions import basic_motions
from milliwatt.data.catalog.entry import Entry
from milliwatt.data.dataset import Split

CATALOG: Mapping[str, Entry] = MappingProxyType(
    {
        e.name: e
        for e in (
            _basic_motions.ENTRY,
            cwru.ENTRY,
            mitbih.ENTRY,
            occupancy.ENTRY,
            sisfall.ENTRY,
            speech_commands.ENTRY,
        )
    }
)
"""Every data set by name, sorted: from a publisher, a local copy or a package."""

DATASETS: Mapping[str, Callable[[], Split]] = MappingProxyType(
    {
        "basic_motions": basic_motions,
    }
)
"""Those that come with a Python package and load without a file, sorted by name."""

__all__ = ["CATALOG", "DATASETS", "Entry"]
