"""Kernels whose bits could depend on the core give the same on each: floats, roots, 64-bit sums.

An M0+ has no float instructions and no long multiply, an M4F has both, RV32IMC neither floats nor
unaligned memory to rely on.
"""

import numpy as np
import pytest
from ops_cases.draw import floats

from milliwatt.emit import make_library
from milliwatt.ir import Array, Builder, DType, Graph, Quant, TensorType
from milliwatt.ops.dsp.frame_statistics import FrameStatistics
from milliwatt.ops.dsp.standardize import Standardize
from milliwatt.ops.nn.concatenation import Concatenation
from milliwatt.ops.nn.dequantize import Dequantize
from milliwatt.ops.nn.pad import Pad
from milliwatt.ops.nn.quantize import Quantize
from milliwatt.ops.nn.requantize import Requantize
from milliwatt.ops.nn.strided_slice import StridedSlice
from milliwatt.ops.nn.transpose import Transpose
from milliwatt.plan import by_rows, make_plan, whole
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.run.reference import Reference
from milliwatt.targets import load_board

BOARDS = ("rp2040", "nrf52840", "esp32c3")


def conversions() -> Graph:
    """Floats to int16, some features, and back to floats by way of int8."""
    b = Builder("conversions")
    x = b.input("x", TensorType((1, 20, 3), DType.F32))
    y = b.node("quantize", Quantize(Quant((0.125,)), DType.S16), x)
    framed = b.node("features", FrameStatistics(5, 3), y)
    mean, deviation = (3, -4, 100, 0, 5, 6), (1.0, 900.0, 3.3, 40.0, 5.0, 2000.0)
    framed = b.node("standard", Standardize(Quant((0.0625,), 3), mean, deviation), framed)
    wide = b.node("wide", Requantize(Quant((0.00390625 * 3,)), DType.S16), framed)
    return b.build(framed, b.node("floats", Dequantize(), wide))


def arrangements() -> Graph:
    """Rows behind rows, padded, sliced and transposed, of two-byte elements."""
    b = Builder("arrangements")
    x = b.input("x", TensorType((1, 5, 3), DType.S16, Quant((0.5,))))
    z = b.input("z", TensorType((1, 4, 3), DType.S16, Quant((0.5,))))
    joined = b.node("joined", Concatenation(1), x, z)
    padded = b.node("padded", Pad(((0, 0), (2, 1), (0, 2)), value=-7), joined)
    sliced = b.node("sliced", StridedSlice((0, 1, 4), (1, 2, -1), (1, 5, 4)), padded)
    beside = b.node("beside", Concatenation(2), sliced, sliced, sliced)
    return b.build(beside, b.node("turned", Transpose((0, 2, 1)), beside))


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("schedule", [whole, by_rows], ids=["whole", "by_rows"])
@pytest.mark.parametrize("graph", [conversions(), arrangements()], ids=lambda g: g.name)
def test_a_core_gives_the_bits_of_the_reference(graph, schedule, board, tmp_path):
    target = load_board(board)
    plan = make_plan(graph, target.cpu, schedule)
    library = make_library(plan, target, graph.name, graph.name)
    runner, reference = EmulatedRunner(plan, library, target, tmp_path), Reference(graph)
    rng = np.random.default_rng(1)
    for _ in range(5):
        inputs = tuple(noise(rng, v.type) for v in graph.inputs)
        for ours, wanted in zip(runner.run(inputs), reference.run(inputs), strict=True):
            assert ours.tobytes() == wanted.tobytes()


def noise(rng: np.random.Generator, t: TensorType) -> Array:
    """Return floats of all sizes, or integers of the whole range."""
    if t.dtype is DType.F32:
        return floats(rng, t.shape)
    low, high = t.dtype.limits
    return rng.integers(low, high, t.shape, dtype=t.dtype.numpy, endpoint=True)
