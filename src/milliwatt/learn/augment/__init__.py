"""More recordings from few, in two places.

On counts, before the features, so that every copy passes through the integer operators that the
device runs: `AUGMENTATIONS`, one for each kind of sensor. Copies are computed once into a `Pool`,
and each epoch draws one of them for each sample. On features, batch by batch: `BATCH_HOOKS`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from milliwatt.learn.augment.audio import AudioVariation
from milliwatt.learn.augment.batches import MaskFeatures, MixSamples, WarpBands
from milliwatt.learn.augment.image import ImageVariation
from milliwatt.learn.augment.motion import MotionVariation
from milliwatt.learn.augment.pool import Pool
from milliwatt.learn.augment.variation import Variation, augment

AUGMENTATIONS: Mapping[str, type[Variation]] = MappingProxyType(
    {
        "audio": AudioVariation,
        "image": ImageVariation,
        "motion": MotionVariation,
    }
)
BATCH_HOOKS: Mapping[str, type[MaskFeatures] | type[MixSamples] | type[WarpBands]] = (
    MappingProxyType(
        {
            "mask": MaskFeatures,
            "mix": MixSamples,
            "warp": WarpBands,
        }
    )
)

__all__ = [
    "AUGMENTATIONS",
    "BATCH_HOOKS",
    "AudioVariation",
    "ImageVariation",
    "MaskFeatures",
    "MixSamples",
    "MotionVariation",
    "Pool",
    "Variation",
    "WarpBands",
    "augment",
]
