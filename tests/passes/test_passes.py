"""Every pass keeps what a graph means; each does what its name says."""

import numpy as np
import pytest
from graphs import Grower, random_graph

from milliwatt.errors import InvalidGraph
from milliwatt.ir import Builder, DType, Graph, Kind, Quant, Special, TensorType, verify
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.pad import Pad
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.passes import PIPELINE, optimize
from milliwatt.passes.fold_constants import fold_constants
from milliwatt.passes.materialize_outputs import materialize_outputs
from milliwatt.passes.remove_dead_nodes import remove_dead_nodes
from milliwatt.project.samples import sample_inputs
from milliwatt.run.reference import Reference

QUANT = Quant((0.5,), 3)
VECTOR = TensorType((1, 4), DType.S8, QUANT)


@pytest.mark.parametrize("run", PIPELINE, ids=lambda f: f.__name__)
@pytest.mark.parametrize("seed", range(20))
def test_meaning_is_preserved(run, seed):
    graph = Grower(seed).grow()
    same(graph, verify(run(graph)))


@pytest.mark.parametrize("seed", range(20))
def test_a_second_time_changes_nothing(seed):
    graph = random_graph(seed)
    assert optimize(graph) is graph


def test_constants_are_folded():
    b = Builder("folded")
    x = b.input("x", VECTOR)
    c = b.constant("c", VECTOR, np.array([[1, 2, 3, 4]], np.int8))
    d = b.node("d", Add(QUANT), c, c)
    graph = b.build(b.node("y", Add(QUANT), x, d))
    folded = fold_constants(graph)
    assert [n.name for n in folded.nodes] == ["y"]
    # the zero point is 3: twice q is 2 * (q - 3) + 3
    assert folded.values["d"].kind is Kind.CONSTANT
    assert folded.values["d"].data.tolist() == [[-1, 1, 3, 5]]
    same(graph, folded)


def test_a_constant_output_stays_an_output():
    b = Builder("constant")
    b.input("x", VECTOR)
    c = b.constant("c", VECTOR, np.array([[1, 2, 3, 4]], np.int8))
    graph = b.build(b.node("y", Add(QUANT), c, c))
    done = optimize(graph)
    assert [n.op.name for n in done.nodes] == ["nn.copy"]
    same(graph, done)


def test_dead_nodes_go():
    b = Builder("dead")
    x = b.input("x", VECTOR)
    b.node("unread", Add(QUANT), b.node("read by it", Add(QUANT), x, x), x)
    graph = b.build(b.node("y", Add(QUANT), x, x))
    assert [n.name for n in remove_dead_nodes(graph).nodes] == ["y"]
    same(graph, remove_dead_nodes(graph))


def test_nodes_that_write_variables_stay():
    from milliwatt.ops.nn.copy import Copy

    b = Builder("state")
    x = b.input("x", VECTOR)
    held = b.variable("held", VECTOR, np.zeros((1, 4), np.int8))
    y = b.node("y", Add(QUANT), x, held)
    b.write("store", Copy(), held, x)
    graph = optimize(b.build(y))
    assert [n.name for n in graph.nodes] == ["y", "store"]


@pytest.mark.parametrize("which", ["input", "twice", "view and root", "two views"])
def test_outputs_get_memory_of_their_own(which):
    b = Builder("outputs")
    x = b.input("x", VECTOR)
    y = b.node("y", Add(QUANT), x, x)
    views = [b.node(f"view {i}", Reshape((2, 2)), y) for i in range(2)]
    wanted = {
        "input": (x, y), "twice": (y, y), "view and root": (views[0], y), "two views": tuple(views),
    }[which]  # fmt: skip
    graph = b.build(*wanted)
    done = materialize_outputs(graph)
    assert len(set(done.outputs)) == 2
    assert sum(n.op.name == "nn.copy" for n in done.nodes) == 1
    roots = {}
    for node in done.nodes:
        if node.op.rows(node.types) is Special.VIEW:
            roots[node.output] = roots.get(node.inputs[0], node.inputs[0])
    memory = [roots.get(v, v) for v in done.outputs]
    assert len(set(memory)) == 2
    assert all(v.kind is Kind.RESULT for v in memory)
    same(graph, done)


def test_a_broken_graph_is_refused():
    b = Builder("broken")
    x = b.input("x", TensorType((1, 2, 2, 1), DType.S8, QUANT))
    padded = b.node("padded", Pad(((0, 0), (1, 1), (0, 0), (0, 0))), x)
    other = Builder("other").input("elsewhere", padded.type)
    with pytest.raises(InvalidGraph, match="read before it is written"):
        optimize(Graph("broken", (x,), (other,), b.build(padded).nodes))


def same(before: Graph, after: Graph) -> None:
    """Fail unless both give the same outputs."""
    first, second = Reference(before), Reference(after)
    for sample in sample_inputs(before, 5, 2):
        for a, b in zip(first.run(sample), second.run(sample), strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
