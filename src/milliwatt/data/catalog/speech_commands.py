"""Speech Commands v0.02: one-second clips of spoken words, from thousands of volunteers.

Six words stay what they are; the others are ``_unknown_``, and pieces of the recorded noises
``_silence_``. A reduced archive that already has the folders ``_unknown_`` and ``_silence_`` is
taken as it is.

Source: Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", 2018,
arXiv 1804.03209. The checksum is the one that torchaudio and TensorFlow Datasets pin.
"""

import hashlib
import re
from pathlib import Path, PurePosixPath

import numpy as np

from milliwatt.data.archive import members
from milliwatt.data.catalog.entry import Entry
from milliwatt.data.dataset import Dataset
from milliwatt.data.download import Download
from milliwatt.data.progress import Progress
from milliwatt.data.recording import Recording
from milliwatt.data.sources.wav import audio_channels, wav_content
from milliwatt.errors import InputError

SAMPLE_RATE_HZ = 16000
CLIP = SAMPLE_RATE_HZ  # samples
WORDS = ("go", "left", "no", "right", "stop", "yes")
SILENCE, UNKNOWN = "_silence_", "_unknown_"
LABELS = (SILENCE, UNKNOWN, *WORDS)
NOISE = "_background_noise_"  # the publisher's folder of long recordings
NOISE_HOP = CLIP // 4  # samples between clips cut from noise
UNKNOWN_SHARE = 20  # one in so many clips of other words is kept, about as many as a word has
NOISE_BLOCK = 100  # clips of silence with neighbouring numbers, kept together
SPEAKER = re.compile(r"([0-9a-f]{8})_nohash_")
EXPECTED_CLIPS = 3000  # for the progress bar alone


def load(path: Path, progress: Progress) -> Dataset:
    """Read clips of 1 s, int16 ``[16000, 1]``; shorter ones are filled with silence at the end.

    Args:
        path: the publisher's ``.tar.gz``, a reduced archive of the same layout, a folder of
            either, or the folder that holds the downloaded archive.
        progress: told of clips.

    Raises:
        InputError: damaged, or none of the words are in it.
    """
    archive = path / ARCHIVE
    recordings: list[Recording] = []
    for name, data in members(archive if archive.is_file() else path, _is_wanted):
        recordings += _clips(name, data)
        progress("reading clips", len(recordings), max(len(recordings), EXPECTED_CLIPS))
    if not any(r.label is not None and LABELS[r.label] in WORDS for r in recordings):
        raise InputError(
            f"{path}: no clips of {', '.join(WORDS)}; wanted {ARCHIVE} or its folders of words"
        )
    return Dataset(
        "speech_commands",
        f"Speech Commands v0.02, Google, from {path.name}",
        audio_channels(1),
        float(SAMPLE_RATE_HZ),
        LABELS,
        tuple(sorted(recordings, key=lambda r: r.name)),
        ENTRY.licence,
    )


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    folder = path.parent.name
    if path.suffix != ".wav" or not folder:
        return False
    if folder in LABELS or folder == NOISE:
        return True
    digest = hashlib.sha256(f"{folder}/{path.name}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % UNKNOWN_SHARE == 0


def _clips(name: str, data: bytes) -> list[Recording]:
    path = PurePosixPath(name)
    folder, stem = path.parent.name, path.name.removesuffix(".wav").removesuffix(".wav")
    content = wav_content(data, name)
    if content.sample_rate_hz != SAMPLE_RATE_HZ or len(content.channels) != 1:
        raise InputError(
            f"{name}: {content.sample_rate_hz:g} Hz, {len(content.channels)} channels; wanted "
            f"{SAMPLE_RATE_HZ} Hz, one"
        )
    samples = content.samples
    if folder == NOISE:
        return [
            Recording(f"{SILENCE}/{stem}@{at}", samples[at : at + CLIP], 0, f"noise {stem}")
            for at in range(0, len(samples) - CLIP + 1, NOISE_HOP)
        ]
    padded = np.pad(samples[:CLIP], ((0, CLIP - min(CLIP, len(samples))), (0, 0)))
    label = folder if folder in LABELS else UNKNOWN
    own = stem if folder in LABELS else f"{folder}_{stem}"
    return [Recording(f"{label}/{own}", padded, LABELS.index(label), _group(stem))]


def _group(stem: str) -> str:
    """Return the speaker, or for silence a block of numbers, as its origin is not stated."""
    speaker = SPEAKER.search(stem)
    if speaker:
        return speaker[1]
    return f"noise {int(stem) // NOISE_BLOCK}" if stem.isdigit() else f"noise {stem}"


ARCHIVE = "speech_commands_v0.02.tar.gz"
ENTRY = Entry(
    name="speech_commands",
    title="spoken words: yes no stop go left right, other words, silence; 16 kHz",
    licence="CC BY 4.0",
    page="https://arxiv.org/abs/1804.03209",
    downloads=(
        Download(
            f"http://download.tensorflow.org/data/{ARCHIVE}",
            ARCHIVE,
            "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
        ),
    ),
    load=load,
    advice="Split by speaker, which is the group. The download is 2.4 GB.",
)
