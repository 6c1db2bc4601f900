"""What a graph costs, asked of the compiler."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="prices are asked by learning: pip install 'milliwatt[learn]'")
pytest.importorskip(
    "torchao", reason="prices are asked by learning: pip install 'milliwatt[learn]'"
)

from milliwatt.errors import InvalidGraph, NotAvailable
from milliwatt.ir import Builder, DType, Quant, TensorType
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.depthwise_conv2d import DepthwiseConv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.project.compile import compile as compile_model
from milliwatt.project.model import Model
from milliwatt.project.price import measured, price, pricer, proven

BOARD = "nrf52840"


def network(weights, channels=16, seed=0):
    """Return two layers whose weights, of either type, are the same integers of -7 to 7."""
    random = np.random.default_rng(seed)
    b = Builder("net")

    def constants(name, shape):
        w_type = TensorType(shape, weights, Quant((1 / 128,) * shape[0], 0, 0))
        w = b.constant(f"{name}.w", w_type, random.integers(-7, 8, shape).astype(np.int8))
        bias = random.integers(-99, 99, shape[0]).astype(np.int32)
        return w, b.constant(f"{name}.b", TensorType(bias.shape, DType.S32), bias)

    x = b.input("x", TensorType((1, 6, 5, channels), DType.S8, Quant((1 / 16,), -3)))
    out = Quant((1 / 32,), 5)
    y = b.node("conv", Conv2d(out), x, *constants("conv", (channels, 1, 1, channels)))
    flat = b.node("flat", Reshape((1, y.type.size)), y)
    head = b.node("head", FullyConnected(out), flat, *constants("head", (3, y.type.size)))
    return b.build(head)


def test_a_price_is_what_compiling_reports():
    graph = network(DType.S8)
    cost = price(graph, BOARD)
    result = compile_model(Model("net", graph), BOARD, samples=4)
    assert cost.flash_bytes == result.flash.total
    assert cost.ram_bytes == result.ram.total
    assert cost.instructions == result.instructions
    assert cost.latency_ms == result.latency_ms_estimated
    assert pricer(BOARD)(graph) == cost


def test_a_core_without_published_timings_has_no_latency():
    assert price(network(DType.S8), "esp32c3").latency_ms is None


def test_a_board_without_an_emulator_cannot_be_asked():
    with pytest.raises(NotAvailable, match="host has no emulator"):
        price(network(DType.S8), "host")


@pytest.mark.parametrize("board", ["nrf52840", "rp2040", "esp32c3"])
def test_four_bits_halve_the_weights_and_keep_their_meaning(board):
    eight, four = (proven(network(d), board) for d in (DType.S8, DType.S4))
    random = np.random.default_rng(1)
    for _ in range(8):
        x = random.integers(-128, 128, (1, 6, 5, 16)).astype(np.int8)
        np.testing.assert_array_equal(eight.host.run((x,))[0], four.host.run((x,))[0])
    large, small = (measured(c).flash.weights for c in (eight, four))
    # 16 * 16 + 3 * 480 weights lose half a byte each; scales and biases stay, packed otherwise
    assert large - small >= (16 * 16 + 3 * 480) // 2


@pytest.mark.parametrize("board", ["nrf52840", "rp2040", "esp32c3"])
def test_sums_of_int16_are_the_same_bits_on_every_core(board):
    random = np.random.default_rng(3)
    b = Builder("wide")
    x = b.input("x", TensorType((1, 5, 4, 6), DType.S16, Quant((1 / 4096,))))
    out, most = Quant((1 / 1024,)), (-32768, 32767)
    y = x
    for name, op, shape in (
        ("depthwise", DepthwiseConv2d(out, pad=(1, 1, 1, 1), clip=most), (3, 3, 6)),
        ("pointwise", Conv2d(out, clip=(0, 32767)), (5, 1, 1, 6)),
    ):
        channels = shape[2] if len(shape) == 3 else shape[0]
        quant = Quant((1 / 64,) * channels, 0, 2 if len(shape) == 3 else 0)
        weights = random.integers(-127, 128, shape).astype(np.int8)
        w = b.constant(f"{name}.w", TensorType(shape, DType.S8, quant), weights)
        bias = random.integers(-(2**40), 2**40, channels)
        y = b.node(
            name, op, y, w, b.constant(f"{name}.b", TensorType((channels,), DType.S64), bias)
        )
    proven(b.build(y), board)  # raises where a core computes something else


def test_a_four_bit_constant_beyond_its_range_is_refused():
    b = Builder("net")
    with pytest.raises(InvalidGraph, match="beyond -8 to 7"):
        b.constant("w", TensorType((2,), DType.S4, Quant((1.0,))), np.array([0, 8], np.int8))
