"""Live lines become recordings without a gap, whatever the cable and the clock do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milliwatt.data import Channel, ReadOptions
from milliwatt.data.layout import Description
from milliwatt.data.live import Assembler, live_source
from milliwatt.data.live.events import Block, Lines, Lost, Opened
from milliwatt.data.live.lines import LONGEST_BYTES, LineKind, LineSplitter, parse_line
from milliwatt.data.live.timing import measured_rate_hz
from milliwatt.data.recording import Kind
from milliwatt.data.sources.columns import Heading
from milliwatt.data.sources.wav import audio_channels
from milliwatt.errors import InputError


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"1,2,3", LineKind.SAMPLE),
        (b" -1\t2.5e3 ", LineKind.SAMPLE),
        (b"1; 2; 3\r", LineKind.SAMPLE),
        (b"7", LineKind.SAMPLE),
        (b"ax [mg],ay [mg]", LineKind.HEADINGS),
        (b"ax,ay (0.061 mg)", LineKind.HEADINGS),
        (b"# Booting", LineKind.TALK),
        (b"", LineKind.TALK),
        (b"Battery: 3.9V", LineKind.TALK),
        (b"Sensor found at 0x68, ok", LineKind.TALK),
        (b"1,2,", LineKind.DAMAGED),
        (b"1,2x,3", LineKind.DAMAGED),
        (b"1,nan", LineKind.DAMAGED),
        (b"1,\xff\xfe2", LineKind.DAMAGED),
        (b"\x00\x01,2", LineKind.DAMAGED),
    ],
)
def test_lines(raw, kind):
    assert parse_line(raw).kind is kind


def test_headings_carry_unit_and_scale():
    line = parse_line(b"t [ms], ax [0.061 mg]")
    assert line.headings == (Heading("t", "ms"), Heading("ax", "mg", 0.061))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_parser(raw):
    assert parse_line(raw).kind in LineKind


@given(st.lists(st.binary(max_size=30).filter(lambda b: not set(b) & set(b"\r\n"))), st.data())
def test_lines_arrive_whole_however_the_bytes_are_cut(lines, data):
    stream = b"".join(line + b"\r\n" for line in lines)
    splitter, got = LineSplitter(), []
    while stream:
        n = data.draw(st.integers(1, len(stream)))
        got += splitter.feed(stream[:n])
        stream = stream[n:]
    assert got == lines


def test_a_line_without_an_end_is_no_memory_leak():
    splitter = LineSplitter()
    assert splitter.feed(b"x" * (LONGEST_BYTES + 1)) == (b"x" * (LONGEST_BYTES + 1),)
    assert splitter.feed(b"1\n") == (b"1",)


@pytest.mark.parametrize("rate", [9.5, 50.0, 104.0, 1600.0])
def test_the_rate_is_found_in_bunches(rate):
    """USB hands lines over in packets: all that came within 16 ms arrive together."""
    times = [np.ceil(i / rate / 0.016) * 0.016 for i in range(max(8, int(2 * rate)))]
    # Each time is late by 0 to 16 ms. That moves the slope over 2 s by less than 16 ms / 2 s.
    assert measured_rate_hz(times) == pytest.approx(rate, rel=0.008)


class Device:
    """Prints samples at a rate; what it prints can be spoilt."""

    def __init__(self, rate=100.0, **options):
        self.rate, self.at, self.value = rate, 5.0, 0
        self.assembler = Assembler(options.pop("seconds", None), ReadOptions(**options))
        self.takes = self.assembler.feed(Opened(partial=True))

    def say(self, *lines):
        for line in lines:
            self.takes += self.assembler.feed(Lines(self.at, (line,)))

    def run(self, seconds, line="{v}"):
        for _ in range(round(seconds * self.rate)):
            self.at += 1 / self.rate
            ticks = round(self.at * 1000)
            self.say(line.format(v=self.value, t=ticks).encode())
            self.value += 1

    def lengths(self):
        return [(len(t.samples), t.early) for t in self.takes]


def test_takes_follow_each_other_without_a_gap():
    device = Device(seconds=1.0)
    device.say(b"x [mg]")
    device.run(4.5, "{v},7")
    # two columns and one heading: the heading is not believed
    assert [c.name for c in device.takes[0].channels] == ["channel_0", "channel_1"]
    assert device.lengths() == [(100, "")] * 4
    values = np.concatenate([t.samples[:, 0] for t in device.takes])
    assert values.tolist() == list(range(values[0], values[0] + 400))
    assert device.assembler.notes == ["channel_0, channel_1 at 100 Hz (measured)"]


def test_the_first_line_is_not_believed():
    device = Device(sample_rate_hz=100.0, seconds=1.0)
    device.say(b"23")  # the end of 123
    device.run(1.0)
    assert device.takes[0].samples[:, 0].tolist() == list(range(100))


def test_headings_name_channels():
    device = Device(sample_rate_hz=50.0, seconds=0.1)
    device.say(b"# hello", b"ax [0.061 mg],ay [mg]")
    device.run(0.1, "{v},-5")
    assert device.takes[0].channels == (Channel("ax", "mg", 0.061), Channel("ay", "mg", 1.0))
    assert device.takes[0].samples[:, 1].tolist() == [-5] * 5


def test_a_damaged_line_ends_the_recording_and_talk_does_not():
    device = Device(sample_rate_hz=100.0)
    device.say(b"")
    device.run(1.5)
    device.say(b"Battery: 3.9V")
    device.run(1.0)
    device.say(b"2\xff5")
    device.run(2.0)
    device.say(b"1,2")
    device.run(0.5)  # too short to keep
    device.say(b"3x")
    assert device.lengths() == [(250, r"damaged line b'2\xff5'"), (200, "damaged line b'1,2'")]
    assert device.assembler.damaged == 3
    assert device.takes[1].samples[0, 0] == 250
    assert device.assembler.notes[-1] == "damaged line b'3x': 0.50 s are too short to keep"


def test_a_lost_cable_keeps_what_came():
    device = Device(sample_rate_hz=100.0, seconds=3.0)
    device.say(b"")
    device.run(2.0)
    device.takes += device.assembler.feed(Lost("unplugged"))
    device.takes += device.assembler.feed(Opened(partial=True))
    device.say(b"9")
    device.run(3.0)
    assert device.lengths() == [(200, "unplugged"), (300, "")]


def test_silence_is_a_gap():
    device = Device(sample_rate_hz=100.0)
    device.say(b"")
    device.run(2.0)
    device.at += 1.5
    device.run(1.0)
    assert device.lengths() == [(200, "silence of 1.5 s")]


@pytest.mark.parametrize("jump", [0.05, -30.0, 3600.0])
def test_a_jump_of_the_devices_clock_is_a_gap(jump):
    device = Device()
    device.say(b"t [ms],x")
    device.run(3.0, "{t},{v}")
    device.at += jump
    device.run(2.0, "{t},{v}")
    device.takes += device.assembler.finish("stopped")
    assert [n for n, _ in device.lengths()] == [300, 200]
    assert "the device's clock jumped from 8000 to" in device.takes[0].early
    assert [c.name for c in device.takes[0].channels] == ["x"]
    assert device.takes[0].sample_rate_hz == 100.0


def test_ticks_coarser_than_samples_give_the_true_rate():
    device = Device(rate=104.0)
    device.say(b"millis,x")
    device.run(3.0, "{t},{v}")
    device.takes += device.assembler.finish("stopped")
    # ticks of 1 ms over at least 2 s of calibration: 0.05 %, and three digits are kept
    assert device.takes[0].sample_rate_hz == pytest.approx(104.0, rel=0.005)


def test_a_clock_that_wraps_has_not_jumped():
    device = Device(sample_rate_hz=100.0)
    device.say(b"t [us],x")
    for i in range(300):
        device.at += 0.01
        device.say(f"{(2**32 - 1_500_000 + i * 10_000) % 2**32},{i}".encode())
    device.takes += device.assembler.finish("stopped")
    assert device.lengths() == [(300, "stopped")]


def test_fractions_need_a_full_scale_at_once_not_after_the_recording():
    device = Device(sample_rate_hz=100.0)
    device.say(b"ax [g]")
    with pytest.raises(InputError, match=r"the device, column ax: fractions .*--full-scale"):
        device.say(b"0.5")
    device = Device(sample_rate_hz=100.0, full_scale={"ax": 2.0}, seconds=0.01)
    device.say(b"ax [g]", b"0.5")
    assert device.takes[0].samples.tolist() == [[8192]]
    device = Device(sample_rate_hz=100.0, seconds=1.0)
    device.say(b"x", b"1")
    device.run(0.7)
    device.say(b"0.5")
    assert device.lengths() == [(71, "a fraction among counts: (0.5,)")]


def test_numbers_saturate_as_a_register_does():
    device = Device(sample_rate_hz=100.0, seconds=0.02)
    device.say(b"x", b"1", b"99999")
    assert device.takes[0].samples.tolist() == [[1], [32767]]


def about(**changes):
    settings = {
        "name": "d", "source": "", "licence": "", "kind": Kind.SERIES, "sample_rate_hz": 100.0,
        "channels": (Channel("x", "", 1.0),), "labels": (),
    }  # fmt: skip
    return Description(**settings | changes)


def test_takes_fit_the_dataset_they_join():
    rows = [Lines(i / 98, (str(i).encode(),)) for i in range(250)]
    joined = Assembler(1.0, ReadOptions(), about(channels=(Channel("channel_0", "", 1.0),)))
    takes = [take for row in rows for take in joined.feed(row)]
    assert {t.sample_rate_hz for t in takes} == {100.0}  # 98 measured, 100 said: one clock
    other = Assembler(1.0, ReadOptions(), about())
    with pytest.raises(InputError, match=r"gives channel_0 .*; the dataset d holds x .*another"):
        [other.feed(row) for row in rows]
    slow = about(sample_rate_hz=50.0, channels=(Channel("channel_0", "", 1.0),))
    other = Assembler(1.0, ReadOptions(), slow)
    with pytest.raises(InputError, match=r"gives 98 Hz; the dataset d holds 50 Hz"):
        [other.feed(row) for row in rows]


def test_blocks_of_sound():
    assembler = Assembler(0.5, ReadOptions())
    assembler.feed(Opened(channels=audio_channels(1), sample_rate_hz=1000.0))
    sound = np.arange(1300, dtype=np.int16)[:, None]
    takes = [t for part in np.split(sound, 13) for t in assembler.feed(Block(part))]
    assert [t.samples[0, 0] for t in takes] == [0, 500]
    (rest,) = assembler.finish("stopped")
    assert (len(rest.samples), rest.early) == (300, "stopped")


@pytest.mark.parametrize("address", ["usb:1", "serial:", "mqtt://host", "mqtt:///topic", ""])
def test_addresses_that_are_none(address):
    with pytest.raises(InputError, match="wanted"):
        live_source(address, baud=9600, sample_rate_hz=None)
