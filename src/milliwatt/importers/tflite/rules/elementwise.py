"""Rules for operators that treat each element by itself, and softmax."""

from math import isfinite

from milliwatt.errors import UnsupportedOp
from milliwatt.importers.tflite import unary
from milliwatt.importers.tflite.lowering import Step, one_scale
from milliwatt.importers.tflite.options import (
    AddOptions,
    LeakyReluOptions,
    MulOptions,
    SoftmaxOptions,
    SubOptions,
)
from milliwatt.importers.tflite.rules.activation import clip
from milliwatt.ir import Array, DType, Op, Quant, TensorType
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.dequantize import Dequantize
from milliwatt.ops.nn.mul import Mul
from milliwatt.ops.nn.quantize import Quantize
from milliwatt.ops.nn.requantize import Requantize
from milliwatt.ops.nn.softmax import Softmax
from milliwatt.ops.nn.sub import Sub
from milliwatt.ops.nn.table import BYTES, Table

LOGISTIC_OUT = Quant((1 / 256,), -128)
TANH_OUT = Quant((1 / 128,), 0)


def add(step: Step) -> None:
    """ADD of two int8 tensors."""
    limits = clip(step, step.options(AddOptions).activation)
    _binary(step, Add(one_scale(step.output_type(), "output").quantized, limits))


def sub(step: Step) -> None:
    """SUB of two int8 tensors."""
    limits = clip(step, step.options(SubOptions).activation)
    _binary(step, Sub(one_scale(step.output_type(), "output").quantized, limits))


def mul(step: Step) -> None:
    """MUL of two int8 tensors."""
    limits = clip(step, step.options(MulOptions).activation)
    _binary(step, Mul(one_scale(step.output_type(), "output").quantized, limits))


def _binary(step: Step, op: Op) -> None:
    operands = step.value(0), step.value(1)
    for v in operands:
        one_scale(v.type, "operand")
    step.put(op, *operands)


def relu(step: Step) -> None:
    """RELU, a table."""
    _table(step, unary.relu(*_bytes(step)))


def relu6(step: Step) -> None:
    """RELU6, a table."""
    _table(step, unary.relu6(*_bytes(step)))


def leaky_relu(step: Step) -> None:
    """LEAKY_RELU, a table."""
    alpha = step.options(LeakyReluOptions).alpha
    if not isfinite(alpha) or abs(alpha) > 1 << 30:
        raise UnsupportedOp(f"alpha is {alpha}; wanted a number of at most 2**30")
    _table(step, unary.leaky_relu(*_bytes(step), alpha))


def logistic(step: Step) -> None:
    """LOGISTIC, a table."""
    _table(step, unary.logistic(*_bytes(step, LOGISTIC_OUT)))


def tanh(step: Step) -> None:
    """TANH, a table."""
    _table(step, unary.tanh(*_bytes(step, TANH_OUT)))


def softmax(step: Step) -> None:
    """SOFTMAX along the last axis."""
    beta = step.options(SoftmaxOptions).beta
    if not (isfinite(beta) and beta > 0):
        raise UnsupportedOp(f"beta is {beta}; wanted a positive number")
    x = step.value(0)
    one_scale(x.type, "input")
    step.put(Softmax(beta), x)


def quantize(step: Step) -> None:
    """QUANTIZE from float32, or from one integer quantisation to another."""
    x, y = step.value(0), one_scale(step.output_type(), "output")
    if x.type.dtype is DType.F32:
        step.put(Quantize(y.quantized, y.dtype), x)
    elif one_scale(x.type, "input").dtype in BYTES and y.dtype in BYTES:
        _table(step, unary.requantized(x.type, y))
    else:
        step.put(Requantize(y.quantized, y.dtype), x)


def dequantize(step: Step) -> None:
    """DEQUANTIZE to float32."""
    x = step.value(0)
    one_scale(x.type, "input")
    step.put(Dequantize(), x)


def _bytes(step: Step, out: Quant | None = None) -> tuple[TensorType, TensorType]:
    """Return the types of input and output, both int8, the output quantised as ``out`` if given."""
    x, y = one_scale(step.value(0).type, "input"), one_scale(step.output_type(), "output")
    for what, t in (("input", x), ("output", y)):
        if t.dtype is not DType.S8:
            raise UnsupportedOp(f"{what} is {t}; only s8 is supported")
    if out is not None and y.quant != out:
        raise UnsupportedOp(f"output is quantised as {y.quant}; the operator gives {out}")
    return x, y


def _table(step: Step, entries: Array) -> None:
    y = step.output_type()
    step.put(Table(y.quantized, tuple(int(v) for v in entries.tolist()), y.dtype), step.value(0))
