"""Camera images before a network."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="pip install 'milliwatt[learn]'")

from milliwatt.errors import InputError
from milliwatt.learn.front_ends import FRONT_ENDS

COLOUR = np.random.default_rng(0).integers(0, 256, (5, 12, 8, 3)).astype(np.uint8)


def fitted(**options):
    return FRONT_ENDS["image"](COLOUR, sample_rate_hz=0.0, **options)


def test_pixels_keep_their_brightness():
    front = fitted()
    np.testing.assert_array_equal(front.compute(COLOUR), COLOUR.astype(int) - 128)
    x = front.features().network_input(COLOUR)
    assert x.shape == (5, 3, 12, 8)
    np.testing.assert_array_equal(x[2, 1].numpy(), COLOUR[2, :, :, 1] / np.float32(256))


@pytest.mark.parametrize(
    ("options", "ops", "shape"),
    [
        ({"gray": True}, ["gray", "centred"], (1, 12, 8, 1)),
        ({"height": 6, "width": 4}, ["centred", "averaged"], (1, 6, 4, 3)),
        ({"height": 9, "width": 9, "gray": True}, ["gray", "resized", "centred"], (1, 9, 9, 1)),
    ],
)
def test_smaller_or_gray(options, ops, shape):
    front = fitted(**options)
    assert [name for name, _ in front.ops] == ops
    assert front.output.shape == shape
    computed = front.compute(COLOUR)
    assert computed.shape == (5, *shape[1:])
    mean = COLOUR.mean() if not options.get("gray") else (COLOUR @ [0.299, 0.587, 0.114]).mean()
    assert abs(computed.mean() + 128 - mean) < 1, "the mean brightness stays, but for rounding"


def test_what_is_no_image_is_refused():
    with pytest.raises(
        InputError, match=r"images are int16 \[1, 4, 2\]; wanted at least one, uint8"
    ):
        FRONT_ENDS["image"](np.zeros((1, 4, 2), np.int16), sample_rate_hz=0.0)
    with pytest.raises(InputError, match="images of 1 channels; gray = true wants 3"):
        FRONT_ENDS["image"](COLOUR[..., :1], sample_rate_hz=0.0, gray=True)
    with pytest.raises(InputError, match=r"wanted uint8 \[N, 12, 8, 3\]"):
        fitted().compute(COLOUR[:, :6])
