"""The C library: the same bytes for the same input, nothing in it unused, all or nothing."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from graphs import random_graph

import milliwatt.kernels
from milliwatt.emit import Library, c_identifier, make_library, write_library
from milliwatt.errors import InputError
from milliwatt.ir import Builder, DType, Quant, TensorType
from milliwatt.kernels import KERNELS
from milliwatt.ops.nn.add import Add
from milliwatt.ops.nn.conv2d import Conv2d
from milliwatt.ops.nn.fully_connected import FullyConnected
from milliwatt.ops.nn.global_average_pool import GlobalAveragePool
from milliwatt.ops.nn.softmax import Softmax
from milliwatt.plan import Plan, by_rows, make_plan
from milliwatt.project.prove import prove
from milliwatt.project.samples import sample_inputs
from milliwatt.run.emulated import EmulatedRunner
from milliwatt.run.host import HostRunner
from milliwatt.targets import Cpu, load_board

BOARD = load_board("nrf52840")
SMALLEST = load_board("rp2040")  # plain C kernels, which change least
GOLDEN = Path(__file__).parent / "golden"
REGENERATE = "MILLIWATT_GOLDEN"  # set to 1 to write the files anew, then read the difference
QUANT = Quant((0.5,), 3)


def dense(cpu: Cpu) -> Plan:
    """Weights and a softmax; small enough to read the C in full."""
    b = Builder("dense")
    x = b.input("x", TensorType((1, 4), DType.S8, QUANT))
    w_type = TensorType((3, 4), DType.S8, Quant((0.25, 0.5, 0.125), 0, 0))
    w = b.constant("w", w_type, np.arange(-6, 6, dtype=np.int8).reshape(3, 4))
    bias = b.constant("bias", TensorType((3,), DType.S32), np.array([5, -7, 1000], np.int32))
    y = b.node("dense", FullyConnected(Quant((0.75,), -1)), x, w, bias)
    return make_plan(b.build(b.node("classes", Softmax(), y)), cpu)


def rows(cpu: Cpu) -> Plan:
    """A plan in rings: padding, a window over rows, a reduction over rows."""
    b = Builder("rows")
    x = b.input("x", TensorType((1, 6, 1, 2), DType.S8, QUANT))
    w_type = TensorType((3, 3, 1, 2), DType.S8, Quant((0.25, 0.5, 0.125), 0, 0))
    w = b.constant("w", w_type, np.arange(-9, 9, dtype=np.int8).reshape(3, 3, 1, 2))
    bias = b.constant("bias", TensorType((3,), DType.S32), np.array([5, -7, 100], np.int32))
    y = b.node("conv", Conv2d(Quant((0.75,), -1), pad=(1, 1, 0, 0)), x, w, bias)
    mean = b.node("mean", GlobalAveragePool(Quant((0.75,), -1)), y)
    return make_plan(b.build(mean), cpu, by_rows)


@pytest.mark.parametrize("made", [dense, rows], ids=["dense", "rows"])
def test_golden(made):
    """The C that a reader sees changes only on purpose."""
    plan = made(SMALLEST.cpu)
    library = make_library(plan, SMALLEST, plan.graph.name, f"{plan.graph.name} for an M0+")
    for name in sorted(n for n in library.files if "mw_" in n or n in ("main.c", "CMakeLists.txt")):
        file = GOLDEN / plan.graph.name / name
        if os.environ.get(REGENERATE) == "1":
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(library.files[name])
        assert file.read_text() == library.files[name], f"{file} differs; {REGENERATE}=1 writes it"


def test_the_same_bytes_in_every_process(tmp_path):
    program = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1])\n"
        "from graphs import random_graph\n"
        "from milliwatt.emit import make_library\n"
        "from milliwatt.plan import make_plan, by_rows, whole\n"
        "from milliwatt.targets import Cpu, load_board\n"
        "board = load_board('nrf52840'); digest = hashlib.sha256()\n"
        "for seed in range(25):\n"
        "    plan = make_plan(random_graph(seed), board.cpu, (whole, by_rows)[seed % 2])\n"
        "    digest.update(repr(make_library(plan, board, 'm', 't')).encode())\n"
        "print(digest.hexdigest())\n"
    )
    seen = set()
    for hash_seed in ("0", "1", "4242"):
        done = subprocess.run(
            [sys.executable, "-c", program, str(Path(__file__).parent.parent)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True, text=True, check=True, cwd=tmp_path,
        )  # fmt: skip
        seen.add(done.stdout)
    assert len(seen) == 1


@pytest.mark.parametrize("seed", range(12))
def test_the_folder_holds_what_is_used_and_no_more(seed):
    plan = make_plan(random_graph(seed), BOARD.cpu)
    library = make_library(plan, BOARD, "net", "a title")
    reached, waiting = set(), ["mw_net.c", "main.c"]
    waiting += [f"{c.kernel.stem}_{c.kernel.source(c.variant).name}" for c in plan.calls]
    waiting += ["rows.c"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += re.findall(r'#include "([^"]+)"', library.files[name])
    assert reached | {"CMakeLists.txt"} == set(library.files)
    assert set(library.sources) <= set(re.findall(r"\S+\.c\b", library.files["CMakeLists.txt"]))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("kws", "kws"),
        ("1model", "1model"),
        ("KWS ref-model (v2)", "kws_ref_model_v2"),
        ("ünïcode", "n_code"),
        ("int", "int"),
        ("a" * 90, "a" * 40),
        ("../../etc/passwd", "etc_passwd"),
        ("__x__", "x"),
    ],
)
def test_names_for_c(name, wanted):
    assert c_identifier(name) == wanted


@pytest.mark.parametrize("name", ["", "模型", "---", "\n", "*/"])
def test_names_that_give_none(name):
    with pytest.raises(InputError, match="gives no name for C: it needs a letter or digit"):
        c_identifier(name)


STEMS = sorted({k.stem for k in KERNELS})
SHARED_HEADERS = sorted(p.stem for p in Path(milliwatt.kernels.__file__).parent.glob("*.h"))


@pytest.mark.parametrize("model", [*STEMS, *SHARED_HEADERS, "dense", "main", "sample"])
def test_a_model_may_be_called_as_a_kernel(model, tmp_path):
    """Its header and symbols must not be taken for the kernel's."""
    plan = dense(BOARD.cpu)
    HostRunner(plan, make_library(plan, BOARD, model, "A title"), tmp_path)


@pytest.mark.parametrize("model", ["1model", "int", "ünïcode", 'x"; */ #error', "while"])
def test_models_of_any_name_compile(model, tmp_path):
    plan = dense(BOARD.cpu)
    library = make_library(plan, BOARD, model, "A title")
    HostRunner(plan, library, tmp_path)
    EmulatedRunner(plan, library, BOARD, tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "a */ #error escaped /* b",
        "line\n#error one\r\n#error two",
        'quote " and \\',
        "trailing backslash \\",
        "trigraph ??/",
        "Größe 模型 \u2028 \x00 \x1b[2J",
        "//",
        "%s%n{}{0}",
        "*" + "/",
        "/" * 3 + "*" * 3 + "/" * 3,
    ],
)
def test_layers_of_any_name_compile_and_run(name, tmp_path):
    b = Builder(name)
    x = b.input(name, TensorType((1, 4), DType.S8, QUANT))
    y = b.node(f"{name} y", Add(QUANT), x, x)
    graph = b.build(b.node(name, Add(QUANT), y, x))
    plan = make_plan(graph, BOARD.cpu)
    library = make_library(plan, BOARD, "hostile", "A title")
    assert library.model.source.isascii()
    assert set(filter(_odd, library.model.source)) == {"\n"}
    runners = {"host": HostRunner(plan, library, tmp_path)}
    prove(graph, runners, sample_inputs(graph, 4, 0))


@pytest.mark.parametrize("title", ["a */ #error b", "x\n*/\n#error", "ünï"])
def test_titles_stay_in_their_comments(title, tmp_path):
    plan = dense(BOARD.cpu)
    HostRunner(plan, make_library(plan, BOARD, "m", title), tmp_path)


def test_two_models_in_one_program(tmp_path):
    """No global is shared, and no symbol is another model's."""
    plan = dense(BOARD.cpu)
    first, second = (
        make_library(plan, BOARD, name, "t").files[f"mw_{name}.c"] for name in ("a", "b")
    )
    define = re.compile(r"^(?:static .*?|.*?)\b(mw_[ab]_\w+)(?:\(|\[)", re.MULTILINE)
    assert not set(define.findall(first)) & set(define.findall(second))
    assert set(define.findall(first))


def test_writing_twice_replaces(tmp_path):
    library, out = _library("one"), tmp_path / "out"
    write_library(library, out, {"schema": 1})
    (extra,) = {"mw_one.h"} & set(os.listdir(out))
    write_library(_library("two"), out, {"schema": 1})
    assert extra not in os.listdir(out)
    listing = json.loads((out / "manifest.json").read_text())
    assert sorted(listing["files"]) == sorted(os.listdir(out))
    assert os.listdir(tmp_path) == ["out"]


def test_an_empty_folder_is_used(tmp_path):
    out = tmp_path / "deep" / "er"
    out.mkdir(parents=True)
    write_library(_library("one"), out, {})
    assert (out / "mw_one.c").is_file()


def test_foreign_files_are_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(
        InputError, match=r"holds thesis.tex, which milliwatt did not write; choose"
    ):
        write_library(_library("one"), tmp_path, {})
    assert os.listdir(tmp_path) == ["thesis.tex"]
    out = tmp_path / "out"
    write_library(_library("one"), out, {})
    (out / "notes.txt").write_text("mine")
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    with pytest.raises(InputError, match=r"notes\.txt"):
        write_library(_library("two"), out, {})
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before


def test_a_file_in_the_way(tmp_path):
    out = tmp_path / "out"
    out.write_text("mine")
    with pytest.raises(InputError, match="is a file; wanted a folder"):
        write_library(_library("one"), out, {})
    assert out.read_text() == "mine"


def test_nothing_half_written(tmp_path, monkeypatch):
    """A failure at any file leaves the earlier library whole, and nothing beside it."""
    out = tmp_path / "out"
    write_library(_library("one"), out, {})
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    names = sorted(_library("two").files)
    real = Path.write_text
    for failing in (names[0], names[-1], "manifest.json"):

        def write_text(self, text, *rest, failing=failing, **options):
            if self.name == failing:
                raise OSError(28, "No space left on device")
            return real(self, text, *rest, **options)

        monkeypatch.setattr(Path, "write_text", write_text)
        with pytest.raises(OSError, match="No space left"):
            write_library(_library("two"), out, {})
        monkeypatch.undo()
        assert {p.name: p.read_bytes() for p in out.iterdir()} == before
        assert os.listdir(tmp_path) == ["out"]


def test_a_failed_swap_puts_the_old_one_back(tmp_path, monkeypatch):
    out = tmp_path / "out"
    write_library(_library("one"), out, {})
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    rename, calls = Path.replace, []

    def swap(self, to):
        calls.append(self)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        return rename(self, to)

    monkeypatch.setattr(Path, "replace", swap)
    with pytest.raises(OSError, match="Input/output"):
        write_library(_library("two"), out, {})
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
    assert os.listdir(tmp_path) == ["out"]


def _odd(character: str) -> bool:
    return not character.isprintable()


def _library(name: str) -> Library:
    plan = dense(BOARD.cpu)
    library = make_library(plan, BOARD, name, "A title")
    return replace(library, files=dict(library.files))
