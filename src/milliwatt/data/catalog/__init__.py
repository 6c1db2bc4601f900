"""Datasets a newcomer has without an account: one file each, one line here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from milliwatt.data.catalog.basic_motions import basic_motions
from milliwatt.data.recording import Split

DATASETS: Mapping[str, Callable[[], Split]] = MappingProxyType(
    {
        "basic_motions": basic_motions,
    }
)
