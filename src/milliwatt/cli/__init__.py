"""The command line: one file a command; `COMMANDS` is the table of contents."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console

import milliwatt
from milliwatt.cli.boards import boards
from milliwatt.cli.compile import compile_command
from milliwatt.cli.compress import compress
from milliwatt.cli.data import data
from milliwatt.cli.demo import demo
from milliwatt.cli.init import init
from milliwatt.cli.inspect import inspect
from milliwatt.cli.make import make, status
from milliwatt.cli.ops import ops
from milliwatt.cli.record import record
from milliwatt.cli.run import run
from milliwatt.cli.verify import verify
from milliwatt.errors import MilliwattError

COMMANDS: dict[str, Callable[..., None]] = {
    "boards": boards,
    "compile": compile_command,
    "compress": compress,
    "demo": demo,
    "init": init,
    "inspect": inspect,
    "make": make,
    "ops": ops,
    "record": record,
    "run": run,
    "status": status,
    "verify": verify,
}
"""Every command by name, sorted."""

GROUPS: dict[str, typer.Typer] = {
    "data": data,
}
"""Every group of commands by name, sorted."""

INTERRUPTED = 130  # what shells report for Ctrl-C
FAILED = 1

app = typer.Typer(
    help="Machine learning in a milliwatt: compile a model to C, prove it on an emulated chip.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
for _name, _group in GROUPS.items():
    app.add_typer(_group, name=_name)


def _version(*, asked: bool) -> None:
    if asked:
        typer.echo(f"milliwatt {milliwatt.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[  # noqa: FBT002  (typer's way to declare a flag)
        bool,
        typer.Option(
            "--version",
            callback=lambda v: _version(asked=v),
            is_eager=True,
            help="Print the version.",
        ),
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run the command line; a refusal is one clear message and exit status 1."""
    try:
        app()
    except MilliwattError as e:
        Console(stderr=True, soft_wrap=True).print(
            f"error ({type(e).__name__}): {e}", markup=False, highlight=False, style="red"
        )
        sys.exit(FAILED)
    except SystemExit as e:
        if e.code == INTERRUPTED:  # Typer turns Ctrl-C into an exit
            Console(stderr=True).print("interrupted; nothing was left half-written")
        raise
