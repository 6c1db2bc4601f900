"""No damaged file gets past the error tree, hangs the reader or takes its memory."""

import os
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from importers.mutate import mutated
from tflm.models import MODELS, small_model

from milliwatt.errors import BadFile, MilliwattError
from milliwatt.importers.tflite import inspect_tflite, load_tflite

SMALL_FILES, REAL_FILES = 9500, 500
MOST_SECONDS = 10.0  # of processor time for one file; typical is a millisecond
MOST_BYTES = 64 << 20  # beyond what the import of the largest undamaged model takes


def survive(files: list[bytes], count: int, seed: int) -> dict[str, int]:
    """Import ``count`` damaged files and return how many ended in which error, '' being none."""
    rng = np.random.default_rng(seed)
    ends: dict[str, int] = {}
    for i in range(count):
        data = mutated(files[i % len(files)], files, rng)
        start, end, sentence = time.process_time(), "", None
        try:
            load_tflite(data)
        except MilliwattError as e:
            end, sentence = type(e).__name__, str(e)
        except BaseException as e:
            raise AssertionError(f"file {i} of seed {seed} escaped as {e!r}") from e
        assert sentence is None or len(sentence) > 10, f"file {i} of seed {seed}: {sentence!r}"
        assert time.process_time() - start < MOST_SECONDS, f"file {i} of seed {seed} took too long"
        ends[end] = ends.get(end, 0) + 1
    return ends


def bounded(files: list[bytes], count: int, seed: int) -> dict[str, int]:
    """As `survive`, with the peak of all allocations limited."""
    tracemalloc.start()
    try:
        ends = survive(files, count, seed)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_BYTES, f"peak of {peak} bytes"
    return ends


def test_small_models() -> None:
    ends = survive([small_model(name) for name in MODELS], SMALL_FILES, seed=1)
    # The damage must reach every stage, or the test proves little.
    assert ends["BadFile"] > SMALL_FILES // 4
    assert ends["UnsupportedOp"] + ends.get("ShapeMismatch", 0) > SMALL_FILES // 100
    assert ends[""] > SMALL_FILES // 50


def test_small_models_in_little_memory() -> None:
    bounded([small_model(name) for name in MODELS], 500, seed=2)


def test_real_models(shared: Path) -> None:
    files = [p.read_bytes() for p in sorted((shared / "models").glob("*.tflite"))]
    survive(files, REAL_FILES, seed=3)


def test_real_models_in_little_memory(shared: Path) -> None:
    bounded([(shared / "models" / "kws_ref_model.tflite").read_bytes()], 50, seed=4)


@pytest.mark.parametrize("size", [0, 1, 3, 7, 8, 16, 100, 5000])
def test_noise(size: int) -> None:
    rng = np.random.default_rng(size)
    for _ in range(20):
        noise = rng.bytes(size)
        with pytest.raises(BadFile, match="not a TensorFlow Lite model"):
            load_tflite(noise)
        with pytest.raises(BadFile):
            load_tflite(noise[:4] + b"TFL3" + noise[8:])


@pytest.mark.parametrize("name", ["conv", "stateful", "softmax"])
def test_every_truncation(name: str) -> None:
    data = small_model(name)
    for size in range(len(data) - 3):  # a last string ends in up to three zeros that nobody needs
        with pytest.raises(MilliwattError):
            load_tflite(data[:size])


def test_inspection_survives_too() -> None:
    rng = np.random.default_rng(5)
    files = [small_model(name) for name in MODELS]
    for i in range(500):
        try:
            inspect_tflite(mutated(files[i % len(files)], files, rng))
        except BadFile:
            continue


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.tflite", tmp_path):
        with pytest.raises(BadFile, match="cannot be read"):
            load_tflite(path)


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.tflite"
    with path.open("wb") as f:
        os.truncate(f.fileno(), 1 << 40)  # sparse: takes no space
    with pytest.raises(BadFile, match="may have"):
        load_tflite(path)
