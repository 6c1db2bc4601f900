"""What a graph costs on a board, asked of the real compiler.

A price is a build: the passes run, kernels are chosen, memory is planned, machine code is made,
a few inputs prove it and one inference is counted on the emulated core. Objects are cached by
content, so a second candidate whose layers have known kernels takes a few tenths of a second.
"""

from milliwatt.errors import NotAvailable
from milliwatt.ir import Graph
from milliwatt.learn.price import Cost, Price
from milliwatt.passes import optimize
from milliwatt.project.compile import Compiled, agreed, build, prove_all, summarize
from milliwatt.project.model import Model
from milliwatt.project.optimize import DEFAULT_GOAL, Goal
from milliwatt.project.samples import EDGES, sample_inputs
from milliwatt.report.result import Result
from milliwatt.targets import Board, Support, load_board

SAMPLES = EDGES + 1  # the edges of the input's type, and noise
SEED = 0


def price(graph: Graph, board: Board | str, *, goal: Goal = DEFAULT_GOAL) -> Cost:
    """Compile ``graph`` for ``board``, prove it on `SAMPLES` inputs and return what it takes.

    Args:
        graph: before or after passes; a trained network, its front end joined or not.
        board: one that can be emulated.
        goal: how it is compiled.

    Raises:
        NotAvailable: the board has no emulator, so nothing could be measured.
        DoesNotFit: the model needs more than the board has.
        UnsupportedOp: a layer has no kernel.
        Divergence: the machine code computes something else than the graph, which is a defect.
    """
    return cost_of(measured(proven(graph, board, goal=goal)))


def proven(graph: Graph, board: Board | str, *, goal: Goal = DEFAULT_GOAL) -> Compiled:
    """Compile ``graph`` and compare host and board with the reference, as `price` does."""
    board = load_board(board) if isinstance(board, str) else board
    if board.support is not Support.EMULATED:
        raise NotAvailable(
            f"{board.name} has no emulator, so instructions, stack and flash of a candidate cannot "
            "be measured; choose a board that `milliwatt boards` lists as emulated"
        )
    compiled = build(Model(graph.name, optimize(graph), original=graph), board, goal)
    prove_all(compiled, sample_inputs(compiled.model.graph, SAMPLES, SEED))
    return compiled


def measured(compiled: Compiled) -> Result:
    """Return the whole record behind a price: layer by layer, with the memory over time."""
    return summarize(compiled, agreed(compiled, SAMPLES))


def pricer(board: Board | str, *, goal: Goal = DEFAULT_GOAL) -> Price:
    """Return `price` for one board and one way to compile."""
    board = load_board(board) if isinstance(board, str) else board

    def ask(graph: Graph) -> Cost:
        return price(graph, board, goal=goal)

    return ask


def cost_of(result: Result) -> Cost:
    """Return what a proven and measured model takes.

    Where rows are pushed, a result is what all its rows take together; its latency is that of a
    whole inference in proportion to the instructions, since both run the same kernels.
    """
    assert result.flash is not None  # noqa: S101  (only emulated boards come here)
    assert result.instructions is not None  # noqa: S101
    ram, latency, instructions = result.ram, result.latency_ms_estimated, result.instructions
    if result.push is not None:
        share = result.push.instructions_per_result / instructions
        latency = None if latency is None else latency * share
        instructions = result.push.instructions_per_result
    return Cost(
        flash_bytes=result.flash.code + result.flash.weights,
        ram_bytes=ram.arena + ram.state + (ram.stack or 0),
        instructions=instructions,
        latency_ms=latency,
    )
