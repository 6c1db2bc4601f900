"""Equalisation changes no result and evens out ranges; bias correction takes back mean shifts."""

import pytest
import torch
from small_networks import SCALE, ZERO, inputs, uneven

from milliwatt.importers.torch.read import layer_name
from milliwatt.learn import logits, quantize, sqnr_db
from milliwatt.learn.compress.bias import _means
from milliwatt.learn.compress.equalize import equalize
from milliwatt.learn.compress.fold import fold
from milliwatt.learn.compress.graphs import constant, watch, weighted_layers
from milliwatt.learn.compress.sqnr import layer_noise
from milliwatt.learn.quantize import Refine
from milliwatt.learn.quantizer import Int8Quantizer, Precision

GIVEN = {"input_scale": SCALE, "input_zero_point": ZERO}


@pytest.fixture
def folded():
    return fold(uneven(), inputs()[0], Int8Quantizer(**GIVEN))


def spread(model, x):
    """Return how far apart the living channels of the first activation are."""
    seen = []
    watch(model, x, lambda n, given: seen.append(given) if "relu" in n.name else None)
    ranges = seen[0].abs().transpose(0, 1).flatten(1).amax(1)
    return float(ranges.max() / ranges[ranges > 0].min())


def test_equalising_changes_no_result(folded):
    x, _ = inputs(seed=2)
    before = logits(folded, x)
    assert equalize(folded, inputs()[0]) == 3
    # three multiplications and as many divisions of float32, each off by 2**-24, in sums of 24
    error = (logits(folded, x) - before).abs().max() / before.abs().max()
    assert error < 6 * 24 * 2**-24


def test_equalising_brings_channels_together(folded):
    x, _ = inputs()
    before = spread(folded, x)
    equalize(folded, x)
    assert spread(folded, x) < before**0.5 * 1.5  # a square root is taken off


def test_layers_of_few_steps_are_left_alone(folded):
    kept = {n: p.clone() for n, p in folded.named_parameters()}
    assert equalize(folded, inputs()[0], few_steps={"pointwise", "linear"}) == 1
    changed = [n for n, p in folded.named_parameters() if not torch.equal(p, kept[n])]
    assert changed
    assert not [n for n in changed if n.startswith(("pointwise", "linear"))]


def test_the_users_model_stays_as_it_is():
    model = uneven()
    before = {n: t.clone() for n, t in model.state_dict().items()}
    quantize(model, inputs()[0], **GIVEN, refine=Refine.EQUALIZE | Refine.CORRECT_BIAS)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_corrected_biases_restore_every_mean():
    x, _ = inputs(256)
    made = quantize(uneven(), x, **GIVEN, refine=Refine.CORRECT_BIAS)
    wanted, got = _means(made.folded, x), _means(made.simulated, x)
    plain = _means(quantize(uneven(), x, **GIVEN).simulated, x)
    for layer in weighted_layers(made.simulated):
        name, (_, step, *_) = layer_name(layer), layer.args[2].all_input_nodes
        half = 0.51 * constant(made.simulated, step)  # a bias is rounded to its step
        assert ((wanted[name] - got[name]).abs() <= half).all(), name
        assert not ((wanted[name] - plain[name]).abs() <= half).all(), name


def test_uneven_channels_lose_less_when_equalised():
    x, _ = inputs()
    unseen, _ = inputs(seed=9)
    wanted = logits(uneven(), unseen).numpy()
    plain, even = (
        sqnr_db(wanted, logits(quantize(uneven(), x, **GIVEN, refine=r).simulated, unseen).numpy())
        for r in (Refine.NONE, Refine.EQUALIZE)
    )
    assert even > plain


def test_noise_points_at_the_layer_of_few_bits():
    x, _ = inputs()
    made = quantize(uneven(), x, **GIVEN, precision=Precision(frozenset({"pointwise"})))
    noise = {n.name: n for n in layer_noise(made, x)}
    assert list(noise) == ["stem", "depthwise", "pointwise", "linear"]
    assert min(noise, key=lambda n: noise[n].alone_db) == "pointwise"
    # 15 steps in place of 255 are 24 dB; what the range is cut by changes that by a few
    plain = {n.name: n for n in layer_noise(quantize(uneven(), x, **GIVEN), x)}
    assert 12 < plain["pointwise"].alone_db - noise["pointwise"].alone_db < 36
