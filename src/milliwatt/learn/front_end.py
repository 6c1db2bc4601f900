"""The operators before the network: fitted once, run by training and by the device alike."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from milliwatt.errors import InputError
from milliwatt.ir import Array, Builder, DType, Graph, Op, Quant, TensorType, verify
from milliwatt.learn.features import Features
from milliwatt.ops.dsp.filterbank import Filterbank
from milliwatt.ops.dsp.frame_statistics import FrameStatistics
from milliwatt.ops.dsp.log2 import Log2
from milliwatt.ops.dsp.power_spectrum import PowerSpectrum
from milliwatt.ops.dsp.projection import Projection
from milliwatt.ops.dsp.standardize import Standardize
from milliwatt.ops.nn.reshape import Reshape

Counts = npt.NDArray[np.int16]

BATCHED = (Filterbank, FrameStatistics, Log2, PowerSpectrum, Projection, Standardize)
"""Operators whose `evaluate` takes a first axis longer than 1 as so many inputs."""
AT_ONCE = 64  # recordings, so that what lies between the operators stays within some megabytes


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """Operators applied in order to the counts of one recording.

    Attributes:
        input: s16 ``[1, row, samples_per_row * channel]``.
        ops: name and operator; each takes the one before's output.
        samples_per_row: consecutive samples that arrive together as one row: a hop of audio, or 1.
    """

    input: TensorType
    ops: tuple[tuple[str, Op], ...]
    samples_per_row: int = 1

    @property
    def recording(self) -> tuple[int, int]:
        """Samples and channels of the recordings that it takes."""
        _, rows, width = self.input.shape
        return rows * self.samples_per_row, width // self.samples_per_row

    @property
    def output(self) -> TensorType:
        """The last operator's output: ``[1, frame, feature]`` or ``[1, frame, band, 1]``."""
        return _after(self.input, self.ops)

    def compute(self, counts: Counts) -> Array:
        """Return the output, ``[N, frame, feature]``, of int16 ``[N, time, channel]``.

        It is ``[N, frame, band, 1]`` where the features are images.

        Raises:
            InputError: the recordings are not of the shape that the front end was made for.
        """
        return run(self.input, self.ops, self._rows(counts))

    def features(self) -> Features:
        """Return the features as training takes them."""
        out = self.output
        return Features(self.compute, out.scale, out.zero_point)

    def before(self, network: Graph) -> Graph:
        """Return one graph that takes counts and gives what ``network`` gives.

        Args:
            network: with one input s8 ``[1, frame, 1, feature]``, or any shape of as many
                elements in that order, quantised as the features are.

        Raises:
            InputError: the network's input is quantised otherwise, or of another size.
        """
        (place,) = network.inputs
        out = self.output
        if (place.type.dtype, place.type.quant, place.type.size) != (
            out.dtype,
            out.quant,
            out.size,
        ):
            raise InputError(
                f"network {network.name!r} takes {place.type} ({place.type.quant}), the features "
                f"are {out} ({out.quant}); quantise the network with the features' scale"
            )
        builder = Builder(network.name)
        value = builder.input("counts", self.input)
        for name, op in self.ops:
            value = builder.node(name, op, value)
        value = builder.node("features", Reshape(place.type.shape), value)
        front = builder.build(value)
        rest = tuple(node.with_inputs({place: value}) for node in network.nodes)
        return verify(Graph(network.name, front.inputs, network.outputs, (*front.nodes, *rest)))

    def _rows(self, counts: Counts) -> Counts:
        """Return ``[N, row, number]``, the recordings as the graph takes them."""
        if counts.shape[1:] != self.recording or counts.dtype != np.int16:
            raise InputError(
                f"recordings are {counts.dtype} {list(counts.shape)}; "
                f"wanted int16 [N, {self.recording[0]}, {self.recording[1]}]"
            )
        return counts.reshape(len(counts), *self.input.shape[1:])


def run(type_: TensorType, ops: tuple[tuple[str, Op], ...], inputs: Array) -> Array:
    """Apply operators in order to many inputs; return ``[N, …]``, the last one's outputs.

    Args:
        type_: of one input, with a first axis of 1.
        ops: name and operator.
        inputs: ``[N, …]``, N inputs of that type; at least one.
    """
    batched = all(isinstance(op, (*BATCHED, Reshape)) for _, op in ops)
    size = AT_ONCE if batched else 1
    return np.concatenate(
        [_some(type_, ops, inputs[i : i + size]) for i in range(0, len(inputs), size)]
    )


def _some(type_: TensorType, ops: tuple[tuple[str, Op], ...], array: Array) -> Array:
    for _, op in ops:
        if isinstance(op, Reshape):
            array = array.reshape(len(array), *op.shape[1:])
        else:
            (array,) = op.evaluate((type_,), (array,))
        (type_,) = op.infer((type_,))
    return array


def _after(type_: TensorType, ops: tuple[tuple[str, Op], ...]) -> TensorType:
    for _, op in ops:
        (type_,) = op.infer((type_,))
    return type_


def counts_type(shape: tuple[int, ...]) -> TensorType:
    """Return s16 of ``shape``: counts as they are, of whatever unit a channel has."""
    return TensorType(shape, DType.S16, Quant((1.0,)))
