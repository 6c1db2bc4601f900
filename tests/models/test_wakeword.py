"""The four streaming models of pymicro-wakeword: 200 frames in a row, state kept, to the bit."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import milliwatt
from milliwatt.errors import NotAvailable, UnsupportedOp
from milliwatt.importers.tflite import cut, cuttable, load_tflite, read
from milliwatt.ir import Kind
from milliwatt.ops.dsp.micro_filterbank import MicroFilterbank
from milliwatt.project import build
from milliwatt.project.prove import check_layers, same_bits
from milliwatt.run.reference import Reference
from milliwatt.run.tflm import Tflm

FRAMES = 200
BOARDS = ("nrf52840", "rp2040", "esp32c3")
NAMES = ("alexa", "hey_jarvis", "hey_mycroft", "okay_nabu")
DISTINCT_VALUES = 32  # as for other models; the sigmoid at the end answers 0 or 255 to most frames
SATURATES = ("LOGISTIC", "QUANTIZE")

EACH = [pytest.param(n, id=n, marks=pytest.mark.xdist_group(n)) for n in NAMES]
PAIRS = [
    pytest.param(n, b, id=f"{n}-{b}", marks=pytest.mark.xdist_group(n))
    for n in NAMES
    for b in BOARDS
]


@pytest.fixture(scope="session")
def folder() -> Path:
    """The folder of the package's models."""
    spec = find_spec("pymicro_wakeword")
    if spec is None or spec.origin is None:
        pytest.skip("no streaming models: pip install 'milliwatt[wakeword]'")
    return Path(spec.origin).parent / "models"


@pytest.fixture(scope="session")
def frames(smooth):
    """Return ``frames(graph)``: noise, then sound-like frames, then the edges, in one stream."""

    def stream(graph):
        (x,) = graph.inputs
        rng = np.random.default_rng(7)
        low, high = x.type.dtype.limits
        made = [
            rng.integers(low, high + 1, x.type.shape).astype(x.type.dtype.numpy)
            if i % 40 < 10
            else smooth(x.type, rng)
            for i in range(FRAMES - 3)
        ]
        edges = [
            np.full(x.type.shape, v, x.type.dtype.numpy) for v in (low, high, x.type.zero_point)
        ]
        return [(frame,) for frame in (*made, *edges)]

    return stream


def test_the_package_holds_these_models(folder):
    assert sorted(p.stem for p in folder.glob("*.tflite")) == sorted(NAMES)


@pytest.mark.parametrize("name", EACH)
def test_every_operator_is_that_of_tflm(name, folder, frames):
    source = (folder / f"{name}.tflite").read_bytes()
    main = read(source).main
    outputs = {}
    for index in cuttable(main):
        shortened = cut(source, index)
        graph = load_tflite(shortened)
        oracle, reference = _tflm(shortened), Reference(graph)
        seen = []
        for i, sample in enumerate(frames(graph)):
            results = list(zip(oracle.run(sample), reference.run(sample), strict=True))
            assert all(same_bits(a, b) for a, b in results), f"operator {index}, frame {i}"
            seen.append(np.concatenate([a.reshape(-1) for a, _ in results]))
        outputs[index] = len(np.unique(np.stack(seen)))
    poor = {
        f"{i} {main.operators[i].name}": n
        for i, n in outputs.items()
        if n < (2 if main.operators[i].name in SATURATES else DISTINCT_VALUES)
    }
    assert not poor


@pytest.mark.parametrize("name", EACH)
def test_the_whole_stream_is_that_of_tflm(name, folder, frames):
    source = (folder / f"{name}.tflite").read_bytes()
    graph = milliwatt.load(folder / f"{name}.tflite").graph
    oracle, reference = _tflm(source), Reference(graph)
    for sample in frames(graph):
        (wanted,), (got,) = oracle.run(sample), reference.run(sample)
        assert same_bits(wanted, got)


@pytest.mark.parametrize(("name", "board"), PAIRS)
def test_the_stream_on_boards(name, board, folder, frames):
    model = milliwatt.load(folder / f"{name}.tflite")
    inputs = frames(model.graph)
    reference = Reference(model.graph)
    wanted = [reference.trace(sample) for sample in inputs]
    compiled = build(model, board)
    assert compiled.plan.state_bytes >= sum(v.type.bytes for v in model.graph.variables) > 0
    last = model.graph.producer(model.graph.outputs[0]).name
    for where, runner in compiled.runners.items():
        for i, sample in enumerate(inputs):
            check_layers(where, i, model.graph, runner.trace(sample), wanted[i])
        runner.reset()
        for i, sample in enumerate(inputs):
            assert same_bits(wanted[i][last], runner.run(sample)[0]), f"{where}, frame {i}"


@pytest.mark.parametrize("name", EACH)
def test_state_is_kept_and_reset(name, folder, frames):
    model = milliwatt.load(folder / f"{name}.tflite")
    inputs = frames(model.graph)[:60]
    compiled = build(model, "nrf52840")
    for runner in (Reference(model.graph), *compiled.runners.values()):
        first = [_traced(runner, model.graph, s) for s in inputs]
        again = [_traced(runner, model.graph, s) for s in inputs]
        assert first[0] != again[0], "the second pass begins where the first ended"
        runner.reset()
        assert [_traced(runner, model.graph, s) for s in inputs] == first


@pytest.mark.parametrize("name", EACH)
def test_from_samples_is_the_original_front_end_and_the_model(name, folder):
    pytest.importorskip("pymicro_features", reason="pip install pymicro-features")
    from pymicro_features import MicroFrontend

    path = folder / f"{name}.tflite"
    model, network = milliwatt.load(path, from_samples=True), Reference(load_tflite(path))
    ((_, frames, hop),) = (v.type.shape for v in model.graph.inputs)
    rng = np.random.default_rng(3)
    loudness = np.repeat(10 ** rng.uniform(0, 4, 60), hop)
    sound = np.clip(rng.normal(0, loudness), -32768, 32767).astype(np.int16)
    original = MicroFrontend()
    for _ in range(MicroFilterbank().hops - 1):
        original.process_samples(bytes(2 * hop))  # the device begins after silence
    (x,) = network.graph.inputs
    compiled = build(model, "nrf52840")
    runners = {"reference": Reference(model.graph), **compiled.runners}
    for i, hops in enumerate(sound.reshape(-1, 1, frames, hop)):
        found = [original.process_samples(h.tobytes()).features for h in hops[0]]
        steps = np.round(np.array(found) / x.type.scale) + x.type.zero_point
        (wanted,) = network.run((steps.astype(np.int8).reshape(x.type.shape),))
        for where, runner in runners.items():
            assert same_bits(wanted, runner.run((hops,))[0]), f"{where}, call {i}"


def test_from_samples_refuses_what_takes_no_features(shared):
    with pytest.raises(UnsupportedOp, match=r"takes s8\[1, 96, 96, 3\]; the micro front end gives"):
        milliwatt.load(shared / "models" / "vww_96_int8.tflite", from_samples=True)


def _traced(runner, graph, sample):
    traced = runner.trace(sample)
    names = [n.name for n in graph.nodes if n.output.kind is not Kind.VARIABLE and n.name in traced]
    return [traced[name].tobytes() for name in names]


def _tflm(model: bytes) -> Tflm:
    try:
        return Tflm(model)
    except NotAvailable as e:
        pytest.skip(str(e))
