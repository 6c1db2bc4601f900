"""Networks small enough for a microcontroller: one file each, one line here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import nn

from milliwatt.learn.architectures.attention import attention
from milliwatt.learn.architectures.autoencoder import autoencoder
from milliwatt.learn.architectures.cnn_1d import cnn_1d
from milliwatt.learn.architectures.ds_cnn import ds_cnn
from milliwatt.learn.architectures.gru import gru
from milliwatt.learn.architectures.layers import Shape
from milliwatt.learn.architectures.mobilenet_v1 import mobilenet_v1
from milliwatt.learn.architectures.mobilenet_v2 import mobilenet_v2
from milliwatt.learn.architectures.needs import Needs, needs_of
from milliwatt.learn.architectures.resnet8 import resnet8
from milliwatt.learn.architectures.tc_resnet import tc_resnet

Architecture = Callable[..., nn.Module]
"""Builds an untrained network, in training mode, the same for the same arguments.

``architecture(*, shape, classes, seed, **options)``: ``shape`` is channels, rows and width of
the input, in PyTorch's order; the network maps float32 ``[N, *shape]`` to ``[N, classes]``
(an autoencoder, back to its input). Every option has a default. `InputError` where the input is too
small or an option out of range.
"""

ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "attention": attention,
        "autoencoder": autoencoder,
        "cnn_1d": cnn_1d,
        "ds_cnn": ds_cnn,
        "gru": gru,
        "mobilenet_v1": mobilenet_v1,
        "mobilenet_v2": mobilenet_v2,
        "resnet8": resnet8,
        "tc_resnet": tc_resnet,
    }
)


def needs(architecture: str, *, shape: Shape, classes: int, **options: object) -> Needs:
    """Return what a network would take on a board, counted from its layers before any training.

    The price in flash, RAM and time comes from the compiler, which works as well on untrained
    weights.
    """
    model = ARCHITECTURES[architecture](shape=shape, classes=classes, seed=0, **options)
    return needs_of(model, shape)


__all__ = ["ARCHITECTURES", "Architecture", "Needs", "Shape", "needs"]
