"""A kernel that is wrong by one bit is caught, whichever it is, and the layer is named.

Each kernel's C file gets a wrapper of the kernel's own name that computes the right result and then
flips the lowest bit of the first byte of the output. The host's C and the board's machine code are
each broken in this way; the unbroken library passes on the same inputs.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from cases import cases_of
from graphs import random_graph
from harness import only_node
from hypothesis import HealthCheck, Phase, find, settings

from milliwatt.emit import Library, make_library
from milliwatt.errors import Divergence
from milliwatt.ir import Graph, Special
from milliwatt.kernels import KERNELS, Kernel, Variant
from milliwatt.plan import Plan, choose, make_plan
from milliwatt.plan.choose import Preferences
from milliwatt.project.prove import prove
from milliwatt.project.samples import sample_inputs
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.run.host import HostRunner
from milliwatt.targets import Board, load_board

VARIANTS = [
    pytest.param(k, v, id=f"{k.symbol(v)}-{v.rows_at_once}") for k in KERNELS for v in k.variants
]
BOARDS = ("rp2040", "stm32f103", "nrf52840", "esp32c3")  # the first that has what it needs
SAMPLES = 4
QUICK = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(("kernel", "variant"), VARIANTS)
def test_one_flipped_bit_is_caught(kernel, variant, tmp_path):
    board = next(b for b in map(load_board, BOARDS) if variant.needs in b.cpu.isa)
    graph = _case(kernel, variant, board)
    layer = only_node(graph).name
    plan = make_plan(graph, board.cpu, preferences=_only(variant, layer))
    library = make_library(plan, board, "case", "case")
    assert f"{kernel.symbol(variant)}(" in library.model.source
    _prove(plan, board, library, tmp_path)
    broken = _break(library, kernel, variant, graph)
    for where in ("host", "target"):
        differs = rf"layer '{layer}' .* on the {where} differs"
        with pytest.raises(Divergence, match=differs) as caught:
            _prove(plan, board, broken, tmp_path, where)
        assert "sample 0" in str(caught.value)
        assert re.search(r"\[0(, 0)*\]: wanted", str(caught.value)), "the place is named"


def test_a_layer_in_the_middle_is_named_and_not_the_last(tmp_path):
    """The first layer that differs is named, although all that follow differ too."""
    graph = next(
        g
        for g in map(random_graph, range(50))
        if sum(n.op.name == "nn.conv2d" for n in g.nodes) == 1
    )
    board = load_board("rp2040")
    plan = make_plan(graph, board.cpu)
    library = make_library(plan, board, "case", "case")
    (node,) = (n for n in graph.nodes if n.op.name == "nn.conv2d")
    kernel, variant = choose(node, board.cpu)
    with pytest.raises(Divergence, match=re.escape(f"layer {node.name!r}")):
        _prove(plan, board, _break(library, kernel, variant, graph, node.name), tmp_path)


def _case(kernel: Kernel, variant: Variant, board: Board) -> Graph:
    """Return a graph of one node that this variant covers and ``board`` takes when asked to."""

    def wanted(case: tuple[Graph, Mapping[str, object]]) -> bool:
        node = only_node(case[0])
        covered = kernel.takes(node) and variant.covers(node)
        if not covered or node.output.type.size < 2:
            return False
        return choose(node, board.cpu, _only(variant, node.name)) == (kernel, variant)

    graph, _ = find(cases_of(kernel), wanted, settings=settings(QUICK, max_examples=2000))
    return graph


def _only(variant: Variant, layer: str) -> Preferences:
    """Return the wish that this variant computes ``layer``, even where a better one covers it."""
    return Preferences({layer: variant.label}, variant.option)


def _prove(plan: Plan, board: Board, library: Library, folder: Path, where: str = "") -> None:
    runners = {}
    if where in ("host", ""):
        runners["host"] = HostRunner(plan, library, folder / f"host-{id(library)}")
    if where in ("target", ""):
        runners["target"] = EmulatedRunner(plan, library, board, folder / f"target-{id(library)}")
    prove(plan.graph, runners, sample_inputs(plan.graph, SAMPLES, 3))


def _break(
    library: Library, kernel: Kernel, variant: Variant, graph: Graph, name: str = ""
) -> Library:
    node = next(n for n in graph.nodes if not name or n.name == name)
    symbol = kernel.symbol(variant)
    file = f"{kernel.stem}_{kernel.source(variant).name}"
    text = library.files[file]
    (parameters,) = re.findall(rf"^void {symbol}\(([^)]*)\)\s*\{{", text, re.MULTILINE)
    names = [re.findall(r"\w+", p)[-1] for p in parameters.split(",")]
    indexed = not isinstance(node.op.rows(node.types), Special)
    y = f"{names[-3]}[0]" if indexed else names[-2]
    if node.op.rows(node.types) is Special.ACCUMULATE:
        y = names[-4]
    wrapper = (
        f"\nvoid {symbol}({parameters})\n{{\n    {symbol}_right({', '.join(names)});\n"
        f"    *(uint8_t *){y} ^= 1U;\n}}\n"
    )
    right = text.replace(f"void {symbol}(", f"static void {symbol}_right(") + wrapper
    return replace(library, files={**library.files, file: right})
