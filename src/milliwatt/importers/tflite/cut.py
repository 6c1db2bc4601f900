"""The same .tflite with other outputs: what one operator in its middle computes.

The last output of a classifier hides most errors, since a softmax on noise saturates. So
implementations are compared at every operator, each time with a model that ends there. The file is
patched in place: a new list of outputs goes to its end, the field of the main subgraph is pointed
at it, and the list of operators is shortened by overwriting its length. Nothing else moves.
"""

import struct

from milliwatt.errors import InputError
from milliwatt.importers.tflite.flat import Flat
from milliwatt.importers.tflite.model import ElementType, Subgraph
from milliwatt.importers.tflite.read import IDENTIFIER, read

_SUBGRAPHS, _OUTPUTS, _OPERATORS = 2, 2, 3  # field numbers: of the model, then of a subgraph
_ALIGN_BYTES = 4


def cut(model: bytes, operator: int) -> bytes:
    """Return ``model`` cut after an operator of its main subgraph, with that operator's outputs.

    Later operators are dropped, except that in a model with state all stay up to the last
    ASSIGN_VARIABLE: without them the state would never move and a second call would prove nothing.

    Raises:
        BadFile: ``model`` is not well formed.
        InputError: there is no such operator, or it computes nothing that can be looked at.
    """
    main = read(model).main
    if operator not in cuttable(main):
        raise InputError(
            f"operator {operator} has no output to look at; those with one: "
            f"{', '.join(map(str, cuttable(main)))}"
        )
    outputs = main.operators[operator].outputs
    stores = [o.index for o in main.operators if o.name == "ASSIGN_VARIABLE"]
    kept = max([operator, *stores]) + 1

    patched = bytearray(model)
    patched += bytes(-len(patched) % _ALIGN_BYTES)
    vector = len(patched)
    patched += struct.pack(f"<I{len(outputs)}i", len(outputs), *outputs)
    table = Flat(model).root(IDENTIFIER, "model").tables(_SUBGRAPHS, "subgraph")[0]
    field = table.place(_OUTPUTS)
    if not field:
        raise InputError("the main subgraph has no list of outputs to replace")
    struct.pack_into("<I", patched, field, vector - field)
    first, _ = table.vector(_OPERATORS, 4)
    struct.pack_into("<I", patched, first - 4, kept)
    return bytes(patched)


def cuttable(main: Subgraph) -> tuple[int, ...]:
    """Return the operators at which ``cut`` can end a model: those that compute tensors."""
    return tuple(
        o.index
        for o in main.operators
        if o.outputs and all(main.tensors[t].type is not ElementType.RESOURCE for t in o.outputs)
    )
