"""The boards and cores that models are compiled for, each a TOML file in this room."""

from milliwatt.targets.board import (
    BOARDS,
    ActiveCurrent,
    Board,
    Memory,
    Support,
    load_board,
    read_board,
)
from milliwatt.targets.cpu import CPUS, Arch, Cpu, load_cpu, read_cpu
from milliwatt.targets.isa import Isa

__all__ = [
    "BOARDS",
    "CPUS",
    "ActiveCurrent",
    "Arch",
    "Board",
    "Cpu",
    "Isa",
    "Memory",
    "Support",
    "load_board",
    "load_cpu",
    "read_board",
    "read_cpu",
]
