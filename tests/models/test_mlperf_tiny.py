"""The five models of MLPerf Tiny: TensorFlow Lite Micro = reference = C = machine code, to the bit.

TFLM is compared with the reference at the output of every operator, each time with a file that
ends there; the compiled code then with the reference at every layer, on every board.
"""

import re
from dataclasses import replace

import numpy as np
import pytest

from milliwatt.errors import DoesNotFit, NotAvailable
from milliwatt.importers.tflite import cut, cuttable, load_tflite, read
from milliwatt.project import Compiled, Model, build
from milliwatt.project.prove import check_layers, same_bits
from milliwatt.run.tflm import Tflm
from milliwatt.targets import BOARDS, Board, Memory, Support, load_board

MODELS = ("ad01_int8", "kws_ref_model", "pretrainedResnet_quant", "str_ww_ref_model", "vww_96_int8")
EMULATED = tuple(name for name in BOARDS if load_board(name).support is Support.EMULATED)
TOO_LARGE = {(m, "stm32f103") for m in ("ad01_int8", "pretrainedResnet_quant", "vww_96_int8")}
"""What may be refused: the smallest board has 128 KiB of flash and 20 KiB of RAM."""

# Five of an int8's eight bits at work: a wrong multiplier, shift, zero point or clamp then
# moves values that are not at a stop. Classifiers' last softmax saturates on anything that
# is not speech or a picture; what it reads counts there, and its own exactness is a matter
# of the operator's tests.
DISTINCT_VALUES = 32
DISTINCT_OF_SOFTMAX = 5
RUNS = 20  # of the function that a user calls: the same layers, called by C instead of one by one
DISTINCT_OUTPUTS = 32  # whole tensors: inputs must not all end in the same place

PAIRS = [
    pytest.param(model, board, id=f"{model}-{board}", marks=pytest.mark.xdist_group(model))
    for model in MODELS
    for board in EMULATED
]
EACH = [pytest.param(m, id=m, marks=pytest.mark.xdist_group(m)) for m in MODELS]


def test_the_boards_are_seven():
    assert len(EMULATED) == 7


@pytest.mark.parametrize("name", EACH)
def test_every_operator_is_that_of_tflm(name, shared, known):
    source = (shared / "models" / f"{name}.tflite").read_bytes()
    main = read(source).main
    assert cuttable(main) == tuple(range(len(main.operators)))
    exact = known(shared / "models" / f"{name}.tflite")
    poor = []
    for index in cuttable(main):
        shortened = cut(source, index)
        (layer,) = (v.name for v in load_tflite(shortened).outputs)
        oracle, seen = _tflm(shortened), []
        for i, sample in enumerate(exact.inputs):
            (wanted,) = oracle.run(sample)
            assert same_bits(wanted, exact.operators[i][layer]), f"operator {index}, sample {i}"
            seen.append(wanted)
        poor += _too_few(seen, index, main.operators[index].name)
    assert not poor, "\n".join(poor)
    assert all(same_bits(a, b) for a, (b,) in zip(seen, exact.outputs, strict=True))


@pytest.mark.parametrize(("name", "board"), PAIRS)
def test_every_layer_on_every_board(name, board, shared, known):
    exact = known(shared / "models" / f"{name}.tflite")
    compiled = _build(exact.model, load_board(board))
    assert set(compiled.runners) == {"host", f"target {board}"}
    for where, runner in compiled.runners.items():
        for i, sample in enumerate(exact.inputs):
            traced = runner.trace(sample)
            assert set(traced) == {call.node.name for call in compiled.plan.calls}
            check_layers(where, i, exact.model.graph, traced, exact.traces[i])
        for i, sample in enumerate(exact.inputs[:RUNS]):
            for wanted, got in zip(exact.outputs[i], runner.run(sample), strict=True):
                assert same_bits(wanted, got), f"{where}, sample {i}"


@pytest.mark.parametrize("name", EACH)
def test_the_host_board(name, shared, known):
    exact = known(shared / "models" / f"{name}.tflite")
    compiled = build(exact.model, "host")
    assert compiled.target is None
    for i, sample in enumerate(exact.inputs):
        check_layers("host", i, exact.model.graph, compiled.host.trace(sample), exact.traces[i])
    for i, sample in enumerate(exact.inputs[:RUNS]):
        for wanted, got in zip(exact.outputs[i], compiled.host.run(sample), strict=True):
            assert same_bits(wanted, got)


def _too_few(outputs, index, operator):
    values, tensors = len(np.unique(np.stack(outputs))), len({o.tobytes() for o in outputs})
    if operator == "SOFTMAX":
        return [] if values >= DISTINCT_OF_SOFTMAX else [f"{index} {operator}: {values} values"]
    if values >= DISTINCT_VALUES and tensors >= DISTINCT_OUTPUTS:
        return []
    return [f"{index} {operator}: {values} values, {tensors} outputs, which prove little"]


def _build(model: Model, board: Board) -> Compiled:
    """Build for the board, or where it is too small for one with its core and more memory."""
    try:
        return build(model, board)
    except DoesNotFit as e:
        refusal = str(e)
    assert (model.name, board.name) in TOO_LARGE
    assert re.search(r"\d+ (too few|bytes)", refusal), "by how much"
    return build(model, _roomy(board))


def _roomy(board: Board) -> Board:
    """Return the board with memory enough, so that its core is proven on every model."""
    assert board.flash is not None
    assert board.ram is not None
    return replace(
        board, flash=Memory(board.flash.origin, 1 << 20), ram=Memory(board.ram.origin, 1 << 18)
    )


def _tflm(model: bytes) -> Tflm:
    try:
        return Tflm(model)
    except NotAvailable as e:
        pytest.skip(str(e))
