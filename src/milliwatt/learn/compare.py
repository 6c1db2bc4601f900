"""What each layer of a float network gives, to hold an integer network against."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch.fx import GraphModule, Interpreter, Node

from milliwatt.importers.torch.read import BOUNDING, layer_name

IMAGE_RANK = 4
Floats = npt.NDArray[np.float32]


def layer_outputs(model: GraphModule, x: torch.Tensor) -> Mapping[str, Floats]:
    """Run ``model`` on ``x`` and return what its layers give, by the names that the importer uses.

    An activation function takes the name of the layer that it follows, since the integer layer
    computes both. Images come as ``[N, H, W, C]``.
    """
    watching = _Watching(model)
    with torch.no_grad():
        watching.run(x)
    return watching.seen


class _Watching(Interpreter):
    """Runs a program and keeps what every operator gives."""

    def __init__(self, model: GraphModule) -> None:
        super().__init__(model)
        self.seen: dict[str, Floats] = {}

    def run_node(self, n: Node) -> object:
        result = super().run_node(n)
        if n.op == "call_function" and isinstance(result, torch.Tensor):
            follows = str(n.target) in BOUNDING and len(n.all_input_nodes) == 1
            layer = n.all_input_nodes[0] if follows else n
            array: Floats = result.numpy()
            self.seen[layer_name(layer)] = (
                array.transpose(0, 2, 3, 1) if array.ndim == IMAGE_RANK else array
            )
        return result
