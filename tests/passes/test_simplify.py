"""Pads, activations, tables and moves: folded where exact, left alone where not."""

import numpy as np
import pytest

from milliwatt.ir import Builder, DType, Graph, Quant, TensorType, Value
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.average_pool2d import AveragePool2d
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.copy import Copy
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.dequantize import Dequantize
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.ops.nn.mul import Mul
from milliwatt.ops.nn.pad import Pad
from milliwatt.ops.nn.quantize import Quantize
from milliwatt.ops.nn.requantize import Requantize
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.softmax import Softmax
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.table import Table
from milliwatt.ops.nn.transpose import Transpose
from milliwatt.passes import optimize
from milliwatt.passes.compose_tables import compose_tables
from milliwatt.passes.fold_activations import fold_activations
from milliwatt.passes.fold_pads import fold_pads
from milliwatt.passes.merge_moves import merge_moves
from milliwatt.passes.remove_moves import remove_moves
from milliwatt.project.certificate import check_same
from milliwatt.project.samples import sample_inputs

QUANT = Quant((0.5,), -3)
WIDE = Quant((90.0,), 2)
IMAGE = TensorType((1, 6, 5, 2), DType.S8, QUANT)
AROUND = ((0, 0), (2, 1), (0, 1), (0, 0))


def start(t: TensorType = IMAGE) -> tuple[Builder, Value]:
    b = Builder("net")
    return b, b.input("x", t)


def conv(b: Builder, name: str, x: Value, out: Quant = WIDE, **attributes) -> Value:
    shape = (3, 3, 3, x.type.shape[3])
    w = np.random.default_rng(5).integers(-128, 128, shape).astype(np.int8)
    w_value = b.constant(f"{name} w", TensorType(shape, DType.S8, Quant((1.0,) * 3, 0, 0)), w)
    bias = b.constant(f"{name} b", TensorType((3,), DType.S32), np.array([100, -700, 9], np.int32))
    return b.node(name, Conv2d(out, **attributes), x, w_value, bias)


def depthwise(b: Builder, name: str, x: Value, out: Quant = WIDE, **attributes) -> Value:
    c = x.type.shape[3]
    w = np.random.default_rng(6).integers(-128, 128, (2, 3, c)).astype(np.int8)
    w_value = b.constant(f"{name} w", TensorType(w.shape, DType.S8, Quant((1.0,) * c, 0, 2)), w)
    bias = b.constant(f"{name} b", TensorType((c,), DType.S32), np.arange(c, dtype=np.int32))
    return b.node(name, DepthwiseConv2d(out, **attributes), x, w_value, bias)


def becomes(run, graph: Graph, *left: str) -> Graph:
    """Run a pass, compare the results, and the names of the layers that are left."""
    done = run(graph)
    check_same(graph, done, sample_inputs(graph, 8, 0))
    assert [n.name for n in done.nodes] == list(left)
    assert (done is graph) == (len(left) == len(graph.nodes))
    whole = optimize(graph)
    check_same(graph, whole, sample_inputs(graph, 8, 0))
    assert optimize(whole) is whole
    return done


def test_a_pad_becomes_the_windows_own():
    b, x = start()
    p = b.node("p", Pad(AROUND), x)
    done = becomes(fold_pads, b.build(conv(b, "y", p, pad=(1, 0, 1, 0))), "y")
    assert done.nodes[0].op.pad == (3, 1, 1, 1)


def test_a_pad_that_several_read_goes_if_all_can_do_without():
    b, x = start()
    p = b.node("p", Pad(AROUND, value=-3), x)
    becomes(fold_pads, b.build(conv(b, "y", p), depthwise(b, "z", p)), "y", "z")
    b, x = start()
    p = b.node("p", Pad(AROUND, value=-3), x)
    graph = b.build(conv(b, "y", p), b.node("z", AveragePool2d(QUANT, (2, 2)), p))
    becomes(fold_pads, graph, "p", "y", "z")


@pytest.mark.parametrize(
    "pad",
    [Pad(AROUND, value=0), Pad(((0, 0), (0, 0), (0, 0), (0, 1)))],
    ids=["not the zero point", "channels"],
)
def test_other_pads_stay(pad):
    b, x = start()
    becomes(fold_pads, b.build(conv(b, "y", b.node("p", pad, x))), "p", "y")


def test_a_pad_that_is_an_output_stays():
    b, x = start()
    p = b.node("p", Pad(AROUND), x)
    becomes(fold_pads, b.build(conv(b, "y", p), p), "p", "y")


@pytest.mark.parametrize(
    ("clip", "value", "folds"),
    [((-128, 127), -128, True), ((-20, 90), -20, True), ((-20, 90), -19, False)],
)
def test_maximum_pooling_ignores_a_pad_below_everything(clip, value, folds):
    b, x = start()
    a = conv(b, "a", x, clip=clip)
    p = b.node("p", Pad(((0, 0), (1, 1), (1, 0), (0, 0)), value), a)
    graph = b.build(b.node("y", MaxPool2d(WIDE, (2, 3)), p))
    becomes(fold_pads, graph, *(("a", "y") if folds else ("a", "p", "y")))


def test_a_pad_larger_than_the_pooling_window_stays():
    b, x = start()
    p = b.node("p", Pad(((0, 0), (2, 0), (0, 0), (0, 0)), -128), x)
    becomes(fold_pads, b.build(b.node("y", MaxPool2d(QUANT, (2, 2)), p)), "p", "y")


def clipping(low: int, high: int) -> tuple[int, ...]:
    return tuple(int(v) for v in np.clip(np.arange(-128, 128), low, high))


@pytest.mark.parametrize(
    "layer",
    [
        lambda b, x: conv(b, "a", x),
        lambda b, x: depthwise(b, "a", x),
        lambda b, x: b.node("a", Add(WIDE), x, x),
        lambda b, x: b.node("a", Mul(WIDE, (-100, 100)), x, x),
        lambda b, x: b.node("a", MaxPool2d(QUANT, (2, 2)), x),
        lambda b, x: b.node("a", GlobalAveragePool(QUANT), x),
    ],
)
def test_a_table_that_clips_is_folded(layer):
    b, x = start()
    a = layer(b, x)
    graph = b.build(b.node("y", Table(a.type.quant, clipping(-30, 60)), a))
    done = becomes(fold_activations, graph, "y")
    assert done.nodes[0].op.clip == (-30, 60)


def test_a_table_after_a_fully_connected_layer_is_folded():
    b, x = start(TensorType((1, 4), DType.S8, QUANT))
    w = b.constant(
        "w", TensorType((2, 4), DType.S8, Quant((1.0,))), np.arange(8, dtype=np.int8).reshape(2, 4)
    )
    bias = b.constant("b", TensorType((2,), DType.S32), np.zeros(2, np.int32))
    a = b.node("a", FullyConnected(Quant((4.0,), 0)), x, w, bias)
    becomes(fold_activations, b.build(b.node("y", Table(a.type.quant, clipping(0, 127)), a)), "y")


def test_what_the_layer_cannot_give_does_not_matter():
    b, x = start()
    a = conv(b, "a", x, clip=(-50, 50))
    entries = list(clipping(-10, 50))
    entries[0], entries[255] = 99, -99  # for -128 and 127, which never come
    done = becomes(fold_activations, b.build(b.node("y", Table(WIDE, tuple(entries)), a)), "y")
    assert done.nodes[0].op.clip == (-10, 50)


@pytest.mark.parametrize("case", ["bent", "rescaled", "read twice", "an output", "falling"])
def test_other_tables_stay(case):
    b, x = start()
    a = conv(b, "a", x)
    entries = list(clipping(-30, 60))
    if case == "bent":
        entries[128] = 1
    if case == "falling":
        entries.reverse()
    quant = Quant((91.0,), 2) if case == "rescaled" else WIDE
    y = b.node("y", Table(quant, tuple(entries)), a)
    if case == "read twice":
        becomes(fold_activations, b.build(y, b.node("z", Softmax(), a)), "a", "y", "z")
        return
    outputs = (y, a) if case == "an output" else (y,)
    becomes(fold_activations, b.build(*outputs), "a", "y")


def random_table(seed: int) -> tuple[int, ...]:
    return tuple(int(v) for v in np.random.default_rng(seed).integers(-128, 128, 256))


def test_two_functions_of_a_byte_are_one():
    b, x = start()
    a = b.node("a", Table(WIDE, random_table(1)), x)
    c = b.node("c", Requantize(Quant((70.0,), -9), DType.S8), a)
    done = becomes(compose_tables, b.build(b.node("y", Table(QUANT, random_table(2)), c)), "y")
    (node,) = done.nodes
    assert isinstance(node.op, Table)
    assert (node.output.name, node.output.type) == ("y", TensorType(IMAGE.shape, DType.S8, QUANT))


@pytest.mark.parametrize("between", ["s16", "s32", "f32"])
def test_by_way_of_a_wider_type(between):
    b, x = start()
    if between == "f32":
        y = b.node("y", Quantize(Quant((0.75,), 5), DType.U8), b.node("a", Dequantize(), x))
    else:
        wide = b.node("a", Requantize(Quant((1 / 1024,), 0), DType(between)), x)
        y = b.node("y", Requantize(Quant((0.75,), 5), DType.U8), wide)
    (node,) = becomes(compose_tables, b.build(y), "y").nodes
    assert (node.op.dtype, len(node.op.table)) == (DType.U8, 256)


@pytest.mark.parametrize("case", ["read twice", "an output", "of 16 bits"])
def test_other_functions_stay(case):
    b, x = start(
        TensorType((1, 8), DType.S16 if case == "of 16 bits" else DType.S8, Quant((0.5,), 0))
    )
    a = b.node("a", Requantize(WIDE, DType.S8), x)
    y = b.node("y", Table(QUANT, random_table(3)), a)
    if case == "read twice":
        becomes(compose_tables, b.build(y, b.node("z", Add(WIDE), a, a)), "a", "y", "z")
        return
    outputs = (y, a) if case == "an output" else (y,)
    becomes(compose_tables, b.build(*outputs), "a", "y")


@pytest.mark.parametrize(
    "move",
    [
        Copy(),
        Reshape(IMAGE.shape),
        StridedSlice((0, 0, 0, 0), (1, 1, 1, 1), IMAGE.shape),
        Transpose((0, 1, 2, 3)),
        Pad(((0, 0),) * 4),
        Table(QUANT, clipping(-128, 127)),
        Requantize(QUANT, DType.S8),
    ],
    ids=lambda op: op.name,
)
def test_what_moves_nothing_goes(move):
    b, x = start()
    becomes(remove_moves, b.build(conv(b, "y", b.node("a", move, x))), "y")
    b, x = start()
    y = b.node("y", MaxPool2d(QUANT, (1, 1)), x)
    becomes(remove_moves, b.build(b.node("a", move, y)), "y", "a")


@pytest.mark.parametrize(
    "move",
    [
        StridedSlice((0, 5, 0, 0), (1, -1, 1, 1), (1, 1, 5, 2)),
        StridedSlice((0, 0, 4, 0), (1, 1, -1, 1), IMAGE.shape),
        Transpose((0, 2, 1, 3)),
        Table(QUANT, clipping(-128, 126)),
        Table(WIDE, clipping(-128, 127)),
        Requantize(Quant((0.25,), -3), DType.S8),
    ],
)
def test_what_moves_something_stays(move):
    b, x = start()
    becomes(remove_moves, b.build(b.node("y", Softmax(), b.node("a", move, x))), "a", "y")


def test_a_square_transpose_moves_although_its_type_stays():
    b, x = start(TensorType((1, 4, 4, 2), DType.S8, QUANT))
    graph = b.build(b.node("y", Softmax(), b.node("a", Transpose((0, 2, 1, 3)), x)))
    becomes(remove_moves, graph, "a", "y")


def test_copies_of_variables_keep_their_place():
    b, x = start()
    held = b.variable("held", IMAGE, np.zeros(IMAGE.shape, np.int8))
    before = b.node("before", Copy(), held)
    b.write("store", Copy(), held, x)
    y = b.node("y", Add(WIDE), before, x)
    becomes(remove_moves, b.build(y), "before", "store", "y")


def test_moves_of_a_kind_are_one():
    b, x = start()
    a = b.node("a", Reshape((1, 60)), x)
    c = b.node("c", Reshape((1, 10, 3, 2)), a)
    graph = b.build(b.node("y", Reshape((1, 20, 3)), c))
    (node,) = becomes(merge_moves, graph, "y").nodes
    assert node.inputs == (x,)
    b, x = start()
    a = b.node("a", StridedSlice((0, 1, 4, 0), (1, 2, -1, 1), (1, 3, 4, 2)), x)
    graph = b.build(b.node("y", StridedSlice((0, 1, 3, 0), (1, 1, -2, 1), (1, 2, 2, 2)), a))
    (node,) = becomes(merge_moves, graph, "y").nodes
    assert (node.op.begin, node.op.stride) == ((0, 3, 1, 0), (1, 2, 2, 1))
    b, x = start()
    a = b.node("a", Transpose((2, 0, 3, 1)), x)
    graph = b.build(b.node("y", Transpose((3, 1, 0, 2)), a))
    (node,) = becomes(merge_moves, graph, "y").nodes
    assert node.op.perm == (1, 0, 2, 3)


def test_there_and_back_is_nothing():
    b, x = start()
    a = b.node("a", Transpose((0, 3, 1, 2)), x)
    c = b.node("c", Transpose((0, 2, 3, 1)), a)
    graph = b.build(conv(b, "y", c))
    assert [n.name for n in optimize(graph).nodes] == ["y"]


def test_a_move_that_others_read_stays():
    b, x = start()
    a = b.node("a", Transpose((0, 2, 1, 3)), x)
    c = b.node("c", Transpose((0, 3, 1, 2)), a)
    becomes(
        merge_moves,
        b.build(b.node("y", Softmax(), c), b.node("z", Softmax(), a)),
        "a",
        "c",
        "y",
        "z",
    )
    b, x = start()
    a = b.node("a", Reshape((1, 60)), x)
    becomes(merge_moves, b.build(b.node("y", Reshape((1, 20, 3)), a), a), "a", "y")


def test_one_pass_makes_room_for_another():
    """A pad of nothing and a copy stand between a convolution and its activation."""
    b, x = start()
    p = b.node("p", Pad(AROUND), x)
    a = b.node("a", Copy(), conv(b, "conv", p))
    c = b.node("c", Requantize(WIDE, DType.S8), a)
    y = b.node("y", Table(WIDE, clipping(-30, 60)), c)
    graph = b.build(y)
    (node,) = optimize(graph).nodes
    assert (node.name, node.op.clip, node.op.pad) == ("y", (-30, 60), (2, 1, 0, 1))
    check_same(graph, optimize(graph), sample_inputs(graph, 8, 0))
