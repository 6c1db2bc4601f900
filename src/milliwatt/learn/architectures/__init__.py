"""Networks small enough for a microcontroller: one file each, one line here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from torch import nn

from milliwatt.learn.architectures.motion_cnn import motion_cnn


class Architecture(Protocol):
    """Builds an untrained network, the same for the same arguments."""

    def __call__(self, *, features: int, classes: int, seed: int) -> nn.Module:
        """Return a network from float32 ``[N, features, frames, 1]`` to ``[N, classes]``."""


ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "motion_cnn": motion_cnn,
    }
)
