"""Choose a kernel for every node."""

from milliwatt.errors import UnsupportedOp
from milliwatt.ir import Node
from milliwatt.kernels import KERNELS, Kernel, Variant
from milliwatt.targets import Cpu


def choose(node: Node, cpu: Cpu) -> tuple[Kernel, Variant]:
    """Return the best kernel variant that covers ``node`` on ``cpu``.

    Raises:
        UnsupportedOp: there is none; names the node and what exists for its operator.
    """
    kernels = [k for k in KERNELS if k.op is type(node.op)]
    for kernel in kernels:
        if kernel.takes(node):
            for variant in kernel.variants:
                if variant.needs in cpu.isa and variant.covers(node):
                    return kernel, variant
    found = ", ".join(str(t) for t in node.types)
    known = "; ".join(", ".join(d.value for d in k.dtypes) for k in kernels) or "none"
    raise UnsupportedOp(
        f"layer {node.name!r}: no kernel for {node.op.name} on {found}; "
        f"there are kernels for: {known}"
    )
