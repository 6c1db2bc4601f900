"""Kernel of maximum pooling."""

from pathlib import Path

from milliwatt.ir import DType
from milliwatt.kernels.kernel import Kernel, Variant
from milliwatt.kernels.pool import pool_params
from milliwatt.ops.nn.max_pool2d import MaxPool2d

MAX_POOL2D = Kernel(
    op=MaxPool2d,
    dtypes=(DType.S8,),
    suffix="s8",
    params=pool_params,
    variants=(Variant("scalar"),),
    folder=Path(__file__).parent,
    outside_is_null=True,
)
