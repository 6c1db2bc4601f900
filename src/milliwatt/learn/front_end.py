"""The operators before the network: fitted once, run by training and by the device alike."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from milliwatt.errors import InputError
from milliwatt.ir import Array, Builder, DType, Graph, Op, Quant, TensorType, Value, verify
from milliwatt.learn.features import Features
from milliwatt.ops.dsp.biquad import Biquad
from milliwatt.ops.dsp.filterbank import Filterbank
from milliwatt.ops.dsp.fir import Fir
from milliwatt.ops.dsp.frame_moments import FrameMoments
from milliwatt.ops.dsp.frame_statistics import FrameStatistics
from milliwatt.ops.dsp.gray import Gray
from milliwatt.ops.dsp.log2 import Log2
from milliwatt.ops.dsp.power_spectrum import PowerSpectrum
from milliwatt.ops.dsp.projection import Projection
from milliwatt.ops.dsp.resize import Resize
from milliwatt.ops.dsp.spectral_peaks import SpectralPeaks
from milliwatt.ops.dsp.standardize import Standardize
from milliwatt.ops.nn.concatenation import Concatenation
from milliwatt.ops.nn.requantize import Requantize
from milliwatt.ops.nn.reshape import Reshape

Counts = npt.NDArray[np.int16]
Ops = tuple[tuple[str, Op], ...]
Joins = tuple[tuple[str, tuple[str, ...]], ...]

COUNTS = "counts"
BATCHED = (
    Biquad,
    Concatenation,
    Filterbank,
    Fir,
    FrameMoments,
    FrameStatistics,
    Gray,
    Log2,
    PowerSpectrum,
    Projection,
    Requantize,
    Resize,
    SpectralPeaks,
    Standardize,
)
"""Operators whose `evaluate` takes a first axis longer than 1 as so many inputs."""
AT_ONCE = 64  # recordings, so that what lies between the operators stays within some megabytes


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """Operators applied in order to the counts of one recording.

    Attributes:
        input: s16 ``[1, row, samples_per_row * channel]``, or u8 ``[1, row, column, channel]``.
        ops: name and operator; each takes the one before's output.
        samples_per_row: consecutive samples that arrive together as one row: a hop of audio, or 1.
        joins: for operators that do not simply take what came before, the names of their operands;
            `COUNTS` is the input.
    """

    input: TensorType
    ops: Ops
    samples_per_row: int = 1
    joins: Joins = ()

    @property
    def recording(self) -> tuple[int, ...]:
        """The shape of a recording: samples and channels, or lines, pixels and channels."""
        if self.input.dtype is DType.U8:
            return self.input.shape[1:]
        _, rows, width = self.input.shape
        return rows * self.samples_per_row, width // self.samples_per_row

    @property
    def output(self) -> TensorType:
        """The last operator's output: ``[1, frame, feature]`` or ``[1, frame, band, 1]``."""
        types = {COUNTS: self.input}
        for name, op, operands in _steps(self.ops, self.joins):
            (types[name],) = op.infer(tuple(types[o] for o in operands))
        return types[_last(self.ops)]

    def compute(self, counts: Array) -> Array:
        """Return the output, ``[N, frame, feature]``, of int16 ``[N, time, channel]``.

        It is ``[N, frame, band, 1]`` where the features are images.

        Raises:
            InputError: the recordings are not of the shape that the front end was made for.
        """
        return run(self.input, self.ops, self._rows(counts), self.joins)

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
        last = self._build(builder)
        value = builder.node("features", Reshape(place.type.shape), last)
        front = builder.build(value)
        rest = tuple(node.with_inputs({place: value}) for node in network.nodes)
        return verify(Graph(network.name, front.inputs, network.outputs, (*front.nodes, *rest)))

    def graph(self, name: str) -> Graph:
        """Return the operators alone, a graph from counts to features."""
        builder = Builder(name)
        return builder.build(self._build(builder))

    def _build(self, builder: Builder) -> Value:
        values = {COUNTS: builder.input(COUNTS, self.input)}
        for name, op, operands in _steps(self.ops, self.joins):
            values[name] = builder.node(name, op, *(values[o] for o in operands))
        return values[_last(self.ops)]

    def _rows(self, counts: Array) -> Array:
        """Return ``[N, row, number]``, the recordings as the graph takes them."""
        wanted = self.input.dtype.numpy
        if counts.shape[1:] != self.recording or counts.dtype != wanted:
            raise InputError(
                f"recordings are {counts.dtype} {list(counts.shape)}; "
                f"wanted {wanted} [N, {', '.join(map(str, self.recording))}]"
            )
        return counts.reshape(len(counts), *self.input.shape[1:])


def run(type_: TensorType, ops: Ops, inputs: Array, joins: Joins = ()) -> Array:
    """Apply operators in order to many inputs; return ``[N, …]``, the last one's outputs.

    Args:
        type_: of one input, with a first axis of 1.
        ops: name and operator; none gives the inputs.
        inputs: ``[N, …]``, N inputs of that type; at least one.
        joins: operands of operators that do not simply take what came before.
    """
    batched = all(isinstance(op, (*BATCHED, Reshape)) for _, op in ops)
    size = AT_ONCE if batched else 1
    return np.concatenate(
        [_some(type_, ops, inputs[i : i + size], joins) for i in range(0, len(inputs), size)]
    )


def _some(type_: TensorType, ops: Ops, inputs: Array, joins: Joins) -> Array:
    types, arrays = {COUNTS: type_}, {COUNTS: inputs}
    for name, op, operands in _steps(ops, joins):
        of, given = tuple(types[o] for o in operands), tuple(arrays[o] for o in operands)
        (types[name],) = op.infer(of)
        if isinstance(op, Reshape):  # written for one input
            arrays[name] = given[0].reshape(len(inputs), *op.shape[1:])
        else:
            (arrays[name],) = op.evaluate(of, given)
    return arrays[_last(ops)]


def _steps(ops: Ops, joins: Joins) -> Iterator[tuple[str, Op, tuple[str, ...]]]:
    """Yield each operator with its name and those of its operands."""
    known, before = dict(joins), COUNTS
    for name, op in ops:
        yield name, op, known.get(name, (before,))
        before = name


def _last(ops: Ops) -> str:
    return ops[-1][0] if ops else COUNTS


def counts_type(shape: tuple[int, ...]) -> TensorType:
    """Return s16 of ``shape``: counts as they are, of whatever unit a channel has."""
    return TensorType(shape, DType.S16, Quant((1.0,)))
