"""``milliwatt record``: live samples into a dataset folder."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from milliwatt.cli.reading import Columns, FullScale, Rate, read_options
from milliwatt.data.live import Assembler, live_source
from milliwatt.data.live import record as run_record
from milliwatt.data.live.recorder import Recorder
from milliwatt.data.live.serial_port import BAUD

SECONDS = 10.0


def record(
    source: Annotated[
        str,
        typer.Option(
            "--source",
            metavar="S",
            help="serial:/dev/ttyACM0, mqtt://host/topic, mic or mic:NAME.",
            show_default=False,
        ),
    ],
    into: Annotated[
        Path,
        typer.Option(
            "--into", metavar="DIR", help="A dataset folder, old or new.", show_default=False
        ),
    ],
    label: Annotated[
        str | None,
        typer.Option(metavar="L", help="What the recordings show.", show_default=False),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            metavar="G",
            help="Who or what is recorded: a person, a machine, a day.",
            show_default=False,
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(metavar="T", min=0.01, help="Length of a recording.")
    ] = SECONDS,
    count: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Recordings to make [default: until Ctrl-C].",
            show_default=False,
        ),
    ] = None,
    rate: Rate = None,
    full_scale: FullScale = None,
    columns: Columns = None,
    baud: Annotated[int, typer.Option(metavar="B", min=1, help="Speed of a serial port.")] = BAUD,
) -> None:
    """Record from a serial port, an MQTT topic or the microphone until Ctrl-C.

    Recordings follow each other without a gap and are on disk as soon as they are complete. When a
    cable is pulled, a line damaged or the disk full, nothing complete is lost. Example:

        milliwatt record --source serial:/dev/ttyACM0 --into data/walks --label walk --group ann
    """
    console = Console(stderr=True)

    def tell(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    options = read_options(rate=rate, full_scale=full_scale, columns=columns)
    live = live_source(source, baud=baud, sample_rate_hz=rate)
    recorder = Recorder(into, label=label, group=group, source=f"recorded from {_named(source)}")
    assembler = Assembler(seconds, options, recorder.about)
    saved = run_record(live, assembler, recorder, count=count, tell=tell)
    Console().print(f"{saved} recordings in {into}", highlight=False, soft_wrap=True)


def _named(source: str) -> str:
    """Return the source without the password that its address may hold."""
    scheme, mark, rest = source.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}" if mark else source
