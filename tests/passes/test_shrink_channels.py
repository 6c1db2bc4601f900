"""Channels that are constant or unread go, and nothing else does: cases made by hand."""

import numpy as np
import pytest

from milliwatt.ir import Builder, DType, Graph, Quant, TensorType, Value, verify
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.concatenation import Concatenation
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.copy import Copy
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.ops.nn.mean import Mean
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.softmax import Softmax
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.transpose import Transpose
from milliwatt.passes.removal import How, Why
from milliwatt.passes.shrink_channels import shrink, shrink_channels
from milliwatt.project.certificate import check_same, recheck
from milliwatt.project.samples import sample_inputs

ZERO = 4
OUT = Quant((64.0,), ZERO)
IMAGE = TensorType((1, 5, 4, 3), DType.S8, Quant((1.0,), -2))
SEED = 7


class Net:
    """A builder of layers with chosen weights; a constant channel is a filter of zeros."""

    def __init__(self) -> None:
        self.b = Builder("net")
        self.rng = np.random.default_rng(SEED)
        self.x = self.b.input("x", IMAGE)

    def conv(
        self, name, x, outputs, *, constants=None, unread=(), kernel=(1, 1), **attributes
    ) -> Value:
        """A convolution: ``constants`` gives what outputs always are, ``unread`` has no weights."""
        shape = (outputs, *kernel, x.type.shape[3])
        w, bias = self._filters(shape, outputs)
        w[..., list(unread)] = 0
        for o, c in (constants or {}).items():
            w[o], bias[o] = 0, (c - ZERO) * 64
        w_value = self.b.constant(
            f"{name} w", TensorType(shape, DType.S8, self._ones(outputs, 0)), w
        )
        b_value = self.b.constant(f"{name} b", TensorType((outputs,), DType.S32), bias)
        return self.b.node(name, Conv2d(OUT, **attributes), x, w_value, b_value)

    def depthwise(self, name, x, *, multiplier=1, constants=None, **attributes) -> Value:
        outputs = x.type.shape[3] * multiplier
        w, bias = self._filters((3, 3, outputs), outputs)
        for o, c in (constants or {}).items():
            w[..., o], bias[o] = 0, (c - ZERO) * 64
        w_value = self.b.constant(
            f"{name} w", TensorType(w.shape, DType.S8, self._ones(outputs, 2)), w
        )
        b_value = self.b.constant(f"{name} b", TensorType((outputs,), DType.S32), bias)
        return self.b.node(name, DepthwiseConv2d(OUT, **attributes), x, w_value, b_value)

    def dense(self, name, x, outputs, *, unread=()) -> Value:
        w, bias = self._filters((outputs, x.type.shape[1]), outputs)
        w[:, list(unread)] = 0
        w_value = self.b.constant(
            f"{name} w", TensorType(w.shape, DType.S8, self._ones(outputs, 0)), w
        )
        b_value = self.b.constant(f"{name} b", TensorType((outputs,), DType.S32), bias)
        return self.b.node(name, FullyConnected(OUT), x, w_value, b_value)

    def _filters(self, shape, outputs):
        w = self.rng.choice([-20, -11, -3, 2, 7, 19], shape).astype(np.int8)
        return w, self.rng.integers(-500, 500, outputs).astype(np.int32)

    def _ones(self, count, axis) -> Quant:
        return Quant((1.0,) * count, 0, axis)


def shrunk(graph: Graph, **left: int) -> Graph:
    """Shrink, check all that can be checked, and how many channels each tensor has left."""
    done, certificate = shrink(graph)
    verify(done)
    recheck(graph, certificate)
    check_same(graph, done, sample_inputs(graph, 12, 1), certificate)
    assert shrink_channels(done) is done
    assert done.macs <= graph.macs
    assert {name: done.values[name].type.shape[-1] for name in left} == left
    assert [n.name for n in done.nodes] == [n.name for n in graph.nodes]
    assert [v.type for v in done.outputs] == [v.type for v in graph.outputs]
    return done


def test_a_constant_is_folded_into_the_bias():
    net = Net()
    a = net.conv("a", net.x, 4, constants={2: 30})
    graph = net.b.build(net.conv("y", a, 2))
    done = shrunk(graph, a=3)
    w, bias = (graph.values[f"y {s}"].data for s in "wb")
    assert (
        done.values["y b"].data.tolist()
        == (bias + (30 - ZERO) * w[:, 0, 0, 2].astype(int)).tolist()
    )
    assert done.values["y w"].data.tolist() == np.delete(w, 2, axis=-1).tolist()
    assert len(done.values["a w"].type.quant.scale) == 3
    (removal,) = shrink(graph)[1].removals
    assert (removal.tensor, removal.channel, removal.why) == ("a", 2, Why.CONSTANT)
    assert (removal.low, removal.high, removal.accumulator) == (30, 30, (26 * 64, 26 * 64))
    assert [(r.layer, r.how) for r in removal.readers] == [("y", How.FOLDED)]


def test_folding_wraps_as_the_sum_would():
    net = Net()
    a = net.conv("a", net.x, 2, constants={1: 127})
    y = net.conv("y", a, 1)
    graph = net.b.build(y)
    graph.values["y b"].data.flags.writeable = True
    graph.values["y b"].data[:] = 2**31 - 1
    graph.values["y w"].data.flags.writeable = True
    graph.values["y w"].data[..., 1] = 100
    done = shrunk(graph, a=1)
    assert done.values["y b"].data.tolist() == [2**31 - 1 + (127 - ZERO) * 100 - 2**32]


@pytest.mark.parametrize(
    ("constant", "pad", "stride", "left"),
    [
        (30, (0, 0, 0, 0), (1, 1), 3),
        (30, (1, 1, 1, 1), (1, 1), 4),
        (30, (0, 1, 0, 0), (1, 1), 4),
        (30, (0, 1, 0, 0), (2, 1), 3),  # rows 0-2 and 2-4 of 5: the padding is never read
        (ZERO, (1, 1, 1, 1), (1, 1), 3),
    ],
)
def test_a_constant_meets_padding(constant, pad, stride, left):
    net = Net()
    a = net.conv("a", net.x, 4, constants={1: constant})
    y = net.conv("y", a, 2, kernel=(3, 3), pad=pad, stride=stride)
    shrunk(net.b.build(y), a=left)


def test_at_a_border_weights_of_zero_read_nothing():
    """Taps that would read padding have no weight for the channel, so all places agree."""
    net = Net()
    a = net.conv("a", net.x, 4, constants={1: 30})
    graph = net.b.build(net.conv("y", a, 2, kernel=(3, 3), pad=(1, 1, 1, 1)))
    w = graph.values["y w"].data
    w.flags.writeable = True
    w[:, [0, 2], :, 1] = w[:, :, [0, 2], 1] = 0
    shrunk(graph, a=3)


def test_what_nothing_reads_goes_and_all_that_feeds_it():
    net = Net()
    a = net.conv("a", net.x, 4)
    b = net.depthwise("b", a, pad=(1, 1, 1, 1))
    c = net.conv("c", b, 5, unread=[3])
    graph = net.b.build(net.conv("y", c, 2, unread=[0, 4]))
    shrunk(graph, a=3, b=3, c=3)
    ways = {(r.tensor, r.channel): r for r in shrink(graph)[1].removals}
    assert set(ways) == {("a", 3), ("b", 3), ("c", 0), ("c", 4)}
    assert all(r.why is Why.UNREAD for r in ways.values())
    assert [r.how for r in ways["a", 3].readers] == [How.CARRIED]
    assert [r.how for r in ways["b", 3].readers] == [How.ZERO_WEIGHTS]


def test_an_output_that_goes_takes_its_inputs_along():
    """Channel 1 of ``a`` is read by channel 2 of ``b`` only, which nothing reads."""
    net = Net()
    a = net.conv("a", net.x, 3)
    b = net.conv("b", a, 3, unread=[1])
    graph = net.b.build(net.conv("y", b, 2, unread=[2]))
    graph.values["b w"].data.flags.writeable = True
    graph.values["b w"].data[2, ..., 1] = 9
    shrunk(graph, a=2, b=2)


def test_depthwise_makes_constants_of_anything():
    net = Net()
    a = net.conv("a", net.x, 4)
    b = net.depthwise("b", a, constants={0: -9, 3: 8})
    shrunk(net.b.build(net.conv("y", b, 2)), a=2, b=2)


@pytest.mark.parametrize(
    ("constants", "left"), [((2,), (3, 6)), ((2, 3), (2, 4)), ((1, 2, 4), (3, 6))]
)
def test_a_depth_multiplier_removes_whole_groups(constants, left):
    net = Net()
    a = net.conv("a", net.x, 3)
    b = net.depthwise("b", a, multiplier=2, constants=dict.fromkeys(constants, 20))
    shrunk(net.b.build(net.conv("y", b, 2)), a=left[0], b=left[1])


@pytest.mark.parametrize(("second", "left"), [({}, 4), ({2: 10}, 3), ({1: 10}, 4)])
def test_a_skip_loses_what_both_sides_have_constant(second, left):
    net = Net()
    a = net.conv("a", net.x, 4, constants={2: 30})
    b = net.conv("b", net.x, 4, constants=second)
    c = net.b.node("c", Add(OUT), a, b)
    shrunk(net.b.build(net.conv("y", c, 2)), a=left, b=left, c=left)


def test_a_skip_with_an_input_stays_whole():
    net = Net()
    a = net.conv("a", net.x, 3, constants={0: 1})
    c = net.b.node("c", Add(OUT), a, net.x)
    shrunk(net.b.build(net.conv("y", c, 2, unread=[0])), a=3, c=3)


def test_a_constant_operand_is_cut_with_its_partner():
    net = Net()
    a = net.conv("a", net.x, 4, constants={1: 3})
    four = TensorType((1, 1, 1, 4), DType.S8, Quant((2.0,), 0))
    k = net.b.constant("k", four, np.array([5, 6, 7, 8], np.int8).reshape(1, 1, 1, 4))
    c = net.b.node("c", Add(OUT), a, k)
    done = shrunk(net.b.build(net.conv("y", c, 2)), a=3, c=3, k=3)
    assert done.values["k"].data.ravel().tolist() == [5, 7, 8]


def test_a_stream_that_only_feeds_itself_goes():
    """Channel 1 of the stream is read by a block that adds to channel 1 alone."""
    net = Net()
    a = net.conv("a", net.x, 3)
    b = net.conv("b", a, 3, unread=[1])
    c = net.b.node("c", Add(OUT), a, b)
    graph = net.b.build(net.conv("y", c, 2, unread=[1]))
    graph.values["b w"].data.flags.writeable = True
    graph.values["b w"].data[1, ..., 1] = 9
    shrunk(graph, a=2, b=2, c=2)


def test_concatenation_keeps_places_apart():
    net = Net()
    a = net.conv("a", net.x, 3, constants={1: 12})
    b = net.conv("b", net.x, 4, constants={0: -7, 3: 44})
    c = net.b.node("c", Concatenation(3), a, b)
    shrunk(net.b.build(net.conv("y", c, 2)), a=2, b=2, c=4)


def test_concatenation_of_rows_needs_equal_constants():
    net = Net()
    a = net.conv("a", net.x, 4, constants={1: 12, 2: 5})
    b = net.conv("b", net.x, 4, constants={1: 12, 2: 6})
    c = net.b.node("c", Concatenation(1), a, b)
    shrunk(net.b.build(net.conv("y", c, 2)), a=3, b=3, c=3)


def test_flattening_maps_every_place():
    net = Net()
    a = net.conv("a", net.x, 4, constants={2: 50})
    flat = net.b.node("flat", Reshape((1, 80)), a)
    shrunk(net.b.build(net.dense("y", flat, 3, unread=range(0, 80, 4))), a=2, flat=40)


def test_flattening_keeps_what_one_place_needs():
    net = Net()
    a = net.conv("a", net.x, 4)
    flat = net.b.node("flat", Reshape((1, 80)), a)
    shrunk(net.b.build(net.dense("y", flat, 3, unread=range(0, 76, 4))), a=4, flat=80)


def test_pools_means_slices_and_transposes_carry_channels():
    net = Net()
    a = net.conv("a", net.x, 5, constants={0: 3, 4: -20})
    b = net.b.node("b", MaxPool2d(OUT, (2, 2), (1, 1), (1, 0, 0, 1)), a)
    c = net.b.node("c", StridedSlice((0, 1, 0, 0), (1, 2, 1, 1), (1, 2, 4, 5)), b)
    d = net.b.node("d", Transpose((0, 2, 1, 3)), c)
    e = net.b.node("e", Mean(OUT, (1, 2), keep_dims=True), d)
    f = net.b.node("f", GlobalAveragePool(OUT), e)
    flat = net.b.node("flat", Reshape((1, 5)), f)
    shrunk(net.b.build(net.dense("y", flat, 2)), a=3, b=3, c=3, d=3, e=3, f=3, flat=3)


def test_what_needs_a_tensor_whole_keeps_it():
    net = Net()
    a = net.conv("a", net.x, 4, constants={1: 3})
    shrunk(net.b.build(net.b.node("y", Softmax(), a)), a=4)
    net = Net()
    a = net.conv("a", net.x, 4, constants={1: 3})
    half = net.b.node("half", StridedSlice((0, 0, 0, 0), (1, 1, 1, 2), (1, 5, 4, 2)), a)
    shrunk(net.b.build(net.conv("y", half, 2)), a=4, half=2)


def test_one_channel_is_left():
    net = Net()
    a = net.conv("a", net.x, 3, constants={0: 1, 1: 2, 2: 3})
    shrunk(net.b.build(net.conv("y", a, 2)), a=1)


def test_inputs_outputs_and_variables_keep_their_channels():
    net = Net()
    a = net.conv("a", net.x, 3, constants={0: 1}, unread=[1])
    held = net.b.variable("held", a.type, np.zeros(a.type.shape, np.int8))
    b = net.conv("b", held, 3, unread=[2])
    net.b.write("store", Copy(), held, a)
    out = net.conv("out", net.x, 3, constants={0: 1})
    shrunk(net.b.build(net.conv("y", b, 2), out), x=3, a=3, held=3, out=3, b=3)


def test_weights_that_two_layers_share_part_ways():
    net = Net()
    a = net.conv("a", net.x, 3, constants={1: 9})
    plain = net.conv("plain", net.x, 3)
    y = net.conv("y", a, 2)
    w, bias = net.b._nodes[-1].inputs[1:]
    z = net.b.node("z", Conv2d(OUT), plain, w, bias)
    done = shrunk(net.b.build(y, z), a=2, plain=3)
    shapes = {n.name: n.inputs[1].type.shape for n in done.nodes}
    assert (shapes["y"], shapes["z"]) == ((2, 1, 1, 2), (2, 1, 1, 3))


def test_where_nothing_is_dead_nothing_changes():
    net = Net()
    a = net.conv("a", net.x, 4)
    graph = net.b.build(net.conv("y", a, 2))
    done, certificate = shrink(graph)
    assert done is graph
    assert certificate.removals == ()
