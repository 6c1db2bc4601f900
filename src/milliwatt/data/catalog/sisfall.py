"""SisFall: falls and daily activities of young and elderly people, sensors at the waist.

The publisher's files hold 200 rows a second of three sensors in counts; the accelerometer ADXL345
(13 bits, +-16 g) and the gyroscope ITG3200 (16 bits, +-2,000 deg/s) are taken. Four rows are
averaged into one, which gives 50 Hz and keeps what lies above 25 Hz from folding down in full; the
result is rounded to mg and 0.1 deg/s. A NumPy archive of the same data in the same units
(``x``, ``n``, ``code``, ``subj``, ``rep``) is read too.

Source: Sucerquia, López, Vargas-Bonilla, "SisFall: A Fall and Movement Dataset", Sensors 17(1),
2017, doi 10.3390/s17010198, and the Readme in the publisher's archive.
"""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from milliwatt.data.archive import members
from milliwatt.data.catalog.entry import Entry
from milliwatt.data.dataset import Dataset
from milliwatt.data.progress import Progress
from milliwatt.data.recording import Channel, Counts, Recording
from milliwatt.data.sources.npz import Arrays, load_arrays
from milliwatt.errors import InputError

SAMPLE_RATE_HZ = 50.0
AVERAGED = 4  # of the publisher's rows
ACCELEROMETER_MG = 2 * 16000 / 2**13  # mg a count of the publisher's
GYROSCOPE_STEPS = 10 * 2 * 2000 / 2**16  # 0.1 deg/s a count of the publisher's
STEPS = np.array([ACCELEROMETER_MG] * 3 + [GYROSCOPE_STEPS] * 3)
COLUMNS = 9  # of the publisher's; the last three are a second accelerometer
CHANNELS = tuple(
    Channel(f"{sensor}_{axis}", unit, scale)
    for sensor, unit, scale in (("accelerometer", "mg", 1.0), ("gyroscope", "deg/s", 0.1))
    for axis in "xyz"
)
LABELS = ("activity", "fall")
FILE = re.compile(r"(?P<code>[DF]\d\d)_(?P<subject>S[AE]\d\d)_R(?P<trial>\d\d)[.]txt")
TRIALS = 4510  # files of the publisher, for the progress bar alone


def load(path: Path, progress: Progress) -> Dataset:
    """Read trials as int16 ``[time, 6]`` at 50 Hz; the group is the person.

    Args:
        path: the publisher's archive, a folder of it, or a ``.npz``.
        progress: told of trials.

    Raises:
        InputError: damaged, or it holds no trials.
    """
    trials = _archived(path) if path.suffix == ".npz" else _published(path, progress)
    recordings = tuple(
        Recording(f"{code}_{subject}_R{trial}", counts, int(code[0] == "F"), subject)
        for code, subject, trial, counts in trials
    )
    if not recordings:
        raise InputError(f"{path}: no trials; wanted files such as SA01/F01_SA01_R01.txt")
    source = f"SisFall, SISTEMIC, Universidad de Antioquia, from {path.name}"
    return Dataset("sisfall", source, CHANNELS, SAMPLE_RATE_HZ, LABELS, recordings, ENTRY.licence)


def _archived(path: Path) -> Iterator[tuple[str, str, str, Counts]]:
    arrays: Arrays = load_arrays(path)
    absent = [k for k in ("x", "n", "code", "subj", "rep") if k not in arrays]
    if absent:
        raise InputError(f"{path}: no array {', '.join(absent)} among {', '.join(arrays)}")
    lengths = arrays["n"].astype(np.int64)
    x = arrays["x"]
    if x.dtype != np.int16 or x.shape != (lengths.sum(), len(CHANNELS)):
        raise InputError(
            f"{path}: x is {x.dtype} {list(x.shape)}; wanted int16 "
            f"[{lengths.sum()}, {len(CHANNELS)}]"
        )
    pieces = np.split(x.astype(np.int16, copy=False), np.cumsum(lengths)[:-1])
    names = zip(arrays["code"], arrays["subj"], arrays["rep"], strict=True)
    for (code, subject, trial), piece in zip(names, pieces, strict=True):
        yield str(code), str(subject), str(trial), piece


def _published(path: Path, progress: Progress) -> Iterator[tuple[str, str, str, Counts]]:
    for done, (name, data) in enumerate(_files(path)):
        match = FILE.fullmatch(PurePosixPath(name).name)
        if match is None:
            continue
        progress("reading trials", done, TRIALS)
        yield match["code"], match["subject"], match["trial"], to_fifty_hertz(data, name)


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the trials, also out of the archive that lies in the publisher's archive."""
    for name, data in members(path, lambda n: n.endswith((".txt", ".zip"))):
        if name.endswith(".zip"):
            with zipfile.ZipFile(BytesIO(data)) as inner:
                yield from ((n, inner.read(n)) for n in sorted(inner.namelist()))
        else:
            yield name, data


def to_fifty_hertz(data: bytes, where: str) -> Counts:
    """Return int16 ``[time, 6]``, mg and 0.1 deg/s, of the text of one trial.

    Raises:
        InputError: not rows of nine numbers.
    """
    try:
        text = data.decode("ascii").replace(";", "\n")
        rows = [line.split(",") for line in text.split("\n") if line.strip()]
        raw: npt.NDArray[np.float64] = np.array(rows, np.float64)
    except ValueError as error:
        raise InputError(f"{where}: {error}; wanted rows of {COLUMNS} numbers") from None
    if raw.ndim != 2 or raw.shape[1] != COLUMNS or len(raw) < AVERAGED:
        raise InputError(f"{where}: numbers {list(raw.shape)}; wanted [time, {COLUMNS}]")
    whole = len(raw) // AVERAGED * AVERAGED
    means = raw[:whole, :6].reshape(-1, AVERAGED, 6).mean(axis=1) * STEPS
    limits = np.iinfo(np.int16)
    counts: Counts = np.clip(np.rint(means), limits.min, limits.max).astype(np.int16)
    return counts


ENTRY = Entry(
    name="sisfall",
    title="falls and daily activities, accelerometer and gyroscope at the waist; 50 Hz",
    licence="none stated",
    page="http://sistemic.udea.edu.co/en/research/projects/english-falls/",
    downloads=(),
    load=load,
    advice=(
        "Split by person, which is the group. The publisher states no open licence: use it for "
        "study, and do not pass it on."
    ),
)
