"""Tables of steps hold as many layers and rows as a plan has."""

from milliwatt.emit import write_model
from milliwatt.ir import Builder, DType, Graph, Quant, TensorType
from milliwatt.ops.nn.max_pool2d import MaxPool2d
from milliwatt.plan import by_rows, make_plan
from milliwatt.targets import load_cpu

QUANT = Quant((0.5,), 3)


def pools(layers: int, rows: int) -> Graph:
    """Return as many pools over two rows, one behind the other, as a plan by rows interleaves."""
    b = Builder("pools")
    y = b.input("x", TensorType((1, rows, 1, 1), DType.S8, QUANT))
    for i in range(layers):
        y = b.node(f"pool {i}", MaxPool2d(QUANT, (2, 1), (1, 1)), y)
    return b.build(y)


def source(graph: Graph) -> str:
    return write_model(make_plan(graph, load_cpu("cortex-m4f"), by_rows), "pools", "pools").source


def test_a_byte_for_a_layer_where_that_is_enough():
    text = source(pools(3, 6))
    assert "static const uint8_t order[" in text
    assert "uint16_t next[3]" in text


def test_two_bytes_for_a_layer_beyond():
    text = source(pools(258, 262))
    assert "static const uint16_t order[" in text
    assert "const uint16_t *order" in text
