"""Which axes of a tensor lie inside a row, for operators that move elements about."""

from milliwatt.errors import ShapeMismatch, UnsupportedOp
from milliwatt.ir import TensorType

MAX_RANK = 4


def inner_axis(t: TensorType) -> int:
    """Return the first axis inside a row: the one after the row axis, 0 for a vector."""
    return 0 if t.row_axis is None else t.row_axis + 1


def one_scale(name: str, t: TensorType) -> None:
    """Refuse tensors with a scale for each channel: moved elements would leave theirs behind.

    Raises:
        UnsupportedOp: the quantisation has an axis.
    """
    if t.quant is not None and t.quant.axis is not None:
        raise UnsupportedOp(
            f"{name}: input {t} has {t.quant}; only one scale for the tensor is supported"
        )


def wanted_rank(name: str, t: TensorType) -> None:
    """Refuse tensors of more axes than the kernels that move elements step over.

    Raises:
        UnsupportedOp: the rank exceeds `MAX_RANK`.
    """
    if len(t.shape) > MAX_RANK:
        raise UnsupportedOp(
            f"{name}: input {t} has {len(t.shape)} axes; at most {MAX_RANK} are supported"
        )


def one_per_axis(name: str, what: str, given: tuple[object, ...], t: TensorType) -> None:
    """Raise `ShapeMismatch` unless ``given`` has one entry for each axis of ``t``."""
    if len(given) != len(t.shape):
        raise ShapeMismatch(
            f"{name}: {len(given)} {what} for input {t}, which has {len(t.shape)} axes"
        )
