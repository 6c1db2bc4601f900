"""One graph through everything: reference = host = machine code, run whole and by rows."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from milliwatt.emit import make_library
from milliwatt.ir import Graph
from milliwatt.plan import Plan, Schedule, by_rows, make_plan, whole
from milliwatt.project.prove import prove
from milliwatt.project.samples import sample_inputs
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.run.host import HostRunner
from milliwatt.targets import BOARDS, Board, Support, load_board

EMULATED = tuple(name for name in BOARDS if load_board(name).support is Support.EMULATED)
SAMPLES = 6


def prove_graph(graph: Graph, seed: int) -> None:
    """Prove ``graph`` on the host and on the board of ``seed``, whole and by rows.

    Raises:
        Divergence: names the layer.
    """
    board = load_board(EMULATED[seed % len(EMULATED)])
    on_board = (whole, by_rows)[seed // len(EMULATED) % 2]
    for schedule in (whole, by_rows):
        prove_plan(graph, board, schedule, on_board=schedule is on_board)


def prove_plan(
    graph: Graph,
    board: Board,
    schedule: Callable[[Graph], Schedule],
    *,
    on_board: bool,
    samples: int = SAMPLES,
) -> Plan:
    """Prove ``graph`` in one schedule on the host and, if asked, on ``board``; return the plan."""
    plan = make_plan(graph, board.cpu, schedule)
    library = make_library(plan, board, graph.name, graph.name)
    with TemporaryDirectory() as folder:
        runners = {f"host {schedule.__name__}": HostRunner(plan, library, Path(folder))}
        if on_board:
            runners[board.name] = EmulatedRunner(plan, library, board, Path(folder))
        prove(graph, runners, sample_inputs(graph, samples, 1))
    return plan
