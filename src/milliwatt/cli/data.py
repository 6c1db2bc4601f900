"""``milliwatt data``: data sets from publishers and own files, and how good they are."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from milliwatt.cli.data_tables import print_catalog, print_dataset, print_quality
from milliwatt.cli.options import progress
from milliwatt.cli.reading import (
    Columns,
    FullScale,
    ImageSize,
    Key,
    LabelColumn,
    Rate,
    TimeColumn,
    read_options,
)
from milliwatt.data import Dataset, Split, is_split, open_dataset, open_split, save_dataset
from milliwatt.data.atomic import write_atomically
from milliwatt.data.catalog import CATALOG
from milliwatt.data.catalog.get import get_dataset
from milliwatt.data.files import ImportOptions, import_files
from milliwatt.data.progress import Progress, silent
from milliwatt.data.quality import check
from milliwatt.errors import InputError

FolderPath = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="A dataset folder.", show_default=False)
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a dataset that is there.")]
Json = Annotated[
    Path | None,
    typer.Option("--json", metavar="F", help="Also write this as JSON.", show_default=False),
]

data = typer.Typer(
    help="Get, import and check recordings.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@data.command("list")
def list_command() -> None:
    """List the data sets that `milliwatt data get` knows, with their licences."""
    print_catalog(Console(), CATALOG)


@data.command("get")
def get_command(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="From `milliwatt data list`.", show_default=False),
    ],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="PATH", help="A copy at hand, not the network.", show_default=False
        ),
    ] = None,
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="Where datasets lie.")] = Path(
        "data"
    ),
    overwrite: Overwrite = False,  # noqa: FBT002  (typer's way to declare a flag)
) -> None:
    """Get a data set from its publisher, or a copy, as the dataset folder DIR/NAME.

    A download that breaks off goes on where it stopped, and is compared with its checksum. Example:

        milliwatt data get speech_commands --into data
    """
    if name not in CATALOG:
        raise InputError(f"no data set {name!r}; there are {', '.join(CATALOG)}")
    entry = CATALOG[name]
    with progress() as report:
        folder = get_dataset(entry, into, source=source, overwrite=overwrite, progress=report)
    console = Console()
    print_dataset(console, _opened(folder))
    console.print(f"{folder}: {entry.title}", highlight=False, soft_wrap=True)
    console.print(f"licence: {entry.licence}. {entry.advice}", highlight=False, soft_wrap=True)


@data.command("import")
def import_command(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A file or a folder of files.", show_default=False),
    ],
    into: Annotated[
        Path,
        typer.Option("--into", metavar="DIR", help="The new dataset folder.", show_default=False),
    ],
    rate: Rate = None,
    full_scale: FullScale = None,
    columns: Columns = None,
    time_column: TimeColumn = None,
    label_column: LabelColumn = None,
    label: Annotated[
        str | None,
        typer.Option(metavar="L", help="Label of every recording.", show_default=False),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(metavar="G", help="Group of every recording.", show_default=False),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(
            metavar="RE",
            help="Regular expression for the path, with (?P<label>…) and (?P<group>…) "
            "[default: the folder is the label].",
            show_default=False,
        ),
    ] = None,
    size: ImageSize = None,
    gray: Annotated[bool, typer.Option("--gray", help="Turn images to gray.")] = False,  # noqa: FBT002
    key: Key = None,
    overwrite: Overwrite = False,  # noqa: FBT002
) -> None:
    """Turn WAV, FLAC, CSV, Parquet, NPZ, image or Edge Impulse files into a dataset folder.

    Labels come from folders, a pattern or a column. Example:

        milliwatt data import recordings --into data/walks --rate 50 --pattern '(?P<label>[a-z]+)_'
    """
    options = ImportOptions(
        read=read_options(
            rate=rate,
            full_scale=full_scale,
            columns=columns,
            time_column=time_column,
            label_column=label_column,
            image_size=size,
            gray=gray,
            key=key,
        ),
        pattern=pattern,
        label=label,
        group=group,
    )
    with progress() as report:
        found = import_files(path, options, name=into.name, progress=report)
        save_dataset(found, into, overwrite=overwrite, progress=report)
    print_dataset(Console(), found)


@data.command("info")
def info_command(folder: FolderPath) -> None:
    """Say what a dataset folder holds: channels, labels, groups, lengths and where it is from."""
    with progress() as report:
        found = _opened(folder, report)
    print_dataset(Console(), found)


@data.command("check")
def check_command(folder: FolderPath, json_file: Json = None) -> None:
    """Look for what would spoil training: clipped, constant, duplicated, mislabelled recordings.

    Of a dataset in parts, recordings that resemble each other across parts are named too. What is
    found is for you to look at; the exit status is 0.
    """
    with progress() as report:
        quality = check(_opened(folder, report), progress=report)
    print_quality(Console(), quality)
    if json_file:
        text = json.dumps(quality.to_json(), indent=2, ensure_ascii=False) + "\n"
        try:
            write_atomically(json_file, text.encode("utf-8"))
        except OSError as error:
            raise InputError(f"{json_file}: cannot write ({error.strerror or error})") from error


def _opened(folder: Path, report: Progress = silent) -> Dataset | Split:
    return open_split(folder) if is_split(folder) else open_dataset(folder, progress=report)
