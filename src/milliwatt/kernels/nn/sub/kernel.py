"""Kernel of the elementwise difference."""

from pathlib import Path

from milliwatt.ir import DType
from milliwatt.kernels import linear_sum
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.kernels.sum import sum_params
from milliwatt.ops.nn.sub import Sub

SUB = Kernel(
    op=Sub,
    dtypes=(DType.S8, DType.S8),
    suffix="s8",
    params=sum_params,
    variants=(
        Variant("linear", covers=linear_sum.covers, constants=linear_sum.constants),
        Variant("scalar"),
    ),
    folder=Path(__file__).parent,
)
