"""Constants of the fully connected layer that takes two filters in a register (see ``s8_many.c``).

Sums of products of int8 inputs stay below half of 2**16 while the weights of each filter, without
signs, add up to at most 255. Small weights allow long groups of inputs; each block of eight
filters has groups of its own.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from milliwatt.ir import Array, Kind, Node
from milliwatt.kernels.constants import content
from milliwatt.kernels.nn.fully_connected.packed import OFFSET, requantization
from milliwatt.kernels.rescale import Products
from milliwatt.ops.fixed import Int32

FILTERS = 8
IN_WORD = 4
LARGEST_SUM = 255
"""Of the weights of a filter in a group: 128 times as much is within int16."""
LONGEST = 252  # inputs of a group, in a byte
UNROLLED = 4  # inputs that cost less together
LEAST_MEAN = 3
"""Inputs to a group, on average, from which on the variant is the faster one."""


def covers(node: Node) -> bool:
    """Tell whether filters come in eights, groups are long, and high words are exact."""
    if any(v.kind is not Kind.CONSTANT for v in node.inputs[1:]):
        return False
    w = content(node.inputs[1])
    if -len(w) % FILTERS > len(w) // FILTERS or requantization(node, Products.HIGH) is None:
        return False
    blocks = _blocks(w)
    return bool(_lengths(blocks).size * LEAST_MEAN <= blocks.shape[0] * w.shape[1])


def constants(node: Node) -> Mapping[str, Array]:
    """Return weights, lengths of groups, bias, multiplier and shift."""
    found = requantization(node, Products.HIGH)
    assert found is not None  # noqa: S101  (covers)
    blocks = _blocks(content(node.inputs[1]))
    return {"weights": _packed(blocks), "lengths": _lengths(blocks), **found}


def group_lengths(weights: Array) -> Iterator[int]:
    """Yield how many inputs each group has in which no filter exceeds `LARGEST_SUM`.

    Args:
        weights: of the filters of a block ``[filters, k]``.
    """
    sums = np.abs(weights.astype(np.int64)).cumsum(axis=1)
    first, before = 0, np.zeros((len(weights), 1), np.int64)
    while first < weights.shape[1]:
        fits = ((sums[:, first:] - before) <= LARGEST_SUM).all(axis=0)
        length = int(np.argmin(fits)) if not fits.all() else fits.size
        if UNROLLED < length < fits.size:
            length -= length % UNROLLED
        length = min(length, LONGEST)
        yield length
        first += length
        before = sums[:, first - 1 : first]


def _blocks(weights: Array) -> Array:
    """Return int8 weights [outputs, k] as [blocks, FILTERS, k], filled up with zeros."""
    filters = np.pad(weights, ((0, -len(weights) % FILTERS), (0, 0)))
    return filters.reshape(-1, FILTERS, weights.shape[1])


def _lengths(blocks: Array) -> Array:
    return np.array([n for block in blocks for n in group_lengths(block)], np.uint8)


def _packed(blocks: Array) -> Int32:
    """Return [blocks, FILTERS, k] as words [blocks, k, 2], the first filter of four lowest."""
    fours = blocks.astype(np.int64).reshape(len(blocks), -1, IN_WORD, blocks.shape[2]) + OFFSET
    places = 256 ** np.arange(IN_WORD, dtype=np.int64)
    words = (fours * places[:, np.newaxis]).sum(axis=2).transpose(0, 2, 1)
    packed: Int32 = np.ascontiguousarray(words).astype(np.uint32).view(np.int32)
    return packed
