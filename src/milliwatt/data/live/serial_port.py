"""Lines from a serial port; a device that is unplugged is waited for."""

import time
from collections.abc import Iterator
from typing import Any

from milliwatt.data.live.events import Event, Idle, Lines, Lost, Opened, Source
from milliwatt.data.live.lines import LineSplitter
from milliwatt.data.optional import require
from milliwatt.errors import InputError

BAUD = 115200
POLL_S = 0.1
REOPEN_S = 0.5


def serial_port(port: str, baud: int = BAUD, *, reopen_s: float = REOPEN_S) -> Source:
    """Return a source of lines from ``port``.

    Args:
        port: such as ``/dev/ttyACM0`` or ``COM3``.
        baud: bits a second.
        reopen_s: seconds between attempts to open a port that was lost.

    Raises (when it is opened):
        InputError: the port cannot be opened the first time.
        NotAvailable: the package ``pyserial`` is absent.
    """

    def events() -> Iterator[Event]:
        serial = require("serial", "a serial port", "live")
        connection: Any = None
        opened_before, splitter = False, LineSplitter()
        try:
            while True:
                if connection is None:
                    connection = _open(serial, port, baud, opened_before=opened_before)
                    if connection is None:
                        yield Idle()
                        time.sleep(reopen_s)
                        continue
                    opened_before, splitter = True, LineSplitter()
                    yield Opened(partial=True)
                try:
                    data = connection.read(max(1, connection.in_waiting))
                except (OSError, TypeError) as error:  # TypeError: pyserial, closed under its feet
                    connection.close()
                    connection = None
                    yield Lost(f"{port}: {error}")
                    continue
                lines = splitter.feed(data)
                yield Lines(time.monotonic(), lines) if lines else Idle()
        finally:
            if connection is not None:
                connection.close()

    return events


def _open(serial: Any, port: str, baud: int, *, opened_before: bool) -> Any:  # noqa: ANN401  (pyserial has no types)
    """Return the open port; None where it was open before and is not back yet."""
    try:
        return serial.Serial(port, baud, timeout=POLL_S)
    except (OSError, ValueError) as error:
        if opened_before:
            return None
        raise InputError(f"{port}: cannot open ({error}); is it plugged in, and yours?") from None
