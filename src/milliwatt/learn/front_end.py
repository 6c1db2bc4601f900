"""The operators before the network: fitted once, run by training and by the device alike."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from milliwatt.errors import InputError
from milliwatt.ir import Array, Builder, DType, Graph, Op, Quant, TensorType, verify
from milliwatt.learn.features import Features, Int8
from milliwatt.ops.dsp.frame_statistics import FrameStatistics
from milliwatt.ops.dsp.standardize import Standardize
from milliwatt.ops.nn.reshape import Reshape

Counts = npt.NDArray[np.int16]

COUNTS = Quant((1.0,))  # counts as they are; channels may differ in unit
STANDARDIZED = Quant((1 / 32,))  # int8 reaches 4 standard deviations to either side


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """Operators applied in order to the counts of one recording.

    Attributes:
        input: s16 ``[1, time, channel]``.
        ops: name and operator; each takes the one before's output.
    """

    input: TensorType
    ops: tuple[tuple[str, Op], ...]

    @property
    def output(self) -> TensorType:
        """The type of the last operator's output, s8 ``[1, frame, feature]``."""
        type_ = self.input
        for _, op in self.ops:
            (type_,) = op.infer((type_,))
        return type_

    def compute(self, counts: Counts) -> Int8:
        """Return int8 ``[N, frame, feature]`` of int16 ``[N, time, channel]``.

        Raises:
            InputError: the recordings are not of the shape that the front end was made for.
        """
        if counts.shape[1:] != self.input.shape[1:] or counts.dtype != np.int16:
            raise InputError(
                f"recordings are {counts.dtype} {list(counts.shape)}; "
                f"wanted int16 [N, {self.input.shape[1]}, {self.input.shape[2]}]"
            )
        return np.concatenate([self._one(recording[None]) for recording in counts])

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

    def _one(self, recording: Counts) -> Int8:
        type_ = self.input
        array: Array = recording
        for _, op in self.ops:
            (result,) = op.evaluate((type_,), (array,))
            (type_,) = op.infer((type_,))
            array = result
        return array.astype(np.int8, casting="no")


def fit_frame_statistics(counts: Counts, *, frame: int, hop: int) -> FrontEnd:
    """Fit mean and deviation of every frame, each standardised over the recordings given.

    Args:
        counts: int16 ``[N, time, channel]`` from the training side of the split, since the
            centres and widths are fitted to it.
        frame: samples a frame.
        hop: samples from one frame's start to the next.

    Returns:
        A front end of ``2 * channel`` features: the means, then the deviations.
    """
    input_ = TensorType((1, *counts.shape[1:]), DType.S16, COUNTS)
    statistics = FrameStatistics(frame, hop)
    values = np.concatenate(
        [statistics.evaluate((input_,), (recording[None],))[0][0] for recording in counts]
    ).astype(np.float64)
    standardize = Standardize(
        STANDARDIZED,
        tuple(int(m) for m in np.rint(values.mean(axis=0))),
        # a feature that never changes would divide by zero; one count is the finest it could move
        tuple(float(d) for d in np.maximum(values.std(axis=0), 1.0)),
    )
    return FrontEnd(input_, (("statistics", statistics), ("standardized", standardize)))
