"""Variants are counts too, in a known order, and the same for the same seed."""

import numpy as np

from milliwatt.learn import Augmentation, augment

COUNTS = np.random.default_rng(5).integers(-3000, 3000, (4, 30, 2)).astype(np.int16)
NOTHING = Augmentation(strength=0.0, noise=0.0, shift=0)


def test_originals_come_first_and_copies_in_their_order():
    out = augment(COUNTS, 2, NOTHING, seed=0)
    np.testing.assert_array_equal(out, np.concatenate([COUNTS] * 3))
    assert out.dtype == np.int16


def test_the_seed_decides():
    how = Augmentation()
    first, again, other = (augment(COUNTS, 3, how, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_shift_rotates_and_invents_nothing():
    out = augment(COUNTS, 1, Augmentation(strength=0.0, noise=0.0, shift=7), seed=3)
    np.testing.assert_array_equal(np.sort(out[4:], axis=1), np.sort(COUNTS, axis=1))
    assert (out[4:] != COUNTS).any()


def test_saturates_instead_of_wrapping():
    loud = np.full((200, 1, 1), 32767, np.int16)
    out = augment(loud, 1, Augmentation(strength=0.5, noise=0.0, shift=0), seed=0)[200:]
    # every factor above 1 saturates, and half of 200 normal factors around 1 are above it:
    # 80 or fewer is three standard deviations away, while wrapping would leave next to none
    assert (out == 32767).sum() > 80
