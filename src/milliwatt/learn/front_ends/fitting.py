"""What fitting any front end needs: durations in samples, and standardisation as the last step."""

import numpy as np

from milliwatt.errors import InputError
from milliwatt.ir import Array, Quant, TensorType
from milliwatt.learn.front_end import Counts, FrontEnd, Joins, Ops, counts_type, run
from milliwatt.ops.dsp.standardize import Standardize
from milliwatt.ops.nn.reshape import Reshape

STANDARDIZED = Quant((1 / 32,))  # int8 reaches 4 standard deviations to either side


def samples_of(what: str, duration_ms: float, sample_rate_hz: float) -> int:
    """Return how many samples ``duration_ms`` has.

    Raises:
        InputError: it is not a whole number of them, or less than one; says which would do.
    """
    exact = duration_ms * sample_rate_hz / 1000
    samples = round(exact)
    if samples < 1 or abs(samples - exact) > 1e-6 * exact:
        best = max(1, samples)
        raise InputError(
            f"{what} = {duration_ms:g} is {exact:g} samples at {sample_rate_hz:g} Hz; "
            f"{1000 * best / sample_rate_hz:g} would be {best}"
        )
    return samples


def standardized(
    counts: Counts,
    ops: Ops,
    samples_per_row: int = 1,
    joins: Joins = (),
    *,
    image: bool = False,
) -> FrontEnd:
    """Return ``ops`` and a standardisation of what they give for ``counts``.

    Args:
        counts: int16 ``[N, time, channel]``, training windows.
        ops: name and operator; the last gives s16 ``[1, frame, feature]``.
        samples_per_row: samples of each channel that make a row of the graph's input.
        joins: operands of operators that do not simply take what came before.
        image: whether the output is ``[1, frame, feature, 1]``: a map with one channel.

    Raises:
        InputError: there are no windows, or they are not a whole number of rows.
    """
    inputs, rows = input_rows(counts, samples_per_row)
    values = run(inputs, ops, rows, joins)
    values = values.reshape(-1, values.shape[-1]).astype(np.float64)
    standardize = Standardize(
        STANDARDIZED,
        tuple(int(m) for m in np.rint(values.mean(axis=0))),
        # a feature that never changes would divide by zero; one count is the finest it could move
        tuple(float(d) for d in np.maximum(values.std(axis=0), 1.0)),
    )
    front = FrontEnd(inputs, (*ops, ("standardized", standardize)), samples_per_row, joins)
    if not image:
        return front
    shape = Reshape((*front.output.shape, 1))
    return FrontEnd(inputs, (*front.ops, ("image", shape)), samples_per_row, joins)


def input_rows(counts: Counts, samples_per_row: int) -> tuple[TensorType, Array]:
    """Return the type of a graph's input, and ``counts`` as ``[N, row, number]``.

    Raises:
        InputError: there are no windows, or they are not a whole number of rows.
    """
    if counts.ndim != 3 or counts.dtype != np.int16 or not len(counts):
        raise InputError(
            f"recordings are {counts.dtype} {list(counts.shape)}; "
            "wanted at least one, int16 [N, time, channel]"
        )
    n, time, channels = counts.shape
    if time % samples_per_row:
        raise InputError(
            f"recordings of {time} samples are no whole number of hops of {samples_per_row}; "
            f"cut windows of {time // samples_per_row * samples_per_row} samples"
        )
    shape = (time // samples_per_row, samples_per_row * channels)
    return counts_type((1, *shape)), counts.reshape(n, *shape)
