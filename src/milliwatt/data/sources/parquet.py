"""Parquet: one column a channel, the sampling rate, units and scales in the schema's metadata.

Written files hold int16 columns. Each field carries ``unit`` and ``scale`` (units per count) as
metadata, the schema ``sample_rate_hz``. Other files are read as tables, like CSV.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np

from milliwatt.data.optional import require
from milliwatt.data.recording import Channel, Counts
from milliwatt.data.sources.columns import Column, contents
from milliwatt.data.sources.content import Content, ReadOptions
from milliwatt.errors import InputError

EXTRA = "data"


def read_parquet(path: Path, options: ReadOptions) -> Iterator[Content]:
    """Read the recordings of a Parquet file.

    Raises:
        InputError: not a Parquet file, columns of lists, or what `contents` refuses.
        NotAvailable: the package ``pyarrow`` is absent.
    """
    require("pyarrow", "reading Parquet", EXTRA)
    parquet = require("pyarrow.parquet", "reading Parquet", EXTRA)
    try:
        # One thread and no memory map: recordings are small, and there are many of them.
        table = parquet.ParquetFile(BytesIO(path.read_bytes())).read(use_threads=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot read ({error}); wanted a Parquet file") from None
    schema = table.schema
    rate = (schema.metadata or {}).get(b"sample_rate_hz")
    own = all(str(f.type) == "int16" and b"scale" in (f.metadata or {}) for f in schema)
    if rate is not None and own and not options.columns:
        channels = tuple(
            Channel(f.name, f.metadata[b"unit"].decode(), float(f.metadata[b"scale"]))
            for f in schema
        )
        samples = np.stack([c.to_numpy() for c in table.columns], axis=1)
        yield Content(samples, channels, float(rate))
        return
    columns: dict[str, Column] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        values = column.to_numpy()
        number = values.dtype.kind in "iufb"
        columns[name] = values.astype(np.float64) if number else [str(v) for v in values]
    yield from contents(columns, options, str(path))


def parquet_bytes(samples: Counts, channels: tuple[Channel, ...], sample_rate_hz: float) -> bytes:
    """Return a Parquet file of int16 ``[time, channel]``; the same samples give the same bytes.

    Raises:
        NotAvailable: the package ``pyarrow`` is absent.
    """
    arrow = require("pyarrow", "writing series as Parquet", EXTRA)
    parquet = require("pyarrow.parquet", "writing series as Parquet", EXTRA)
    fields = [
        arrow.field(c.name, arrow.int16(), False, {"unit": c.unit, "scale": repr(c.scale)})  # noqa: FBT003  (not null)
        for c in channels
    ]
    schema = arrow.schema(fields, metadata={"sample_rate_hz": repr(float(sample_rate_hz))})
    columns = [np.ascontiguousarray(samples[:, i]) for i in range(len(channels))]
    buffer = BytesIO()
    parquet.write_table(arrow.table(columns, schema=schema), buffer, compression="zstd")
    return buffer.getvalue()
