"""A certificate that claims anything false is refused, by the name of what is false."""

import json
from dataclasses import replace

import numpy as np
import pytest

from milliwatt.errors import BadFile, Divergence
from milliwatt.ir import Builder, DType, Graph, Quant, TensorType
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.softmax import Softmax
from milliwatt.passes import optimize
from milliwatt.passes.removal import Certificate, How, Reader, Removal
from milliwatt.project.certificate import certify, check_same, check_shrinking, recheck
from milliwatt.project.certificate_file import from_json, to_json
from milliwatt.project.samples import sample_inputs

OUT = Quant((64.0,), 4)
COARSE = Quant((4096.0,), 4)  # so coarse that nothing saturates


def net(pad=(0, 0, 0, 0), *, last: bool = True) -> Graph:
    """``a`` of 4 channels, the second always 30 and the third never read, into ``y``."""
    rng = np.random.default_rng(3)
    b = Builder("net")
    x = b.input("x", TensorType((1, 6, 6, 2), DType.S8, Quant((1.0,), -2)))

    def conv(name, x, w, bias, out=OUT, **attributes):
        quant = Quant((1.0,) * len(w), 0, 0)
        return b.node(
            name,
            Conv2d(out, **attributes),
            x,
            b.constant(f"{name} w", TensorType(w.shape, DType.S8, quant), w),
            b.constant(f"{name} b", TensorType((len(w),), DType.S32), np.array(bias, np.int32)),
        )

    first = rng.integers(1, 20, (4, 1, 1, 2)).astype(np.int8)
    first[1] = 0
    second = rng.integers(1, 20, (3, 3, 3, 4)).astype(np.int8)
    second[..., 2] = 0
    a = conv("a", x, first, [5, 26 * 64, -7, 9])
    y = conv("y", a, second, [1, 2, 3], COARSE, pad=pad)
    return b.build(b.node("z", Softmax(), y) if last else y)


CONSTANT = Removal("a", 1, 30, 30, (26 * 64, 26 * 64), (Reader("y", How.FOLDED),))


def test_a_true_one_passes_and_survives_the_file():
    graph = net()
    certificate = certify(graph)
    assert certificate.removals[0] == CONSTANT
    assert [r.channel for r in certificate.removals] == [1, 2]
    check_shrinking(graph, optimize(graph), certificate, sample_inputs(graph, 5, 0))
    assert from_json(to_json(certificate)) == certificate
    entry = json.loads(to_json(certificate))["removals"][0]
    assert entry == {
        "tensor": "a", "channel": 1, "why": "constant", "low": 30, "high": 30,
        "accumulator": [1664, 1664], "readers": [{"layer": "y", "how": "folded"}],
    }  # fmt: skip
    assert from_json(to_json(Certificate("empty"))) == Certificate("empty")


def unread(channel: int) -> Removal:
    """A claim about ``a`` with true bounds, for a channel that ``y`` reads."""
    from milliwatt.ops.intervals import accumulator_bounds, intervals

    graph = net()
    known = intervals(graph)
    low, high = known[graph.values["a"]].channels()
    sums = accumulator_bounds(graph.producer(graph.values["a"]), known)
    least, most = (int(s[channel]) for s in sums)
    readers = (Reader("y", How.ZERO_WEIGHTS),)
    return Removal("a", channel, int(low[channel]), int(high[channel]), (least, most), readers)


@pytest.mark.parametrize(
    ("removals", "message"),
    [
        ((replace(CONSTANT, tensor="b"),), "no tensor 'b'"),
        ((replace(CONSTANT, channel=4),), r"has no channels \[4\]"),
        ((CONSTANT, CONSTANT), "go twice"),
        ((CONSTANT, unread(0), unread(2), unread(3)), "no channel of %a.* is left"),
        (
            (replace(CONSTANT, low=29),),
            r"bounds are claimed to be \(29, 30\); the model gives \(30, 30\)",
        ),
        (
            (replace(CONSTANT, accumulator=(1664, 1665)),),
            r"accumulator .* \(1664, 1665\); the model gives",
        ),
        ((replace(CONSTANT, readers=()),), "readers are claimed to be none; the model gives 'y'"),
        (
            (replace(CONSTANT, readers=(Reader("y", How.CARRIED),)),),
            r"'y' \(carried\).* 'y' \(folded\)",
        ),
        (
            (unread(0),),
            "reads channel 0 of 'a', which may be -?[0-9]+ to [0-9]+; wanted one constant",
        ),
        ((Removal("y", 0, None, None, None, ()),), "channel 0 of 'y': bounds"),
        ((Removal("x", 0, -128, 127, None, ()),), "'x' is an input, an output or a variable"),
        ((Removal("z", 0, -128, 127, None, ()),), "'z' is an input, an output or a variable"),
    ],
)
def test_a_false_claim_is_refused(removals, message):
    with pytest.raises(Divergence, match=message):
        recheck(net(), Certificate("net", removals))


def test_what_a_layer_needs_whole_cannot_go():
    graph = net()
    from milliwatt.ops.intervals import accumulator_bounds, intervals

    known = intervals(graph)
    y = graph.values["y"]
    low, high = (int(e[0]) for e in known[y].channels())
    least, most = (int(e[0]) for e in accumulator_bounds(graph.producer(y), known))
    claim = Removal("y", 0, low, high, (least, most), (Reader("z", How.CARRIED),))
    with pytest.raises(Divergence, match=r"'z' \(nn\.softmax\) needs 'y' whole"):
        recheck(graph, Certificate("net", (claim,)))


def test_a_constant_that_meets_padding_cannot_go():
    graph = net(pad=(1, 1, 1, 1))
    assert [r.channel for r in certify(graph).removals] == [2]
    with pytest.raises(
        Divergence, match="always 30, but adds other sums at the border of layer 'y'"
    ):
        recheck(graph, Certificate("net", (CONSTANT,)))


def test_channels_that_travel_together_go_together():
    from milliwatt.ops.nn.max_pool2d import MaxPool2d

    b = Builder("pooled")
    plain = net(last=False)
    pooled = b.node("pool", MaxPool2d(OUT, (2, 2)), plain.values["a"])
    last = plain.nodes[1].with_inputs({plain.values["a"]: pooled})
    (type_,) = last.op.infer(last.types)
    out = replace(last.output, type=type_)
    nodes = (plain.nodes[0], b._nodes[0], replace(last, outputs=(out,)))
    graph = Graph("pooled", plain.inputs, (out,), nodes)
    certificate = certify(graph)
    assert {r.tensor for r in certificate.removals} == {"a", "pool"}
    for tensor in ("a", "pool"):
        half = tuple(r for r in certificate.removals if r.tensor == tensor)
        with pytest.raises(Divergence, match="layer 'pool' carries channels"):
            recheck(graph, Certificate("pooled", half))


def test_graphs_that_differ_are_found_by_running_them():
    graph, samples = net(last=False), sample_inputs(net(), 4, 0)
    certificate = certify(graph)
    done = optimize(graph)
    check_same(graph, done, samples, certificate)
    bias = done.values["y b"].data
    bias.flags.writeable = True
    bias[:] = bias + 64
    with pytest.raises(Divergence, match="sample 0: output 'y' of the shrunk graph differs"):
        check_same(graph, done, samples)
    hidden, samples = net(), sample_inputs(net(), 4, 0)
    done = optimize(hidden)
    data = done.values["y b"].data
    data.flags.writeable = True
    data += 64  # all three operands of the softmax move by one: its result does not
    check_same(hidden, done, samples)
    with pytest.raises(Divergence, match="layer 'y' of the shrunk graph differs"):
        check_same(hidden, done, samples, certify(hidden))


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "{}", '{"schema": 2, "graph": "net", "removals": []}',
        '{"schema": 1, "graph": 3, "removals": []}',
        '{"schema": 1, "graph": "net", "removals": [{"tensor": "a"}]}',
        '{"schema": 1, "graph": "net", "removals": [3]}',
        to_json(Certificate("net", (CONSTANT,))).replace('"channel": 1', '"channel": 1.5'),
        to_json(Certificate("net", (CONSTANT,))).replace('"folded"', '"somehow"'),
        to_json(Certificate("net", (CONSTANT,))).replace("[1664, 1664]", "[1664]"),
    ],
)  # fmt: skip
def test_what_is_no_certificate_is_refused(text):
    with pytest.raises(BadFile, match="certificate: "):
        from_json(text)
