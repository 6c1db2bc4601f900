"""Broadcasting seen by rows: how the operands of an elementwise operator meet a row of its output.

Missing axes and axes of 1 repeat, as in numpy. Along rows an operand either has the output's rows
or one row for all of them. Within a row its steps are those of two nested loops.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import TensorType, Types, Window


@dataclass(frozen=True, slots=True)
class RowLoop:
    """Two nested loops over a row of the output, and each operand's (outer, inner) steps."""

    outer: int
    inner: int
    steps: tuple[tuple[int, int], ...]


def broadcast_shape(name: str, types: Types) -> tuple[int, ...]:
    """Return the shape that the operands give together, or raise `ShapeMismatch`."""
    try:
        return tuple(int(d) for d in np.broadcast_shapes(*(t.shape for t in types)))
    except ValueError:
        shapes = " and ".join(str(t) for t in types)
        raise ShapeMismatch(f"{name}: {shapes} do not broadcast together") from None


def row_window(name: str, operand: TensorType, y: TensorType) -> Window:
    """Return the rows of ``operand`` that rows of ``y`` need.

    Raises:
        ShapeMismatch: the operand's rows lie along another axis than the output's.
    """
    if operand.rows == 1:
        return Window() if y.rows == 1 else Window(stride=0)
    missing = len(y.shape) - len(operand.shape)
    if operand.row_axis is None or operand.row_axis + missing != y.row_axis:
        raise ShapeMismatch(
            f"{name}: the rows of {operand} are not those of the output {y}; "
            f"give it {len(y.shape)} dimensions, or one row"
        )
    return Window()


def row_loop(name: str, operands: Sequence[TensorType], y: TensorType) -> RowLoop:
    """Return the loops over a row of ``y``.

    Adjacent axes along which every operand either walks or stands still are one loop.

    Raises:
        ShapeMismatch: more than two loops are needed.
    """
    begin = 0 if y.row_axis is None else y.row_axis + 1
    shapes = [(1,) * (len(y.shape) - len(t.shape)) + t.shape for t in operands]
    sizes: list[int] = []
    moves: list[tuple[bool, ...]] = []
    for axis in range(begin, len(y.shape)):
        if y.shape[axis] == 1:
            continue
        walking = tuple(s[axis] != 1 for s in shapes)
        if moves and moves[-1] == walking:
            sizes[-1] *= y.shape[axis]
        else:
            sizes.append(y.shape[axis])
            moves.append(walking)
    if len(sizes) > 2:
        shown = " and ".join(str(t) for t in operands)
        raise ShapeMismatch(f"{name}: within a row {shown} alternate between equal and 1 too often")
    while len(sizes) < 2:
        sizes.insert(0, 1)
        moves.insert(0, (False,) * len(shapes))
    outer, inner = sizes
    steps = []
    for outer_moves, inner_moves in zip(*moves, strict=True):
        length = inner if inner_moves else 1
        steps.append((length if outer_moves else 0, int(inner_moves)))
    if math.prod(sizes) != y.row_size:
        raise ShapeMismatch(f"{name}: rows of {y} are not those of its operands")
    return RowLoop(outer, inner, tuple(steps))
