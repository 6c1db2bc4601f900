"""Cases of forests and of distances to centres."""

import numpy as np
from hypothesis import strategies as st

from milliwatt.ir import Builder, DType, Quant, TensorType
from milliwatt.ops.trees.forest import LEAF, Forest
from milliwatt.ops.trees.nearest import Nearest
from ops_cases.conv import Case
from ops_cases.draw import contents


@st.composite
def forest(draw: st.DrawFn) -> Case:
    """Draw trees of every shape, now and then a feature or a right child out of a byte's reach."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    features, outputs = draw(st.sampled_from([1, 3, 254, 300])), draw(st.integers(1, 4))
    trees, single = draw(st.integers(1, 6)), draw(st.booleans())
    largest = draw(st.sampled_from([1, 9, 9, 700]))
    nodes, roots, leaves = [], [], 0
    for _ in range(trees):
        roots.append(len(nodes))
        grown = _tree(rng, int(rng.integers(1, largest + 1)), features, leaves)
        leaves += sum(n[0] == LEAF for n in grown)
        nodes += grown
    b = Builder("case")
    x = TensorType((draw(st.integers(1, 4)), features), DType.S16)
    operands = [
        b.constant("nodes", TensorType((len(nodes), 3), DType.S16), np.array(nodes, np.int16)),
        _noise(b, rng, "leaves", (leaves, 1 if single else outputs), DType.S16),
        _noise(b, rng, "bias", (outputs,), DType.S32),
    ]
    targets = tuple(int(t) for t in rng.integers(0, outputs, trees)) if single else ()
    op = Forest(tuple(roots), Quant((0.5,)), targets)
    return b.build(b.node("y", op, b.input("x", x), *operands)), {"x": draw(contents(x))}


@st.composite
def nearest(draw: st.DrawFn) -> Case:
    """Draw centres with scales of their own or shared ones."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    features, centres = draw(st.integers(1, 9)), draw(st.integers(1, 5))
    b = Builder("case")
    x = TensorType((draw(st.integers(1, 4)), features), DType.S16)
    operands = [
        _noise(b, rng, "centres", (centres, features), DType.S16),
        _noise(b, rng, "scales", (draw(st.sampled_from([1, centres])), features), DType.S16),
        _noise(b, rng, "offsets", (centres,), DType.S32),
    ]
    op = Nearest(tuple(int(s) for s in rng.integers(1, 32, features)))
    y = b.node("y", op, b.input("x", x), *operands)
    return b.build(y), {"x": draw(contents(x))}


def _tree(rng, inner, features, leaves):
    """Return a tree of ``inner`` comparisons in the order of a walk that goes left first."""
    if inner == 0:
        return [(LEAF, leaves, 0)]
    on_the_left = int(rng.integers(0, inner)) if inner > 50 else inner - 1
    left = _tree(rng, on_the_left, features, leaves)
    right = _tree(rng, inner - 1 - on_the_left, features, leaves + on_the_left + 1)
    threshold = int(rng.integers(-32768, 32768))
    return [(int(rng.integers(0, features)), threshold, len(left) + 1), *left, *right]


def _noise(b, rng, name, shape, dtype):
    low, high = dtype.limits
    data = rng.integers(low, high, shape, dtype=dtype.numpy, endpoint=True)
    return b.constant(name, TensorType(shape, dtype), data)
