"""One seed, one thread, deterministic kernels: the same run gives the same bits.

A sum over threads adds in an order that depends on how many there are, so two machines would
train two networks. These are small enough that one thread is also the fastest.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Run the body seeded, on one thread, with deterministic kernels; then restore what was."""
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(mode=True)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(deterministic)
