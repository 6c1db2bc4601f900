"""Motion features and a network over them, as one graph from sensor counts to scores."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from milliwatt.ir import Builder, DType, Graph, Quant, TensorType
from milliwatt.ops.dsp.frame_statistics import FrameStatistics
from milliwatt.ops.dsp.standardize import Standardize
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.run.reference import Reference

Counts = npt.NDArray[np.int16]

FEATURE_SCALE = 1 / 32  # deviations a step: int8 spans four deviations either way
SMALLEST_DEVIATION = 1.0  # counts; a channel that never moves must not be divided by zero


@dataclass(frozen=True, slots=True)
class Frames:
    """How a window is cut into frames: samples in a frame, samples from one to the next."""

    length: int
    hop: int


def motion_features(windows: Counts, frames: Frames) -> Graph:
    """Return the graph of the features, standardised by what ``windows`` show.

    Mean and deviation of every channel over each frame, then each of those channels less its own
    mean over all windows, in units of its own deviation.

    Args:
        windows: int16 ``[N, time, channel]``, from the training side.
        frames: the frames of a window.

    Returns:
        s16 ``[1, time, channel]`` to s8 ``[1, frame, 1, 2 * channel]``.
    """
    b = Builder("features")
    x = b.input("window", TensorType((1, *windows.shape[1:]), DType.S16, Quant((1.0,), 0)))
    statistics = b.node("frame_statistics", FrameStatistics(frames.length, frames.hop), x)
    measured = b.build(statistics)
    seen = np.concatenate([_run(measured, w)[0] for w in windows])
    mean = tuple(int(m) for m in np.rint(seen.mean(axis=0)))
    deviation = tuple(float(max(d, SMALLEST_DEVIATION)) for d in seen.std(axis=0))
    y = b.node("standardize", Standardize(Quant((FEATURE_SCALE,), 0), mean, deviation), statistics)
    _, count, width = y.type.shape
    return b.build(b.node("as_image", Reshape((1, count, 1, width)), y))


def features_of(graph: Graph, windows: Counts) -> npt.NDArray[np.int8]:
    """Return int8 ``[N, frame, feature]``: the features of every window, by their definition."""
    (_, frames, _, width) = graph.outputs[0].type.shape
    rows = [_run(graph, w) for w in windows]
    return np.concatenate(rows).reshape(-1, frames, width).astype(np.int8)


def _run(graph: Graph, window: Counts) -> npt.NDArray[np.generic]:
    return Reference(graph).run((window[None],))[0]
