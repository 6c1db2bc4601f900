"""The kernels for cores without DSP instructions give the bits of the reference on those cores.

Their inner loops are assembly on Arm, which no run on the host sees: odd numbers of taps, channels
and pixels take every way through them.
"""

import numpy as np
import pytest
from layers import connected, convolution, depthwise, trying_inputs

from milliwatt.emit import make_library
from milliwatt.plan import make_plan
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.run.reference import Reference
from milliwatt.targets import load_board

BOARDS = ("rp2040", "stm32f103", "esp32c3")
KINDS = {"rp2040": ("short",), "stm32f103": ("long",), "esp32c3": ("many", "long")}


GRAPHS = {
    "one tap": convolution((1, 1), 1, 1, 3),
    "odd steps": convolution((3, 3), 1, 5, 4),
    "even steps": convolution((2, 2), 8, 9, 5),
    "many taps": convolution((3, 3), 17, 7, 6),
    "one pixel": convolution((5, 3), 3, 4, 1),
    "3x3": depthwise((3, 3), 5, 1, (-128, 127)),
    "3x3 by 2": depthwise((3, 3), 4, 2, (-7, 127)),
    "2x5": depthwise((2, 5), 6, 1, (-128, 20)),
    "four outputs": connected(7, 4),
    "five outputs": connected(8, 5),
    "nine outputs": connected(1, 9),
    "seventeen outputs": connected(30, 17),
}


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("name", GRAPHS)
def test_a_core_gives_the_bits_of_the_reference(name, board, tmp_path):
    graph, target = GRAPHS[name], load_board(board)
    plan = make_plan(graph, target.cpu)
    assert all(call.variant.name.startswith(KINDS[board]) for call in plan.calls)
    library = make_library(plan, target, graph.name, graph.name)
    runner, reference = EmulatedRunner(plan, library, target, tmp_path), Reference(graph)
    for given in trying_inputs(graph):
        (ours,), (wanted,) = runner.run((given,)), reference.run((given,))
        np.testing.assert_array_equal(ours, wanted)
