"""Small models as files, for tests of what a user does with them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tflm.models import small_model

import milliwatt
from milliwatt.ir import Builder, DType, Graph, Quant, TensorType
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.project import Model


@pytest.fixture
def model_file(tmp_path: Path) -> Callable[[str], Path]:
    """Return ``model_file(name)``: the path of a small .tflite model with this operator."""

    def write(name: str) -> Path:
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(small_model(name, seed=3))
        return path

    return write


@pytest.fixture
def conv(model_file: Callable[[str], Path]) -> Model:
    """A loaded model of one convolution."""
    return milliwatt.load(model_file("conv"))


@pytest.fixture
def stateful(model_file: Callable[[str], Path]) -> Model:
    """A loaded model that remembers."""
    return milliwatt.load(model_file("stateful"))


@pytest.fixture
def dense() -> Callable[[int, int], Model]:
    """Return ``dense(inputs, outputs)``: a model of one layer with so many weights."""
    return lambda inputs, outputs: Model("dense", _dense(inputs, outputs))


def _dense(inputs: int, outputs: int) -> Graph:
    b, rng = Builder("dense"), np.random.default_rng(0)
    quant = Quant((0.5,), 3)
    x = b.input("x", TensorType((1, inputs), DType.S8, quant))
    w_type = TensorType((outputs, inputs), DType.S8, Quant((0.25,)))
    w = b.constant("w", w_type, rng.integers(-127, 128, w_type.shape).astype(np.int8))
    bias = b.constant("bias", TensorType((outputs,), DType.S32), np.zeros(outputs, np.int32))
    return b.build(b.node("big layer", FullyConnected(quant), x, w, bias))
