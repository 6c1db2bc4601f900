"""What is written in two places agrees. These tests make the tables of contents trustworthy."""

import re
from pathlib import Path

import pytest
from cases import CASES, cases_of
from harness import only_node
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import milliwatt
from milliwatt.ir import DType, Op
from milliwatt.kernels import KERNELS, Kernel
from milliwatt.ops import OPS
from milliwatt.ops.nn.reshape import Reshape
from milliwatt.targets.isa import Isa

ROOT = Path(milliwatt.__file__).parent
VIEWS: set[type[Op]] = {Reshape}
NAMES = [pytest.param(k, id=f"{k.stem}-{'-'.join(d.value for d in k.dtypes)}") for k in KERNELS]


def test_every_operator_file_is_listed():
    files = [p for p in (ROOT / "ops").glob("*/*.py") if p.stem != "__init__"]
    assert {op.name for op in OPS} == {f"{p.parent.name}.{p.stem}" for p in files}


def test_an_operator_is_named_as_its_class_and_its_file():
    for op in OPS:
        words = op.name.rpartition(".")[2].split("_")
        assert op.__name__ == "".join(w.capitalize() for w in words)
        assert op.__module__ == f"milliwatt.ops.{op.name}"


def test_every_kernel_folder_is_listed():
    folders = {p.parent for p in (ROOT / "kernels").glob("*/*/kernel.py")}
    assert {k.folder for k in KERNELS} == folders


def test_every_c_file_belongs_to_a_variant():
    sources = {k.source(v) for k in KERNELS for v in k.variants}
    assert sources == set((ROOT / "kernels").glob("*/*/*.c"))


def test_a_folder_is_named_as_its_operator():
    for kernel in KERNELS:
        assert kernel.folder == ROOT.joinpath("kernels", *kernel.op.name.split("."))


def test_every_operator_but_views_has_a_kernel():
    assert {k.op for k in KERNELS} == set(OPS) - VIEWS


def test_tables_are_sorted_and_name_nothing_twice():
    assert [op.name for op in OPS] == sorted({op.name for op in OPS})
    order = list(DType)
    keys = [(k.op.name, [order.index(d) for d in k.dtypes]) for k in KERNELS]
    assert keys == sorted(keys)
    assert len({(k.op, k.dtypes) for k in KERNELS}) == len(KERNELS)


def test_every_case_is_of_a_kernel():
    assert set(CASES) == {k.op for k in KERNELS}


@pytest.mark.parametrize("kernel", NAMES)
def test_kernel_has_sources_and_symbols(kernel: Kernel):
    header = kernel.header.read_text()
    for variant in kernel.variants:
        symbol = re.compile(rf"^void {kernel.symbol(variant)}\(", re.MULTILINE)
        assert symbol.search(header), f"{kernel.header} does not declare it"
        assert symbol.search(kernel.source(variant).read_text()), "the C file does not define it"


@pytest.mark.parametrize("kernel", NAMES)
def test_last_variant_runs_anywhere(kernel: Kernel):
    assert (kernel.variants[-1].name, kernel.variants[-1].needs) == ("scalar", Isa.SCALAR)
    labels = [v.label for v in kernel.variants]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("kernel", NAMES)
@settings(max_examples=3, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_params_are_the_members_of_the_struct(kernel: Kernel, data: st.DataObject):
    graph, _ = data.draw(cases_of(kernel).filter(lambda case: kernel.takes(only_node(case[0]))))
    node = only_node(graph)
    params = kernel.params(node)
    assert list(params) == members(kernel)
    assert all(-(2**31) <= v < 2**31 for v in params.values())
    assert any(v.covers(node) for v in kernel.variants if v.needs == Isa.SCALAR)


def members(kernel: Kernel) -> list[str]:
    """Return the names that C gives the integers of the parameters, in order."""
    headers = [kernel.header, *sorted((ROOT / "kernels").glob("*.h"))]
    text = "".join(re.sub(r"/\*.*?\*/", "", h.read_text(), flags=re.DOTALL) for h in headers)
    name = f"mw_{kernel.stem}_params"
    if alias := re.search(rf"typedef (mw_\w+) {name};", text):
        name = alias[1]  # operators of one family share a struct
    (body,) = re.findall(rf"typedef struct \{{([^}}]*)\}} {name};", text)
    declarations = [d.split(maxsplit=1) for d in body.split(";") if d.strip()]
    assert {kind for kind, _ in declarations} == {"int32_t"}
    return [member.strip() for _, names in declarations for member in names.split(",")]
