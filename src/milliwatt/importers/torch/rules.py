"""How each PyTorch operator becomes ours: one row of a table, one short function.

Images turn from PyTorch's ``[1, C, H, W]`` to ``[1, H, W, C]``; tensors of any other rank keep
their axes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import batched

import numpy as np

from milliwatt.errors import MilliwattError, UnsupportedOp
from milliwatt.importers.torch.program import REQUANTIZE, Constant, Layer, Program, Tensor
from milliwatt.ir import Array, Builder, DType, Graph, Op, Quant, TensorType, Value
