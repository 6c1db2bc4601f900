"""Lines from an MQTT topic. The payload of a message is one or more lines of the line protocol."""

import queue
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from milliwatt.data.live.events import Event, Idle, Lines, Lost, Opened, Source
from milliwatt.data.optional import require
from milliwatt.errors import InputError

PORTS = {"mqtt": 1883, "mqtts": 8883}
KEEP_ALIVE_S = 15
POLL_S = 0.1
CONNECT_S = 5.0


def mqtt_topic(address: str) -> Source:
    """Return a source of lines from ``mqtt://[user:password@]host[:port]/topic``.

    ``mqtts`` encrypts. A broker that goes away is waited for. Topics may hold the wildcards ``+``
    and ``#`` only where one device publishes, as samples of several would be mixed.

    Raises:
        InputError: no host or no topic in the address; when opened, no connection the first time.
        NotAvailable: when opened, the package ``paho-mqtt`` is absent.
    """
    parts = urlsplit(address.replace("#", "%23"))
    topic = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in PORTS or not parts.hostname or not topic:
        raise InputError(f"{address}: wanted mqtt://host/topic")
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError as error:
        raise InputError(f"{address}: {error}") from None

    def events() -> Iterator[Event]:
        paho = require("paho.mqtt.client", "MQTT", "live")
        inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        if parts.username:
            client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            client.tls_set()
        client.reconnect_delay_set(min_delay=1, max_delay=5)
        _wire(client, inbox, topic)
        try:
            client.connect(parts.hostname, port, KEEP_ALIVE_S)
        except (OSError, ValueError) as error:
            raise InputError(f"{parts.hostname}:{port}: no MQTT broker ({error})") from None
        client.loop_start()
        opened, started = False, time.monotonic()
        try:
            while True:
                try:
                    event = inbox.get(timeout=POLL_S)
                except queue.Empty:
                    event = Idle()
                opened = opened or isinstance(event, Opened)
                if not opened:
                    _refuse_silence(event, started, f"{parts.hostname}:{port}, topic {topic}")
                yield event
        finally:
            client.disconnect()
            client.loop_stop()

    return events


def _refuse_silence(event: Event, started: float, where: str) -> None:
    """Refuse a broker that refuses us, or never answers, before it has ever served."""
    if isinstance(event, Lost):
        raise InputError(f"{where}: {event.reason}")
    if time.monotonic() - started > CONNECT_S:
        raise InputError(f"{where}: no answer in {CONNECT_S:g} s")


def _wire(client: Any, inbox: "queue.SimpleQueue[Event]", topic: str) -> None:  # noqa: ANN401  (require gives no types)
    """Let what happens on the client's thread come into ``inbox``."""

    def connected(client: Any, data: object, flags: object, code: Any, properties: object) -> None:  # noqa: ANN401
        del data, flags, properties
        if code.is_failure:
            inbox.put(Lost(f"the broker refuses: {code}"))
        else:
            client.subscribe(topic, qos=1)

    def subscribed(client: object, data: object, mid: object, codes: Any, _: object) -> None:  # noqa: ANN401
        del client, data, mid
        refused = [code for code in codes if code.is_failure]
        inbox.put(Lost(f"the broker refuses the topic: {refused[0]}") if refused else Opened())

    def disconnected(client: object, data: object, flags: object, code: object, _: object) -> None:
        del client, data, flags
        inbox.put(Lost(f"the broker is gone: {code}"))

    def received(client: object, data: object, message: Any) -> None:  # noqa: ANN401
        del client, data
        lines = tuple(bytes(message.payload).splitlines())
        inbox.put(Lines(time.monotonic(), lines))

    client.on_connect, client.on_subscribe = connected, subscribed
    client.on_disconnect, client.on_message = disconnected, received
