"""What a model keeps between calls: which handle names which variable, and how each starts."""

from dataclasses import dataclass

from milliwatt.importers.tflite.model import Subgraph, TfliteModel, TfliteTensor
from milliwatt.importers.tflite.options import CallOnceOptions, VarHandleOptions

Key = tuple[str, str]
"""A variable's container and shared name."""


@dataclass(frozen=True, eq=False)
class State:
    """The variables of a model, collected in one pass.

    Attributes:
        handles: the variable that each handle of the main subgraph names, by tensor.
        starts: the constant that a start-up subgraph assigns to each variable, the last of several.
        changes: for each variable the operators of the main subgraph that assign it.
        first_use: the first operator that reads or assigns any variable; past the end if none does.
        readers: for each tensor the operators of the main subgraph that read it.
    """

    handles: dict[int, Key]
    starts: dict[Key, TfliteTensor]
    changes: dict[Key, list[int]]
    first_use: int
    readers: dict[int, list[int]]

    @staticmethod
    def of(model: TfliteModel) -> "State":
        """Collect the variables; whatever is malformed is left out, for the rules to refuse."""
        main = model.main
        handles = named(main)
        changes: dict[Key, list[int]] = {}
        readers: dict[int, list[int]] = {}
        uses = [len(main.operators)]
        starts: dict[Key, TfliteTensor] = {}
        for op in main.operators:
            for index in op.inputs:
                readers.setdefault(index, []).append(op.index)
            if op.name in ("ASSIGN_VARIABLE", "READ_VARIABLE"):
                uses.append(op.index)
            if op.name == "ASSIGN_VARIABLE" and op.inputs and op.inputs[0] in handles:
                changes.setdefault(handles[op.inputs[0]], []).append(op.index)
        for number in {
            o.options.subgraph for o in main.operators if isinstance(o.options, CallOnceOptions)
        }:
            if 1 <= number < len(model.subgraphs):
                starts |= assigned(model.subgraphs[number])
        return State(handles, starts, changes, min(uses), readers)


def named(subgraph: Subgraph) -> dict[int, Key]:
    """Return which variable each handle of a subgraph names."""
    return {
        op.outputs[0]: (op.options.container, op.options.shared_name)
        for op in subgraph.operators
        if isinstance(op.options, VarHandleOptions) and op.outputs
    }


def assigned(subgraph: Subgraph) -> dict[Key, TfliteTensor]:
    """Return the constants that a subgraph assigns to variables."""
    handles = named(subgraph)
    return {
        handles[op.inputs[0]]: subgraph.tensors[op.inputs[1]]
        for op in subgraph.operators
        if op.name == "ASSIGN_VARIABLE"
        and len(op.inputs) == 2
        and op.inputs[0] in handles
        and op.inputs[1] >= 0
        and subgraph.tensors[op.inputs[1]].data is not None
    }
