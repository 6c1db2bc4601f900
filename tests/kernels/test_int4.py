"""Weights of 4 bits as they are packed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from milliwatt.kernels.int4 import ORDER, pairs, words


def test_pairs_by_hand():
    packed = pairs(np.array([[1, -1, 7], [-8, 0, 2]], np.int8))
    assert packed.tolist() == [[0xF1, 0x07], [0x08, 0x02]]


def test_words_by_hand():
    packed = words(np.array([[0, 1, 2, 3, 4, 5, 6, 7]], np.int8)).view(np.uint32)
    # eight more than each, lowest first: taps 0, 1, 4, 5, then 2, 3, 6, 7
    assert packed.tolist() == [[0xFEBA_DC98]]


def test_a_shift_and_a_mask_give_pairs_of_taps():
    (word,) = (
        words(np.array([[-8, -7, -6, -5, -4, -3, -2, -1]], np.int8)).view(np.uint32)[0].tolist()
    )
    found = [((word >> s & 15) - 8, (word >> (s + 16) & 15) - 8) for s in (0, 4, 8, 12)]
    taps = [(int(a) + 8, int(b) + 8) for a, b in found]
    assert taps == [(0, 2), (1, 3), (4, 6), (5, 7)]


@given(st.lists(st.integers(-8, 7), min_size=1, max_size=19))
def test_nothing_is_lost(weights):
    filters = np.array([weights], np.int8)
    nibbles = pairs(filters)[0]
    unpacked = np.stack([nibbles & 15, nibbles >> 4], axis=1).reshape(-1).astype(np.int64)
    assert (np.where(unpacked > 7, unpacked - 16, unpacked)[: len(weights)] == weights).all()
    word = words(filters)[0].view(np.uint32)
    taps = np.array([[(w >> np.uint32(4 * i)) & 15 for i in range(8)] for w in word], np.int64) - 8
    assert (taps[:, np.argsort(ORDER)].reshape(-1)[: len(weights)] == weights).all()
