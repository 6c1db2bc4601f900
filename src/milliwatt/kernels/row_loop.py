"""The loops of an elementwise kernel, as parameters of its C function."""

from milliwatt.ir import Node, Window
from milliwatt.ops.broadcast import row_loop


def loop_params(node: Node) -> dict[str, int]:
    """Return the sizes of the two loops over a row, and each operand's steps.

    Operands are called a and b; ``a_row`` is 1 where each output row has its own row of a, and 0
    where one serves them all.
    """
    loop = row_loop(node.op.name, node.types, node.output.type)
    params = {"outer": loop.outer, "inner": loop.inner}
    windows = node.op.rows(node.types)
    for letter, window, (outer, inner) in zip("ab", _windows(windows), loop.steps, strict=True):
        params |= {
            f"{letter}_row": window.stride,
            f"{letter}_outer": outer,
            f"{letter}_inner": inner,
        }
    return params


def _windows(rule: object) -> tuple[Window, ...]:
    """Return the windows of an elementwise operator, every operand of which has one."""
    assert isinstance(rule, tuple)  # noqa: S101
    assert all(isinstance(w, Window) for w in rule)  # noqa: S101
    return rule
