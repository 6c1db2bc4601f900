"""From features back to samples: TensorFlow's micro front end before a model that expects it.

A microWakeWord model takes 40 features for each 10 ms of sound, and its file says nothing of where
they come from. With the front end in the same graph it takes samples, and what the device computes
is what ``pymicro-features`` and ``pymicro-wakeword`` compute, to the bit.

Two things live from call to call: the last two hops of sound, since frames of 30 ms overlap, and
the noise in each band.
"""

import numpy as np

from milliwatt.errors import UnsupportedOp
from milliwatt.ir import Builder, DType, Graph, Quant, TensorType, Value, verify
from milliwatt.ops.dsp.denoise_log import DenoiseLog
from milliwatt.ops.dsp.micro_filterbank import MicroFilterbank
from milliwatt.ops.dsp.noise_estimate import NoiseEstimate
from milliwatt.ops.nn.concatenation import Concatenation
from milliwatt.ops.nn.copy import Copy
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.ops.nn.strided_slice import StridedSlice

HOP = 160  # 10 ms at 16 kHz
SAMPLES = Quant((1.0,))


def from_samples(network: Graph) -> Graph:
    """Return a graph that takes sound where ``network`` takes features.

    Args:
        network: with one input s8 ``[1, T, 40]``, or any shape of as many elements in that order.

    Returns:
        A graph of one input, s16 ``[1, T, 160]``: ``T`` hops of 10 ms at 16 kHz.

    Raises:
        UnsupportedOp: the input is no whole number of frames of 40 int8 features.
    """
    bank = MicroFilterbank()
    if len(network.inputs) != 1:
        raise UnsupportedOp(f"{network.name} has {len(network.inputs)} inputs; features are one")
    (place,) = network.inputs
    if place.type.dtype is not DType.S8 or place.type.size % bank.bands:
        raise UnsupportedOp(
            f"{network.name} takes {place.type}; the micro front end gives s8[1, T, {bank.bands}]"
        )
    hops = place.type.size // bank.bands
    builder = Builder(network.name)
    for name in network.values:
        builder.unique(name)  # the two halves become one graph, so their names must differ
    samples = builder.input("samples", TensorType((1, hops, HOP), DType.S16, SAMPLES))
    frames = _with_past(builder, samples, bank.hops - 1)
    loudness = builder.node("loudness", bank, frames)
    noise = _noise(builder, loudness)
    features = builder.node("features", DenoiseLog(place.type.quantized), loudness, noise)
    value = builder.node("network_input", Reshape(place.type.shape), features)
    front = builder.build(value)
    rest = tuple(node.with_inputs({place: value}) for node in network.nodes)
    return verify(Graph(network.name, front.inputs, network.outputs, (*front.nodes, *rest)))


def _with_past(builder: Builder, samples: Value, kept: int) -> Value:
    """Put the last ``kept`` hops before ``samples``, and keep the newest for the next call."""
    shape = (1, kept, HOP)
    past = builder.variable(
        "past", TensorType(shape, DType.S16, SAMPLES), np.zeros(shape, np.int16)
    )
    frames = builder.node("frames", Concatenation(1), past, samples)
    newest = StridedSlice((0, samples.type.rows, 0), (1, 1, 1), shape)
    builder.write("past/store", Copy(), past, builder.node("newest", newest, frames))
    return frames


def _noise(builder: Builder, loudness: Value) -> Value:
    """Estimate the noise of each frame, and keep the last estimate for the next call."""
    shape = (1, 1, loudness.type.shape[2])
    before = builder.variable("noise", TensorType(shape, DType.S32), np.zeros(shape, np.int32))
    noise = builder.node("noise_estimate", NoiseEstimate(), loudness, before)
    last = StridedSlice((0, loudness.type.rows - 1, 0), (1, 1, 1), shape)
    builder.write("noise/store", Copy(), before, builder.node("last_noise", last, noise))
    return noise
