"""compile, verify and run from Python: figures, proofs, refusals."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import milliwatt
from milliwatt.errors import BadFile, Divergence, DoesNotFit, InputError, NotAvailable
from milliwatt.ir import Builder, DType, Quant, TensorType
from milliwatt.ops.nn.add import Add
from milliwatt.project import Model, build, run
from milliwatt.project.infer import prepare, quantize
from milliwatt.project.prove import prove
from milliwatt.project.samples import sample_inputs
from milliwatt.run.reference import Reference
from milliwatt.run.runner import Runner
from milliwatt.targets import BOARDS, Support, load_board

KEYS = (
    "schema model board cpu optimize macs versions cycle_model instructions cycles_estimated "
    "latency_ms_estimated energy_uj_estimated push flash_bytes ram_bytes bit_exact layers targets"
)
NESTED = {
    "versions": "milliwatt compiler",
    "flash_bytes": "code weights total",
    "ram_bytes": "arena state stack total",
    "bit_exact": "reference host target tflm samples",
}
LAYER = "name op kernel macs instructions cycles_estimated weights_bytes"


@pytest.mark.parametrize("board", BOARDS)
def test_the_report_is_of_schema_1(board, conv):
    result = milliwatt.compile(conv, board, samples=5)
    report = json.loads(json.dumps(result.to_json()))
    assert " ".join(report) == KEYS
    assert {k: " ".join(report[k]) for k in NESTED} == NESTED
    assert all(" ".join(layer) == LAYER for layer in report["layers"])
    assert (report["schema"], report["model"], report["board"]) == (1, "conv", board)
    assert report["optimize"] in ("ram", "speed", "size")
    assert set(report["targets"]) == set(BOARDS)
    assert report["targets"][board] == load_board(board).support.value
    exact = {"reference": True, "host": True, "target": True, "tflm": None, "samples": 5}
    emulated = load_board(board).support is Support.EMULATED
    assert report["bit_exact"] == (exact if emulated else {**exact, "target": None})
    check_figures(report, emulated=emulated)


def check_figures(report, *, emulated):
    """Sums add up, and what was not measured is null."""
    assert report["macs"] == sum(layer["macs"] for layer in report["layers"]) > 0
    flash, ram = report["flash_bytes"], report["ram_bytes"]
    figures = [report["instructions"], *flash.values(), ram["stack"]]
    figures += [layer["instructions"] for layer in report["layers"]]
    if not emulated:
        assert set(figures) == {None}
        assert ram["total"] is None
        return
    assert all(isinstance(f, int) and f > 0 for f in figures)
    assert flash["total"] == flash["code"] + flash["weights"]
    assert ram["total"] == ram["arena"] + ram["state"] + ram["stack"]
    assert flash["weights"] >= sum(layer["weights_bytes"] for layer in report["layers"])
    by_layer = sum(layer["instructions"] for layer in report["layers"])
    assert 0 < report["instructions"] - by_layer < 1000, "the rest is the function that calls them"
    has_cycles = report["cycle_model"] is not None
    assert (report["cycles_estimated"] is not None) == has_cycles
    assert (report["latency_ms_estimated"] is not None) == has_cycles
    if has_cycles:
        assert report["cycles_estimated"] >= report["instructions"]
    if report["energy_uj_estimated"] is not None:
        assert load_board(report["board"]).current is not None


def test_figures_are_the_same_every_time(conv):
    first, second = (milliwatt.compile(conv, "nrf52840", samples=4).to_json() for _ in range(2))
    assert first == second


def test_the_same_model_gives_the_same_files(conv, tmp_path):
    for name in ("a", "b"):
        milliwatt.compile(conv, "rp2040", out=tmp_path / name, samples=4)
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("a", "b"))
    assert first == second
    assert {"mw_conv.h", "mw_conv.c", "main.c", "CMakeLists.txt", "manifest.json"} <= set(first)


def test_arena_macros_are_those_of_the_report(conv, tmp_path):
    result = milliwatt.compile(conv, "rp2040", out=tmp_path / "out", samples=4)
    header = (tmp_path / "out" / "mw_conv.h").read_text()
    macros = dict(re.findall(r"#define (MW_\w+) (\d+)", header))
    assert int(macros["MW_CONV_ARENA_BYTES"]) == result.ram.arena
    assert int(macros["MW_CONV_STATE_BYTES"]) == result.ram.state == 0


def test_verify_counts_its_samples(stateful):
    result = milliwatt.verify(stateful, "esp32c3", samples=20, seed=4)
    assert result.bit_exact.samples == 20
    assert result.bit_exact.tflm is None
    assert result.ram.state > 0


def test_verify_against_tflm(conv, stateful):
    for model in (conv, stateful):
        try:
            result = milliwatt.verify(model, "rp2040", samples=10, against_tflm=True)
        except NotAvailable as e:
            pytest.skip(str(e))
        assert result.bit_exact.tflm is True


def test_tflm_needs_the_file(dense):
    with pytest.raises(InputError, match=r"did not come from a \.tflite file; TFLM cannot run it"):
        milliwatt.verify(dense(4, 3), "host", against_tflm=True)


@pytest.mark.parametrize("samples", [0, -1])
def test_no_samples_prove_nothing(samples, conv):
    with pytest.raises(InputError, match="prove nothing"):
        milliwatt.verify(conv, "host", samples=samples)


def test_too_much_ram(dense, tmp_path):
    """30,000 inputs are more than the smallest board's 20 KiB, in whatever order they are read."""
    with pytest.raises(DoesNotFit) as caught:
        milliwatt.compile(dense(30_000, 2), "stm32f103", out=tmp_path / "out")
    message = str(caught.value)
    figures = r"needs (\d+) bytes of RAM .*has (\d+), which is (\d+) too few"
    needed, available, missing = map(int, re.search(figures, message).groups())
    assert available == 20_480
    assert needed >= 30_002
    assert missing == needed - available
    assert "most is needed at layer 'big layer': x 30000 bytes" in message
    assert os.listdir(tmp_path) == []


def test_too_much_flash(dense, tmp_path):
    with pytest.raises(DoesNotFit) as caught:
        milliwatt.compile(dense(400, 400), "stm32f103", out=tmp_path / "out")
    message = str(caught.value)
    over = int(re.search(r"exceed the 131072 bytes of flash by (\d+) bytes", message)[1])
    assert 400 * 400 - 131_072 < over < 400 * 400 - 131_072 + 16_384, "weights, biases and code"
    assert re.search(r"layers with the largest weights: big layer 1\d{5} bytes", message)
    assert os.listdir(tmp_path) == []


def test_just_too_little_for_a_stack(dense):
    """Room for the arena alone is not enough: there is no stack left."""
    small = load_board("stm32f103")
    compiled = build(dense(64, 8), "rp2040")
    size = -(-compiled.plan.arena_bytes // 8) * 8
    board = replace(small, ram=replace(small.ram, size=size))
    with pytest.raises(DoesNotFit, match=r"at least \d+ of stack, which is \d+ more than"):
        build(dense(64, 8), board)


def test_a_reference_model_that_is_too_large(shared, tmp_path):
    model = milliwatt.load(shared / "models" / "ad01_int8.tflite")
    with pytest.raises(
        DoesNotFit, match=r"(?s)flash by \d{6} bytes.*largest weights: \S+.* \d+ bytes"
    ):
        milliwatt.compile(model, "stm32f103", out=tmp_path / "out")
    assert os.listdir(tmp_path) == []


def test_an_unknown_board_and_the_nearest(conv):
    with pytest.raises(
        InputError, match=r"no board 'nrf5284'; there are: .*did you mean 'nrf52840'\?"
    ):
        milliwatt.compile(conv, "nrf5284")


@pytest.mark.parametrize(
    ("name", "content", "error", "match"),
    [
        ("m.onnx", b"x", InputError, r"wanted a \.tflite or \.pt2 file, found \.onnx"),
        ("m", b"x", InputError, "found no suffix"),
        ("m.tflite", b"", BadFile, r"m\.tflite|file"),
        ("m.tflite", b"hello, I am not a model at all", BadFile, "."),
    ],
)
def test_files_that_are_no_models(name, content, error, match, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=match):
        milliwatt.load(tmp_path / name)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"gone\.tflite: cannot be read: No such file"):
        milliwatt.load(tmp_path / "gone.tflite")
    (tmp_path / "folder.tflite").mkdir()
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        milliwatt.load(tmp_path / "folder.tflite")


def test_a_wrong_answer_leaves_nothing(conv, tmp_path, monkeypatch):
    def lie(self, inputs):
        results = dict(true(self, inputs))
        name = next(iter(results))
        results[name] = results[name] ^ 1
        return results

    true = Reference.trace
    monkeypatch.setattr(Reference, "trace", lie)
    with pytest.raises(
        Divergence, match=r"sample 0: layer .* differs from the reference: \d+ of \d+"
    ):
        milliwatt.compile(conv, "rp2040", out=tmp_path / "out")
    assert "out" not in os.listdir(tmp_path)


def test_an_output_that_differs_although_layers_agree(conv):
    """What a user calls is compared too, not its parts alone."""
    compiled = build(conv, "host")

    class Liar:
        trace, reset = compiled.host.trace, compiled.host.reset

        def run(self, inputs):
            return tuple(y ^ 1 for y in compiled.host.run(inputs))

    liar: Runner = Liar()
    with pytest.raises(Divergence, match="although every layer by itself agrees"):
        prove(conv.graph, {"liar": liar}, sample_inputs(conv.graph, 3, 0))


@pytest.mark.parametrize("board", ["host", "nrf52840", "rp2040", "esp32c3"])
def test_run_gives_what_the_reference_gives(board, conv):
    (x,), reference = conv.graph.inputs, Reference(conv.graph)
    inputs = np.random.default_rng(1).integers(-128, 128, (7, *x.type.shape)).astype(np.int8)
    outputs = run(conv, board, inputs)
    wanted = np.stack([reference.run((sample,))[0] for sample in inputs])[:, 0]
    np.testing.assert_array_equal(outputs, wanted)
    assert outputs.dtype == np.int8
    without_batch = run(conv, board, inputs[:, 0])
    np.testing.assert_array_equal(without_batch, outputs)


def test_run_keeps_state_from_input_to_input(stateful):
    (x,), reference = stateful.graph.inputs, Reference(stateful.graph)
    inputs = np.repeat(sample_inputs(stateful.graph, 4, 0)[3][0][None], 6, axis=0)
    outputs = run(stateful, "rp2040", inputs)
    wanted = np.stack([reference.run((sample,))[0] for sample in inputs]).reshape(outputs.shape)
    np.testing.assert_array_equal(outputs, wanted)
    assert len({o.tobytes() for o in outputs}) > 1, "the same input, not the same output"
    assert inputs.shape[1:] == x.type.shape


def test_run_on_nothing(conv):
    (x,), (y,) = conv.graph.inputs, conv.graph.outputs
    outputs = run(conv, "host", np.zeros((0, *x.type.shape), np.int8))
    assert outputs.shape == (0, *y.type.shape[1:])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_are_quantised(dtype, conv):
    (x,) = conv.graph.inputs
    stored = np.random.default_rng(2).integers(-100, 100, (3, *x.type.shape)).astype(np.int8)
    real = ((stored.astype(np.float64) - x.type.zero_point) * x.type.scale).astype(dtype)
    np.testing.assert_array_equal(prepare(conv.graph, real), stored)


def test_quantising_by_hand():
    t = TensorType((7,), DType.S8, Quant((0.5,), 10))
    values = np.array([0.0, 0.25, -0.25, 0.2, 100.0, -100.0, 1e30])
    assert quantize(values, t).tolist() == [10, 11, 9, 10, 127, -128, 127]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_cannot_be_quantised(bad, conv):
    (x,) = conv.graph.inputs
    inputs = np.zeros((2, *x.type.shape), np.float32)
    inputs[1].flat[3] = bad
    with pytest.raises(InputError, match="found NaN or infinity, wanted finite numbers"):
        run(conv, "host", inputs)


@pytest.mark.parametrize(
    "shape", [(), (7,), (2, 7, 6), (1, 7, 6, 4), (2, 1, 1, 7, 6, 3), (7, 6, 3)]
)
def test_inputs_of_another_shape(shape, conv):
    refusal = f"found shape {list(shape)}, wanted [N, 7, 6, 3]"
    with pytest.raises(InputError, match=re.escape(refusal)):
        run(conv, "host", np.zeros(shape, np.int8))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, bool, complex, "U3"])
def test_inputs_of_another_type(dtype, conv):
    (x,) = conv.graph.inputs
    with pytest.raises(
        InputError, match=rf"found {np.dtype(dtype)}, wanted int8 as the model stores it"
    ):
        run(conv, "host", np.zeros((1, *x.type.shape), dtype))


def test_models_of_several_inputs():
    b = Builder("two")
    t = TensorType((1, 4), DType.S8, Quant((0.5,)))
    graph = b.build(b.node("y", Add(Quant((0.5,))), b.input("a", t), b.input("b", t)))
    with pytest.raises(
        InputError, match="two has 2 inputs and 1 outputs; run takes models with one"
    ):
        run(Model("two", graph), "host", np.zeros((1, 4), np.int8))


@pytest.mark.parametrize("first", ["", "import milliwatt.run.reference, milliwatt.plan; "])
def test_the_verbs_are_functions_whatever_was_imported_before(first, model_file):
    """A room of the package is called ``run`` as well; it must not take the verb's place."""
    program = first + (
        "import sys, numpy, milliwatt; model = milliwatt.load(sys.argv[1]); "
        "print(milliwatt.run(model, 'host', numpy.zeros((2, 7, 6, 3), numpy.int8)).shape)"
    )
    command = [sys.executable, "-c", program, str(model_file("conv"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "(2, 7, 6, 5)\n"), done.stderr


def test_nothing_is_left_in_the_working_directory(conv, tmp_path, monkeypatch):
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    (x,) = conv.graph.inputs
    milliwatt.compile(conv, "rp2040", samples=3)
    milliwatt.verify(conv, "rp2040", samples=3)
    run(conv, "rp2040", np.zeros((1, *x.type.shape), np.int8))
    assert os.listdir(empty) == []
    assert Path.cwd() == empty
