"""Winograd as a user asks for it: what it needs on the residual network of MLPerf Tiny."""

import pytest

import milliwatt
from milliwatt.cli.options import goal
from milliwatt.errors import InputError
from milliwatt.project import Goal, Optimize, build
from milliwatt.project.compile import agreed, prove_all, summarize
from milliwatt.project.samples import sample_inputs

ASKED = Goal(Optimize.SPEED, winograd=True)
# What the package promises for this model on a Cortex-M4F
INSTRUCTIONS, RAM_BYTES, WEIGHTS_BYTES = 9_500_000, 24_000, 150_000


def test_image_classification(shared):
    model = milliwatt.load(shared / "models" / "pretrainedResnet_quant.tflite")
    compiled = build(model, "nrf52840", ASKED)
    prove_all(compiled, sample_inputs(model.graph, 6, 0))
    result = summarize(compiled, agreed(compiled, 6))
    kernels = [layer.kernel for layer in result.layers]
    assert kernels.count("mw_conv2d_s8_dsp_winograd") == 3
    assert result.optimize == "speed"
    assert result.instructions <= INSTRUCTIONS
    assert result.ram.total <= RAM_BYTES
    assert result.flash.weights <= WEIGHTS_BYTES


def test_never_by_default(shared):
    model = milliwatt.load(shared / "models" / "pretrainedResnet_quant.tflite")
    for optimize in Optimize:
        plan = build(model, "nrf52840", Goal(optimize)).plan
        assert not any("winograd" in call.variant.name for call in plan.calls)


@pytest.mark.parametrize("other", [{"push": True}, {"push": False, "optimize": Optimize.SIZE}])
def test_what_it_excludes(other):
    options = {"optimize": None, "max_ram": None, "max_flash": None, **other}
    with pytest.raises(InputError, match="leave --push and --optimize size out"):
        goal(**options, winograd=True)


def test_the_option_reaches_the_goal():
    assert goal(Optimize.SPEED, None, None, push=False, winograd=True) == ASKED
    assert goal(None, 24_000, None, push=False, winograd=True).winograd
