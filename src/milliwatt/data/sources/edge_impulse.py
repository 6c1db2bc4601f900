"""Edge Impulse's acquisition format, JSON or CBOR, with its signature.

A file holds three parts: ``protected`` says how it is signed (``ver``, ``alg``, ``iat``),
``signature`` is an HMAC-SHA256 in hex, ``payload`` the device, the interval, the sensors and the
values. The signature is that of the whole file with 64 zeros in its own place.

Source: Edge Impulse documentation, "Data acquisition format", version v1.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from milliwatt.data.optional import require
from milliwatt.data.sources.columns import Heading, counts_of
from milliwatt.data.sources.content import Content, ReadOptions
from milliwatt.data.sources.wav import audio_channels
from milliwatt.errors import InputError

VERSION = "v1"
SIGNED, UNSIGNED = "HS256", "none"
DIGITS = 64  # of a SHA-256 in hex
SOUND_UNIT = "wav"  # what the format calls the counts of 16-bit sound


def read_edge_impulse(path: Path, options: ReadOptions) -> Iterator[Content]:
    """Read one recording; the group is the device, where the file names it.

    With ``options.key`` the signature must be that of this key; without, it is not looked at.

    Raises:
        InputError: another format, a wrong or absent signature, or values that need a full scale.
        NotAvailable: a CBOR file, and the package ``cbor2`` is absent.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot read ({error.strerror})") from None
    content = _decoded(data, path)
    try:
        _verify(data, content, options.key, path)
        yield _content(content["payload"], options, path)
    except (KeyError, TypeError, ValueError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{path}: {what}; wanted Edge Impulse's acquisition format") from None


def _decoded(data: bytes, path: Path) -> Mapping[str, Any]:
    errors: tuple[type[Exception], ...] = (ValueError, EOFError, RecursionError)
    loads = json.loads
    if path.suffix.lower() == ".cbor":
        cbor2 = require("cbor2", "reading CBOR", "data")
        errors, loads = (*errors, cbor2.CBORError), cbor2.loads
    try:
        content = loads(data)
    except errors as error:
        raise InputError(f"{path}: cannot read ({error}); wanted JSON or CBOR") from None
    if not isinstance(content, dict) or not isinstance(content.get("payload"), dict):
        raise InputError(f"{path}: no payload; wanted Edge Impulse's acquisition format")
    return content


def _verify(data: bytes, content: Mapping[str, Any], key: str | None, path: Path) -> None:
    version, algorithm = content["protected"]["ver"], content["protected"]["alg"]
    if version != VERSION or algorithm not in {SIGNED, UNSIGNED}:
        raise InputError(
            f"{path}: version {version}, signed by {algorithm}; wanted {VERSION} and {SIGNED} or "
            f"{UNSIGNED}"
        )
    if key is None:
        return
    signature = content["signature"]
    if algorithm == UNSIGNED or not re.fullmatch(rf"[0-9a-f]{{{DIGITS}}}", str(signature)):
        raise InputError(f"{path}: not signed, and a key was given; wanted a signature by it")
    place = signature.encode("ascii")
    if data.count(place) != 1:
        raise InputError(f"{path}: the signature stands in the file {data.count(place)} times")
    unsigned = data.replace(place, b"0" * DIGITS)
    expected = hmac.new(key.encode("utf-8"), unsigned, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature):
        raise InputError(f"{path}: the signature is not by this key, or the file was changed since")


def _content(payload: Mapping[str, Any], options: ReadOptions, path: Path) -> Content:
    interval_ms = float(payload["interval_ms"])
    if not 0 < interval_ms < np.inf:
        raise InputError(f"{path}: an interval of {interval_ms} ms; wanted more than 0")
    sensors = payload["sensors"]
    values = np.array(payload["values"], np.float64)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or values.shape[1] != len(sensors):
        raise InputError(
            f"{path}: values {list(values.shape)} of {len(sensors)} sensors; wanted one column each"
        )
    headings = [Heading(str(s["name"]), str(s["units"])) for s in sensors]
    names = [h.name for h in headings]
    absent = [n for n in options.columns if n not in names]
    if absent:
        raise InputError(f"{path}: no channel {', '.join(absent)}; there are {', '.join(names)}")
    taken = [names.index(n) for n in options.columns or names]
    counts, channels = counts_of([(headings[i], values[:, i]) for i in taken], options, str(path))
    sound = all(headings[i].unit == SOUND_UNIT for i in taken)
    # The interval is a decimal of milliseconds: 0.0625 for 16 kHz, 16.67 for what was 60 Hz.
    rate = options.sample_rate_hz or float(f"{1000 / interval_ms:.6g}")
    device = payload.get("device_name")
    return Content(
        counts,
        audio_channels(len(taken)) if sound else channels,
        rate,
        group=None if device is None else str(device),
    )
