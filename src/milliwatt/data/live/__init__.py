"""Live sources: a serial port, an MQTT topic, the microphone; and the loop that records them."""

from milliwatt.data.live.assembler import Assembler, Take
from milliwatt.data.live.events import Source
from milliwatt.data.live.microphone import microphone
from milliwatt.data.live.mqtt import mqtt_topic
from milliwatt.data.live.record import record
from milliwatt.data.live.serial_port import serial_port
from milliwatt.errors import InputError

SCHEMES = ("mic", "mqtt", "mqtts", "serial")


def live_source(address: str, *, baud: int, sample_rate_hz: float | None) -> Source:
    """Return the source that ``address`` names.

    Args:
        address: ``serial:PORT``, ``mqtt://host/topic``, ``mic`` or ``mic:NAME``.
        baud: bits a second of a serial port.
        sample_rate_hz: of a microphone; None for 16 kHz.

    Raises:
        InputError: an address of another form.
    """
    scheme, _, rest = address.partition(":")
    if scheme == "serial" and rest:
        return serial_port(rest, baud)
    if scheme in {"mqtt", "mqtts"}:
        return mqtt_topic(address)
    if scheme == "mic":
        return microphone(rest or None, sample_rate_hz or 16000)
    raise InputError(
        f"source {address}: wanted serial:/dev/ttyACM0, mqtt://host/topic, mic or mic:NAME"
    )


__all__ = [
    "SCHEMES",
    "Assembler",
    "Source",
    "Take",
    "live_source",
    "microphone",
    "mqtt_topic",
    "record",
    "serial_port",
]
