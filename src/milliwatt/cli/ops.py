"""``milliwatt ops``: what is supported, read from the tables that the compiler itself uses."""

from rich.console import Console
from rich.table import Table

from milliwatt.importers.tflite import RULES
from milliwatt.ir import Special
from milliwatt.kernels import KERNELS
from milliwatt.ops import OPS


def ops() -> None:
    """List every core operator with its kernels, and the TensorFlow Lite operators understood."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("operator")
    table.add_column("kernels")
    for op in OPS:
        symbols = [k.symbol(v) for k in KERNELS if k.op is op for v in k.variants]
        # One C function may serve several element types of one size.
        table.add_row(op.name, "\n".join(dict.fromkeys(symbols)) or f"none: {Special.VIEW.value}")
    console = Console()
    console.print(table)
    console.print("TensorFlow Lite: " + ", ".join(sorted(RULES)), highlight=False)
