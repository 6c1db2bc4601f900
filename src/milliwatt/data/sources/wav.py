"""Sound: WAV and FLAC.

16-bit WAV, the usual kind, is read and written with Python alone. FLAC, also under the name of a
WAV as some archives have it, and WAV of other depths go through libsndfile, which rounds to 16
bits. One count is 1/32768 of full scale.
"""

import wave
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np

from milliwatt.data.counts import scale_for
from milliwatt.data.optional import require
from milliwatt.data.recording import FULL_SCALE_UNIT, Channel, Counts
from milliwatt.data.sources.content import Content, ReadOptions
from milliwatt.errors import InputError

SAMPLE_BYTES = 2


def audio_channels(count: int) -> tuple[Channel, ...]:
    """Return the channels of sound: one is called ``audio``, more have a number."""
    names = ["audio"] if count == 1 else [f"audio_{i}" for i in range(count)]
    return tuple(Channel(n, FULL_SCALE_UNIT, scale_for(1.0)) for n in names)


def read_wav(path: Path, options: ReadOptions) -> Iterator[Content]:
    """Read one recording of sound.

    Raises:
        InputError: not a sound file, or empty.
        NotAvailable: the file needs the package ``soundfile``, which is absent.
    """
    del options
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot read ({error.strerror})") from None
    yield wav_content(data, str(path))


def wav_content(data: bytes, where: str) -> Content:
    """Return the sound in the bytes of a WAV or FLAC file.

    Raises:
        InputError: not a sound file, or empty.
        NotAvailable: the file needs the package ``soundfile``, which is absent.
    """
    found = _sixteen_bit(data)
    if found is None:
        soundfile = require("soundfile", "reading FLAC, or WAV of other than 16 bits", "data")
        try:
            found = soundfile.read(BytesIO(data), dtype="int16", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise InputError(f"{where}: {error}; wanted a WAV or FLAC file") from None
    samples, rate = found
    if not len(samples):
        raise InputError(f"{where}: no samples; wanted sound")
    return Content(samples, audio_channels(samples.shape[1]), float(rate))


def wav_bytes(samples: Counts, sample_rate_hz: float) -> bytes:
    """Return a 16-bit WAV file of int16 ``[time, channel]``."""
    buffer = BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(int(sample_rate_hz))
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def _sixteen_bit(data: bytes) -> tuple[Counts, int] | None:
    """Return samples and rate of a plain 16-bit WAV, None for anything else."""
    if data[:4] != b"RIFF":
        return None
    try:
        with wave.open(BytesIO(data)) as file:
            if file.getsampwidth() != SAMPLE_BYTES:
                return None
            frames = file.readframes(file.getnframes())
            channels, rate = file.getnchannels(), file.getframerate()
    except (wave.Error, EOFError):
        return None
    whole = len(frames) // (SAMPLE_BYTES * channels) * channels
    samples = np.frombuffer(frames, "<i2", whole).astype(np.int16).reshape(-1, channels)
    return samples, rate
