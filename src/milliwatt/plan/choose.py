"""Choose a kernel for every node."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from milliwatt.errors import UnsupportedOp
from milliwatt.ir import Node
from milliwatt.kernels import KERNELS, Kernel, Option, Variant
from milliwatt.targets import Cpu


@dataclass(frozen=True)
class Preferences:
    """Which variants to choose where several cover a node.

    Attributes:
        tuned: the label of the variant that measured best, by the layer's name; layers that are
            not among them get the first variant that covers them.
        options: what the user asked for; variants with another option are left out.
    """

    tuned: Mapping[str, str] = field(default_factory=dict)
    options: Option = Option.NONE


NO_PREFERENCES = Preferences()


def candidates(
    node: Node, cpu: Cpu, options: Option = Option.NONE
) -> tuple[Kernel, tuple[Variant, ...]]:
    """Return the kernel for ``node`` and all its variants that cover it on ``cpu``, best first.

    Raises:
        UnsupportedOp: there is none; names the node and what exists for its operator.
    """
    kernels = [k for k in KERNELS if k.op is type(node.op)]
    for kernel in kernels:
        if kernel.takes(node):
            allowed = (v for v in kernel.variants if v.option in options)
            able = (v for v in allowed if v.needs in cpu.isa and v.covers(node))
            if found := tuple(able):
                return kernel, found
    types = ", ".join(str(t) for t in node.types)
    known = "; ".join(", ".join(d.value for d in k.dtypes) for k in kernels) or "none"
    raise UnsupportedOp(
        f"layer {node.name!r}: no kernel for {node.op.name} on {types}; "
        f"there are kernels for: {known}"
    )


def choose(
    node: Node, cpu: Cpu, preferences: Preferences = NO_PREFERENCES, *, at_once: bool = True
) -> tuple[Kernel, Variant]:
    """Return the preferred kernel variant that covers ``node`` on ``cpu``, else the best listed.

    Args:
        node: to be computed.
        cpu: of the board.
        preferences: what measured best, and what the user asked for.
        at_once: whether layers run whole. Where they take turns, a variant that gains by several
            rows a call is only code more, and is taken if it is preferred, not by itself.

    Raises:
        UnsupportedOp: there is none, or not the preferred one; names the node and what exists.
    """
    kernel, variants = candidates(node, cpu, preferences.options)
    usual = (v for v in variants if at_once or v.scratch_bytes_for_rows is None)
    wanted = preferences.tuned.get(node.name, next(usual).label)
    for variant in variants:
        if variant.label == wanted:
            return kernel, variant
    labels = "; ".join(v.label for v in variants)
    raise UnsupportedOp(
        f"layer {node.name!r}: variant {wanted!r} of {node.op.name} does not cover it on "
        f"{cpu.name}; there are: {labels}"
    )
