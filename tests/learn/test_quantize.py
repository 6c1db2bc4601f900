"""The quantised program follows TensorFlow Lite's int8 scheme to the letter."""

import pytest
import torch
from torch import nn

from milliwatt.errors import InputError, UnsupportedOp
from milliwatt.learn import logits, quantize, sqnr_db
from milliwatt.learn.quantizer import RULES

aten = torch.ops.aten
SCALE, ZERO = 1 / 32, 3
QUANTIZE, DEQUANTIZE = "quantized_decomposed.quantize_per_tensor.default", "dequantize"


class Net(nn.Module):
    """A bit of everything that the quantiser has a rule for."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(5, 8, (3, 1), padding=(1, 0), bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.depthwise = nn.Conv2d(8, 8, (3, 1), padding=(1, 0), groups=8)
        self.pointwise = nn.Conv2d(8, 8, 1)
        self.pool = nn.MaxPool2d((2, 1))
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.drop = nn.Dropout(0.5)
        self.linear = nn.Linear(16, 3)

    def forward(self, x):
        x = torch.relu(self.norm(self.conv(x)))
        y = self.pointwise(torch.relu(self.depthwise(x)))
        x = self.pool(torch.relu(x + y))
        x = torch.cat([x, x], 1)
        return self.linear(self.drop(torch.flatten(self.mean(x), 1)))


def trained():
    """Return a network whose batch normalisation has something to fold."""
    torch.manual_seed(0)
    model = Net()
    with torch.no_grad():
        model.norm.weight.uniform_(0.5, 2.0)
        model.norm.bias.normal_()
    model.train()
    for _ in range(5):
        model(torch.randn(16, 5, 12, 1) * 2 + 1)
    return model.eval()


CALIBRATION = torch.randn(64, 5, 12, 1, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def model():
    return trained()


@pytest.fixture(scope="module")
def quantized(model):
    return quantize(model, CALIBRATION, input_scale=SCALE, input_zero_point=ZERO)


def nodes(quantized, target):
    return [n for n in quantized.program.graph.nodes if str(n.target) == target]


def constant(quantized, node):
    """Return a weight's or bias's integers, scales, zero points and dequantise arguments."""
    state, inputs = quantized.program.state_dict, quantized.program.graph_signature
    integers, scale, zero, *rest = node.args
    return (*(state[inputs.inputs_to_buffers[a.name]] for a in (integers, scale, zero)), *rest)


def activation(node):
    """Return scale, zero point, lowest and highest integer of the tensor that a node reads."""
    assert DEQUANTIZE in str(node.target)
    return node.args[1:5]


def test_batch_normalisation_and_dropout_are_gone(quantized):
    targets = {str(n.target) for n in quantized.program.graph.nodes}
    assert not {t for t in targets if "norm" in t or "dropout" in t}


def test_folding_changes_nothing(model, quantized):
    error = (logits(quantized.folded, CALIBRATION) - logits(model, CALIBRATION)).abs().max()
    # one multiplication by gamma/sigma moved before a sum of 15 products: float32 sums of at
    # most 2**4 terms near 10 are off by at most 2**4 * 10 * 2**-24, times four layers
    assert error <= 4 * 2**4 * 10 * 2**-24


def test_the_input_has_the_scale_that_was_given(quantized):
    first = nodes(quantized, QUANTIZE)[0]
    assert first.args[1:5] == (SCALE, ZERO, -128, 127)
    (conv, *_) = nodes(quantized, "aten.conv2d.default")
    assert conv.args[0].args[:5] == (first, SCALE, ZERO, -128, 127)


@pytest.mark.parametrize("layer", range(4))
def test_weights_are_symmetric_per_output_channel(model, quantized, layer):
    weighted = nodes(quantized, "aten.conv2d.default") + nodes(quantized, "aten.linear.default")
    q, scale, zero, axis, low, high, dtype = constant(quantized, weighted[layer].args[1])
    assert (axis, low, high, dtype, q.dtype) == (0, -127, 127, torch.int8, torch.int8)
    assert scale.shape == (len(q),)
    assert not zero.any()
    # the largest weight of each channel is what the scale was made for
    assert q.flatten(1).abs().amax(1).tolist() == [127] * len(q)


@pytest.mark.parametrize("layer", range(4))
def test_a_biass_scale_is_the_product_of_its_inputs(quantized, layer):
    weighted = nodes(quantized, "aten.conv2d.default") + nodes(quantized, "aten.linear.default")
    x, weight, bias = weighted[layer].args[:3]
    q, scale, zero, *_ = constant(quantized, bias)
    assert q.dtype == torch.int32
    assert not zero.any()
    # a float32 product, hence exact to the bit
    assert torch.equal(scale, torch.tensor(activation(x)[0]) * constant(quantized, weight)[1])


def test_relu_is_never_rounded_before(quantized):
    for relu in nodes(quantized, "aten.relu.default"):
        assert str(relu.args[0].target) in {"aten.conv2d.default", "aten.add.Tensor"}
        (after,) = relu.users
        assert after.args[2] == -128  # nothing below zero is worth a step


@pytest.mark.parametrize(
    "target",
    [
        "aten.adaptive_avg_pool2d.default",
        "aten.cat.default",
        "aten.flatten.using_ints",
        "aten.max_pool2d.default",
    ],
)
def test_selecting_and_averaging_keep_the_scale(quantized, target):
    (node,) = nodes(quantized, target)
    (after,) = node.users
    for source in node.all_input_nodes:
        assert activation(source) == after.args[1:5]


def test_all_activations_are_int8(quantized):
    for node in nodes(quantized, QUANTIZE):
        assert node.args[3:] == (-128, 127, torch.int8)


def test_the_program_is_for_one_input(quantized):
    (x,) = quantized.program.graph_signature.user_inputs
    assert next(n.meta["val"].shape for n in quantized.program.graph.nodes if n.name == x) == (
        1,
        5,
        12,
        1,
    )


def test_the_same_twice(model, quantized):
    again = quantize(model, CALIBRATION, input_scale=SCALE, input_zero_point=ZERO)
    state = again.program.state_dict
    for name, tensor in quantized.program.state_dict.items():
        assert torch.equal(tensor, state[name]), name
    assert [str(n.target) for n in again.program.graph.nodes] == [
        str(n.target) for n in quantized.program.graph.nodes
    ]


def test_little_is_lost(model, quantized):
    # 8 uniform bits over a range of r carry noise r/256/sqrt(12) each: about 40 dB below a
    # signal that uses a quarter of the range; ten such roundings in a row lose at most 10 dB
    on_grid = (CALIBRATION / SCALE).round().clamp(-131, 124) * SCALE
    float_, int8 = (logits(m, on_grid).numpy() for m in (model, quantized.simulated))
    assert sqnr_db(float_, int8) > 30


def test_an_unknown_operator_is_named_with_what_is_known():
    net = nn.Sequential(nn.Conv2d(5, 4, 1), nn.ELU()).eval()
    wanted = r"layer 'elu': no int8 rule for aten.elu.default; supported are aten\."
    with pytest.raises(UnsupportedOp, match=wanted):
        quantize(net, CALIBRATION, input_scale=SCALE, input_zero_point=0)


def test_adding_a_number_is_refused():
    class Shift(nn.Module):
        def forward(self, x):
            return x + 1.5

    with pytest.raises(UnsupportedOp, match=r"layer 'add': aten.add.Tensor with the number 1.5"):
        quantize(Shift().eval(), CALIBRATION, input_scale=SCALE, input_zero_point=0)


def test_training_mode_is_refused():
    with pytest.raises(InputError, match=r"call model\.eval\(\)"):
        quantize(Net(), CALIBRATION, input_scale=SCALE, input_zero_point=0)


def test_one_input_is_no_calibration(model):
    with pytest.raises(InputError, match="1 calibration inputs; wanted at least 2"):
        quantize(model, CALIBRATION[:1], input_scale=SCALE, input_zero_point=0)


def test_rules_are_sorted():
    names = [str(t) for t in RULES]
    assert names == sorted(names)
