"""What the steps of compression ask of PyTorch's graphs: layers, parameters, what they give."""

from collections.abc import Callable, Iterator

import torch
from torch.fx import GraphModule, Interpreter, Node

aten = torch.ops.aten

WEIGHTED = frozenset({aten.conv2d.default, aten.linear.default})
AT_ONCE = 128  # inputs; bounds the memory that looking at every layer takes


def weighted_layers(model: GraphModule) -> Iterator[Node]:
    """Yield convolutions and linear layers in the order in which they run."""
    return (n for n in model.graph.nodes if n.target in WEIGHTED)


def groups_of(layer: Node) -> int:
    """Return the groups of a convolution; 1 for a linear layer."""
    if layer.target is not aten.conv2d.default:
        return 1
    given = layer.args[6] if len(layer.args) > 6 else layer.kwargs.get("groups", 1)
    assert isinstance(given, int)  # noqa: S101  (PyTorch's schema)
    return given


def constant(model: GraphModule, node: object) -> torch.Tensor:
    """Return the tensor that a ``get_attr`` node reads, to be looked at or changed in place."""
    assert isinstance(node, Node)  # noqa: S101  (callers hand over operands that are constants)
    found: object = model
    for part in str(node.target).split("."):
        found = getattr(found, part)
    assert isinstance(found, torch.Tensor)  # noqa: S101
    return found.data


def watch(
    model: GraphModule, x: torch.Tensor, look: Callable[[Node, torch.Tensor], None]
) -> torch.Tensor:
    """Run ``model`` on ``x`` without gradients, show ``look`` what every node gives."""
    with torch.no_grad():
        result: torch.Tensor = _Watching(model, look).run(x)
    return result


class _Watching(Interpreter):
    def __init__(self, model: GraphModule, look: Callable[[Node, torch.Tensor], None]) -> None:
        super().__init__(model)
        self._look = look

    def run_node(self, n: Node) -> object:
        result = super().run_node(n)
        if n.op == "call_function" and isinstance(result, torch.Tensor):
            self._look(n, result)
        return result
