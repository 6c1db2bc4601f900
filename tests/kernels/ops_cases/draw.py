"""Pieces that the cases of several operators draw."""

import numpy as np
from hypothesis import strategies as st

from milliwatt.ir import Array, DType, Quant, TensorType

CHANNELS = st.sampled_from([1, 2, 3, 4, 5, 8, 12, 17])
SIZES = st.integers(1, 9)

SPECIAL_FLOATS = (
    0.0, -0.0, 0.5, -0.5, 1.5, -2.5, 0.49999997, -0.49999997, 127.5, 1e-45, 3.4e38, -3.4e38,
    float("inf"), float("-inf"), float("nan"),
)  # fmt: skip


@st.composite
def scales(draw: st.DrawFn, low: float = 1e-3, high: float = 0.5) -> float:
    """Draw a float32 scale."""
    return float(np.float32(draw(st.floats(low, high))))


@st.composite
def quants(draw: st.DrawFn, dtype: DType = DType.S8) -> Quant:
    """Draw a per-tensor quantisation whose zero point fits the type."""
    low, high = (0, 0) if dtype is DType.S16 else dtype.limits
    return Quant((draw(scales()),), draw(st.integers(low, high)))


@st.composite
def contents(draw: st.DrawFn, type_: TensorType) -> Array:
    """Draw the elements of a tensor: noise from a seed, in places all extremes or all equal."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if type_.dtype is DType.F32:
        return floats(rng, type_.shape)
    low, high = type_.dtype.limits
    kind = draw(st.sampled_from(["noise", "noise", "noise", "extremes", "low", "high"]))
    if kind == "noise":
        values = rng.integers(low, high, type_.shape, dtype=type_.dtype.numpy, endpoint=True)
    elif kind == "extremes":
        values = rng.choice([low, high], type_.shape)
    else:
        values = np.full(type_.shape, low if kind == "low" else high)
    return values.astype(type_.dtype.numpy)


def floats(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Return float32 of all sizes, a third of them special: halves, infinities, NaN, subnormals."""
    noise = rng.standard_normal(shape) * 10.0 ** rng.integers(-3, 6, shape)
    special = rng.choice(np.array(SPECIAL_FLOATS, np.float32), shape)
    return np.where(rng.integers(0, 3, shape) == 0, special, noise).astype(np.float32)
