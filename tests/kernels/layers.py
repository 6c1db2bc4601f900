"""Graphs of one weighted layer with random weights, for runs on emulated cores."""

import numpy as np

from milliwatt.ir import Array, Builder, DType, Graph, Quant, TensorType
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.fully_connected import FullyConnected


class Layers:
    """Builds one weighted layer with random weights up to `largest`."""

    def __init__(self, name: str, rng: np.random.Generator, largest: int = 127) -> None:
        self._b, self._rng, self._largest = Builder(name), rng, largest

    def input(self, *shape: int):
        return self._b.input("x", TensorType(shape, DType.S8, Quant((2.0**-6,), 3)))

    def weighted(self, op, x, shape: tuple[int, ...], axis: int):
        """Return a node with scales that keep results in range."""
        outputs = shape[axis]
        name = f"layer{self._rng.integers(1 << 30)}"
        scales = np.float32(self._rng.uniform(0.001, 0.01, outputs))
        quant = Quant(tuple(float(s) for s in scales), 0, axis)
        w_type = TensorType(shape, DType.S8, quant)
        w = self._rng.integers(-self._largest, self._largest, shape, np.int8, endpoint=True)
        bias = self._rng.integers(-5000, 5000, outputs).astype(np.int32)
        w_value = self._b.constant(name + "_w", w_type, w)
        bias_value = self._b.constant(name + "_b", TensorType((outputs,), DType.S32), bias)
        return self._b.node(name, op, x, w_value, bias_value)

    def build(self, y) -> Graph:
        return self._b.build(y)


def convolution(taps: tuple[int, int], c: int, c_out: int, width: int, largest: int = 127) -> Graph:
    layers = Layers("convolution", np.random.default_rng(c * 100 + c_out), largest)
    op = Conv2d(Quant((2.0**-4,), -7), (1, 1), (1, 0, 1, 1), (1, 1), (-128, 127))
    x = layers.input(1, 5, width, c)
    return layers.build(layers.weighted(op, x, (c_out, *taps, c), 0))


def depthwise(taps: tuple[int, int], c: int, stride: int, clip: tuple[int, int]) -> Graph:
    layers = Layers("depthwise", np.random.default_rng(c))
    op = DepthwiseConv2d(Quant((2.0**-4,), -7), (stride, stride), (1, 1, 1, 1), (1, 1), clip)
    return layers.build(layers.weighted(op, layers.input(1, 6, 7, c), (*taps, c), 2))


def connected(k: int, outputs: int, largest: int = 127) -> Graph:
    layers = Layers("connected", np.random.default_rng(k), largest)
    x = layers.input(2, k)
    return layers.build(layers.weighted(FullyConnected(Quant((2.0**-2,), 5)), x, (outputs, k), 0))


def trying_inputs(graph: Graph) -> list[Array]:
    """Return inputs at both ends of int8, and noise."""
    rng = np.random.default_rng(2)
    shape = graph.inputs[0].type.shape
    extremes = [np.full(shape, v, np.int8) for v in (-128, 127)]
    return [*extremes, *(rng.integers(-128, 127, shape, np.int8, endpoint=True) for _ in range(4))]
