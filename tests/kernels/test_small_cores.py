"""The kernels for cores without DSP instructions give the bits of the reference on those cores.

Their inner loops are assembly on Arm, which no run on the host sees: odd numbers of taps, channels
and pixels take every way through them.
"""

import numpy as np
import pytest

from milliwatt.emit import make_library
from milliwatt.ir import Builder, DType, Graph, Quant, TensorType
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.plan import make_plan
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.run.reference import Reference
from milliwatt.targets import load_board

BOARDS = ("rp2040", "stm32f103", "esp32c3")
KINDS = {"rp2040": "short", "stm32f103": "long", "esp32c3": "long"}


class Layers:
    """Builds one chain of weighted layers with random weights of the whole range."""

    def __init__(self, name: str, rng: np.random.Generator) -> None:
        self._b, self._rng = Builder(name), rng

    def input(self, *shape: int):
        return self._b.input("x", TensorType(shape, DType.S8, Quant((2.0**-6,), 3)))

    def weighted(self, op, x, shape: tuple[int, ...], axis: int):
        """Return a node with weights [-127, 127] and scales that keep results in range."""
        outputs = shape[axis]
        name = f"layer{self._rng.integers(1 << 30)}"
        scales = np.float32(self._rng.uniform(0.001, 0.01, outputs))
        quant = Quant(tuple(float(s) for s in scales), 0, axis)
        w_type = TensorType(shape, DType.S8, quant)
        w = self._rng.integers(-127, 127, shape, np.int8, endpoint=True)
        bias = self._rng.integers(-5000, 5000, outputs).astype(np.int32)
        w_value = self._b.constant(name + "_w", w_type, w)
        bias_value = self._b.constant(name + "_b", TensorType((outputs,), DType.S32), bias)
        return self._b.node(name, op, x, w_value, bias_value)

    def build(self, y) -> Graph:
        return self._b.build(y)


def convolution(taps: tuple[int, int], c: int, c_out: int, width: int) -> Graph:
    layers = Layers("convolution", np.random.default_rng(c * 100 + c_out))
    op = Conv2d(Quant((2.0**-4,), -7), (1, 1), (1, 0, 1, 1), (1, 1), (-128, 127))
    x = layers.input(1, 5, width, c)
    return layers.build(layers.weighted(op, x, (c_out, *taps, c), 0))


def depthwise(taps: tuple[int, int], c: int, stride: int, clip: tuple[int, int]) -> Graph:
    layers = Layers("depthwise", np.random.default_rng(c))
    op = DepthwiseConv2d(Quant((2.0**-4,), -7), (stride, stride), (1, 1, 1, 1), (1, 1), clip)
    return layers.build(layers.weighted(op, layers.input(1, 6, 7, c), (*taps, c), 2))


def connected(k: int, outputs: int) -> Graph:
    layers = Layers("connected", np.random.default_rng(k))
    x = layers.input(2, k)
    return layers.build(layers.weighted(FullyConnected(Quant((2.0**-2,), 5)), x, (outputs, k), 0))


GRAPHS = {
    "one tap": convolution((1, 1), 1, 1, 3),
    "odd steps": convolution((3, 3), 1, 5, 4),
    "even steps": convolution((2, 2), 8, 9, 5),
    "many taps": convolution((3, 3), 17, 7, 6),
    "one pixel": convolution((5, 3), 3, 4, 1),
    "3x3": depthwise((3, 3), 5, 1, (-128, 127)),
    "3x3 by 2": depthwise((3, 3), 4, 2, (-7, 127)),
    "2x5": depthwise((2, 5), 6, 1, (-128, 20)),
    "four outputs": connected(7, 4),
    "five outputs": connected(8, 5),
    "nine outputs": connected(1, 9),
    "seventeen outputs": connected(30, 17),
}


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("name", GRAPHS)
def test_a_core_gives_the_bits_of_the_reference(name, board, tmp_path):
    graph, target = GRAPHS[name], load_board(board)
    plan = make_plan(graph, target.cpu)
    assert all(call.variant.name.startswith(KINDS[board]) for call in plan.calls)
    library = make_library(plan, target, graph.name, graph.name)
    runner, reference = EmulatedRunner(plan, library, target, tmp_path), Reference(graph)
    rng = np.random.default_rng(2)
    (x,) = graph.inputs
    extremes = [np.full(x.type.shape, v, np.int8) for v in (-128, 127)]
    noise = [rng.integers(-128, 127, x.type.shape, np.int8, endpoint=True) for _ in range(4)]
    for given in (*extremes, *noise):
        (ours,), (wanted,) = runner.run((given,)), reference.run((given,))
        np.testing.assert_array_equal(ours, wanted)
