"""Tabulated functions, worked by hand."""

import pytest
from ops.worked import evaluate, s8

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, Quant, TensorType
from milliwatt.ops.nn.table import Table

ONE = Quant((1.0,))
REVERSED = tuple(range(127, -129, -1))


def test_the_first_entry_is_for_the_lowest_number():
    assert evaluate(Table(ONE, REVERSED), ([-128, -1, 0, 127], s8((4,)))).tolist() == [
        127,
        0,
        -1,
        -128,
    ]


def test_unsigned_numbers_start_at_zero():
    x = TensorType((2, 2), DType.U8, ONE)
    assert evaluate(Table(ONE, REVERSED), ([0, 1, 128, 255], x)).tolist() == [
        [127, 126],
        [-1, -128],
    ]


def test_the_output_may_be_unsigned():
    squares = tuple(min(255, v * v) for v in range(-128, 128))
    y = evaluate(Table(ONE, squares, DType.U8), ([-16, -15, 3], s8((3,))))
    assert y.tolist() == [255, 225, 9]


@pytest.mark.parametrize("table", [REVERSED[1:], (*REVERSED[1:], 128)])
def test_a_table_of_another_size_or_range_is_refused(table):
    with pytest.raises(ShapeMismatch, match="wanted 256 from -128 to 127"):
        Table(ONE, table).infer((s8((1,)),))


def test_another_output_type_is_refused():
    with pytest.raises(ShapeMismatch, match="gives s16; wanted s8 or u8"):
        Table(ONE, REVERSED, DType.S16).infer((s8((1,)),))
