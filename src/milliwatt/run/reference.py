"""The reference interpreter: every operator's own definition, in numpy, one after the other."""

from collections.abc import Mapping, Sequence

from milliwatt.ir import Array, Graph, Kind, Value
from milliwatt.run.runner import check_inputs


class Reference:
    """Runs a graph by its meaning; what every other runner must equal to the bit."""

    def __init__(self, graph: Graph) -> None:
        """Take ``graph``; its variables start at their initial values."""
        self.graph = graph
        self._state: dict[Value, Array] = {}
        self.reset()

    def reset(self) -> None:
        """Return every variable to its initial value."""
        self._state = {v: v.data for v in self.graph.variables if v.data is not None}

    def run(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs for one set of inputs, of the graph's own shapes and types."""
        values, _ = self._evaluate(inputs)
        return tuple(self._get(values, v) for v in self.graph.outputs)

    def trace(self, inputs: Sequence[Array]) -> Mapping[str, Array]:
        """Run once and return what every node computed, by the node's name."""
        _, results = self._evaluate(inputs)
        return results

    def _evaluate(self, inputs: Sequence[Array]) -> tuple[dict[Value, Array], dict[str, Array]]:
        check_inputs(self.graph, inputs)
        values: dict[Value, Array] = dict(zip(self.graph.inputs, inputs, strict=True))
        results: dict[str, Array] = {}
        for node in self.graph.nodes:
            operands = tuple(self._get(values, v) for v in node.inputs)
            (result,) = node.op.evaluate(node.types, operands)
            results[node.name] = result
            if node.output.kind is Kind.VARIABLE:
                self._state[node.output] = result
            else:
                values[node.output] = result
        return values, results

    def _get(self, values: Mapping[Value, Array], v: Value) -> Array:
        if v.kind is Kind.VARIABLE:
            return self._state[v]
        if v.kind is Kind.CONSTANT:
            assert v.data is not None  # noqa: S101  (the verifier's rule)
            return v.data
        return values[v]
