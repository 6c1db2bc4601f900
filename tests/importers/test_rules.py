"""Every rule against TensorFlow Lite Micro, on small models and at every operator of real ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tflm.build import ModelBuilder
from tflm.models import MODELS, small_model
from tflm.oracle import side_by_side

from milliwatt.errors import InputError, MilliwattError, ShapeMismatch, UnsupportedOp
from milliwatt.importers.tflite import (
    RULES,
    cut,
    cuttable,
    inspect_tflite,
    load_tflite,
    read,
)
from milliwatt.run.tflm import Tflm

FEWEST_VALUES = 5  # an output that takes fewer proves too little
oracle = pytest.mark.usefixtures("_oracle")


@pytest.fixture(scope="module")
def _oracle() -> None:
    pytest.importorskip("tflite_micro", reason="no tflite-micro: pip install 'milliwatt[tflm]'")


def assert_equal_bits(data: bytes, calls: int, seed: int = 0) -> int:
    """Compare all outputs and return how many distinct values the poorest of them took."""
    seen: list[set[float]] = []
    for call, (ours, theirs) in enumerate(side_by_side(data, calls, seed)):
        seen = seen or [set() for _ in ours]
        for values, a, b in zip(seen, ours, theirs, strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b, err_msg=f"call {call}")
            values.update(np.unique(a).tolist())
    return min(map(len, seen))


@oracle
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", MODELS)
def test_small_models(name: str, seed: int) -> None:
    assert assert_equal_bits(small_model(name, seed), calls=20, seed=seed) >= FEWEST_VALUES


@oracle
def test_state_survives_200_calls() -> None:
    assert assert_equal_bits(small_model("stateful", 7), calls=200) > 100


def test_every_rule_has_a_small_model() -> None:
    used = {o.name for m in MODELS for o in read(small_model(m)).main.operators}
    assert set(RULES) - used == {"PADV2"}, "PADV2 has a test of its own"


@oracle
@pytest.mark.parametrize(
    "model", ["ad01_int8", "kws_ref_model", "pretrainedResnet_quant", "str_ww_ref_model"]
)
def test_real_models_at_every_operator(shared: Path, model: str) -> None:
    data = (shared / "models" / f"{model}.tflite").read_bytes()
    for index in cuttable(read(data).main):
        assert_equal_bits(cut(data, index), calls=5, seed=index)


@oracle
def test_real_streams_at_every_operator() -> None:
    package = pytest.importorskip("pymicro_wakeword", reason="no pymicro-wakeword")
    folder = Path(package.__file__).parent / "models"
    data = (folder / "okay_nabu.tflite").read_bytes()
    for index in cuttable(read(data).main):
        assert_equal_bits(cut(data, index), calls=5, seed=index)


def test_cut_names_what_can_be_looked_at() -> None:
    data = small_model("stateful")
    assert cuttable(read(data).main) == (2, 3, 4, 6)
    with pytest.raises(InputError, match="those with one: 2, 3, 4, 6"):
        cut(data, 5)


def test_cut_keeps_the_assignments_of_a_stream() -> None:
    data = small_model("stateful")
    main = read(cut(data, 3)).main
    assert [o.name for o in main.operators][-1] == "ASSIGN_VARIABLE"
    assert [main.tensors[i].name for i in main.outputs] == ["whole"]


def test_cut_drops_what_comes_later() -> None:
    m = ModelBuilder()
    a, b, c = (m.tensor(n, (1, 4), scale=0.5) for n in "abc")
    m.op("RELU", [a], [b])
    m.op("RELU", [b], [c])
    data = cut(m.finish([a], [c]), 0)
    assert [o.index for o in read(data).main.operators] == [0]
    assert len(load_tflite(data).nodes) == 1


@oracle
def test_padv2_fills_with_its_constant() -> None:
    m = ModelBuilder()
    x, y = (
        m.tensor(n, s, scale=0.5, zero=3) for n, s in (("x", (1, 2, 3, 1)), ("y", (1, 3, 5, 1)))
    )
    around = m.constant("around", np.array([[0, 0], [1, 0], [1, 1], [0, 0]], np.int32))
    value = m.constant("value", np.array(-77, np.int8), scale=0.5, zero=3)
    m.op("PADV2", [x, around, value], [y])
    assert_equal_bits(m.finish([x], [y]), calls=10)


@oracle
def test_reset_brings_the_start_values_back() -> None:
    data = small_model("stateful")
    model, x = Tflm(data), np.full((1, 1, 1, 4), 50, np.int8)
    first, second = model.run([x]), model.run([x])
    assert not np.array_equal(first, second)
    model.reset()
    np.testing.assert_array_equal(model.run([x]), first)


def test_a_variable_read_after_it_changed_is_copied_first() -> None:
    m = ModelBuilder()
    x, old, y = (m.tensor(n, (1, 4), scale=0.5, zero=1) for n in ("x", "old", "y"))
    handle = m.tensor("handle", (), dtype="resource")
    m.op("VAR_HANDLE", [], [handle], SharedName="last")
    m.op("READ_VARIABLE", [handle], [old])
    m.op("ASSIGN_VARIABLE", [handle, x], [])
    m.op("ADD", [old, x], [y])
    graph = load_tflite(m.finish([x], [y]))
    assert [n.op.name for n in graph.nodes] == ["nn.copy", "nn.copy", "nn.add"]
    (variable,) = graph.variables
    np.testing.assert_array_equal(variable.data, np.full((1, 4), 1, np.int8))


def test_long_concatenations_are_chained() -> None:
    m = ModelBuilder()
    xs = [m.tensor(f"x{i}", (1, 2, 2, 1), scale=0.5) for i in range(9)]
    y = m.tensor("y", (1, 2, 2, 9), scale=0.5)
    m.op("CONCATENATION", xs, [y], Axis=3)
    data = m.finish(xs, [y])
    assert [len(n.inputs) for n in load_tflite(data).nodes] == [4, 4, 3]


def test_names_cannot_leave_a_comment() -> None:
    m = ModelBuilder()
    x, y = (m.tensor(n, (1, 4), scale=0.5) for n in ("x */ evil\n", "x */ evil\n"))
    m.op("RELU", [x], [y])
    graph = load_tflite(m.finish([x], [y]))
    assert list(graph.values) == ["x__/_evil_", "x__/_evil__2"]


def relu(**changes: object) -> bytes:
    m = ModelBuilder()
    settings = {"shape": (1, 4), "scale": 0.5, **changes}
    x, y = m.tensor("x", **settings), m.tensor("layer1", **settings)
    m.op("RELU", [x], [y])
    return m.finish([x], [y])


def other(name: str, custom: bool = False) -> bytes:
    m = ModelBuilder()
    x, y = m.tensor("x", (1, 4), scale=0.5), m.tensor("layer1", (1, 4), scale=0.5)
    m.op(name, [x], [y], custom=custom)
    return m.finish([x], [y])


def add(**options: object) -> bytes:
    m = ModelBuilder()
    x, y = m.tensor("x", (1, 4), scale=0.5), m.tensor("layer1", (1, 4), scale=0.5)
    m.op("ADD", [x, x], [y], **options)
    return m.finish([x], [y])


REFUSALS: dict[str, tuple[Callable[[], bytes], type[MilliwattError], str]] = {
    "custom": (
        lambda: other("Wavelet", custom=True),
        UnsupportedOp,
        r"operator 0 Wavelet \('layer1'\): a custom operator; .* supported: ADD, ASSIGN",
    ),
    "unknown": (
        lambda: other("COS"),
        UnsupportedOp,
        r"operator 0 COS \('layer1'\): no rule for this operator; supported: ADD, .*VAR_HANDLE",
    ),
    "float": (
        lambda: relu(dtype="float32", scale=None),
        UnsupportedOp,
        "is float32; only models quantised",
    ),
    "dynamic": (
        lambda: relu(shape=(1, 5, 4), signature=(1, -1, 4)),
        UnsupportedOp,
        r"input 0: tensor 'x' has the dynamic shape \[1, -1, 4\]",
    ),
    "type": (
        lambda: relu(dtype="bool"),
        UnsupportedOp,
        "'x' is bool; supported: int8, uint8, int16",
    ),
    "int16": (
        lambda: relu(dtype="int16"),
        UnsupportedOp,
        r"input is s16\[1, 4\]; only s8 is supported",
    ),
    "activation": (
        lambda: add(FusedActivationFunction=4),
        UnsupportedOp,
        "TANH; supported: NONE, RELU",
    ),
    "no scale": (
        lambda: relu(scale=None),
        UnsupportedOp,
        "has quantisation none; wanted one scale",
    ),
    "extreme scale": (
        lambda: relu(scale=1e30),
        UnsupportedOp,
        r"has a scale of 1e\+30 to 1e\+30; wanted",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name: str) -> None:
    build, error, message = REFUSALS[name]
    with pytest.raises(error, match=message):
        load_tflite(build())
    (finding,) = inspect_tflite(build())
    assert finding.refusal


def test_a_batch_that_varies_is_one() -> None:
    assert load_tflite(relu(shape=(1, 4), signature=(-1, 4))).inputs[0].type.shape == (1, 4)


def test_a_wrong_output_shape_is_named() -> None:
    m = ModelBuilder()
    x, y = m.tensor("x", (1, 4), scale=0.5), m.tensor("y", (1, 5), scale=0.5)
    m.op("RELU", [x], [y])
    with pytest.raises(
        ShapeMismatch, match=r"RELU \('y'\): computes s8\[1, 4\] .* the file says s8\[1, 5\]"
    ):
        load_tflite(m.finish([x], [y]))


def test_inspection_goes_on_after_a_refusal() -> None:
    m = ModelBuilder()
    a, b, c, d = (m.tensor(n, (1, 8), scale=0.5) for n in "abcd")
    w = m.constant("w", np.ones((8, 8), np.int8), scale=0.1)
    m.op("COS", [a], [b])
    m.op("FULLY_CONNECTED", [b, w], [c])
    m.op("SIN", [c], [d])
    findings = inspect_tflite(m.finish([a], [d]))
    assert [(f.name, f.layer, f.macs, bool(f.refusal)) for f in findings] == [
        ("COS", "b", None, True),
        ("FULLY_CONNECTED", "c", 64, False),
        ("SIN", "d", None, True),
    ]
    assert findings[1].weights_bytes == 64
    assert findings[1].inputs == ("int8[1, 8]", "int8[8, 8]")


def test_inspection_of_real_models(shared: Path) -> None:
    for path in (shared / "models").glob("*.tflite"):
        findings = inspect_tflite(path)
        assert [f.refusal for f in findings] == [None] * len(findings)
        assert sum(f.macs or 0 for f in findings) == load_tflite(path).macs


def tied_fully_connected(rng: np.random.Generator) -> bytes:
    """Products that lie half-way between outputs, but for how the scales were rounded."""
    m = ModelBuilder()
    a, b = (float(np.float32(rng.uniform(0.01, 0.1))) for _ in range(2))
    x = m.tensor("x", (1, 1), scale=a)
    w = m.constant("w", np.arange(-127, 128, dtype=np.int8).reshape(255, 1), scale=b)
    y = m.tensor("y", (1, 255), scale=float(np.float32(a * b * 32)))
    m.op("FULLY_CONNECTED", [x, w], [y])
    return m.finish([x], [y])


def tied_sub(rng: np.random.Generator) -> bytes:
    """Differences likewise."""
    m = ModelBuilder()
    scales = [float(np.float32(rng.uniform(0.01, 0.1))) for _ in range(2)]
    a, b = (m.tensor(f"x{i}", (1, 64, 64), scale=s, zero=7) for i, s in enumerate(scales))
    scale = float(np.float32(max(scales) / rng.choice([0.75, 0.5, 0.625, 1.0])))
    y = m.tensor("y", (1, 64, 64), scale=scale)
    m.op("SUB", [a, b], [y])
    return m.finish([a, b], [y])


@oracle
@pytest.mark.parametrize("build", [tied_fully_connected, tied_sub])
def test_scales_are_divided_in_double_precision(
    build: Callable[[np.random.Generator], bytes],
) -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        assert_equal_bits(build(rng), calls=6)
