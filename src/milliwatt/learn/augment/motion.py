"""What the same motion would have looked like on another wrist.

Source of the kinds: Um et al., "Data Augmentation of Wearable Sensor Data for Parkinson's Disease
Monitoring using Convolutional Neural Networks", 2017: rotation, scaling, jitter, time warping.
"""

from dataclasses import dataclass

import numpy as np

from milliwatt.errors import InputError
from milliwatt.learn.augment.variation import Labels, Reals, Samples, saturated

AXES = 3


@dataclass(frozen=True, slots=True)
class MotionVariation:
    """How a variant differs from the original.

    Attributes:
        strength: standard deviation of a factor on all samples of a recording (a brisker or
            calmer person).
        noise: standard deviation of noise added to each sample, as a fraction of the channel's
            standard deviation over all recordings.
        shift: samples by which a variant is moved in time at most.
        around: whether what leaves one end enters at the other, which suits steady motion,
            where the start is arbitrary; else the first or last sample is held.
        rotation_deg: standard deviation of a turn of the sensor about a random axis. Channels
            come in threes (x, y, z) then, each of which turns alike.
        warp: standard deviation of a factor on the speed of time, which changes smoothly
            along a recording.
    """

    strength: float = 0.1
    noise: float = 0.05
    shift: int = 10
    around: bool = True
    rotation_deg: float = 0.0
    warp: float = 0.0

    def __call__(self, samples: Samples, labels: Labels, random: np.random.Generator) -> Samples:
        """Return a variant of each of ``[N, time, channel]``.

        Raises:
            InputError: a rotation of channels that do not come in threes.
        """
        del labels
        if self.rotation_deg and samples.shape[2] % AXES:
            raise InputError(
                f"rotation of {samples.shape[2]} channels; wanted x, y, z of each sensor in turn, "
                "or rotation_deg = 0"
            )
        spread = self.noise * samples.std(axis=(0, 1))
        shape = samples.shape[1:]
        variants = np.empty_like(samples)
        for i, recording in enumerate(samples):
            x = self._moved(recording.astype(np.float64), random)
            if self.rotation_deg:
                angle = np.deg2rad(random.normal(0.0, self.rotation_deg))
                turn = rotation(random.normal(size=AXES), angle)
                x = (x.reshape(len(x), -1, AXES) @ turn.T).reshape(shape)
            x = x * random.normal(1.0, self.strength) + random.normal(0.0, 1.0, shape) * spread
            variants[i] = saturated(x, samples)
        return variants

    def _moved(self, x: Reals, random: np.random.Generator) -> Reals:
        shift = int(random.integers(-self.shift, self.shift + 1))
        at = np.arange(len(x))
        moved = at - shift
        x = x[moved % len(x)] if self.around else x[np.clip(moved, 0, len(x) - 1)]
        if not self.warp:
            return x
        knots = np.linspace(0, len(x) - 1, 4)
        speed = np.interp(at, knots, np.maximum(random.normal(1.0, self.warp, 4), 0.1))
        when = np.cumsum(speed)
        when = (when - when[0]) / (when[-1] - when[0]) * (len(x) - 1)
        return np.stack([np.interp(when, at, c) for c in x.T], axis=1)


def rotation(axis: Reals, angle_rad: float) -> Reals:
    """Return the 3 x 3 matrix that turns by ``angle_rad`` about ``axis`` (Rodrigues' formula)."""
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    turn: Reals = np.eye(AXES) + np.sin(angle_rad) * cross + (1 - np.cos(angle_rad)) * cross @ cross
    return turn
