"""The text form of a graph, for reading, for golden tests and for messages."""

from dataclasses import fields, is_dataclass

from milliwatt.ir.graph import Graph, Kind, Value
from milliwatt.ir.op import Op
from milliwatt.ir.types import Quant


def to_text(graph: Graph) -> str:
    """Return the graph, one value or node a line."""
    lines = [f"graph {graph.name}"]
    lines += [f"  input {_declare(v)}" for v in graph.inputs]
    for v in graph.values.values():
        if v.kind in (Kind.CONSTANT, Kind.VARIABLE):
            lines.append(f"  {v.kind.value} {_declare(v)}")
    for n in graph.nodes:
        outs = ", ".join(_declare(v) if v.kind is Kind.RESULT else f"%{v.name}" for v in n.outputs)
        ins = ", ".join(f"%{v.name}" for v in n.inputs)
        lines.append(f"  {outs} = {_op(n.op)}({ins})")
    lines.append("  return " + ", ".join(f"%{v.name}" for v in graph.outputs))
    return "\n".join(lines) + "\n"


def _declare(value: Value) -> str:
    return f"{value} ({value.type.quant})" if value.type.quant else str(value)


def _op(op: Op) -> str:
    if not is_dataclass(op) or not fields(op):
        return op.name
    shown = ((f.name, getattr(op, f.name)) for f in fields(op))
    inside = ", ".join(f"{k}={v}" if isinstance(v, Quant) else f"{k}={v!r}" for k, v in shown)
    return f"{op.name}<{inside}>"
