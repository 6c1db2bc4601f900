"""The commands as a user types them: what they print, write and return, and what they refuse."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from tflm.models import small_model

import milliwatt
from milliwatt.cli import COMMANDS, main
from milliwatt.kernels import KERNELS
from milliwatt.ops import OPS
from milliwatt.project.samples import sample_inputs
from milliwatt.run.reference import Reference
from milliwatt.targets import BOARDS

BOARD = "rp2040"


@dataclass
class Said:
    """What a command returned and printed."""

    status: int
    out: str
    err: str


@pytest.fixture
def mw(monkeypatch, capsys, tmp_path):
    """Return ``mw(*words)``: run the command line in an empty folder that holds some models."""
    for name in ("conv", "stateful", "dequantize"):
        (tmp_path / f"{name}.tflite").write_bytes(small_model(name, seed=3))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["milliwatt", *map(str, words)])
        capsys.readouterr()
        try:
            main()
            status = 0
        except SystemExit as e:
            status = e.code or 0
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return command


MODELS = ["conv.tflite", "dequantize.tflite", "stateful.tflite"]


def test_compile(mw, tmp_path):
    said = mw("compile", "conv.tflite", "--board", BOARD, "--out", "out", "--json", "r.json")
    assert said.status == 0, said.err
    assert "C library: out" in said.out
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["schema"], report["model"], report["board"]) == (1, "conv", BOARD)
    assert f"{report['instructions']:,}" in said.out
    assert "mw_conv.h" in os.listdir(tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert sorted(manifest["files"]) == sorted(os.listdir(tmp_path / "out"))


def test_compile_names_its_folder_itself(mw, tmp_path):
    assert mw("compile", "conv.tflite", "-b", BOARD).status == 0
    assert sorted(os.listdir(tmp_path)) == sorted([*MODELS, f"conv-{BOARD}"])
    again = mw("compile", "conv.tflite", "-b", BOARD)
    assert again.status == 0, "it knows its own folder"


def test_compile_tuned(mw, tmp_path):
    words = ("compile", "conv.tflite", "-b", BOARD, "--tune")
    first = mw(*words, "--tune-cache", "tuning.json", "--out", "a")
    assert first.status == 0, first.err
    content = (tmp_path / "tuning.json").read_text()
    assert "nn.conv2d s8[1, 7, 6, 3]" in content
    assert mw(*words, "--tune-cache", "tuning.json", "--out", "b").status == 0
    assert (tmp_path / "tuning.json").read_text() == content
    manifests = [(tmp_path / out / "manifest.json").read_text() for out in "ab"]
    assert manifests[0] == manifests[1]


def test_a_tuning_cache_without_tuning(mw, tmp_path):
    said = mw("compile", "conv.tflite", "-b", BOARD, "--tune-cache", "tuning.json")
    assert said.status == 1
    assert "--tune-cache tuning.json keeps what --tune measures; add --tune" in said.err
    assert sorted(os.listdir(tmp_path)) == MODELS


def test_compile_into_a_folder_of_others(mw, tmp_path):
    said = mw("compile", "conv.tflite", "-b", BOARD, "--out", ".", "--json", "r.json")
    assert said.status == 1
    assert "which milliwatt did not write; choose a new or empty folder" in said.err
    assert sorted(os.listdir(tmp_path)) == MODELS


@pytest.mark.parametrize(
    ("board", "message"),
    [("stm32f104", "did you mean 'stm32f103'?"), ("toaster", "no board 'toaster'; there are: ")],
)
def test_unknown_boards(board, message, mw, tmp_path):
    for words in (["compile"], ["verify"]):
        said = mw(*words, "conv.tflite", "--board", board)
        assert said.status == 1
        assert message in said.err
        assert "Traceback" not in said.err
    assert sorted(os.listdir(tmp_path)) == MODELS


def test_run(mw, tmp_path):
    graph = milliwatt.load(tmp_path / "conv.tflite").graph
    inputs = np.stack([s[0] for s in sample_inputs(graph, 9, 1)])
    wanted = np.stack([Reference(graph).run((x,))[0][0] for x in inputs])
    for given in (inputs, inputs[:, 0]):
        np.save(tmp_path / "in.npy", given)
        said = mw("run", "conv.tflite", "--board", BOARD, "--input", "in.npy",
                  "--output", "out.npy", "--json", "r.json")  # fmt: skip
        assert said.status == 0, said.err
        got = np.load(tmp_path / "out.npy")
        assert got.dtype == np.int8
        np.testing.assert_array_equal(got, wanted)
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["bit_exact"] == {
        "reference": True, "host": None, "target": True, "tflm": None, "samples": 9,
    }  # fmt: skip
    assert f"{report['instructions']:,} instructions each" in said.out


def test_run_takes_floats(mw, tmp_path):
    graph = milliwatt.load(tmp_path / "conv.tflite").graph
    (x,) = graph.inputs
    stored = np.stack([s[0] for s in sample_inputs(graph, 5, 1)])
    np.save(tmp_path / "in.npy", (stored.astype(np.float32) - x.type.zero_point) * x.type.scale)
    assert mw("run", "conv.tflite", "-b", "host", "-i", "in.npy", "-o", "out.npy").status == 0
    wanted = np.stack([Reference(graph).run((s,))[0][0] for s in stored])
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), wanted)


def test_run_gives_the_models_own_type(mw, tmp_path):
    graph = milliwatt.load(tmp_path / "dequantize.tflite").graph
    np.save(tmp_path / "in.npy", np.stack([s[0] for s in sample_inputs(graph, 3, 1)]))
    assert mw("run", "dequantize.tflite", "-b", BOARD, "-i", "in.npy", "-o", "out.npy").status == 0
    assert np.load(tmp_path / "out.npy").dtype == np.float32


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.zeros((2, 7, 6, 4), np.int8), "found shape [2, 7, 6, 4], wanted [N, 7, 6, 3]"),
        (np.zeros((2, 7, 6, 3), np.uint8), "found uint8, wanted int8"),
        (np.full((2, 7, 6, 3), np.nan), "found NaN or infinity"),
        (b"hello", "in.npy: wanted a .npy file of numbers"),
        (b"", "in.npy: wanted a .npy file of numbers"),
        (None, "in.npy: wanted a .npy file of numbers"),
        ("npz", "found an archive (.npz)"),
        ("pickle", "in.npy: wanted a .npy file of numbers"),
    ],
    ids=["shape", "type", "nan", "noise", "empty", "absent", "npz", "pickle"],
)
def test_wrong_inputs(content, message, mw, tmp_path):
    path = tmp_path / "in.npy"
    if isinstance(content, np.ndarray):
        np.save(path, content)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "npz":
        with path.open("wb") as file:
            np.savez(file, a=np.zeros(3))
    elif content == "pickle":
        np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    said = mw(
        "run", "conv.tflite", "-b", BOARD, "-i", "in.npy", "-o", "out.npy", "--json", "r.json"
    )
    assert said.status == 1
    assert message in said.err
    assert "Traceback" not in said.err
    assert not {"out.npy", "r.json"} & set(os.listdir(tmp_path))


def test_verify(mw, tmp_path):
    said = mw("verify", "stateful.tflite", "--board", BOARD, "--samples", 12, "--seed", 5,
              "--json", "r.json")  # fmt: skip
    assert said.status == 0, said.err
    assert (
        "bit-exact on 12 inputs (seed 5): reference = host C = machine code on rp2040" in said.out
    )
    exact = json.loads((tmp_path / "r.json").read_text())["bit_exact"]
    assert exact == {"reference": True, "host": True, "target": True, "tflm": None, "samples": 12}


def test_verify_against_tflm(mw):
    said = mw("verify", "conv.tflite", "--board", BOARD, "--samples", 6, "--against", "tflm")
    if "pip install" in said.err:
        assert said.status == 1
        pytest.skip("tflite-micro is not installed; the message says how to")
    assert said.status == 0, said.err
    assert "= TensorFlow Lite Micro, every operator" in said.out


def test_verify_finds_a_difference(mw, monkeypatch, tmp_path):
    """The first layer that differs is named, with values."""
    true = Reference.trace
    monkeypatch.setattr(
        Reference, "trace", lambda self, x: {k: v ^ 1 for k, v in true(self, x).items()}
    )
    said = mw("verify", "conv.tflite", "--board", BOARD, "--json", "r.json")
    assert said.status == 1
    assert "error (Divergence): sample 0: layer 'y' (nn.conv2d, s8[1, 7, 6, 5])" in said.err
    assert "first at [0, 0, 0, 0]: wanted" in said.err
    assert "r.json" not in os.listdir(tmp_path)


def test_inspect(mw):
    said = mw("inspect", "conv.tflite")
    assert said.status == 0
    assert "CONV_2D" in said.out
    assert "1 operators" in said.out
    assert "0 refused" in said.out


def test_boards_ops_and_version(mw):
    boards = mw("boards").out
    assert all(name in boards for name in BOARDS)
    ops = mw("ops").out
    assert all(op.name in ops for op in OPS)
    assert all(k.symbol(k.variants[-1]) in ops for k in KERNELS)
    assert "CONV_2D" in ops
    assert mw("--version").out.strip() == f"milliwatt {milliwatt.__version__}"


@pytest.mark.parametrize(
    "words", [("compile", "gone.tflite", "-b", BOARD), ("inspect", "gone.tflite")]
)
def test_a_file_that_is_not_there(words, mw):
    said = mw(*words)
    assert said.status == 1
    assert "gone.tflite" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("command", ["compile", "verify", "inspect", "run"])
def test_a_damaged_file(command, mw, tmp_path):
    whole = (tmp_path / "conv.tflite").read_bytes()
    (tmp_path / "conv.tflite").write_bytes(whole[: len(whole) // 2])
    np.save(tmp_path / "in.npy", np.zeros((1, 7, 6, 3), np.int8))
    words = [] if command == "inspect" else ["--board", BOARD]
    words += ["-i", "in.npy", "-o", "out.npy"] if command == "run" else []
    said = mw(command, "conv.tflite", *words)
    assert said.status == 1
    assert "error (BadFile)" in said.err
    assert sorted(os.listdir(tmp_path)) == sorted([*MODELS, "in.npy"])


def test_a_model_that_does_not_fit(mw, shared, tmp_path):
    said = mw(
        "compile", shared / "models" / "ad01_int8.tflite", "-b", "stm32f103", "--json", "r.json"
    )
    assert said.status == 1
    assert "error (DoesNotFit)" in said.err
    assert "layers with the largest weights" in said.err
    assert sorted(os.listdir(tmp_path)) == MODELS


def test_wrong_words(mw):
    for words in ((), ("frobnicate",), ("compile",), ("compile", "conv.tflite"),
                  ("verify", "conv.tflite", "-b", BOARD, "--samples", "0"),
                  ("verify", "conv.tflite", "-b", BOARD, "--against", "gut feeling")):  # fmt: skip
        said = mw(*words)
        assert said.status == 2
        assert "Traceback" not in said.err + said.out


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(command, mw):
    said = mw(command, "--help")
    assert said.status == 0
    assert "Usage" in said.out


def test_as_a_module(tmp_path):
    command = [sys.executable, "-m", "milliwatt", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout) == (0, f"milliwatt {milliwatt.__version__}\n")
