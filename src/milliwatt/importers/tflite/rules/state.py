"""Rules for state: variables that live from one call to the next.

A variable is named by VAR_HANDLE and keeps one type. Its first content is what the subgraph of
CALL_ONCE assigns; one that nothing assigns starts at its zero point, as in TensorFlow Lite Micro.
"""

import numpy as np

from milliwatt.errors import ShapeMismatch, UnsupportedOp
from milliwatt.importers.tflite.lowering import Lowering, Step, tensor_type
from milliwatt.importers.tflite.model import TfliteTensor
from milliwatt.importers.tflite.options import CallOnceOptions, VarHandleOptions
from milliwatt.importers.tflite.state import Key, assigned
from milliwatt.ir import Array, DType, TensorType, Value
from milliwatt.ops.nn.copy import Copy

START_UP = ("VAR_HANDLE", "ASSIGN_VARIABLE")
VIEWS = ("RESHAPE", "EXPAND_DIMS", "SQUEEZE")


def var_handle(step: Step) -> None:
    """VAR_HANDLE only names a variable."""
    step.options(VarHandleOptions)


def call_once(step: Step) -> None:
    """CALL_ONCE of a subgraph that assigns constants, before anything touches a variable."""
    model, number = step.lowering.model, step.options(CallOnceOptions).subgraph
    if not 1 <= number < len(model.subgraphs):
        raise UnsupportedOp(f"calls subgraph {number}; the model has {len(model.subgraphs)}")
    if step.operator.index > step.lowering.state.first_use:
        raise UnsupportedOp("runs after a variable was used; it must run before")
    start = model.subgraphs[number]
    for op in start.operators:
        if op.name not in START_UP:
            raise UnsupportedOp(
                f"calls {start.label(op)}; a start-up subgraph may hold {' and '.join(START_UP)}"
            )
    stores = sum(op.name == "ASSIGN_VARIABLE" for op in start.operators)
    if stores != len(assigned(start)):
        raise UnsupportedOp(
            f"calls {start.name!r}, where {stores} assignments give {len(assigned(start))} "
            "variables a constant; wanted one for each"
        )


def read_variable(step: Step) -> None:
    """READ_VARIABLE: the variable itself, or a copy where it is still read after it changed."""
    state, main, index = step.lowering.state, step.lowering.main, step.output().index
    key = _key(step)
    variable = _variable(step.lowering, key, step.output())
    changes = [i for i in state.changes.get(key, ()) if i > step.operator.index]
    readers = state.readers.get(index, [])
    viewed = any(main.operators[i].name in VIEWS for i in readers)
    if changes and (viewed or index in main.outputs or max(readers, default=0) > changes[0]):
        step.put(Copy(), variable)
    else:
        step.define(variable)


def assign_variable(step: Step) -> None:
    """ASSIGN_VARIABLE: the value is copied into the variable."""
    key, value = _key(step), step.value(1)
    variable = _variable(step.lowering, key, step.tensor(1))
    if value.type != variable.type:
        raise ShapeMismatch(
            f"assigns {value.type} ({value.type.quant}) to a variable of "
            f"{variable.type} ({variable.type.quant})"
        )
    name = step.lowering.unique(f"{step.tensor(1).name}/store")
    step.lowering.builder.write(name, Copy(), variable, value)


def _key(step: Step) -> Key:
    handle = step.tensor(0)
    if handle.index not in step.lowering.state.handles:
        raise UnsupportedOp(f"operand {handle.name!r} is no handle made by VAR_HANDLE")
    return step.lowering.state.handles[handle.index]


def _variable(lowering: Lowering, key: Key, tensor: TfliteTensor) -> Value:
    """Return a variable, made with the type of the first tensor read from or assigned to it."""
    if key not in lowering.variables:
        type_ = tensor_type(tensor)
        name = lowering.unique(key[1] or "variable")
        lowering.variables[key] = lowering.builder.variable(
            name, type_, _start(lowering, key, type_)
        )
    return lowering.variables[key]


def _start(lowering: Lowering, key: Key, type_: TensorType) -> Array:
    """Return the content of a variable before the first call."""
    tensor = lowering.state.starts.get(key)
    if tensor is not None and tensor.data is not None:
        if tensor_type(tensor) != type_:
            raise ShapeMismatch(f"variable {key[1]!r} of {type_} starts as {tensor_type(tensor)}")
        return tensor.data.astype(type_.dtype.numpy)
    if type_.dtype is not DType.S8 and type_.zero_point:
        raise UnsupportedOp(
            f"variable {key[1]!r} of {type_} has no start value and a zero point other than 0; "
            "only int8 variables may start at their zero point"
        )
    return np.full(type_.shape, type_.zero_point, type_.dtype.numpy)
