"""The graph, its types and the contract of an operator."""

from milliwatt.ir.graph import Builder, Graph, Kind, Node, Value
from milliwatt.ir.op import Arrays, Op, Types
from milliwatt.ir.rows import Rows, Special, Window
from milliwatt.ir.text import to_text
from milliwatt.ir.types import Array, DType, Quant, TensorType
from milliwatt.ir.verify import verify

__all__ = [
    "Array",
    "Arrays",
    "Builder",
    "DType",
    "Graph",
    "Kind",
    "Node",
    "Op",
    "Quant",
    "Rows",
    "Special",
    "TensorType",
    "Types",
    "Value",
    "Window",
    "to_text",
    "verify",
]
