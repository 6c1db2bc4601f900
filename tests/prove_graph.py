"""One graph through everything: reference = host = machine code, in every kind of plan."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from milliwatt.emit import make_library
from milliwatt.ir import Graph
from milliwatt.plan import (
    NO_PREFERENCES,
    Plan,
    Preferences,
    Schedule,
    by_rows,
    least_ram,
    make_plan,
    whole,
)
from milliwatt.project.prove import prove
from milliwatt.project.samples import sample_inputs
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.run.host import HostRunner
from milliwatt.targets import BOARDS, Board, Support, load_board

EMULATED = tuple(name for name in BOARDS if load_board(name).support is Support.EMULATED)
SAMPLES = 6


def prove_graph(graph: Graph, seed: int) -> None:
    """Prove ``graph`` whole, by rows and in regions, on the host; one of them on a board too.

    Raises:
        Divergence: names the layer.
    """
    board = load_board(EMULATED[seed % len(EMULATED)])
    schedules = (whole, by_rows, least_ram(board.cpu))
    on_board = schedules[seed // len(EMULATED) % len(schedules)]
    for schedule in schedules:
        prove_plan(graph, board, schedule, on_board=schedule is on_board)


def prove_plan(
    graph: Graph,
    board: Board,
    schedule: Callable[[Graph], Schedule],
    *,
    on_board: bool,
    samples: int = SAMPLES,
    preferences: Preferences = NO_PREFERENCES,
) -> Plan:
    """Prove ``graph`` in one schedule on the host and, if asked, on ``board``; return the plan."""
    plan = make_plan(graph, board.cpu, schedule, preferences=preferences)
    library = make_library(plan, board, graph.name, graph.name)
    with TemporaryDirectory() as folder:
        runners = {f"host {schedule.__name__}": HostRunner(plan, library, Path(folder))}
        if on_board:
            runners[board.name] = EmulatedRunner(plan, library, board, Path(folder))
        prove(graph, runners, sample_inputs(graph, samples, 1))
    return plan
