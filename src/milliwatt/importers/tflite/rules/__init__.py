"""How each TensorFlow Lite operator becomes operators of ours. `RULES` is the table of contents."""

from collections.abc import Callable, Mapping

from milliwatt.importers.tflite.lowering import Step
from milliwatt.importers.tflite.rules.arrange import (
    concatenation,
    expand_dims,
    pad,
    reshape,
    split,
    split_v,
    squeeze,
    strided_slice,
    transpose,
)
from milliwatt.importers.tflite.rules.elementwise import (
    add,
    dequantize,
    leaky_relu,
    logistic,
    mul,
    quantize,
    relu,
    relu6,
    softmax,
    sub,
    tanh,
)
from milliwatt.importers.tflite.rules.state import (
    assign_variable,
    call_once,
    read_variable,
    var_handle,
)
from milliwatt.importers.tflite.rules.weighted import (
    average_pool_2d,
    conv_2d,
    depthwise_conv_2d,
    fully_connected,
    max_pool_2d,
    mean,
)

Rule = Callable[[Step], None]

RULES: Mapping[str, Rule] = {
    "ADD": add,
    "ASSIGN_VARIABLE": assign_variable,
    "AVERAGE_POOL_2D": average_pool_2d,
    "CALL_ONCE": call_once,
    "CONCATENATION": concatenation,
    "CONV_2D": conv_2d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "DEQUANTIZE": dequantize,
    "EXPAND_DIMS": expand_dims,
    "FULLY_CONNECTED": fully_connected,
    "LEAKY_RELU": leaky_relu,
    "LOGISTIC": logistic,
    "MAX_POOL_2D": max_pool_2d,
    "MEAN": mean,
    "MUL": mul,
    "PAD": pad,
    "PADV2": pad,
    "QUANTIZE": quantize,
    "READ_VARIABLE": read_variable,
    "RELU": relu,
    "RELU6": relu6,
    "RESHAPE": reshape,
    "SOFTMAX": softmax,
    "SPLIT": split,
    "SPLIT_V": split_v,
    "SQUEEZE": squeeze,
    "STRIDED_SLICE": strided_slice,
    "SUB": sub,
    "TANH": tanh,
    "TRANSPOSE": transpose,
    "VAR_HANDLE": var_handle,
}
