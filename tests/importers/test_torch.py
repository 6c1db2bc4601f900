"""A graph computes what the quantised PyTorch program simulates, layer by layer."""

import itertools
from functools import lru_cache

import numpy as np
import pytest

import milliwatt
from milliwatt.errors import BadFile, UnsupportedOp
from milliwatt.ir import DType
from milliwatt.run.reference import Reference

torch = pytest.importorskip("torch", reason="needs PyTorch (milliwatt[learn])")
pytest.importorskip("torchao", reason="needs torchao (milliwatt[learn])")
nn = torch.nn

# imported by call: only after the two lines above are these sure to be there
import_program = pytest.importorskip("milliwatt.importers.torch").import_program
RULES = pytest.importorskip("milliwatt.importers.torch.rules").RULES
TO_IMAGE = pytest.importorskip("milliwatt.importers.torch.lowering").TO_IMAGE
QUANTIZE = pytest.importorskip("milliwatt.importers.torch.read").QUANTIZE
read = pytest.importorskip("milliwatt.importers.torch.read").read
quantize = pytest.importorskip("milliwatt.learn").quantize
QUANTIZER_RULES = pytest.importorskip("milliwatt.learn.quantizer").RULES

SHAPE = (6, 12, 4)  # channels, height, width
SCALE, ZERO = 1 / 32, -5


class Apply(nn.Module):
    """A convolution, so that there is something to calibrate, and then ``function``."""

    def __init__(self, function, *layers):
        super().__init__()
        self.first = nn.Conv2d(6, 6, 1)
        self.layers = nn.ModuleList(layers)
        self.function = function

    def forward(self, x):
        return self.function(self.first(x), *self.layers)


class Skip(nn.Module):
    """The input beside what was made of it, which has another scale."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(6, 6, 1)

    def forward(self, x):
        return torch.cat([self.conv(x), x], 1)


NETS = {
    "add": Apply(lambda x: x + torch.relu(x)),
    "add_relu": Apply(lambda x: torch.relu(x + x)),
    "avg_pool2d": Apply(lambda x: nn.functional.avg_pool2d(x, (3, 2))),
    "avg_pool2d_padded": Apply(
        lambda x: nn.functional.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
    ),
    "cat_channels": Apply(lambda x, f: torch.cat([x, f(x)], 1), nn.Conv2d(6, 3, 1)),
    "cat_five": Apply(lambda x, f: torch.cat([x, f(x), x, x, f(x)], 2), nn.Conv2d(6, 6, 1)),
    "conv2d": Apply(
        lambda x, f: f(x), nn.Conv2d(6, 5, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(2, 1))
    ),
    "conv2d_depthwise": Apply(lambda x, f: f(x), nn.Conv2d(6, 12, 3, padding=1, groups=6)),
    "conv2d_no_bias": Apply(lambda x, f: f(x), nn.Conv2d(6, 5, 3, bias=False)),
    "conv2d_relu6": Apply(lambda x, f: nn.functional.hardtanh(f(x), 0, 0.5), nn.Conv2d(6, 5, 3)),
    "flatten_image": Apply(lambda x, f: f(torch.flatten(x, 1)), nn.Linear(288, 4)),
    "flatten_pooled": Apply(
        lambda x, f: f(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1)), nn.Linear(6, 4)
    ),
    "linear_no_bias": Apply(
        lambda x, f: f(torch.flatten(x, 1)), nn.Linear(288, 4, bias=False)
    ),
    "max_pool2d": Apply(lambda x: nn.functional.max_pool2d(x, 3, 2, 1)),
    "mean": Apply(lambda x: x.mean((2, 3))),
    "mean_keepdim": Apply(lambda x: x.mean(2, keepdim=True)),
    "mul": Apply(lambda x: x * torch.relu(x)),
    "relu_alone": Apply(lambda x: torch.relu(nn.functional.max_pool2d(x, 2))),
    "relu6_alone": Apply(lambda x: nn.functional.hardtanh(nn.functional.max_pool2d(x, 2), 0, 0.5)),
    "relu_in_place": Apply(lambda x: torch.relu_(nn.functional.max_pool2d(x, 2))),
    "requantized_skip": Skip(),
    "reshape": Apply(lambda x: torch.reshape(x, (-1, 12, 6, 4))),
    "sigmoid": Apply(lambda x: torch.sigmoid(x + x)),
    "slice_channels": Apply(lambda x: x[:, 1:4]),
    "slice_rows": Apply(lambda x: x[:, :, 1:-2:2]),
    "softmax_channels": Apply(lambda x: torch.softmax(x + x, 1)),
    "softmax_width": Apply(lambda x, f: torch.softmax(f(x), 3), nn.Conv2d(6, 1, 1)),
    "sub": Apply(lambda x: x - torch.relu(x)),
    "tanh": Apply(torch.tanh),
    "transpose": Apply(lambda x: x.transpose(1, 2)),
    "transpose_view": Apply(lambda x: x.mean(3, keepdim=True).transpose(2, 3)),
    "view_to_image": Apply(lambda x: torch.flatten(x, 1).view(-1, 3, 8, 12)),
}  # fmt: skip


def samples(n, seed):
    return torch.randn(n, *SHAPE, generator=torch.Generator().manual_seed(seed))


@lru_cache
def quantized(net):
    torch.manual_seed(3)
    for module in net.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    return quantize(net.eval(), samples(32, 0), input_scale=SCALE, input_zero_point=ZERO)


def run(graph, x):
    """Return every value of the graph for int8 ``[1, H, W, C]``."""
    known = {graph.inputs[0]: x}
    for node in graph.nodes:
        arrays = tuple(v.data if v.data is not None else known[v] for v in node.inputs)
        known.update(zip(node.outputs, node.op.evaluate(node.types, arrays), strict=True))
    return {v.name: a for v, a in known.items()}


class Relayed(torch.fx.Interpreter):
    """Simulates each layer on the integers that the graph computed, and keeps both results."""

    def __init__(self, program, ours):
        super().__init__(program.graph_module)
        self.ours, self.pairs = ours, {}

    def run_node(self, n):
        result = super().run_node(n)
        if str(n.target) != QUANTIZE or n.name not in self.ours:
            return result
        mine = torch.from_numpy(self.ours[n.name])
        self.pairs[n.name] = (result, mine)
        return mine


def relay(program, graph, x_int8):
    """Return for each layer of ``program`` the simulated and our int8, in PyTorch's order."""
    values, source = run(graph, x_int8), read(program)
    ours = {}
    names = [(t.name, "input") for t in source.inputs]
    for tensor, name in names + [(la.output.name, la.name) for la in source.layers]:
        value = values[name]
        back = np.argsort(TO_IMAGE) if value.ndim == 4 else range(value.ndim)
        ours[tensor] = np.ascontiguousarray(value.transpose(*back))
    signature, state = program.graph_signature, program.state_dict
    inputs = {**signature.inputs_to_buffers, **signature.inputs_to_parameters}
    x = (torch.from_numpy(ours[source.inputs[0].name]).float() - ZERO) * SCALE
    arguments = [
        state[inputs[n.name]] if n.name in inputs else x
        for n in program.graph.nodes
        if n.op == "placeholder"
    ]
    relayed = Relayed(program, ours)
    relayed.run(*arguments)
    return relayed.pairs


@pytest.mark.parametrize("name", NETS)
def test_every_layer_is_within_one_step_of_the_simulation(name):
    """Both sides round the same sum to an integer, so they differ by at most 1.

    The simulation's real number is off by float32 rounding, far less than half a step, and is
    rounded once. Ours is exact but for a multiplier of 31 bits and a first rounding that keeps
    fraction bits; both move it by less than half a step before the second. Two numbers less
    than 1 apart round to integers at most 1 apart.
    """
    program = quantized(NETS[name]).program
    graph = import_program(program, name=name)
    random = np.random.default_rng(1)
    h, w, c = SHAPE[1], SHAPE[2], SHAPE[0]
    seen = {}
    for _ in range(5):
        x = np.clip(np.rint(random.normal(ZERO, 32, (1, h, w, c))), -128, 127).astype(np.int8)
        pairs = relay(program, graph, x)
        assert len(pairs) >= 2
        for layer, (simulated, ours) in pairs.items():
            assert simulated.shape == ours.shape, layer
            apart = (simulated.int() - ours.int()).abs()
            assert apart.max() <= 1, layer
            seen.setdefault(layer, []).append(ours.flatten())
    for layer, values in seen.items():
        # a wrong layout, axis or scale could not stay within 1 over a range this wide
        assert torch.cat(values).int().max() - torch.cat(values).int().min() >= 40, layer


def test_between_them_the_networks_use_every_rule():
    used = {la.target for net in NETS.values() for la in read(quantized(net).program).layers}
    assert used == set(RULES)


def test_every_operator_that_is_quantised_can_be_imported():
    assert {str(t) for t in QUANTIZER_RULES} | {"requantize"} == set(RULES)


def test_layers_are_named_after_modules():
    graph = import_program(quantized(NETS["conv2d"]).program, name="net")
    assert [n.name for n in graph.nodes] == ["first", "layers.0"]
    assert [v.name for v in graph.nodes[1].inputs] == ["first", "layers.0.weight", "layers.0.bias"]
    assert graph.inputs[0].type.shape == (1, 12, 4, 6)
    assert (graph.inputs[0].type.scale, graph.inputs[0].type.zero_point) == (SCALE, ZERO)


def test_inputs_and_outputs_are_int8():
    graph = import_program(quantized(NETS["mean"]).program, name="net")
    assert [v.type.dtype for v in (*graph.inputs, *graph.outputs)] == [DType.S8, DType.S8]


def test_pooled_features_flatten_without_moving():
    graph = import_program(quantized(NETS["flatten_pooled"]).program, name="net")
    assert [n.op.name for n in graph.nodes] == [
        "nn.conv2d",
        "nn.global_average_pool",
        "nn.reshape",
        "nn.fully_connected",
    ]


@pytest.mark.parametrize(
    ("function", "layers", "message"),
    [
        (lambda x, f: f(x), [nn.Conv2d(6, 4, 1, groups=2)], "2 groups of 6 channels; 1 and 6"),
        (lambda x: nn.functional.adaptive_avg_pool2d(x, 2), [], r"output_size is \[2, 2\]"),
        (
            lambda x: nn.functional.avg_pool2d(x, 3, padding=1),
            [],
            "count_include_pad is True; only False",
        ),
        (lambda x: nn.functional.max_pool2d(x, 3, ceil_mode=True), [], "ceil_mode is True"),
        (lambda x: nn.functional.max_pool2d(x, 2, dilation=2), [], r"dilation is \(2, 2\)"),
        (lambda x: x.mean(3), [], r"mean over axes \[3\] of an image leaves channels before"),
        (lambda x: torch.add(x, torch.relu(x), alpha=2), [], "alpha is 2; only 1 is supported"),
        (lambda x: torch.sub(x, torch.relu(x), alpha=2), [], "alpha is 2; only 1 is supported"),
        (lambda x: torch.softmax(x, 2), [], r"softmax over axis 2 of \[1, 6, 12, 4\]; wanted"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(function, layers, message):
    program = quantized(Apply(function, *layers)).program
    with pytest.raises(UnsupportedOp, match=rf"^layer '.*', aten\..*: .*{message}"):
        import_program(program, name="net")


def test_a_float_program_is_refused():
    program = torch.export.export(Apply(torch.relu).eval(), (samples(1, 0),))
    with pytest.raises(UnsupportedOp, match=r"layer 'relu' gives floating point; wanted int8"):
        import_program(program, name="net")


def test_what_does_not_move_is_a_view():
    graph = import_program(quantized(NETS["transpose_view"]).program, name="net")
    assert graph.nodes[-1].op.name == "nn.reshape"
    assert graph.outputs[0].type.shape == (1, 1, 12, 6)


def test_an_operator_without_a_rule_is_refused_with_the_list(monkeypatch):
    program = quantized(NETS["mul"]).program
    fewer = {t: rule for t, rule in RULES.items() if t != "aten.mul.Tensor"}
    monkeypatch.setattr("milliwatt.importers.torch.graph.RULES", fewer)
    wanted = r"layer 'mul': no rule for aten.mul.Tensor; supported are aten.adaptive_avg_pool2d"
    with pytest.raises(UnsupportedOp, match=wanted):
        import_program(program, name="net")


def test_rules_are_sorted():
    assert all(a < b for a, b in itertools.pairwise(RULES))


def test_a_program_from_disk(tmp_path):
    program = quantize(
        nn.Sequential(nn.Conv2d(6, 2, 1), nn.ReLU()).eval(),
        torch.rand(4, *SHAPE),
        input_scale=SCALE,
        input_zero_point=ZERO,
    ).program
    torch.export.save(program, tmp_path / "net.pt2")
    model = milliwatt.load(tmp_path / "net.pt2")
    assert model.name == "net"
    kept, loaded = import_program(program, name="net"), model.original
    assert [(n.name, n.op) for n in loaded.nodes] == [(n.name, n.op) for n in kept.nodes]
    x = np.random.default_rng(0).integers(-128, 128, loaded.inputs[0].type.shape).astype(np.int8)
    np.testing.assert_array_equal(Reference(loaded).run((x,)), Reference(kept).run((x,)))


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 not much of an archive", b"PK\x05\x06" + bytes(18)]
)
def test_a_damaged_file_is_refused(content, tmp_path):
    (tmp_path / "net.pt2").write_bytes(content)
    with pytest.raises(BadFile, match=r"net\.pt2: (damaged or no \.pt2 file|torch\.export cannot)"):
        milliwatt.load(tmp_path / "net.pt2")
