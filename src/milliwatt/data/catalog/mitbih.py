"""MIT-BIH Arrhythmia Database: half hours of electrocardiogram, every beat annotated.

The first lead is read. Each beat is a labelled stretch of time, from halfway after the beat before
it to halfway before the next, ``pvc`` for premature ventricular contractions and ``other``.

Source: Moody, Mark, "The impact of the MIT-BIH Arrhythmia Database", IEEE Eng. in Med. and Biol.
20(3), 2001; formats: PhysioNet, WFDB Applications Guide, signal(5) "format 212" and annot(5).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from milliwatt.data.catalog.entry import Entry
from milliwatt.data.dataset import Dataset
from milliwatt.data.download import Download
from milliwatt.data.progress import Progress
from milliwatt.data.recording import Channel, Counts, Recording, Span
from milliwatt.data.sources.npz import load_arrays
from milliwatt.errors import InputError

SAMPLE_RATE_HZ = 360.0
COUNTS_PER_MV = 200
BASELINE = 1024  # the publisher's count for 0 mV
CHANNELS = (Channel("ecg", "mV", 1 / COUNTS_PER_MV),)
LABELS = ("other", "pvc")
RECORDS = (
    *(r for r in range(100, 125) if r not in {110, 120}),
    *(r for r in range(200, 235) if r not in {204, 206, 211, 216, 218, 224, 225, 226, 227, 229}),
)
SAME_PERSON = {202: 201}  # two records of one patient, as the publisher says

# Annotation codes (annot(5)): those of beats, and those that are no annotation of their own.
PVC = 5
BEATS = frozenset((*range(1, 14), 25, 30, 34, 35, 38, 41))
SKIP, AUX = 59, 63
CODE_SHIFT, INTERVAL_MASK = 10, 0x3FF


def load(path: Path, progress: Progress) -> Dataset:
    """Read records as int16 ``[time, 1]``, 0 at 0 mV; the group is the patient.

    Args:
        path: a folder of the publisher's ``.dat`` and ``.atr`` files, or of ``.npz`` archives
            with ``ecg``, ``r`` and ``pvc`` (the last two are positions of beats).
        progress: told of records.

    Raises:
        InputError: no records, or a damaged one.
    """
    files = sorted(p for p in path.glob("*") if p.stem.isdecimal() and p.suffix in {".dat", ".npz"})
    if not files:
        raise InputError(f"{path}: no records; wanted a folder with 100.dat and 100.atr, …")
    recordings = []
    for done, file in enumerate(files):
        counts, beats, ectopic = _archived(file) if file.suffix == ".npz" else _published(file)
        number = int(file.stem)
        spans = beat_spans(beats, ectopic, len(counts))
        group = f"patient {SAME_PERSON.get(number, number)}"
        recordings.append(Recording(file.stem, counts[:, None], None, group, spans))
        progress("reading records", done + 1, len(files))
    source = f"MIT-BIH Arrhythmia Database, PhysioNet, from {path.name}"
    return Dataset(
        "mitbih", source, CHANNELS, SAMPLE_RATE_HZ, LABELS, tuple(recordings), ENTRY.licence
    )


def beat_spans(
    beats: Sequence[int] | npt.NDArray[np.int64], ectopic: set[int], samples: int
) -> tuple[Span, ...]:
    """Return a span a beat; ``beats`` are positions in order, ``ectopic`` some of them."""
    at = np.unique(np.asarray(beats, np.int64))
    edges = [0, *((at[:-1] + at[1:] + 1) // 2).tolist(), samples]
    return tuple(
        Span(edges[i], edges[i + 1], int(int(beat) in ectopic)) for i, beat in enumerate(at)
    )


def first_signal(data: bytes) -> Counts:
    """Return the first of two signals in format 212: two 12-bit numbers in three bytes.

    Raises:
        InputError: not a multiple of three bytes.
    """
    if len(data) % 3 or not data:
        raise InputError(f"{len(data)} bytes; wanted a multiple of 3, as of format 212")
    low, middle = np.frombuffer(data, np.uint8).reshape(-1, 3).T.astype(np.int16)[:2]
    number = low + ((middle & 0x0F) << 8)
    counts: Counts = np.where(number > 2047, number - 4096, number).astype(np.int16)  # 12 bits
    return counts


def annotations(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the sample and the code of every annotation of an MIT annotation file."""
    words = np.frombuffer(data[: len(data) // 2 * 2], "<u2").astype(np.int64)
    at = i = 0
    while i < len(words) and words[i]:
        code, interval = int(words[i]) >> CODE_SHIFT, int(words[i]) & INTERVAL_MASK
        i += 1
        if code == SKIP and i + 1 < len(words):
            long = int(words[i]) << 16 | int(words[i + 1])
            at += long - (1 << 32) if long >= 1 << 31 else long
            i += 2
        elif code == AUX:
            i += (interval + 1) // 2  # text of so many bytes, padded to words
        elif code < SKIP:
            at += interval
            yield at, code


def _published(file: Path) -> tuple[Counts, list[int], set[int]]:
    try:
        counts = first_signal(file.read_bytes()) - np.int16(BASELINE)
        found = list(annotations(file.with_suffix(".atr").read_bytes()))
    except (OSError, InputError) as error:
        raise InputError(f"{file}: {error}; wanted a record with its .atr") from None
    beats = [at for at, code in found if code in BEATS]
    return counts, beats, {at for at, code in found if code == PVC}


def _archived(file: Path) -> tuple[Counts, list[int], set[int]]:
    arrays = load_arrays(file)
    absent = [k for k in ("ecg", "r", "pvc") if k not in arrays]
    if absent or arrays["ecg"].dtype != np.int16:
        raise InputError(f"{file}: wanted int16 ecg, and r and pvc beside it")
    ectopic = set(arrays["pvc"].astype(np.int64).tolist())
    beats = sorted({*arrays["r"].astype(np.int64).tolist(), *ectopic})
    return arrays["ecg"].astype(np.int16, copy=False), beats, ectopic


ADDRESS = "https://physionet.org/files/mitdb/1.0.0/"
ENTRY = Entry(
    name="mitbih",
    title="electrocardiogram of 47 patients, premature beats labelled; 360 Hz",
    licence="ODC-BY 1.0",
    page="https://physionet.org/content/mitdb/1.0.0/",
    # The checksums that PhysioNet lists are not known here; the first download is pinned.
    downloads=tuple(
        Download(f"{ADDRESS}{record}.{ending}", f"{record}.{ending}")
        for record in RECORDS
        for ending in ("dat", "atr")
    ),
    load=load,
    advice="Split by patient, which is the group. Cut windows; each takes the label of its beat.",
)
