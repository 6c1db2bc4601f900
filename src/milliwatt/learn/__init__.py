"""Training and quantising with PyTorch. Importing this room without PyTorch says what to type."""

from milliwatt.learn import backend as _backend  # first: everything below needs PyTorch
from milliwatt.learn.architectures import ARCHITECTURES, Architecture, Needs, needs
from milliwatt.learn.augment import (
    AUGMENTATIONS,
    BATCH_HOOKS,
    AudioVariation,
    ImageVariation,
    MaskFeatures,
    MixSamples,
    MotionVariation,
    Pool,
    Variation,
    WarpBands,
    augment,
)
from milliwatt.learn.compare import layer_outputs
from milliwatt.learn.compress.calibration import Calibration
from milliwatt.learn.compress.distill import Distillation
from milliwatt.learn.compress.pipeline import Compression, Material, compressed
from milliwatt.learn.compress.prune import Importance, prune, prune_in_steps
from milliwatt.learn.compress.qat import QuantizedTraining, prepare_training
from milliwatt.learn.compress.sqnr import LayerNoise, layer_noise
from milliwatt.learn.features import Features
from milliwatt.learn.front_end import FrontEnd
from milliwatt.learn.front_ends import FRONT_ENDS, fit_frame_statistics
from milliwatt.learn.intervals import (
    Interval,
    by_group,
    clopper_pearson,
    poisson_rate,
    wilson,
)
from milliwatt.learn.metrics import (
    ClassScore,
    Detection,
    FalseAccepts,
    accuracy,
    balanced_accuracy,
    class_scores,
    confusion_matrix,
    detection,
    false_accepts,
    predictions,
    roc_auc,
    sqnr_db,
)
from milliwatt.learn.objective import (
    Batch,
    BatchHook,
    CrossEntropy,
    EpochInputs,
    Loss,
    balanced_weights,
    chained,
    mean_squared_error,
)
from milliwatt.learn.price import Cost, Price
from milliwatt.learn.quantize import QuantizedModel, Refine, quantize
from milliwatt.learn.quantizer import Precision
from milliwatt.learn.train import Epoch, Hooks, Patience, Recipe, logits, train

del _backend

__all__ = [
    "ARCHITECTURES",
    "AUGMENTATIONS",
    "BATCH_HOOKS",
    "FRONT_ENDS",
    "Architecture",
    "AudioVariation",
    "Batch",
    "BatchHook",
    "Calibration",
    "ClassScore",
    "Compression",
    "Cost",
    "CrossEntropy",
    "Detection",
    "Distillation",
    "Epoch",
    "EpochInputs",
    "FalseAccepts",
    "Features",
    "FrontEnd",
    "Hooks",
    "ImageVariation",
    "Importance",
    "Interval",
    "LayerNoise",
    "Loss",
    "MaskFeatures",
    "Material",
    "MixSamples",
    "MotionVariation",
    "Needs",
    "Patience",
    "Pool",
    "Precision",
    "Price",
    "QuantizedModel",
    "QuantizedTraining",
    "Recipe",
    "Refine",
    "Variation",
    "WarpBands",
    "accuracy",
    "augment",
    "balanced_accuracy",
    "balanced_weights",
    "by_group",
    "chained",
    "class_scores",
    "clopper_pearson",
    "compressed",
    "confusion_matrix",
    "detection",
    "false_accepts",
    "fit_frame_statistics",
    "layer_noise",
    "layer_outputs",
    "logits",
    "mean_squared_error",
    "needs",
    "poisson_rate",
    "predictions",
    "prepare_training",
    "prune",
    "prune_in_steps",
    "quantize",
    "roc_auc",
    "sqnr_db",
    "train",
    "wilson",
]
