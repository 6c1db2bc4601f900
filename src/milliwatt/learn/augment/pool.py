"""Features of many variants, computed once; every epoch sees others of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import torch

from milliwatt.errors import InputError
from milliwatt.learn.augment.variation import Labels, Samples, Variation
from milliwatt.learn.features import Features, as_network_input

Int8 = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Variants of each recording, as int8 features.

    Attributes:
        variants: int8 ``[copy, N, frame, …]``; copy 0 is the recordings as they are.
        scale: ``real = scale * (integer - zero_point)``.
        zero_point: the integer that stands for 0.0.
    """

    variants: Int8
    scale: float
    zero_point: int

    @classmethod
    def make(
        cls,
        samples: Samples,
        labels: Labels,
        *,
        copies: int,
        how: Variation,
        features: Features,
        seed: int,
        progress: Callable[[int, int], None] = lambda _done, _of: None,
    ) -> Self:
        """Compute the features of ``samples`` and of ``copies`` variants of each.

        Only one copy of the counts is in memory at a time.

        Args:
            samples: ``[N, …]``, of the training side.
            labels: int64 ``[N]``.
            copies: variants of each recording, beside itself.
            how: makes them.
            features: computes what the network takes.
            seed: of all variants; the first ones do not depend on how many there are.
            progress: told how many copies of how many are done.
        """
        of = copies + 1
        computed = []
        for copy in range(of):
            random = np.random.default_rng((seed, copy))
            counts = samples if copy == 0 else how(samples, labels, random)
            computed.append(features.compute(counts))
            progress(copy + 1, of)
        return cls(np.stack(computed), features.scale, features.zero_point)

    def __call__(self, epoch: int, random: torch.Generator) -> torch.Tensor:
        """Return one drawn variant of each recording as the network takes it, in order."""
        del epoch
        copies, n = self.variants.shape[:2]
        chosen = torch.randint(copies, (n,), generator=random).numpy()
        return as_network_input(self.variants[chosen, np.arange(n)], self.scale, self.zero_point)

    def originals(self) -> torch.Tensor:
        """Return the recordings as they are, as the network takes them."""
        return as_network_input(self.variants[0], self.scale, self.zero_point)

    def sampled(self, count: int, seed: int) -> torch.Tensor:
        """Return ``count`` variants of any copy, such as to calibrate a quantiser.

        Raises:
            InputError: more than there are.
        """
        every = self.variants.reshape(-1, *self.variants.shape[2:])
        if count > len(every):
            raise InputError(f"{count} of {len(every)} variants asked for")
        chosen = np.random.default_rng(seed).choice(len(every), count, replace=False)
        return as_network_input(every[chosen], self.scale, self.zero_point)
