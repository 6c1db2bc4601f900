"""Features as training sees them: computed by the device's own integer operators.

There is no floating-point twin of a feature. The operators of the graph run on counts, and
training takes their int8 output times the scale, which is exactly the number that the first
layer of the quantised network stands for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from milliwatt.errors import InputError
from milliwatt.ir import Array

Counts = npt.NDArray[np.int16] | npt.NDArray[np.uint8]
RANKS = (3, 4)  # [N, frame, feature], [N, row, column, channel]


@dataclass(frozen=True, slots=True)
class Features:
    """The front end of a model and what its output means.

    Attributes:
        compute: from counts ``[N, …]`` to int8 ``[N, frame, feature]`` or, for a network that
            looks at them as at an image, ``[N, row, column, channel]``.
        scale: ``real = scale * (integer - zero_point)``.
        zero_point: the integer that stands for 0.0, in -128 to 127.
    """

    compute: Callable[[Any], Array]
    scale: float
    zero_point: int

    def network_input(self, counts: Counts) -> torch.Tensor:
        """Return float32 ``[N, channel, row, width]``: the features of ``counts``, dequantised.

        PyTorch's axes. Frames are rows; where frames hold a list of features, those are channels
        and the width is 1.

        Raises:
            InputError: ``compute`` gave something other than int8 of one of its shapes.
        """
        q = self.compute(counts)
        if q.dtype != np.int8 or q.ndim not in RANKS or len(q) != len(counts):
            raise InputError(
                f"features of {len(counts)} recordings are {q.dtype} {list(q.shape)}; "
                f"wanted int8 [{len(counts)}, frame, feature], or "
                f"[{len(counts)}, row, column, channel]"
            )
        return as_network_input(q, self.scale, self.zero_point)


def as_network_input(q: Array, scale: float, zero_point: int) -> torch.Tensor:
    """Return float32 ``[N, feature, frame, 1]`` of int8 ``[N, frame, feature]``, dequantised.

    Images, ``[N, frame, band, channel]``, become ``[N, channel, frame, band]``.
    """
    centred = torch.from_numpy(np.ascontiguousarray(q)).to(torch.float32) - zero_point
    images = centred if centred.ndim == RANKS[1] else centred.unsqueeze(2)
    return (images * scale).permute(0, 3, 1, 2).contiguous()
