"""Images: PNG, JPEG, BMP and what else Pillow reads, as uint8 ``[row, column, channel]``."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np

from milliwatt.data.optional import require
from milliwatt.data.recording import Channel, Pixels
from milliwatt.data.sources.content import Content, ReadOptions
from milliwatt.errors import InputError

COLOURS = {1: ("gray",), 3: ("red", "green", "blue")}
FULL_SCALE_COUNT = 255
GRAY_MODES = {"1", "L"}  # Pillow's names for one bit and eight bits of gray
DEEP_MODES = ("I", "F")  # and for more than eight


def colour_channels(count: int, where: str) -> tuple[Channel, ...]:
    """Return the channels of gray or red, green and blue; one is full brightness.

    Raises:
        InputError: another number of channels.
    """
    if count not in COLOURS:
        raise InputError(f"{where}: images of {count} channels; wanted 1 (gray) or 3 (RGB)")
    return tuple(Channel(name, "brightness", 1 / FULL_SCALE_COUNT) for name in COLOURS[count])


def read_image(path: Path, options: ReadOptions) -> Iterator[Content]:
    """Read one image; transparency is dropped, a palette resolved.

    Raises:
        InputError: not an image, or of more than 8 bits a colour.
        NotAvailable: the package ``pillow`` is absent.
    """
    image_module = require("PIL.Image", "reading images", "data")
    try:
        with image_module.open(path) as image:
            if image.mode.startswith(DEEP_MODES):
                raise InputError(f"{path}: {image.mode} pixels; wanted 8 bits a colour")
            gray = options.gray or image.mode in GRAY_MODES
            found = image.convert("L" if gray else "RGB")
            if options.image_size is not None:
                rows, columns = options.image_size
                found = found.resize((columns, rows), image_module.Resampling.BOX)
            pixels = np.asarray(found, np.uint8)
    except (OSError, SyntaxError, image_module.DecompressionBombError) as error:
        raise InputError(f"{path}: cannot read ({error}); wanted an image") from None
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    yield Content(pixels, colour_channels(pixels.shape[2], str(path)), 0.0)


def png_bytes(pixels: Pixels) -> bytes:
    """Return a PNG of uint8 ``[row, column, 1 or 3]``, which loses nothing.

    Raises:
        NotAvailable: the package ``pillow`` is absent.
    """
    image_module = require("PIL.Image", "writing images", "data")
    buffer = BytesIO()
    flat = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    image_module.fromarray(np.ascontiguousarray(flat)).save(buffer, "PNG")
    return buffer.getvalue()
