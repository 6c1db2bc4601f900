"""``milliwatt inspect``: what a file holds and what would be refused, before choosing a board."""

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from milliwatt.cli.options import ModelPath
from milliwatt.errors import InputError
from milliwatt.importers.tflite import inspect_tflite


def inspect(model: ModelPath) -> None:
    """List the operators of MODEL with shapes, types, MACs and weights, and what would be refused.

    Exit status 1 if anything would be. Example:

        milliwatt inspect kws.tflite
    """
    if not model.is_file():
        raise InputError(f"{model}: there is no such file")
    if model.suffix == ".pt2":
        raise InputError(f"{model}: inspect reads .tflite files; compile names what it refuses")
    findings = inspect_tflite(model)
    table = Table(
        title=model.name, title_justify="left", box=None, pad_edge=False, header_style="bold"
    )
    for heading in ("#", "operator", "inputs", "output", "MACs", "weights B", "ok"):
        right = heading in ("#", "MACs", "weights B")
        shapes = heading in ("inputs", "output")
        table.add_column(
            heading,
            justify="right" if right else "left",
            no_wrap=not shapes,
            overflow="fold",
        )
    for f in findings:
        table.add_row(
            str(f.index),
            Text(f.name),
            Text("\n".join(map(_short, f.inputs))),
            Text("\n".join(map(_short, f.outputs))),
            "–" if f.macs is None else f"{f.macs:,}",
            f"{f.weights_bytes:,}",
            Text("yes") if f.refusal is None else Text("no", style="red"),
        )
    console = Console()
    console.print(table)
    refused = [f for f in findings if f.refusal is not None]
    macs = sum(f.macs or 0 for f in findings)
    weights = sum(f.weights_bytes for f in findings)
    console.print(
        f"{len(findings)} operators, {macs:,} MACs, {weights:,} bytes of weights; "
        f"{len(refused)} refused",
        highlight=False,
    )
    for f in refused:
        console.print(Text(f"operator {f.index}: {f.refusal}", style="red"), soft_wrap=True)
    if refused:
        raise typer.Exit(1)


def _short(operand: str) -> str:
    """Return ``int8[1,49,10,1]`` of ``int8[1, 49, 10, 1]``: lines are scarce, and this is plain."""
    return operand.replace(", ", ",")
