"""Training and quantising with PyTorch. Importing this room without PyTorch says what to type."""

from milliwatt.learn import backend as _backend  # first: everything below needs PyTorch
from milliwatt.learn.architectures import ARCHITECTURES
from milliwatt.learn.augment import Augmentation, augment
from milliwatt.learn.compare import layer_outputs
from milliwatt.learn.features import Features
from milliwatt.learn.front_end import FrontEnd, fit_frame_statistics
from milliwatt.learn.metrics import accuracy, confusion_matrix, predictions, sqnr_db
from milliwatt.learn.quantize import QuantizedModel, quantize
from milliwatt.learn.train import Epoch, Patience, logits, train

del _backend

__all__ = [
    "ARCHITECTURES",
    "Augmentation",
    "Epoch",
    "Features",
    "FrontEnd",
    "Patience",
    "QuantizedModel",
    "accuracy",
    "augment",
    "confusion_matrix",
    "fit_frame_statistics",
    "layer_outputs",
    "logits",
    "predictions",
    "quantize",
    "sqnr_db",
    "train",
]
