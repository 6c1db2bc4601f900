"""Whether a subgraph's operators can run in the order in which they stand."""

from collections.abc import Iterable

from milliwatt.errors import BadFile
from milliwatt.importers.tflite.model import Subgraph, TfliteOperator


def check_order(subgraph: Subgraph) -> None:
    """Check that each tensor is written once, and before it is read.

    Raises:
        BadFile: names the operator and the tensor: an index out of range, a tensor written
            twice, written although it is an input or a constant, or read before anything wrote
            it (a cycle, for example).
    """
    where = f"subgraph {subgraph.index}"
    _in_range(subgraph, subgraph.inputs, f"{where}, inputs")
    _in_range(subgraph, subgraph.outputs, f"{where}, outputs")
    if len(set(subgraph.inputs)) != len(subgraph.inputs):
        raise BadFile(f"{where}: a tensor is listed twice among the inputs")
    constants = {t.index for t in subgraph.tensors if t.data is not None or t.is_variable}
    ready = constants | set(subgraph.inputs)
    for op in subgraph.operators:
        _in_range(subgraph, (i for i in op.inputs if i != -1), f"{where}, operator {op.index}")
        _in_range(subgraph, op.outputs, f"{where}, operator {op.index}")
        _run_operator(subgraph, op, ready)
    for index in subgraph.outputs:
        if index not in ready:
            raise BadFile(
                f"{where}: output {subgraph.tensors[index].name!r} is written by no operator"
            )


def _run_operator(subgraph: Subgraph, op: TfliteOperator, ready: set[int]) -> None:
    """Add what the operator writes to ``ready``, which has what is written so far."""
    where = f"subgraph {subgraph.index}, operator {op.index} {op.name}"
    for index in op.inputs:
        if index != -1 and index not in ready:
            raise BadFile(
                f"{where}: reads tensor {index} {subgraph.tensors[index].name!r}, which is neither "
                "an input, a constant, nor written by an earlier operator"
            )
    for index in op.outputs:
        if index in ready:
            raise BadFile(
                f"{where}: writes tensor {index} {subgraph.tensors[index].name!r}, which is an "
                "input, a constant or already written"
            )
        ready.add(index)


def _in_range(subgraph: Subgraph, indices: Iterable[int], where: str) -> None:
    for index in indices:
        if not 0 <= index < len(subgraph.tensors):
            raise BadFile(
                f"{where}: tensor {index}; the subgraph has {len(subgraph.tensors)} tensors"
            )
