"""What the pooling kernels share (``pool.h``)."""

from collections.abc import Mapping
from typing import cast

from milliwatt.ir import Node
from milliwatt.ops.pool import Pool2d


def pool_params(node: Node) -> Mapping[str, int]:
    """Return the members of ``mw_pool_params``."""
    op = cast("Pool2d", node.op)
    x, y = node.types[0], node.output.type
    return {
        "w": x.shape[2],
        "c": x.shape[3],
        "ow": y.shape[2],
        "kh": op.window[0],
        "kw": op.window[1],
        "stride_h": op.stride[0],
        "stride_w": op.stride[1],
        "pad_left": op.pad[2],
        "low": op.clip[0],
        "high": op.clip[1],
    }


def reciprocal_of_count(count: int) -> tuple[int, int]:
    """Return ``ceil(2**shift / count)``, in (2**29, 2**30], and the shift.

    The quotient is that of ``mw_pool_mean`` in ``pool.h``, where its exactness is derived. With
    ``2**shift > 2**30 * count / 2`` quotients are exact for counts below ``2**30 / 257``.
    """
    shift = 30 + count.bit_length() - 1
    return -(-(1 << shift) // count), shift
