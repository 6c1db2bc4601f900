"""Graph to graph, meaning preserved. `PIPELINE` is what runs, in order."""

from collections.abc import Callable

from milliwatt.ir import Graph, verify
from milliwatt.passes.fold_constants import fold_constants
from milliwatt.passes.materialize_outputs import materialize_outputs
from milliwatt.passes.remove_dead_nodes import remove_dead_nodes

PIPELINE: tuple[Callable[[Graph], Graph], ...] = (
    fold_constants,
    remove_dead_nodes,
    materialize_outputs,
)
"""Every pass, in the order in which they run."""


def optimize(graph: Graph) -> Graph:
    """Return ``graph`` after every pass, verified before the first and after each.

    Raises:
        InvalidGraph: a graph breaks the rules; a defect of the importer or of a pass.
    """
    verify(graph)
    for run in PIPELINE:
        graph = verify(run(graph))
    return graph
