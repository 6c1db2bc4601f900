"""Layers of other widths than int8, from PyTorch to a graph."""

import numpy as np
import pytest
from small_networks import SCALE, ZERO, inputs, uneven

from milliwatt.errors import InputError
from milliwatt.importers.torch import import_program
from milliwatt.ir import DType
from milliwatt.learn import logits, quantize
from milliwatt.learn.compress.pipeline import Compression, Material, compressed
from milliwatt.learn.compress.sqnr import layer_noise
from milliwatt.learn.quantizer import Precision
from milliwatt.run.reference import Reference

GIVEN = {"input_scale": SCALE, "input_zero_point": ZERO}


def made(**widths):
    precision = Precision(**{k: frozenset(v) for k, v in widths.items()})
    return quantize(uneven(), inputs()[0], **GIVEN, precision=precision)


def computed(quantized, x):
    """Return the real scores that the integer graph gives."""
    graph = import_program(quantized.program, name="net")
    reference, (place,), (output,) = Reference(graph), graph.inputs, graph.outputs
    steps = (x / place.type.scale).round() + place.type.zero_point
    images = steps.numpy().transpose(0, 2, 3, 1).astype(np.int8)
    scores = np.concatenate([reference.run((image[None],))[0] for image in images])
    return (scores.astype(np.float64) - output.type.zero_point) * output.type.scale


def dtypes(quantized):
    graph = import_program(quantized.program, name="net")
    return {n.name: n.output.type.dtype for n in graph.nodes}


def test_a_wide_layer_and_its_reader_compute_in_int16():
    found = dtypes(made(int16_outputs={"depthwise"}))
    wide = {n for n, d in found.items() if d is DType.S16}
    assert {"depthwise", "pointwise"} <= wide
    assert {"stem", "mean", "linear"} & wide == set()
    graph = import_program(made(int16_outputs={"depthwise"}).program, name="net")
    biases = {n.name: n.types[2].dtype for n in graph.nodes if len(n.inputs) == 3}
    assert biases["depthwise"] is biases["pointwise"] is DType.S64
    assert biases["stem"] is DType.S32


@pytest.mark.parametrize(
    "widths", [{}, {"int16_outputs": {"stem", "depthwise"}}, {"int4_weights": {"pointwise"}}]
)
def test_the_graph_computes_what_is_simulated(widths):
    x, _ = inputs(24, seed=4)
    quantized = made(**widths)
    simulated, graph = logits(quantized.simulated, x).numpy(), computed(quantized, x)
    (step,) = import_program(quantized.program, name="net").outputs[0].type.quant.scale
    # a step an operator, of which five lie in a row; most of it is averaged away
    assert np.abs(simulated - graph).max() <= 5 * step


def test_sixteen_bits_take_a_layers_noise_away():
    x, _ = inputs(64, seed=6)
    eight, sixteen = (
        {n.name: n.here_db for n in layer_noise(made(int16_outputs=wide), x)}
        for wide in ((), ("stem", "depthwise"))
    )
    for name in ("stem", "depthwise", "pointwise"):
        assert sixteen[name] > eight[name] + 3  # weights of 8 bits are what is left


def test_the_worst_layer_is_found():
    x, y = inputs()
    noise = layer_noise(made(), x)
    worst = min(noise, key=lambda n: n.alone_db).name
    how = Compression(int16_outputs=("worst",))
    assert dtypes(compressed(uneven(), Material(x, y, **GIVEN), how))[worst] is DType.S16


def test_four_bits_do_not_meet_sixteen():
    with pytest.raises(InputError, match="'pointwise' would compute in int16 with 4-bit weights"):
        made(int4_weights={"pointwise"}, int16_outputs={"depthwise"})
