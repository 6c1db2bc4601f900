"""What single channels add to the sums of a convolution or a fully connected layer.

A channel that holds ``c`` everywhere adds ``(c - zx) * (sum of its weights over the taps that lie
within the image)``. Where padding is read, that sum depends on the place: at each border another
set of taps is inside. Only if all places agree is the contribution one constant, fit for the bias.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from milliwatt.ir import DType, Node, Quant, TensorType
from milliwatt.ops.fixed import Int64
from milliwatt.ops.intervals import Interval
from milliwatt.ops.nn.conv2d import Conv2d, taps

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Contributions:
    """What input channels of one summing node are worth.

    Attributes:
        used: ``[O, C]``, whether output ``o`` has a weight for channel ``c`` that is not zero.
        fixed: ``[O, C]``, whether ``c`` adds the same to ``o`` whatever comes in, at every place.
        amount: ``[O, C]``, what it adds where ``fixed``.
    """

    used: Flags
    fixed: Flags
    amount: Int64

    def needed(self, kept: Flags) -> Flags:
        """Return ``[C]``: which channels the ``kept`` outputs cannot do without."""
        return np.asarray(~self.fixed[kept].all(axis=0))


def contributions(node: Node, x: Interval | None) -> Contributions:
    """Return what each channel of ``node``'s first operand, within ``x``, adds to each output."""
    weights = node.inputs[1].data
    assert weights is not None  # noqa: S101  (only nodes with constant weights come here)
    w = weights.astype(np.int64).reshape(weights.shape[0], -1, weights.shape[-1])
    used: Flags = (w != 0).any(axis=1)
    if x is None:
        return Contributions(used, ~used, np.zeros(used.shape, np.int64))
    low, high = (end.astype(np.int64) for end in x.channels())
    sums = np.einsum("pt,otc->poc", coverage(node), w, optimize=True)
    centred = np.where(low == high, low - node.types[0].zero_point, 0)
    everywhere = (sums == sums[0]).all(axis=0) | (centred == 0)
    fixed: Flags = ~used | ((low == high) & everywhere)
    return Contributions(used, fixed, sums[0] * centred)


def coverage(node: Node) -> Int64:
    """Return ``[places, taps]``: the different sets of taps within the image, as 0 and 1."""
    op, x = node.op, node.types[0]
    if not isinstance(op, Conv2d):
        return np.ones((1, 1), np.int64)
    plain = TensorType((1, *x.shape[1:3], 1), DType.S8, Quant((1.0,), 0))
    image = np.ones(plain.shape, np.int8)
    inside = [
        taps(image, plain, node.output.type, at, op.stride, op.dilation, op.pad).reshape(-1)
        for at in np.ndindex(*node.types[1].shape[1:3])
    ]
    return np.unique(np.stack(inside, axis=1).astype(np.int64), axis=0)
