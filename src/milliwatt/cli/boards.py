"""``milliwatt boards``: the boards, read from the tables that the compiler itself uses."""

from rich.console import Console
from rich.table import Table

from milliwatt.targets import BOARDS, load_board


def boards() -> None:
    """List every board: core, memory, clock, and what can be done for it without having it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("board", "chip", "core", "flash", "RAM", "clock", "here"):
        table.add_column(
            heading, justify="right" if heading in ("flash", "RAM", "clock") else "left"
        )
    for name in BOARDS:
        b = load_board(name)
        table.add_row(
            name,
            b.title,
            b.cpu.title,
            _kib(b.flash_bytes),
            _kib(b.ram_bytes),
            "–" if b.clock_hz is None else f"{b.clock_hz / 1e6:.0f} MHz",
            b.support.value,
        )
    Console().print(table)


def _kib(size: int | None) -> str:
    return "–" if size is None else f"{size / 1024:.0f} KiB"
