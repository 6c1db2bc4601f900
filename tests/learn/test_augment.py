"""Variants are counts too, in a known order, and the same for the same seed."""

import numpy as np
import pytest
import torch

from milliwatt.errors import InputError
from milliwatt.learn import (
    AUGMENTATIONS,
    AudioVariation,
    Batch,
    Features,
    ImageVariation,
    MaskFeatures,
    MixSamples,
    MotionVariation,
    Pool,
    WarpBands,
    augment,
)
from milliwatt.learn.augment.audio import loudness
from milliwatt.learn.augment.motion import rotation

RANDOM = np.random.default_rng(5)
COUNTS = RANDOM.integers(-3000, 3000, (4, 30, 3)).astype(np.int16)
SOUND = RANDOM.integers(-3000, 3000, (4, 400, 1)).astype(np.int16)
IMAGES = RANDOM.integers(0, 256, (4, 12, 10, 3)).astype(np.uint8)
LABELS = np.array([0, 1, 2, 2])
SAMPLES = {"audio": SOUND, "image": IMAGES, "motion": COUNTS}
STILL = MotionVariation(strength=0.0, noise=0.0, shift=0)
QUIET = AudioVariation(shift=0, speed=0.0, gain_db=(0.0, 0.0))


def drawn(seed=0):
    return np.random.default_rng(seed)


def test_originals_come_first_and_copies_in_their_order():
    out = augment(COUNTS, LABELS, 2, STILL, seed=0)
    np.testing.assert_array_equal(out, np.concatenate([COUNTS] * 3))


@pytest.mark.parametrize("kind", sorted(AUGMENTATIONS))
def test_every_kind_keeps_type_and_shape_and_goes_by_the_seed(kind):
    samples, how = SAMPLES[kind], AUGMENTATIONS[kind]()
    first, again, other = (augment(samples, LABELS, 2, how, seed=s) for s in (1, 1, 2))
    assert (first.dtype, first.shape) == (samples.dtype, (12, *samples.shape[1:]))
    np.testing.assert_array_equal(first, again)
    assert (first[4:] != other[4:]).any()
    np.testing.assert_array_equal(first[:4], samples)


def test_as_many_labels_as_recordings():
    with pytest.raises(InputError, match="4 recordings, 3 labels"):
        augment(COUNTS, LABELS[:3], 1, STILL, seed=0)


def test_a_shift_around_invents_nothing():
    how = MotionVariation(strength=0.0, noise=0.0, shift=7)
    out = how(COUNTS, LABELS, drawn(3))
    np.testing.assert_array_equal(np.sort(out, axis=1), np.sort(COUNTS, axis=1))
    assert (out != COUNTS).any()


def test_a_shift_that_is_held_repeats_the_ends():
    ramp = np.arange(20, dtype=np.int16).reshape(1, 20, 1)
    how = MotionVariation(strength=0.0, noise=0.0, shift=5, around=False)
    seen = {tuple(np.diff(how(ramp, LABELS[:1], drawn(s))[0, :, 0])) for s in range(30)}
    steps = {d for diffs in seen for d in diffs}
    assert steps == {0, 1}  # never back to the start


def test_a_turn_keeps_lengths():
    how = MotionVariation(strength=0.0, noise=0.0, shift=0, rotation_deg=40.0)
    out = how(COUNTS, LABELS, drawn())
    before, after = (np.linalg.norm(c.astype(float), axis=2) for c in (COUNTS, out))
    # rounding moves each of three axes by at most half a count
    assert np.abs(before - after).max() <= np.sqrt(3) / 2
    assert np.abs(out.astype(float) - COUNTS).max() > 100


def test_a_quarter_turn_by_hand():
    np.testing.assert_allclose(
        rotation(np.array([0.0, 0.0, 2.0]), np.pi / 2) @ [1.0, 0.0, 0.0], [0, 1, 0], atol=1e-15
    )


def test_turning_needs_threes():
    with pytest.raises(InputError, match="rotation of 2 channels; wanted x, y, z"):
        MotionVariation(rotation_deg=5.0)(COUNTS[:, :, :2], LABELS, drawn())


def test_warped_time_keeps_both_ends_and_the_order():
    ramp = (np.arange(50, dtype=np.int16) * 100).reshape(1, 50, 1)
    how = MotionVariation(strength=0.0, noise=0.0, shift=0, warp=0.4)
    out = how(ramp, LABELS[:1], drawn())[0, :, 0]
    assert (out[0], out[-1]) == (0, 4900)
    assert (np.diff(out) > 0).all()
    assert (out != ramp[0, :, 0]).any()


def test_saturates_instead_of_wrapping():
    loud = np.full((200, 1, 3), 32767, np.int16)
    out = MotionVariation(strength=0.5, noise=0.0, shift=0)(loud, np.zeros(200, int), drawn())
    # every factor above 1 saturates, and half of 200 normal factors around 1 are above it:
    # 80 or fewer is three standard deviations away, while wrapping would leave next to none
    assert (out[:, 0, 0] == 32767).sum() > 80


def test_sound_that_is_left_alone_stays():
    np.testing.assert_array_equal(QUIET(SOUND, LABELS, drawn()), SOUND)


def test_a_faster_tone_is_higher():
    tone = np.rint(8000 * np.sin(np.arange(4000) * 2 * np.pi / 40)).astype(np.int16)
    how = AudioVariation(shift=0, speed=0.2, gain_db=(0.0, 0.0))
    random = np.random.default_rng(1)
    factor = np.random.default_rng(1).uniform(0.8, 1.2)
    out = how(tone.reshape(1, -1, 1), LABELS[:1], random)[0, :, 0].astype(float)
    peak = np.abs(np.fft.rfft(out * np.hanning(4000))).argmax()
    assert peak == pytest.approx(100 * factor, abs=1)  # in bins: 4000 samples, period 40


def test_noise_comes_at_the_wanted_ratio():
    how = AudioVariation(
        shift=0, speed=0.0, gain_db=(0.0, 0.0), noise_label=2, noise_share=1.0, snr_db=(6.0, 6.0)
    )
    out = how(SOUND, LABELS, drawn()).astype(float)
    added = out[:2] - SOUND[:2]
    for x, noise in zip(SOUND[:2].astype(float), added, strict=True):
        # rounding to counts adds 1/12 to a mean square of some 750000
        assert 20 * np.log10(loudness(x) / loudness(noise)) == pytest.approx(6.0, abs=0.01)


def test_background_that_does_not_occur_is_refused():
    with pytest.raises(InputError, match="no recording is labelled 7"):
        AudioVariation(noise_label=7)(SOUND, LABELS, drawn())


def test_a_mirrored_image_is_mirrored():
    how = ImageVariation(shift=0, brightness=0.0, contrast=0.0)
    out = how(IMAGES, LABELS, drawn())
    flipped = [bool((o == i[:, ::-1]).all()) for o, i in zip(out, IMAGES, strict=True)]
    kept = [bool((o == i).all()) for o, i in zip(out, IMAGES, strict=True)]
    assert [f != k for f, k in zip(flipped, kept, strict=True)] == [True] * 4
    assert any(flipped)


def halved(counts):
    return (counts // 64).astype(np.int8)


def test_a_pool_starts_with_the_originals_and_draws_from_all():
    features = Features(halved, 0.5, 1)
    pool = Pool.make(COUNTS, LABELS, copies=3, how=MotionVariation(), features=features, seed=0)
    assert pool.variants.shape == (4, 4, 30, 3)
    assert torch.equal(pool.originals(), features.network_input(COUNTS))
    more = Pool.make(COUNTS, LABELS, copies=5, how=MotionVariation(), features=features, seed=0)
    np.testing.assert_array_equal(more.variants[:4], pool.variants)
    every = torch.stack([Pool(v[None], 0.5, 1).originals() for v in pool.variants])
    seen = set()
    for i in range(30):
        drawn_ = pool(1, torch.Generator().manual_seed(i))
        for n in range(4):
            (copy,) = [k for k in range(4) if torch.equal(drawn_[n], every[k, n])]
            seen.add((copy, n))
    assert len(seen) == 16
    assert pool.sampled(7, seed=0).shape == (7, 3, 30, 1)


def batch(n=64, shape=(1, 20, 16)):
    return Batch(torch.arange(n), torch.ones(n, *shape), torch.arange(n) % 3)


def test_masks_hide_stretches_and_nothing_else():
    x = MaskFeatures(times=1, rows=5, bands=1, columns=4)(
        batch(), torch.Generator().manual_seed(0)
    ).x[:, 0]
    assert set(x.unique().tolist()) == {0.0, 1.0}
    hidden_rows = (x.sum(2) == 0).sum(1)
    hidden_columns = (x.sum(1) == 0).sum(1)
    assert hidden_rows.max() == 5
    assert hidden_columns.max() == 4
    kept = (20 - hidden_rows) * (16 - hidden_columns)
    assert torch.equal(kept.float(), x.sum((1, 2)))


def test_where_the_width_is_one_channels_are_the_bands():
    x = MaskFeatures(times=0, bands=1, columns=4)(
        batch(shape=(8, 20, 1)), torch.Generator().manual_seed(0)
    ).x
    assert (x[:, :, 0] == x[:, :, 7]).all()
    assert ((x[:, :, 0, 0] == 0).sum(1)).max() == 4


def test_mixed_labels_are_the_shares_of_mixed_samples():
    given = Batch(torch.arange(9), torch.eye(3).repeat(3, 1)[:, :, None, None], torch.arange(9) % 3)
    seen = set()
    for seed in range(20):
        out = MixSamples(classes=3, alpha=0.5)(given, torch.Generator().manual_seed(seed))
        torch.testing.assert_close(out.x[:, :, 0, 0], out.y)  # class k is 1 in channel k
        torch.testing.assert_close(out.y.sum(1), torch.ones(9))
        seen.add(bool((out.y.max(1).values < 1).any()))
    assert seen == {True, False}  # some batches are left alone


def test_warped_bands_are_read_where_the_factor_says():
    ramp = torch.arange(16.0).expand(8, 1, 5, 16)
    given = Batch(torch.arange(8), ramp, torch.arange(8))
    out = WarpBands(most=0.25)(given, torch.Generator().manual_seed(0)).x
    factor = 1 + 0.25 * (2 * torch.rand(8, 1, generator=torch.Generator().manual_seed(0)) - 1)
    # straight lines through a straight line give it back, in single precision
    wanted = (torch.arange(16) * factor).clamp(max=15)[:, None, None].expand(out.shape)
    torch.testing.assert_close(out, wanted)
    assert torch.equal(WarpBands(most=0.0)(given, torch.Generator()).x, ramp)
