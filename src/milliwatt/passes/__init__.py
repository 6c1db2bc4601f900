"""Graph to graph, meaning preserved. `PIPELINE` is what runs, in order."""

from collections.abc import Callable

from milliwatt.ir import Graph, verify
from milliwatt.passes.compose_tables import compose_tables
from milliwatt.passes.fold_activations import fold_activations
from milliwatt.passes.fold_constants import fold_constants
from milliwatt.passes.fold_pads import fold_pads
from milliwatt.passes.materialize_outputs import materialize_outputs
from milliwatt.passes.merge_moves import merge_moves
from milliwatt.passes.remove_dead_nodes import remove_dead_nodes
from milliwatt.passes.remove_moves import remove_moves
from milliwatt.passes.shrink_channels import shrink, shrink_channels

Pass = Callable[[Graph], Graph]

PREPARE: tuple[Pass, ...] = (fold_constants, remove_dead_nodes)
"""What runs before channels are removed; certificates speak of the graph as it is then."""

SIMPLIFY: tuple[Pass, ...] = (
    compose_tables,
    remove_moves,
    merge_moves,
    fold_pads,
    fold_activations,
)
"""What runs again and again until nothing changes, since one makes room for another."""

PIPELINE: tuple[Pass, ...] = (*PREPARE, shrink_channels, *SIMPLIFY, materialize_outputs)
"""Every pass, in the order in which they run."""

__all__ = ["PIPELINE", "PREPARE", "SIMPLIFY", "Pass", "optimize", "prepare", "shrink"]


def optimize(graph: Graph) -> Graph:
    """Return ``graph`` after every pass, verified before the first and after each.

    Raises:
        InvalidGraph: a graph breaks the rules; a defect of the importer or of a pass.
    """
    graph = _run(shrink_channels, prepare(graph))
    before = None
    while graph is not before:
        before = graph
        for run in SIMPLIFY:
            graph = _run(run, graph)
    return _run(materialize_outputs, graph)


def prepare(graph: Graph) -> Graph:
    """Return ``graph`` as `shrink` wants it: constants computed, dead nodes gone.

    Raises:
        InvalidGraph: a graph breaks the rules.
    """
    verify(graph)
    for run in PREPARE:
        graph = _run(run, graph)
    return graph


def _run(run: Pass, graph: Graph) -> Graph:
    done = run(graph)
    return graph if done is graph else verify(done)
