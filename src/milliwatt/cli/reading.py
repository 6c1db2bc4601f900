"""Options that say what files and devices do not say of themselves."""

from typing import Annotated

import typer

from milliwatt.data import ReadOptions
from milliwatt.errors import InputError

Rate = Annotated[
    float | None,
    typer.Option(
        "--rate",
        metavar="HZ",
        help="Samples a second [default: from the file, or measured].",
        show_default=False,
    ),
]
FullScale = Annotated[
    list[str] | None,
    typer.Option(
        "--full-scale",
        metavar="NAME=VALUE",
        help="The range a sensor is set to, in its unit; VALUE alone is for all channels. "
        "May be repeated.",
        show_default=False,
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="A,B",
        help="Channels to take, in this order [default: all].",
        show_default=False,
    ),
]
TimeColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Column of times [default: one named time, timestamp, t and the like].",
        show_default=False,
    ),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Column that labels each row.", show_default=False),
]
ImageSize = Annotated[
    str | None,
    typer.Option(
        "--size", metavar="RxC", help="Rows and columns to resize images to.", show_default=False
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="K",
        envvar="MILLIWATT_HMAC_KEY",
        help="Key that Edge Impulse files must be signed with.",
        show_default=False,
    ),
]


def read_options(
    *,
    rate: float | None = None,
    full_scale: list[str] | None = None,
    columns: str | None = None,
    time_column: str | None = None,
    label_column: str | None = None,
    image_size: str | None = None,
    gray: bool = False,
    key: str | None = None,
) -> ReadOptions:
    """Return what the options say together.

    Raises:
        InputError: a rate, full scale or size that is none.
    """
    if rate is not None and not 0 < rate < float("inf"):
        raise InputError(f"--rate {rate}: wanted more than 0")
    return ReadOptions(
        sample_rate_hz=rate,
        full_scale=dict(_full_scale(text) for text in full_scale or ()),
        columns=tuple(c.strip() for c in columns.split(",")) if columns else (),
        time_column=time_column,
        label_column=label_column,
        image_size=None if image_size is None else _size(image_size),
        gray=gray,
        key=key,
    )


def _full_scale(text: str) -> tuple[str, float]:
    name, _, value = text.rpartition("=")
    try:
        return name or "*", float(value)
    except ValueError:
        raise InputError(f"--full-scale {text}: wanted NAME=VALUE, such as ax=4") from None


def _size(text: str) -> tuple[int, int]:
    rows, _, columns = text.lower().partition("x")
    if not (rows.isdecimal() and columns.isdecimal() and int(rows) and int(columns)):
        raise InputError(f"--size {text}: wanted rows x columns, such as 32x32")
    return int(rows), int(columns)
