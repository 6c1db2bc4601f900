"""Measure how far features are from their formulas and what they cost.

``python docs/features.py`` writes the two tables of ``docs/features.md``. It wants
``speech_commands.zip`` and ``sisfall_50hz.npz`` in the folder ``data`` of that which
MILLIWATT_SHARED names, or of ``shared`` beside the checkout; and SciPy, librosa and soundfile for
the truth.
"""

import io
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import librosa
import numpy as np
import numpy.typing as npt
import scipy
import soundfile

from milliwatt.emit import make_library
from milliwatt.ir import TensorType
from milliwatt.learn.front_end import Counts, FrontEnd, counts_type, run
from milliwatt.learn.front_ends import FRONT_ENDS
from milliwatt.learn.front_ends.mfcc import cosines
from milliwatt.ops.dsp.biquad import Biquad
from milliwatt.ops.dsp.fir import Fir
from milliwatt.plan import make_push_plan
from milliwatt.run.counting import Counter
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.targets import load_board

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "features.md"
DATA = Path(os.environ.get("MILLIWATT_SHARED", ROOT.parent / "shared")) / "data"
RATE, HOP, FRAME, BANDS, COEFFICIENTS = 16000, 320, 480, 40, 13
MOTION_RATE, MOTION_SAMPLES = 50.0, 200
BOARDS = ("nrf52840", "rp2040", "esp32c3")
Floats = npt.NDArray[np.float64]


def main() -> None:
    """Write both tables."""
    sound, moving = clips(), motion()
    replace("distances", [*sound_distances(sound), *motion_distances(moving)])
    replace("costs", list(costs(sound, moving)))


def clips() -> Counts:
    """Return every eighth clip, int16 ``[N, 16000, 1]``; those shorter than a second left out."""
    with zipfile.ZipFile(DATA / "speech_commands.zip") as archive:
        names = sorted(n for n in archive.namelist() if n.endswith(".wav"))[::8]
        sounds = [soundfile.read(io.BytesIO(archive.read(n)), dtype="int16")[0] for n in names]
    return np.stack([s[:RATE] for s in sounds if len(s) >= RATE])[:, :, None]


def motion() -> Counts:
    """Return four-second windows of all recordings, int16 ``[N, 200, 6]``."""
    counts = np.load(DATA / "sisfall_50hz.npz")["x"]
    whole = len(counts) // MOTION_SAMPLES * MOTION_SAMPLES
    return counts[:whole].reshape(-1, MOTION_SAMPLES, counts.shape[1])[::11]


def after(front: FrontEnd, name: str, counts: Counts) -> Floats:
    """Return what the operator ``name`` of a front end gives, in steps."""
    names = [n for n, _ in front.ops]
    ops = front.ops[: names.index(name) + 1]
    rows = counts.reshape(len(counts), *front.input.shape[1:])
    return run(front.input, ops, rows, front.joins).astype(np.float64)


def row(what: str, unit: str, found: Floats, exact: Floats) -> str:
    """Return a line of the table of distances."""
    error = (found - exact).reshape(-1)
    spread = float(exact.std())
    rms, most = float(np.sqrt((error**2).mean())), float(np.abs(error).max())
    return f"| {what} | {unit} | {spread:.3g} | {rms:.2g} | {most:.2g} | {error.size:,} |"


def sound_distances(counts: Counts) -> Iterator[str]:
    """Yield lines for the features of sound."""
    mel = FRONT_ENDS["mel_spectrogram"](counts, sample_rate_hz=RATE, bands=BANDS)
    mfcc = FRONT_ENDS["mfcc"](counts, sample_rate_hz=RATE, bands=BANDS, coefficients=COEFFICIENTS)
    frames = np.lib.stride_tricks.sliding_window_view(counts[:, :, 0], FRAME, axis=1)[:, ::HOP]
    power = np.abs(np.fft.rfft(frames * scipy.signal.get_window("hann", FRAME), 512)) ** 2
    found = np.sqrt(after(mel, "spectrum", counts))
    yield row("magnitude of a frequency, 512 points", "counts", found, np.sqrt(power))
    filters = librosa.filters.mel(
        sr=RATE, n_fft=512, n_mels=BANDS, fmin=20, fmax=RATE / 2, htk=True, norm=None
    )
    floor = dict(mel.ops)["log"].floor / 2.0**15  # type: ignore[attr-defined]
    exact = np.log2(np.maximum(power @ filters.T, floor))
    found = after(mel, "log", counts) / 512 - 15
    yield row("log-mel energy", "octaves of power", found, exact)
    loud = exact > np.log2(floor) + 10
    yield row("… 30 dB above the floor", "octaves of power", found[loud], exact[loud])
    transform = dict(mfcc.ops)["cosines"]
    scale = transform.scale  # type: ignore[attr-defined]
    found = after(mfcc, "cosines", counts) * scale
    exact = (exact + 15) @ cosines(COEFFICIENTS, BANDS).T
    yield row("MFCC", "octaves of power", found, exact)


def motion_distances(counts: Counts) -> Iterator[str]:
    """Yield lines for the features of vibration and motion."""
    front = FRONT_ENDS["spectral"](counts, sample_rate_hz=MOTION_RATE)
    starts = (0, 50, 100)
    frames = np.stack([counts[:, s : s + 100] for s in starts], axis=1).astype(np.float64)
    moments = after(front, "moments", counts).reshape(*frames.shape[:2], 3, -1) / 512
    rms = frames.std(axis=2)
    yield row("RMS", "octaves", moments[:, :, 0], np.log2(np.maximum(rms, 0.25)))
    moving = rms > 10
    skewness, kurtosis = (np.nan_to_num(f(frames, axis=2)) for f in (scipy.stats.skew, _kurtosis))
    yield row("skewness, RMS above 10", "", moments[:, :, 1][moving], skewness[moving])
    logarithms = np.log2(np.maximum(kurtosis[moving], 1.0))
    yield row("kurtosis, RMS above 10", "octaves", moments[:, :, 2][moving], logarithms)
    hann = scipy.signal.get_window("hann", 100)[:, None]
    power = np.abs(np.fft.rfft(frames * hann, 128, axis=2)) ** 2
    bands = dict(front.ops)["bands"].bands  # type: ignore[attr-defined]
    steps = 4.0 ** dict(front.ops)["spectrum"].transform.fraction_bits  # type: ignore[attr-defined]
    floor = dict(front.ops)["octaves"].floor / 2.0**15 / steps  # type: ignore[attr-defined]
    sums = np.stack([power[:, :, b.first : b.end].sum(axis=2) for b in bands], axis=-1)
    exact = np.log2(np.maximum(sums, floor)).reshape(*frames.shape[:2], -1)
    found = after(front, "octaves", counts) / 512 - 15 - np.log2(steps)
    yield row("band power", "octaves of power", found, exact)
    yield from filter_distances(counts)


def _kurtosis(frames: Floats, axis: int) -> Floats:
    return np.asarray(scipy.stats.kurtosis(frames, axis=axis, fisher=False))


def filter_distances(counts: Counts) -> Iterator[str]:
    """Yield lines for filters."""
    type_ = counts_type((1, *counts.shape[1:]))
    sections = scipy.signal.butter(4, 0.5, "highpass", fs=MOTION_RATE, output="sos")
    exact = scipy.signal.sosfilt(sections, counts, axis=1).clip(-32768, 32767)
    found = run(type_, (("iir", Biquad.of(sections)),), counts).astype(np.float64)
    yield row("IIR, Butterworth of order 4, 0.5 Hz", "counts", found, exact)
    taps = scipy.signal.firwin(25, 5.0, fs=MOTION_RATE)
    whole = tuple(int(t) for t in np.rint(taps * 2.0**15))
    found = run(type_, (("fir", Fir(whole, 15)),), counts).astype(np.float64)
    exact = scipy.ndimage.convolve1d(counts.astype(np.float64), taps, axis=1)[:, 12:-12]
    yield row("FIR, 25 taps, 5 Hz", "counts", found, exact.clip(-32768, 32767))


def costs(sound: Counts, moving: Counts) -> Iterator[str]:
    """Yield a line for each front end and board: one frame, from rows pushed into it."""
    for name in ("mel_spectrogram", "mfcc"):
        front = FRONT_ENDS[name](sound, sample_rate_hz=RATE)
        for board in BOARDS:
            yield cost(name, board, front, counts_type((1, 2, HOP)), sound[0], RATE / HOP)
    front = FRONT_ENDS["spectral"](moving, sample_rate_hz=MOTION_RATE)
    one_frame = counts_type((1, 100, moving.shape[2]))
    for board in BOARDS:
        yield cost("spectral", board, front, one_frame, np.concatenate(moving[:2]), 1.0)


def cost(
    name: str, board: str, front: FrontEnd, input_: TensorType, signal: Counts, frames_hz: float
) -> str:
    """Return a line of the table of costs: what a frame takes once the first has passed.

    ``input_`` is that of a graph that gives one frame, ``signal`` int16 ``[time, channel]`` and at
    least two frames long; of frames there are ``frames_hz`` a second.
    """
    graph = FrontEnd(input_, front.ops, front.samples_per_row, front.joins).graph(name)
    target = load_board(board)
    plan = make_push_plan(graph, target.cpu)
    library = make_library(plan, target, name, name)
    with tempfile.TemporaryDirectory() as folder:
        runner = EmulatedRunner(plan, library, target, Path(folder))
        rows = signal.reshape(-1, input_.row_size)
        assert plan.push is not None  # noqa: S101  (it was asked for)
        begin = plan.push.first_result_rows + plan.push.rows_per_result
        for row_ in rows[: begin - plan.push.rows_per_result]:
            runner.push(row_)
        layers, total = [0] * len(plan.calls), 0
        for row_ in rows[begin - plan.push.rows_per_result : begin]:
            counter = Counter(runner.image, library.model.layers)
            runner._counter = counter  # noqa: SLF001  (as count_push does, but layer by layer)
            runner.push(row_)
            runner._counter = None  # noqa: SLF001
            found = [counter.of(layer).instructions for layer in library.model.layers]
            layers = [a + b for a, b in zip(layers, found, strict=True)]
            total += counter.instructions
        flash = runner.flash_bytes()
    each = ", ".join(f"{c.node.name} {n:,}" for c, n in zip(plan.calls, layers, strict=True))
    ram = plan.state_bytes + plan.arena_bytes
    return (
        f"| `{name}` | `{board}` | {each} | {total:,} | {total * frames_hz / 1e6:.2f} M | "
        f"{flash.code:,} + {flash.weights:,} | {ram:,} |"
    )


def replace(name: str, lines: list[str]) -> None:
    """Put a table's lines between its marks in the page."""
    text = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    head, rest = text.split(begin)
    table, tail = rest.split(end)
    header = table.splitlines()[:2]
    body = "\n".join([*header, *lines])
    PAGE.write_text(f"{head}{begin}{body}\n{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
