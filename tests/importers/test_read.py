"""The reader: agreement with an independent one, and each defect refused by name."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tflite
from tflm.build import ModelBuilder
from tflm.models import MODELS, small_model

from milliwatt.errors import BadFile
from milliwatt.importers.tflite.flat import SHARING
from milliwatt.importers.tflite.options import OPTIONS, NoOptions
from milliwatt.importers.tflite.read import MAX_ELEMENTS, OPERATOR_NAMES, read


def assert_same(data: bytes) -> None:
    """Compare with the accessors of the `tflite` package, which trust the file."""
    ours, theirs = read(data), tflite.Model.GetRootAs(data)
    assert len(ours.subgraphs) == theirs.SubgraphsLength()
    for s in ours.subgraphs:
        g = theirs.Subgraphs(s.index)
        assert s.inputs == tuple(int(g.Inputs(i)) for i in range(g.InputsLength()))
        assert s.outputs == tuple(int(g.Outputs(i)) for i in range(g.OutputsLength()))
        assert len(s.tensors) == g.TensorsLength()
        assert len(s.operators) == g.OperatorsLength()
        for t in s.tensors:
            u = g.Tensors(t.index)
            assert t.name == u.Name().decode()
            assert t.type.code == u.Type()
            assert t.shape == tuple(int(u.Shape(i)) for i in range(u.ShapeLength()))
            buffer = theirs.Buffers(u.Buffer())
            content = buffer.DataAsNumpy().tobytes() if buffer.DataLength() else None
            assert content == (None if t.data is None else t.data.tobytes())
            q = u.Quantization()
            scales = tuple(q.Scale(i) for i in range(q.ScaleLength())) if q else ()
            assert (t.quantization.scales if t.quantization else ()) == scales
            if t.quantization and q.ZeroPointLength():
                assert t.quantization.zero_points[-1] == q.ZeroPoint(q.ZeroPointLength() - 1)
        for o in s.operators:
            p = g.Operators(o.index)
            code = theirs.OperatorCodes(p.OpcodeIndex())
            assert o.name == OPERATOR_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            assert o.inputs == tuple(int(p.Inputs(i)) for i in range(p.InputsLength()))
            assert o.outputs == tuple(int(p.Outputs(i)) for i in range(p.OutputsLength()))


@pytest.mark.parametrize("name", MODELS)
def test_small_models(name: str) -> None:
    assert_same(small_model(name))


def test_real_models(shared: Path) -> None:
    for path in sorted((shared / "models").glob("*.tflite")):
        assert_same(path.read_bytes())


def test_options_of_a_convolution() -> None:
    (conv,) = read(small_model("conv_strided")).main.operators
    assert (conv.options.stride_h, conv.options.stride_w) == (2, 3)
    assert conv.options.activation.name == "RELU"
    assert conv.options.padding.name == "SAME"


@pytest.mark.parametrize(("operator", "cls"), OPTIONS.items())
def test_options_numbers_are_the_schemas(operator: str, cls: type) -> None:
    assert getattr(tflite.BuiltinOptions, cls.__name__) == cls.table
    assert operator in OPERATOR_NAMES.values()


def test_constants_are_views_and_cannot_be_written() -> None:
    weights = next(t for t in read(small_model("conv")).main.tensors if t.name == "w")
    assert weights.data is not None
    assert not weights.data.flags.writeable
    assert not weights.data.flags.owndata


def one(**changes: object) -> bytes:
    """A RELU whose input tensor is changed."""
    m = ModelBuilder()
    x = m.tensor(**{"name": "x", "shape": (1, 4), "scale": 0.5, "zero": 3, **changes})
    y = m.tensor("y", (1, 4), scale=0.5)
    m.op("RELU", [x], [y])
    return m.finish([x], [y])


def constant(**changes: object) -> bytes:
    """An ADD whose second operand is a constant that is changed."""
    m = ModelBuilder()
    x, y = (m.tensor(n, (1, 4), scale=0.5) for n in "xy")
    c = m.tensor(
        **{"name": "c", "shape": (1, 4), "scale": 0.5, "data": np.zeros(4, np.int8), **changes}
    )
    m.op("ADD", [x, c], [y])
    return m.finish([x], [y])


def wired(*ops: tuple[list[int], list[int]], inputs: list[int], outputs: list[int]) -> bytes:
    """RELUs between four tensors a, b, c, d."""
    m = ModelBuilder()
    for name in "abcd":
        m.tensor(name, (1, 4), scale=0.5)
    for sources, targets in ops:
        m.op("RELU", sources, targets)
    return m.finish(inputs, outputs)


TINY = float(np.float32(1e-41))
DEFECTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "version": (
        lambda: ModelBuilder().finish([], [], version=2),
        "schema version 2; only version 3",
    ),
    "zero dimension": (lambda: one(shape=(1, 0)), "not positive"),
    "negative dimension": (lambda: one(shape=(1, -7)), "not positive"),
    "elements": (lambda: one(shape=(1 << 16, 1 << 16)), f"at most {MAX_ELEMENTS}"),
    "elements overflow": (lambda: one(shape=(2**31 - 1,) * 4), f"at most {MAX_ELEMENTS}"),
    "rank": (lambda: one(shape=(1,) * 9), "9 dimensions; at most 8"),
    "signature": (lambda: one(signature=(1, 5)), "disagree"),
    "nan scale": (lambda: one(scale=float("nan")), "scale nan"),
    "infinite scale": (lambda: one(scale=float("inf")), "scale inf"),
    "zero scale": (lambda: one(scale=0.0), "scale 0.0"),
    "negative scale": (lambda: one(scale=-0.5), "scale -0.5"),
    "denormal scale": (lambda: one(scale=TINY), "scale 9.99"),
    "zero point": (lambda: one(zero=128), "zero point 128 is outside int8, -128 to 127"),
    "zero point count": (
        lambda: one(scale=[0.5] * 4, zero=[0, 0], axis=1),
        "4 scales but 2 zero points",
    ),
    "quantised dimension": (lambda: one(axis=2), "quantised dimension 2"),
    "negative quantised dimension": (lambda: one(axis=-1), "quantised dimension -1"),
    "scales": (
        lambda: one(scale=[0.5] * 3, axis=1),
        r"3 scales along dimension 1 of shape \[1, 4\]",
    ),
    "short constant": (
        lambda: constant(data=np.zeros(3, np.int8)),
        "takes 4 bytes; its buffer has 3",
    ),
    "long constant": (
        lambda: constant(data=np.zeros(5, np.int8)),
        "takes 4 bytes; its buffer has 5",
    ),
    "constant of no fixed size": (lambda: constant(shape=(1, -1)), "its buffer has 4"),
    "tensor index": (
        lambda: wired(([0], [9]), inputs=[0], outputs=[0]),
        "tensor 9; the subgraph has 4",
    ),
    "negative tensor index": (lambda: wired(([-2], [1]), inputs=[0], outputs=[1]), "tensor -2"),
    "no output tensor": (lambda: wired(([0], [-1]), inputs=[0], outputs=[0]), "tensor -1"),
    "input index": (lambda: wired(inputs=[4], outputs=[]), "inputs: tensor 4"),
    "output index": (lambda: wired(inputs=[0], outputs=[-1]), "outputs: tensor -1"),
    "twice an input": (lambda: wired(inputs=[0, 0], outputs=[0]), "listed twice"),
    "cycle": (
        lambda: wired(([2], [1]), ([1], [2]), inputs=[0], outputs=[2]),
        "operator 0 RELU: reads tensor 2 'c', which is neither",
    ),
    "itself": (lambda: wired(([1], [1]), inputs=[0], outputs=[1]), "neither"),
    "two producers": (
        lambda: wired(([0], [1]), ([0], [1]), inputs=[0], outputs=[1]),
        "operator 1 RELU: writes tensor 1 'b', which is an input, a constant or already written",
    ),
    "writes its input": (lambda: wired(([0], [0]), inputs=[0], outputs=[0]), "already written"),
    "twice an output": (lambda: wired(([0], [1, 1]), inputs=[0], outputs=[1]), "already written"),
    "output from nowhere": (lambda: wired(inputs=[0], outputs=[3]), "output 'd' is written by no"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_defects_are_named(name: str) -> None:
    build, message = DEFECTS[name]
    with pytest.raises(BadFile, match=message):
        read(build())


def test_a_custom_operator_keeps_its_name() -> None:
    m = ModelBuilder()
    x, y = m.tensor("x", (1, 4), scale=0.5), m.tensor("y", (1, 4), scale=0.5)
    m.op("Wavelet", [x], [y], custom=True)
    (op,) = read(m.finish([x], [y])).main.operators
    assert (op.name, op.custom, op.options) == ("Wavelet", True, NoOptions())


def test_one_buffer_for_many_tensors_is_limited() -> None:
    m = ModelBuilder()
    x = m.tensor("x", (1, 4), scale=0.5)
    for i in range(200):
        m.constant(f"c{i}", np.zeros(1 << (16 if i == 0 else 0), np.int8).reshape(1, -1))
    data = bytearray(m.finish([x], [x]))
    # Every constant becomes the first one: same shape, same buffer.
    tensors = tflite.Model.GetRootAs(data).Subgraphs(0)
    for i in range(2, 201):
        t = tensors.Tensors(i)
        np.frombuffer(data, "<i4", 1, t._tab.Vector(t._tab.Offset(4)) + 4)[0] = 1 << 16
        np.frombuffer(data, "<u4", 1, t._tab.Pos + t._tab.Offset(8))[0] = 1
    with pytest.raises(BadFile, match="buffers are shared beyond what models do"):
        read(bytes(data))


def test_pointing_at_one_place_again_and_again_is_refused() -> None:
    m = ModelBuilder()
    x = m.tensor("x" * 20000, (1, 4), scale=0.5)
    for i in range(400):
        m.tensor(f"t{i}", (1, 4), scale=0.5)
    data = m.finish([x], [x])
    assert len(read(data).main.tensors) == 401
    # Every entry of the list of tensors now points at the first, and so at its long name.
    words = np.frombuffer(data, "<u4", len(data) // 4).copy()
    start = int(np.flatnonzero(words == 401)[0]) + 1
    words[start : start + 401] = int(words[start]) - 4 * np.arange(401)
    with pytest.raises(BadFile, match=f"more than {SHARING} times its own"):
        read(words.tobytes() + data[4 * len(words) :])
