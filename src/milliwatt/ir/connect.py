"""One graph behind the other: features in front of a network, the network in front of a decision."""

from dataclasses import replace

from milliwatt.errors import ShapeMismatch
from milliwatt.ir.graph import Graph, Node, Value


def connect(front: Graph, back: Graph, name: str) -> Graph:
    """Return the graph that gives the outputs of ``front`` to ``back`` as its inputs.

    Names that both use are told apart by a suffix in ``back``.

    Raises:
        ShapeMismatch: an output of ``front`` has another type or quantisation than the input of
            ``back`` that it meets.
    """
    if len(front.outputs) != len(back.inputs):
        raise ShapeMismatch(
            f"{front.name} has {len(front.outputs)} outputs, {back.name} takes {len(back.inputs)}"
        )
    swap: dict[Value, Value] = {}
    for given, wanted in zip(front.outputs, back.inputs, strict=True):
        if given.type != wanted.type:
            raise ShapeMismatch(
                f"{front.name} gives {given} ({given.type.quant}), "
                f"{back.name} takes {wanted} ({wanted.type.quant})"
            )
        swap[wanted] = given
    taken = {*front.values, *(n.name for n in front.nodes)}
    for value in back.values.values():
        if value not in swap:
            swap[value] = replace(value, name=_free(value.name, taken))
    nodes = tuple(
        Node(
            _free(n.name, taken),
            n.op,
            tuple(swap[v] for v in n.inputs),
            tuple(swap[v] for v in n.outputs),
        )
        for n in back.nodes
    )
    outputs = tuple(swap[v] for v in back.outputs)
    return Graph(name, front.inputs, outputs, (*front.nodes, *nodes))


def _free(name: str, taken: set[str]) -> str:
    return name if name not in taken else _free(f"{name}_", taken)
