"""Random graphs: reference = host = machine code, run whole and a row at a time."""

from collections import Counter

import pytest
from graphs import random_graph
from prove_graph import EMULATED, prove_graph

from milliwatt.ir import Special
from milliwatt.project.samples import sample_inputs
from milliwatt.run.reference import Reference

COUNT = 70  # five times each board, half of them by rows


@pytest.mark.parametrize("seed", range(COUNT))
def test_all_implementations_agree(seed):
    prove_graph(random_graph(seed), seed)


def test_the_graphs_are_worth_it():
    """They hold every kind of layer, odd channels, signals, skips, and outputs that vary."""
    graphs = [random_graph(seed) for seed in range(200)]
    nodes = [n for g in graphs for n in g.nodes]
    ops = Counter(n.op.name.removeprefix("nn.") for n in nodes)
    common = {"conv2d", "depthwise_conv2d", "fully_connected", "softmax", "concatenation"}
    common |= {"add", "sub", "mul", "max_pool2d", "average_pool2d", "global_average_pool", "pad"}
    common |= {"table", "strided_slice", "reshape"}
    assert all(ops[name] >= 10 for name in common), ops
    channels = {n.output.type.shape[-1] for n in nodes if n.op.name == "nn.conv2d"}
    assert {1, 3, 5, 17} <= channels
    assert sum(g.inputs[0].type.shape[2] == 1 for g in graphs) >= 20
    assert any(len(n.inputs) == 2 and n.inputs[0] is not n.inputs[1] for n in nodes)
    assert {Special.ACCUMULATE, Special.VIEW} <= {n.op.rows(n.types) for n in nodes}
    dull = 0
    for graph in graphs[:COUNT]:
        reference = Reference(graph)
        outputs = {reference.run(s)[0].tobytes() for s in sample_inputs(graph, 12, 0)[3:]}
        dull += len(outputs) < 5
    assert dull <= COUNT // 10, f"{dull} graphs give nearly the same output for all inputs"
    assert len(EMULATED) == 7
    assert sum(len(g.nodes) > 1 for g in graphs) >= 190
