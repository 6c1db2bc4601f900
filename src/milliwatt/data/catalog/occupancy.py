"""Occupancy Detection: temperature, humidity, light and CO2 of an office, each minute.

Three stretches of days, each row labelled occupied or not by photographs. The publisher's own
training file trains; its two test files test. The humidity ratio, which follows from temperature
and humidity, is left out, and so is the date, which gives the answer away.

Source: Candanedo, Feldheim, "Accurate occupancy detection of an office room", Energy and Buildings
112, 2016, doi 10.1016/j.enbuild.2015.11.071.
"""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from milliwatt.data.archive import members
from milliwatt.data.catalog.entry import Entry
from milliwatt.data.counts import scale_for
from milliwatt.data.dataset import Dataset, Split
from milliwatt.data.download import Download
from milliwatt.data.files import assemble
from milliwatt.data.progress import Progress
from milliwatt.data.recording import Channel
from milliwatt.data.sources.columns import contents
from milliwatt.data.sources.content import Content, ReadOptions
from milliwatt.data.sources.csv_file import columns_of
from milliwatt.errors import InputError

SAMPLE_RATE_HZ = 1 / 60
FULL_SCALES = {"Temperature": 64.0, "Humidity": 128.0, "Light": 2048.0, "CO2": 4096.0}
UNITS = {"Temperature": "deg C", "Humidity": "%", "Light": "lux", "CO2": "ppm"}
LABELS = {"0": "empty", "1": "occupied"}
TRAIN, TEST = "datatraining", "datatest"
BASIS = (
    "The publisher's own files, days that do not overlap in one room: a score here says nothing "
    "about another room. Light alone gives most of it, as people switch it on."
)


def load(path: Path, progress: Progress) -> Split:
    """Read series of minutes, int16 ``[time, 4]``; spans are labelled.

    Args:
        path: the publisher's zip or a folder of its files, whatever stands before their names.
        progress: told of files.

    Raises:
        InputError: a file is damaged, or the training or test file is absent.
    """
    source = path / ARCHIVE if (path / ARCHIVE).is_file() else path
    sides: dict[str, list[tuple[str, Content]]] = {"train": [], "test": []}
    found = list(members(source, lambda n: n.endswith(".txt") and (TRAIN in n or TEST in n)))
    for done, (name, data) in enumerate(found):
        side = "train" if TRAIN in name else "test"
        sides[side] += _contents(PurePosixPath(name).stem, data)
        progress("reading files", done + 1, len(found))
    if not all(sides.values()):
        raise InputError(f"{path}: wanted {TRAIN}.txt and {TEST}.txt")
    train, test = (_dataset(side, contents, path.name) for side, contents in sides.items())
    return Split(train, test, BASIS)


def _contents(stem: str, data: bytes) -> list[tuple[str, Content]]:
    options = ReadOptions(
        sample_rate_hz=SAMPLE_RATE_HZ,
        full_scale=FULL_SCALES,
        columns=tuple(FULL_SCALES),
        units=UNITS,
        time_column="date",
        label_column="Occupancy",
    )
    read = contents(columns_of(data, stem), options, stem)
    return [(f"{stem}.{c.part}" if c.part else stem, c) for c in read]


def _dataset(side: str, found: Sequence[tuple[str, Content]], origin: str) -> Dataset:
    named = []
    for name, content in found:
        spans = tuple((a, b, LABELS[label]) for a, b, label in content.spans)
        named.append((f"{side}/{name}", _relabelled(content, spans)))
    return assemble(
        named,
        name="occupancy",
        source=f"Occupancy Detection, UCI Machine Learning Repository, from {origin}",
        licence=ENTRY.licence,
    )


def _relabelled(content: Content, spans: tuple[tuple[int, int, str], ...]) -> Content:
    channels = tuple(Channel(n, UNITS[n], scale_for(full)) for n, full in FULL_SCALES.items())
    return Content(content.samples, channels, content.sample_rate_hz, spans=spans)


ARCHIVE = "occupancy_detection.zip"
ENTRY = Entry(
    name="occupancy",
    title="room climate each minute, occupied or not: temperature, humidity, light, CO2",
    licence="CC BY 4.0",
    page="https://archive.ics.uci.edu/dataset/357/occupancy+detection",
    downloads=(
        # The repository states no checksum; the first download is pinned.
        Download("https://archive.ics.uci.edu/static/public/357/occupancy+detection.zip", ARCHIVE),
    ),
    load=load,
    advice="The publisher's own files. Try it without light as well.",
)
