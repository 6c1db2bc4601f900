"""Sound from this machine's microphone."""

import queue
from collections.abc import Iterator
from typing import Any

import numpy as np

from milliwatt.data.live.events import Block, Event, Idle, Lost, Opened, Source
from milliwatt.data.optional import require
from milliwatt.data.sources.wav import audio_channels
from milliwatt.errors import InputError

SAMPLE_RATE_HZ = 16000
BLOCK_S = 0.05
POLL_S = 0.1


def microphone(device: str | None = None, sample_rate_hz: float = SAMPLE_RATE_HZ) -> Source:
    """Return a source of sound, one channel of int16.

    Args:
        device: part of a microphone's name, or its number; None for the default one.
        sample_rate_hz: samples a second.

    Raises (when it is opened):
        InputError: there is no such microphone, or it has no such rate.
        NotAvailable: the package ``sounddevice``, or PortAudio under it, is absent.
    """

    def events() -> Iterator[Event]:
        sounddevice = require("sounddevice", "the microphone", "live")
        inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()

        def heard(data: Any, frames: int, time: object, status: Any) -> None:  # noqa: ANN401  (sounddevice has no types)
            del frames, time
            if status.input_overflow:
                inbox.put(Lost("this machine was too slow; sound is missing"))
            inbox.put(Block(np.array(data, np.int16)))  # a copy: the driver reuses its buffer

        try:
            stream = sounddevice.InputStream(
                samplerate=sample_rate_hz,
                blocksize=round(BLOCK_S * sample_rate_hz),
                device=int(device) if device and device.isdecimal() else device,
                channels=1,
                dtype="int16",
                callback=heard,
            )
        except (sounddevice.PortAudioError, ValueError) as error:
            raise InputError(f"microphone {device or '(default)'}: {error}") from None
        with stream:
            yield Opened(channels=audio_channels(1), sample_rate_hz=float(sample_rate_hz))
            while True:
                try:
                    yield inbox.get(timeout=POLL_S)
                except queue.Empty:
                    yield Idle()

    return events
