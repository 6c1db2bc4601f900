"""Features as training sees them: computed by the device's own integer operators.

There is no floating-point twin of a feature. The operators of the graph run on counts, and
training takes their int8 output times the scale, which is exactly the number that the first
layer of the quantised network stands for.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from milliwatt.errors import InputError

Int8 = npt.NDArray[np.int8]
AXES = ("N", "frame", "feature")


@dataclass(frozen=True, slots=True)
class Features:
    """The front end of a model and what its output means.

    Attributes:
        compute: from int16 counts ``[N, time, channel]`` to int8 ``[N, frame, feature]``.
        scale: ``real = scale * (integer - zero_point)``.
        zero_point: the integer that stands for 0.0, in -128 to 127.
    """

    compute: Callable[[npt.NDArray[np.int16]], Int8]
    scale: float
    zero_point: int

    def network_input(self, counts: npt.NDArray[np.int16]) -> torch.Tensor:
        """Return float32 ``[N, feature, frame, 1]``: the features of ``counts``, dequantised.

        PyTorch's axes: features are channels, frames are rows, and the width is 1.

        Raises:
            InputError: ``compute`` gave something other than int8 ``[N, frame, feature]``.
        """
        q = self.compute(counts)
        if q.dtype != np.int8 or q.ndim != len(AXES) or len(q) != len(counts):
            raise InputError(
                f"features of {len(counts)} recordings are {q.dtype} {list(q.shape)}; "
                f"wanted int8 [{len(counts)}, frame, feature]"
            )
        return as_network_input(q, self.scale, self.zero_point)


def as_network_input(q: Int8, scale: float, zero_point: int) -> torch.Tensor:
    """Return float32 ``[N, feature, frame, 1]`` of int8 ``[N, frame, feature]``, dequantised."""
    centred = torch.from_numpy(np.ascontiguousarray(q)).to(torch.float32) - zero_point
    return (centred * scale).transpose(1, 2).unsqueeze(3).contiguous()
