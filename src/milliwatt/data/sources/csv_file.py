"""Tables of text: comma, semicolon or tab, with or without headings, also compressed by gzip."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import numpy as np

from milliwatt.data.sources.columns import Column, contents
from milliwatt.data.sources.content import Content, ReadOptions
from milliwatt.errors import InputError

DELIMITERS = ",;\t"


def read_csv(path: Path, options: ReadOptions) -> Iterator[Content]:
    """Read the recordings of a table: one, or one for each stretch without a gap in time.

    Headings are optional. Rows may have one field more than the headings, as R writes them: an
    index, which is left out.

    Raises:
        InputError: not a table of text, rows of unequal length, or what `contents` refuses.
    """
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot read ({error}); wanted a table of text") from None
    yield from contents(columns_of(data, str(path)), options, str(path))


def columns_of(data: bytes, where: str) -> dict[str, Column]:
    """Return the columns of a table by heading; text where a field is not a number.

    Raises:
        InputError: not text, no rows, rows of unequal length, or two headings alike.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: cannot read ({error}); wanted a table of text") from None
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    rows = [row for row in csv.reader(StringIO(text), delimiter=delimiter) if row]
    if not rows:
        raise InputError(f"{where}: empty; wanted at least one row of numbers")
    headed = not any(_is_number(field) for field in rows[0])
    names = [n.strip() for n in rows[0]] if headed else [f"column_{i}" for i in range(len(rows[0]))]
    body = rows[1:] if headed else rows
    if body and headed and all(len(row) == len(names) + 1 for row in body):
        body = [row[1:] for row in body]
    for number, row in enumerate(body, start=1 + headed):
        if len(row) != len(names):
            raise InputError(f"{where}, line {number}: {len(row)} fields; wanted {len(names)}")
    if not body:
        raise InputError(f"{where}: headings only; wanted at least one row of numbers")
    if len(set(names)) < len(names):
        raise InputError(f"{where}: two columns of one name among {', '.join(names)}")
    return {name: _column([row[i] for row in body]) for i, name in enumerate(names)}


def _column(fields: list[str]) -> Column:
    try:
        return np.array([float(f) if f.strip() else np.nan for f in fields])
    except ValueError:
        return fields


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
