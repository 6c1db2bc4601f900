"""Which range an activation gets, on numbers whose answer is known."""

import pytest
import torch
from small_networks import SCALE, ZERO, inputs, uneven

from milliwatt.errors import InputError
from milliwatt.learn import logits, quantize, sqnr_db
from milliwatt.learn.compress.calibration import (
    Calibration,
    MseObserver,
    PercentileObserver,
    PerChannelMseObserver,
)
from milliwatt.learn.quantizer import Precision

OPTIONS = {
    "dtype": torch.int8,
    "quant_min": -128,
    "quant_max": 127,
    "qscheme": torch.per_tensor_affine,
}


def step(observer, *batches):
    for batch in batches:
        observer(batch)
    scale, _ = observer.calculate_qparams()
    return float(scale)


def test_a_percentile_leaves_one_in_ten_thousand_outside():
    values = torch.linspace(0, 1, 10_001)
    values[-1] = 50.0
    # the largest is left outside; 255 steps from 0 to the next
    assert step(PercentileObserver(**OPTIONS), values) == pytest.approx(0.9999 / 255, rel=1e-5)


def test_least_squares_cut_a_lonely_outlier_and_keep_what_is_full():
    even = torch.linspace(0, 1, 10_000)
    assert step(MseObserver(**OPTIONS), even) == pytest.approx(1 / 255, rel=1e-6)
    # cutting one value from 1.5 to 1.0 costs 0.5**2 / 10001 = 2.5e-5; keeping it makes rounding
    # ((1.5 / 255)**2 - (1 / 255)**2) / 12 = 1.6e-6 worse: it stays. Ten thousand times as many
    # others make it the other way round
    assert step(MseObserver(**OPTIONS), even, torch.tensor([1.5])) > 1.4 / 255
    crowd = torch.cat([torch.linspace(0, 1, 16_000)] * 1)
    batches = [crowd] * 16 + [torch.tensor([1.5])]
    assert step(MseObserver(**OPTIONS), *batches) < 1.5 / 255


def test_four_bit_weights_give_up_their_largest_where_that_is_better():
    observer = PerChannelMseObserver(
        dtype=torch.int8, quant_min=-7, quant_max=7, qscheme=torch.per_channel_symmetric, ch_axis=0
    )
    row = torch.cat([torch.linspace(-1, 1, 2000), torch.tensor([3.0])])
    observer(torch.stack([row, torch.linspace(-3, 3, 2001)]))
    scale, zero = observer.calculate_qparams()
    assert not zero.any()
    assert float(scale[0]) < 3 / 7 * 0.6  # nearly all lie within 1
    # evenly spread ones fill 15 steps, half of the outermost beyond them; FRACTIONS are 0.01 apart
    assert float(scale[1]) == pytest.approx(6 / 15, abs=0.01 * 3 / 7)


@pytest.mark.parametrize("method", Calibration)
def test_every_method_quantises_a_network(method):
    model, (x, _) = uneven(), inputs()
    quantized = quantize(model, x, input_scale=SCALE, input_zero_point=ZERO, method=method)
    # five roundings of 8 bits; the head of `test_little_is_lost` has the argument for 30 dB, and
    # one value in ten thousand that is cut costs less than as much again
    assert sqnr_db(logits(model, x).numpy(), logits(quantized.simulated, x).numpy()) > 20


def test_an_unknown_layer_is_named_with_those_there_are():
    with pytest.raises(InputError, match=r"called head; there are depthwise, linear, pointwise"):
        quantize(
            uneven(),
            inputs()[0],
            input_scale=SCALE,
            input_zero_point=ZERO,
            precision=Precision(frozenset({"head"})),
        )
