"""NumPy archives (``.npz``).

=============== ================================================================================
``x``           numbers ``[time, channel]``, ``[recording, time, channel]``, or images, uint8
                ``[image, row, column]`` or ``[image, row, column, channel]``
``y``           label of each recording: text, or an index into ``labels``
``labels``      label names, where ``y`` is numbers
``group``       group of each recording, text
``n``           lengths of recordings that lie end to end in ``[time, channel]``
``channels``    headings, as in a table: ``ax [0.061 mg]``
``rate``        samples a second
=============== ================================================================================

Only ``x`` is needed. Objects that need unpickling are refused, as they may run code.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from milliwatt.data.recording import Channel, Samples
from milliwatt.data.sources.columns import Heading, counts_of, parse_heading
from milliwatt.data.sources.content import Content, ReadOptions
from milliwatt.data.sources.images import colour_channels
from milliwatt.errors import InputError

Arrays = dict[str, npt.NDArray[np.generic]]


def read_npz(path: Path, options: ReadOptions) -> Iterator[Content]:
    """Read the recordings of an archive.

    Raises:
        InputError: not an archive, no array ``x``, arrays that do not fit together, or numbers
            that need a full scale.
    """
    arrays = load_arrays(path)
    if "x" not in arrays:
        raise InputError(f"{path}: arrays {', '.join(arrays) or 'none'}; wanted one named x")
    x = arrays["x"]
    pieces = _pieces(x, arrays, path)
    for i, piece in enumerate(pieces):
        yield Content(
            *_samples(piece, arrays, options, path),
            label=_label(arrays, i, len(pieces), path),
            group=None if "group" not in arrays else _text(arrays["group"], i, len(pieces), path),
            part=f"{i:0{len(str(len(pieces) - 1))}}" if len(pieces) > 1 else "",
        )


def load_arrays(path: Path) -> Arrays:
    """Return all arrays of an archive by name.

    Raises:
        InputError: not an archive of plain arrays.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot read ({error}); wanted a .npz of plain arrays") from None


def _pieces(
    x: npt.NDArray[np.generic], arrays: Arrays, path: Path
) -> list[npt.NDArray[np.generic]]:
    if x.dtype == np.uint8 and x.ndim in {3, 4}:
        return list(x if x.ndim == 4 else x[..., None])
    if x.dtype.kind not in "iufb" or x.ndim not in {2, 3} or not x.size:
        raise InputError(
            f"{path}: x is {x.dtype} {list(x.shape)}; wanted numbers [time, channel] or "
            "[recording, time, channel], or uint8 images"
        )
    if "n" not in arrays or x.ndim == 3:
        return list(x) if x.ndim == 3 else [x]
    lengths = arrays["n"].astype(np.int64)
    if lengths.sum() != len(x):
        raise InputError(f"{path}: lengths n add up to {lengths.sum()}; x has {len(x)} samples")
    return np.split(x, np.cumsum(lengths)[:-1])


def _samples(
    piece: npt.NDArray[np.generic], arrays: Arrays, options: ReadOptions, path: Path
) -> tuple[Samples, tuple[Channel, ...], float]:
    if piece.ndim == 3:
        return piece.astype(np.uint8), colour_channels(piece.shape[-1], str(path)), 0.0
    named = arrays.get("channels", np.array([f"column_{i}" for i in range(piece.shape[1])]))
    if named.shape != (piece.shape[1],):
        raise InputError(f"{path}: {named.size} channels named; x has {piece.shape[1]} columns")
    rate = options.sample_rate_hz or (float(arrays["rate"].item()) if "rate" in arrays else None)
    if rate is None:
        raise InputError(f"{path}: no array rate and no sampling rate; say --rate HZ")
    headings: list[Heading] = [parse_heading(str(n)) for n in named]
    by_name = {h.name: (h, piece[:, i].astype(np.float64)) for i, h in enumerate(headings)}
    for name in options.columns:
        if name not in by_name:
            raise InputError(f"{path}: no channel {name}; there are {', '.join(by_name)}")
    taken = [by_name[n] for n in options.columns or by_name]
    return *counts_of(taken, options, str(path)), rate


def _label(arrays: Arrays, i: int, count: int, path: Path) -> str | None:
    if "y" not in arrays:
        return None
    if arrays["y"].dtype.kind in "iu" and "labels" in arrays:
        index = int(_text(arrays["y"], i, count, path))
        names = arrays["labels"]
        if not 0 <= index < len(names):
            raise InputError(f"{path}: y[{i}] is {index}; wanted 0 to {len(names) - 1}")
        return str(names[index])
    return _text(arrays["y"], i, count, path)


def _text(array: npt.NDArray[np.generic], i: int, count: int, path: Path) -> str:
    if array.shape != (count,):
        raise InputError(f"{path}: an array {list(array.shape)} for {count} recordings")
    return str(array[i])
