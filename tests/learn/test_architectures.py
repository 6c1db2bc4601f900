"""Every architecture trains, exports, and compiles to machine code that gives the graph's bits."""

from pathlib import Path

import numpy as np
import pytest
import torch

from milliwatt.errors import InputError
from milliwatt.importers.torch import import_program
from milliwatt.learn import ARCHITECTURES, architectures, logits, needs, quantize, sqnr_db, train
from milliwatt.learn.architectures import layers
from milliwatt.learn.objective import mean_squared_error
from milliwatt.passes import optimize
from milliwatt.plan.push import sliding
from milliwatt.project.price import price
from milliwatt.run.reference import Reference

SCALE = 1 / 32
TINY = {
    "attention": ((6, 16, 1), {"width": 8}),
    "autoencoder": ((4, 3, 1), {"hidden": (8,), "code": 2}),
    "cnn_1d": ((6, 16, 1), {"width": 8}),
    "ds_cnn": ((1, 21, 12), {"stem": 8, "blocks": ((8, 1, 2), (8, 1, 1), (12, 2, 1)), "top": 8}),
    "gru": ((6, 11, 1), {"width": 8, "hidden": 8}),
    "mobilenet_v1": ((3, 16, 16), {"width": 0.1, "layers": 3}),
    "mobilenet_v2": (
        (1, 16, 16),
        {"width": 0.1, "stages": ((1, 16, 1, 1), (6, 24, 2, 2)), "top": 16},
    ),
    "resnet8": ((3, 12, 12), {"width": 0.25}),
    "tc_resnet": ((10, 33, 1), {"channels": (8, 8, 12), "strides": (1, 2)}),
}
STREAMING = ("ds_cnn", "tc_resnet")


def data(name, n=48):
    shape, _ = TINY[name]
    x = torch.randn(n, *shape, generator=torch.Generator().manual_seed(3)) * 0.7
    y = torch.arange(n) % 3
    x += 0.5 * y[:, None, None, None] - 0.5  # the class is how high all values lie
    # the numbers that the first layer's integers stand for
    return torch.clamp(torch.round(x / SCALE), -128, 127) * SCALE, y


@pytest.fixture(scope="module", params=sorted(TINY))
def learned(request):
    """Return name, float network and graph of a network that was trained a little."""
    name = request.param
    shape, options = TINY[name]
    model = ARCHITECTURES[name](shape=shape, classes=3, seed=0, **options)
    x, y = data(name)
    loss = mean_squared_error if name == "autoencoder" else None
    train(model, x, x if loss else y, epochs=6, seed=0, loss=loss)
    quantized = quantize(model, x, input_scale=SCALE, input_zero_point=0)
    return name, model, optimize(import_program(quantized.program, name=name))


def test_the_tests_know_every_architecture():
    assert set(TINY) == set(ARCHITECTURES)
    folder = Path(architectures.__file__).parent
    assert set(ARCHITECTURES) == {p.stem for p in folder.glob("*.py")} - {
        "__init__",
        "layers",
        "needs",
    }
    assert list(ARCHITECTURES) == sorted(ARCHITECTURES)


def test_it_compiles_to_the_graphs_bits(learned):
    name, _, graph = learned
    cost = price(graph, "nrf52840")  # raises Divergence where a bit differs
    shape, options = TINY[name]
    asked = needs(name, shape=shape, classes=3, **options)
    assert cost.flash_bytes > asked.parameters
    assert cost.instructions > 0


def test_the_integers_follow_the_float_network(learned):
    name, model, graph = learned
    x, _ = data(name)
    wanted = logits(model, x[:24]).numpy()
    (place,), (out,) = graph.inputs, graph.outputs
    runner = Reference(graph)
    given = np.rint(x[:24].numpy() / SCALE).astype(np.int8)
    got = []
    for q in given:
        order = q.transpose(1, 2, 0) if len(place.type.shape) == 4 else q
        (y,) = runner.run((order.reshape(place.type.shape),))
        real = (y.astype(np.float64) - out.type.zero_point) * out.type.scale
        got.append(real.transpose(0, 3, 1, 2) if real.ndim == 4 else real)
    # a rounding costs about 49 dB (see test_motion); some 25 layers in a row, 14 dB of them,
    # and sums of differences in the skips and gates another 20 at worst
    assert sqnr_db(wanted, np.concatenate(got).reshape(wanted.shape)) > 15


@pytest.mark.parametrize("name", STREAMING)
def test_what_says_that_it_streams_slides(name):
    shape, options = TINY[name]
    model = ARCHITECTURES[name](shape=shape, classes=3, seed=0, **options).eval()
    quantized = quantize(model, data(name)[0], input_scale=SCALE, input_zero_point=0)
    push, _ = sliding(optimize(import_program(quantized.program, name=name)))
    assert push.rows_per_result == 2 * (2 if name == "ds_cnn" else 1)  # the product of strides
    assert push.first_result_rows <= shape[1]


@pytest.mark.parametrize("name", sorted(TINY))
def test_the_seed_decides_and_nothing_else(name):
    shape, options = TINY[name]

    def weights(seed):
        model = ARCHITECTURES[name](shape=shape, classes=3, seed=seed, **options)
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_needs_by_hand():
    # linear layers 12 to 8 to 2 to 8 to 12: 224 products and weights, 30 biases
    found = needs("autoencoder", shape=(4, 3, 1), classes=3, hidden=(8,), code=2)
    assert (found.macs, found.parameters, found.weight_bytes) == (224, 254, 224 + 30 * 12)
    assert found.largest_map_bytes == 12 + 8


def test_needs_count_every_pixel():
    # stem: 16x16x3 by 3x3 stride 2 to 8x8x4: 8*8*4*27; see the layers for the rest
    small = needs("mobilenet_v1", shape=(3, 16, 16), classes=3, width=0.1, layers=1)
    stem, depthwise, pointwise, linear = 8 * 8 * 4 * 27, 8 * 8 * 4 * 9, 8 * 8 * 8 * 4, 8 * 3
    assert small.macs == stem + depthwise + pointwise + linear


@pytest.mark.parametrize(
    ("channels", "width", "wanted"), [(32, 0.25, 8), (16, 0.1, 4), (24, 0.35, 8)]
)
def test_channels_come_in_fours(channels, width, wanted):
    assert layers.scaled(channels, width) == wanted


def test_a_window_that_is_too_short_is_named():
    with pytest.raises(InputError, match="inputs of 9 rows by 12 are too small"):
        ARCHITECTURES["ds_cnn"](shape=(1, 9, 12), classes=3, seed=0)
    with pytest.raises(InputError, match="a recurrence over 100 frames"):
        ARCHITECTURES["gru"](shape=(6, 202, 1), classes=3, seed=0)
    with pytest.raises(InputError, match="one more channel count than strides"):
        ARCHITECTURES["tc_resnet"](shape=(6, 40, 1), classes=3, seed=0, channels=(8, 8))
