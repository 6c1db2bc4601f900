"""The loop from a live source to files."""

import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from milliwatt.data.live.assembler import Assembler, Take
from milliwatt.data.live.events import Event, Lost, Source
from milliwatt.data.live.recorder import Recorder

RETRY_S = 2.0  # between attempts to write to a full disk
Tell = Callable[[str], None]


def record(
    source: Source,
    assembler: Assembler,
    recorder: Recorder,
    *,
    count: int | None,
    tell: Tell,
    retry_s: float = RETRY_S,
) -> int:
    """Record until ``count`` takes of full length are saved, or Ctrl-C; return how many files.

    Takes that ended early are saved and do not count. A take that the disk has no room for waits,
    in memory, until it has. On Ctrl-C what has been received is saved too.

    Args:
        source: where samples come from.
        assembler: makes takes of them.
        recorder: writes takes.
        count: takes of full length to save; None for no end.
        tell: told in a sentence of what happens.
        retry_s: seconds between attempts to write to a full disk.

    Raises:
        InputError: the samples need a full scale, or do not fit the dataset.
        NotAvailable: a package that the source or the files need is absent.
    """
    saved = complete = 0
    events = source()
    try:
        for event, takes in _takes(events, assembler):
            if isinstance(event, Lost):
                tell(f"lost: {event.reason}; waiting for it")
            for take in takes:
                _save(take, recorder, tell, retry_s)
                saved += 1
                complete += not take.early
                if complete == count:
                    return saved
            _tell_notes(assembler, tell)
    except KeyboardInterrupt:
        tell("stopping")
    finally:
        if isinstance(events, Generator):
            events.close()
    for take in assembler.finish("stopped"):
        _save(take, recorder, tell, retry_s)
        saved += 1
    _tell_notes(assembler, tell)
    return saved


def _takes(events: Iterator[Event], assembler: Assembler) -> Iterator[tuple[Event, list[Take]]]:
    for event in events:
        yield event, assembler.feed(event)


def _save(take: Take, recorder: Recorder, tell: Tell, retry_s: float) -> None:
    seconds = len(take.samples) / take.sample_rate_hz
    told = False
    while True:
        try:
            with _uninterrupted():
                file = recorder.save(take)
                why = f", ended early: {take.early}" if take.early else ""
                tell(f"{file}: {seconds:.2f} s{why}")
        except OSError as error:
            if not told:
                tell(f"cannot write ({error.strerror or error}); the recording waits: make room")
                told = True
            _wait(retry_s, seconds, tell)
        else:
            return


def _wait(retry_s: float, seconds: float, tell: Tell) -> None:
    try:
        time.sleep(retry_s)
    except KeyboardInterrupt:
        tell(f"given up: a recording of {seconds:.2f} s found no room and is lost")
        raise


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until the body is through: a recording at hand is written first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


def _tell_notes(assembler: Assembler, tell: Tell) -> None:
    for note in assembler.notes:
        tell(note)
    assembler.notes.clear()
