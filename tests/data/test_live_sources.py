"""Real ports, a real broker, a microphone that is none: no complete recording is lost."""

import os
import pty
import shutil
import socket
import subprocess
import sys
import threading
import time
import tty
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from milliwatt.data import ReadOptions, open_dataset
from milliwatt.data.live import (
    Assembler,
    microphone,
    mqtt_topic,
    record,
    serial_port,
)
from milliwatt.data.live.events import Opened
from milliwatt.data.live.recorder import Recorder
from milliwatt.errors import InputError, NotAvailable

RATE = 100.0
SHORT = ReadOptions(sample_rate_hz=RATE)


def lines(values):
    return b"".join(b"%d,%d\n" % (v, -v) for v in values)


def run(source, folder, *, count=1, seconds=1.0, options=SHORT):
    told = []
    made = Recorder(folder, label="walk", group="ann", source="a test")
    assembler = Assembler(seconds, options, made.about)
    record(source, assembler, made, count=count, tell=told.append, retry_s=0.01)
    return told


class Board:
    """A device at the other end of a pseudo-terminal, under one name however often it comes."""

    def __init__(self, folder):
        self.port = folder / "ttyACM0"
        self.master = -1

    def plug(self):
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        beside = self.port.with_name("next")
        beside.symlink_to(os.ttyname(slave))
        beside.replace(self.port)
        self.slave = slave  # held open, so that bytes wait for a reader

    def unplug(self):
        os.close(self.slave)
        os.close(self.master)

    def say(self, data):
        while data:
            data = data[os.write(self.master, data[:512]) :]


@pytest.fixture
def board(tmp_path):
    pytest.importorskip("serial", reason="pyserial is not installed")
    board = Board(tmp_path)
    board.plug()
    return board


def heeded(source, opened):
    """Set the next of ``opened`` each time the source opens: a port forgets what came before."""

    def events():
        waiting = iter(opened)
        for event in source():
            if isinstance(event, Opened):
                next(waiting).set()
            yield event

    return events


def test_serial_lines_to_a_dataset(board, tmp_path):
    opened = threading.Event()

    def speak():
        assert opened.wait(5)
        board.say(b"ax [mg],ay [mg]\n" + lines(range(250)))

    speaker = threading.Thread(target=speak)
    speaker.start()
    source = heeded(serial_port(str(board.port)), [opened])
    told = run(source, tmp_path / "d", count=2)
    speaker.join()
    board.unplug()
    dataset = open_dataset(tmp_path / "d")
    assert [c.name for c in dataset.channels] == ["ax", "ay"]
    assert [r.name for r in dataset.recordings] == ["walk/ann.0001", "walk/ann.0002"]
    assert dataset.samples()[:, :, 0].ravel().tolist() == list(range(200))
    assert {r.group for r in dataset.recordings} == {"ann"}
    assert told[-1] == "walk/ann.0002.parquet: 1.00 s"


def test_serial_rate_is_measured_over_a_port(board, tmp_path):
    stop = threading.Event()

    def speak():
        start = time.monotonic()
        for i in range(1000):
            if stop.wait(max(0.0, start + i / 200.0 - time.monotonic())):
                return
            board.say(b"%d\n" % i)

    speaker = threading.Thread(target=speak)
    speaker.start()
    run(serial_port(str(board.port)), tmp_path / "d", options=ReadOptions())
    stop.set()
    speaker.join()
    board.unplug()
    # the loop above keeps 200 Hz on average; a busy machine delays single lines
    assert open_dataset(tmp_path / "d").sample_rate_hz == pytest.approx(200.0, rel=0.05)


def test_serial_unplugged_and_plugged_in_again(board, tmp_path):
    first, second = threading.Event(), threading.Event()

    def speak():
        assert first.wait(5)
        board.say(b"9,9\n" + lines(range(180)))
        time.sleep(0.3)
        board.unplug()
        time.sleep(0.2)
        board.plug()
        assert second.wait(5)
        board.say(b"9,9\n" + lines(range(500, 600)))

    speaker = threading.Thread(target=speak)
    speaker.start()
    source = heeded(serial_port(str(board.port), reopen_s=0.05), [first, second])
    told = run(source, tmp_path / "d", count=2)
    speaker.join()
    board.unplug()
    recordings = open_dataset(tmp_path / "d").recordings
    assert [len(r.samples) for r in recordings] == [100, 80, 100]
    values = [r.samples[:, 0].tolist() for r in recordings]
    assert values == [list(range(100)), list(range(100, 180)), list(range(500, 600))]
    assert any(t.startswith("lost: ") for t in told)


def test_no_such_port(tmp_path):
    pytest.importorskip("serial", reason="pyserial is not installed")
    with pytest.raises(InputError, match=r"cannot open .*is it plugged in"):
        run(serial_port(str(tmp_path / "none")), tmp_path / "d")
    assert not (tmp_path / "d").exists()


class Broker:
    """A Mosquitto of our own on a free port."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.config = folder / "mosquitto.conf"
        self.config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")
        self.start()

    def start(self):
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.process = subprocess.Popen(
            [program, "-c", str(self.config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("mosquitto does not answer")

    def stop(self):
        self.process.terminate()
        self.process.wait(5)

    def publish(self, *payloads):
        from paho.mqtt import publish

        messages = [{"topic": "band/1", "payload": p, "qos": 1} for p in payloads]
        publish.multiple(messages, "127.0.0.1", self.port)


@pytest.fixture
def broker(tmp_path):
    pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")
    if not (shutil.which("mosquitto") or os.access("/usr/sbin/mosquitto", os.X_OK)):
        pytest.skip("the broker mosquitto is not installed (Debian: apt install mosquitto)")
    broker = Broker(tmp_path)
    yield broker
    broker.stop()


def test_mqtt_messages_to_a_dataset_over_a_restart(broker, tmp_path):
    listening, back = threading.Event(), threading.Event()
    source = heeded(mqtt_topic(f"mqtt://127.0.0.1:{broker.port}/band/1"), [listening, back])

    def speak():
        assert listening.wait(5)
        broker.publish(b"ax [mg],ay [mg]\n" + lines(range(60)), lines(range(60, 150)))
        time.sleep(0.3)
        broker.stop()
        broker.start()
        assert back.wait(15)
        broker.publish(b"noise;\n" + lines(range(700, 800)))

    speaker = threading.Thread(target=speak)
    speaker.start()
    told = run(source, tmp_path / "d", count=2)
    speaker.join()
    dataset = open_dataset(tmp_path / "d")
    values = [r.samples[:, 0].tolist() for r in dataset.recordings]
    # 50 samples before the restart are half of what was wanted, hence just kept
    assert values == [list(range(100)), list(range(100, 150)), list(range(700, 800))]
    assert any(t.startswith("lost: the broker is gone") for t in told)
    assert dataset.channels[0].unit == "mg"


def test_mqtt_without_a_broker(tmp_path):
    pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")
    with pytest.raises(InputError, match=r"127.0.0.1:9: no MQTT broker"):
        run(mqtt_topic("mqtt://127.0.0.1:9/x"), tmp_path / "d")


def fake_sounddevice(monkeypatch, overflow_at=None):
    class InputStream:
        def __init__(self, *, samplerate, blocksize, device, channels, dtype, callback):
            assert (samplerate, channels, dtype) == (16000, 1, "int16")
            if device == "deaf":
                raise PortAudioError("no such device")
            self.blocksize, self.callback = blocksize, callback

        def __enter__(self):
            buffer = np.zeros((self.blocksize, 1), np.int16)  # one buffer, as drivers have
            for i in range(30):
                buffer[:] = i
                status = SimpleNamespace(input_overflow=i == overflow_at)
                self.callback(buffer, self.blocksize, None, status)
            return self

        def __exit__(self, *_):
            pass

    class PortAudioError(Exception):
        pass

    module = ModuleType("sounddevice")
    module.InputStream, module.PortAudioError = InputStream, PortAudioError
    monkeypatch.setitem(sys.modules, "sounddevice", module)


def test_microphone_to_wav(tmp_path, monkeypatch):
    fake_sounddevice(monkeypatch)
    run(microphone(), tmp_path / "d", count=1, options=ReadOptions())
    dataset = open_dataset(tmp_path / "d")
    assert (tmp_path / "d" / "walk" / "ann.0001.wav").is_file()
    assert dataset.samples()[0, ::800, 0].tolist() == list(range(20))  # blocks of 50 ms


def test_sound_that_is_missing_ends_the_recording(tmp_path, monkeypatch):
    fake_sounddevice(monkeypatch, overflow_at=15)
    told = run(microphone(), tmp_path / "d", count=1, seconds=0.75, options=ReadOptions())
    assert told[0] == "walk/ann.0001.wav: 0.75 s"
    fake_sounddevice(monkeypatch, overflow_at=12)
    told = run(microphone(), tmp_path / "e", count=1, seconds=0.75, options=ReadOptions())
    assert told[1] == (
        "walk/ann.0001.wav: 0.60 s, ended early: this machine was too slow; sound is missing"
    )


def test_microphones_that_are_not_there(tmp_path, monkeypatch):
    fake_sounddevice(monkeypatch)
    with pytest.raises(InputError, match="microphone deaf: no such device"):
        run(microphone("deaf"), tmp_path / "d")
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(NotAvailable, match=r"sounddevice .*pip install 'milliwatt\[live\]'"):
        run(microphone(), tmp_path / "d")


def test_a_library_under_a_package_is_named(tmp_path, monkeypatch):
    def no_portaudio(name):
        raise OSError("PortAudio library not found")

    monkeypatch.setattr("milliwatt.data.optional.import_module", no_portaudio)
    with pytest.raises(NotAvailable, match="stands on: PortAudio library not found; get it from"):
        run(microphone(), tmp_path / "d")
