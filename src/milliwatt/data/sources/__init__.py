"""Where recordings come from: files by their ending, and live sources."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from milliwatt.data.sources.content import Content, Reader, ReadOptions
from milliwatt.data.sources.csv_file import read_csv
from milliwatt.data.sources.edge_impulse import read_edge_impulse
from milliwatt.data.sources.images import read_image
from milliwatt.data.sources.npz import read_npz
from milliwatt.data.sources.parquet import read_parquet
from milliwatt.data.sources.wav import read_wav

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        ".bmp": read_image,
        ".cbor": read_edge_impulse,
        ".csv": read_csv,
        ".csv.gz": read_csv,
        ".flac": read_wav,
        ".jpeg": read_image,
        ".jpg": read_image,
        ".json": read_edge_impulse,
        ".npz": read_npz,
        ".parquet": read_parquet,
        ".png": read_image,
        ".tsv": read_csv,
        ".txt": read_csv,
        ".wav": read_wav,
    }
)
"""Every reader by the ending of the files it reads, sorted."""


def ending(path: Path) -> str | None:
    """Return the ending of ``path`` that a reader exists for, in lower case; None for others."""
    name = path.name.lower()
    return next((e for e in sorted(READERS, key=len, reverse=True) if name.endswith(e)), None)


__all__ = ["READERS", "Content", "ReadOptions", "Reader", "ending"]
