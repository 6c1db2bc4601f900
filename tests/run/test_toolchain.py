"""Compiling and linking: same bytes, a cache that notices changes, errors that say what."""

import ctypes
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from milliwatt.errors import BadFile, BuildFailed, DoesNotFit
from milliwatt.run import toolchain
from milliwatt.run.elf import read_elf
from milliwatt.run.toolchain import WARNINGS, build_shared, compile_objects, link_elf
from milliwatt.targets import Memory, load_board, load_cpu

NRF = load_board("nrf52840")
M4 = NRF.cpu

ADD = """
#include "number.h"
static const int table[3] = {1, 2, 3};
int add(int a) { return a + NUMBER; }
int unused(int a) { return a * 77; }
int look(int i) { return table[i]; }
const char *file(void) { return __FILE__; }
"""


@pytest.fixture
def fresh_cache(tmp_path, monkeypatch):
    """Objects in an empty cache; the compiler's own stays, since it takes seconds to fill."""
    zig = toolchain.cache_dir() / "zig"
    monkeypatch.setenv("ZIG_GLOBAL_CACHE_DIR", str(zig))
    monkeypatch.setenv("MILLIWATT_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def sources(folder, number=5):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "add.c").write_text(ADD)
    (folder / "number.h").write_text(f"#define NUMBER {number}\n")
    return folder / "add.c"


def compile_one(source, out, *extra):
    (item,) = compile_objects([source], M4, [], out, "-O2", extra)
    return item.read_bytes()


@pytest.mark.usefixtures("fresh_cache")
def test_same_inputs_give_same_bytes_wherever_they_lie(tmp_path, monkeypatch):
    a = compile_one(sources(tmp_path / "a"), tmp_path / "out1", "-g")
    monkeypatch.setenv("MILLIWATT_CACHE_DIR", str(tmp_path / "cache2"))
    b = compile_one(sources(tmp_path / "deeper/b"), tmp_path / "out2", "-g")
    assert a == b
    assert str(tmp_path).encode() not in a


@pytest.mark.usefixtures("fresh_cache")
def test_a_cached_object_is_not_compiled_again(tmp_path, monkeypatch):
    source = sources(tmp_path / "a")
    first = compile_one(source, tmp_path / "out")

    def refuse(*_):
        raise AssertionError("compiled again")

    monkeypatch.setattr(toolchain, "_execute", refuse)
    assert compile_one(source, tmp_path / "elsewhere") == first


@pytest.mark.usefixtures("fresh_cache")
def test_the_cache_notices_headers_and_flags(tmp_path):
    first = compile_one(sources(tmp_path / "a", 5), tmp_path / "out")
    other_number = compile_one(sources(tmp_path / "a", 6), tmp_path / "out")
    assert other_number != first
    assert compile_one(sources(tmp_path / "a", 5), tmp_path / "out", "-Os") != first
    assert compile_one(sources(tmp_path / "a", 5), tmp_path / "out") == first


@pytest.mark.usefixtures("fresh_cache")
def test_the_cache_notices_a_header_that_comes_first_in_the_search(tmp_path):
    source = sources(tmp_path / "a")
    (tmp_path / "a/number.h").unlink()
    near, far = tmp_path / "near", tmp_path / "far"
    near.mkdir()
    far.mkdir()
    (far / "number.h").write_text("#define NUMBER 1\n")
    (one,) = compile_objects([source], M4, [near, far], tmp_path / "out")
    before = one.read_bytes()
    (near / "number.h").write_text("#define NUMBER 2\n")
    (two,) = compile_objects([source], M4, [near, far], tmp_path / "out")
    assert two.read_bytes() != before


@pytest.mark.usefixtures("fresh_cache")
def test_computed_includes_are_compiled_each_time(tmp_path):
    source = sources(tmp_path / "a")
    source.write_text('#define H "number.h"\n#include H\nint f(void) { return NUMBER; }\n')
    first = compile_one(source, tmp_path / "out")
    (tmp_path / "a/number.h").write_text("#define NUMBER 99\n")
    assert compile_one(source, tmp_path / "out") != first


def test_two_at_once_leave_whole_files(tmp_path, fresh_cache):
    source = sources(tmp_path / "a")
    results = []
    threads = [
        threading.Thread(target=lambda i=i: results.append(compile_one(source, tmp_path / f"o{i}")))
        for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert len(set(results)) == 1
    assert [p.name for p in fresh_cache.rglob(".mw-*")] == []


def test_equal_names_do_not_collide(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b/add.c").write_text("int other(void) { return 1; }\n")
    objects = compile_objects([sources(tmp_path / "a"), tmp_path / "b/add.c"], M4, [], tmp_path)
    assert [p.name for p in objects] == ["000-add.o", "001-add.o"]


def test_a_compile_error_carries_the_compilers_text(tmp_path):
    (tmp_path / "bad.c").write_text("int f(void) { return misspelt; }\n")
    with pytest.raises(BuildFailed, match=r"bad\.c:1:22: error: .*misspelt"):
        compile_objects([tmp_path / "bad.c"], M4, [], tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_warnings_are_errors_where_asked(tmp_path):
    (tmp_path / "w.c").write_text("short f(int a) { return a; }\n")
    compile_objects([tmp_path / "w.c"], M4, [], tmp_path)
    with pytest.raises(BuildFailed, match="implicit conversion loses integer precision"):
        compile_objects([tmp_path / "w.c"], M4, [], tmp_path, "-O2", WARNINGS)


def test_a_missing_source_is_named(tmp_path):
    with pytest.raises(BuildFailed, match=r"none\.c: cannot be read"):
        compile_objects([tmp_path / "none.c"], M4, [], tmp_path)


def link(tmp_path, text, roots, board=NRF):
    source = tmp_path / "program.c"
    source.write_text(text)
    objects = compile_objects([source], board.cpu, [], tmp_path)
    return link_elf(objects, board, tmp_path / "program.elf", roots)


def test_only_what_roots_reach_is_linked(tmp_path):
    objects = compile_objects([sources(tmp_path / "a")], M4, [], tmp_path)
    image = read_elf(link_elf(objects, NRF, tmp_path / "a.elf", ["add", "look"]))
    assert [f.name for f in image.functions] == ["add", "look"]
    assert [(c.name, c.size) for c in image.constants] == [("table", 12)]
    assert image.constant_bytes() == 12
    assert all(f.address % 2 == 0 for f in image.functions)
    add = image.symbol("add")
    assert image.function_at(add.address) == image.function_at(add.address + 1) == "add"
    assert image.function_at(0x2000_0000) == "no function"
    assert sum(len(s.data) for s in image.segments) >= image.code_bytes() + 12
    with pytest.raises(BadFile, match="no symbol 'unused'; its functions are: add, look"):
        image.symbol("unused")


def test_linking_twice_gives_the_same_bytes(tmp_path):
    objects = compile_objects([sources(tmp_path / "a")], M4, [], tmp_path)
    one = link_elf(objects, NRF, tmp_path / "x/1.elf", ["add"]).read_bytes()
    two = link_elf(objects, NRF, tmp_path / "y/2.elf", ["add"]).read_bytes()
    assert one == two
    assert str(tmp_path).encode() not in one


def test_a_missing_function_is_named(tmp_path):
    text = "int elsewhere(int); int f(int a) { return elsewhere(a); }"
    with pytest.raises(BuildFailed, match="undefined symbol: elsewhere"):
        link(tmp_path, text, ["f"])
    assert not (tmp_path / "program.elf").exists()
    with pytest.raises(BuildFailed, match="none of the objects defines 'g'"):
        link(tmp_path, "int f(int a) { return a; }", ["f", "g"])


def test_a_math_library_is_not_compiler_support(tmp_path):
    # The compiler's run-time library happens to have expf; a firmware's linker may not.
    text = "float expf(float); float f(float a) { return expf(a); }"
    with pytest.raises(BuildFailed, match="the code calls 'expf'"):
        link(tmp_path, text, ["f"])


def test_compiler_support_is_linked(tmp_path):
    text = """
    #include <stddef.h>
    void *memcpy(void *, const void *, size_t);
    void f(char *a, const char *b, size_t n) { memcpy(a, b, n); }
    long long g(long long a, long long b) { return a / b; }
    """
    image = read_elf(link(tmp_path, text, ["f", "g"]))
    assert {"memcpy", "__aeabi_ldivmod"} <= {f.name for f in image.functions}


def test_writable_globals_are_refused(tmp_path):
    with pytest.raises(BuildFailed, match=r"writable global data: 'counter' \(4 bytes\)"):
        link(tmp_path, "static int counter; int f(void) { return ++counter; }", ["f"])


@pytest.mark.parametrize("name", ["nrf52840", "esp32c3"])
def test_an_overflow_says_by_how_much(tmp_path, name):
    board = load_board(name)
    small = Memory(board.flash.origin, 4096)
    data = Memory(board.flash_data.origin, 4096) if board.flash_data else None
    board = replace(board, flash=small, flash_data=data)
    text = "const char big[5000] = {1}; const char *f(void) { return big; }"
    with pytest.raises(DoesNotFit, match=r"exceed the 4096 bytes of flash by 9\d\d bytes"):
        link(tmp_path, text, ["f"], board)


def test_both_windows_of_one_flash_share_its_size(tmp_path):
    board = load_board("esp32c3")
    board = replace(
        board,
        flash=Memory(board.flash.origin, 4096),
        flash_data=Memory(board.flash_data.origin, 4096),
    )
    text = "const char big[4090] = {1}; const char *f(void) { return big; }"
    with pytest.raises(DoesNotFit, match="exceed the 4096 bytes of flash by"):
        link(tmp_path, text, ["f"], board)


def test_constants_of_the_esp32c3_lie_in_its_data_window(tmp_path):
    board = load_board("esp32c3")
    text = "const int t[3] = {1, 2, 3}; int f(int i) { return t[i]; }"
    image = read_elf(link(tmp_path, text, ["f", "t"], board))
    assert board.flash.holds(image.symbol("f").address)
    assert board.flash_data.holds(image.symbol("t").address)


def test_the_host_has_no_memory_map(tmp_path):
    objects = compile_objects([sources(tmp_path / "a")], load_cpu("host"), [], tmp_path)
    with pytest.raises(BuildFailed, match="host has no memory map"):
        link_elf(objects, load_board("host"), tmp_path / "a.elf", ["add"])


def test_a_shared_library_runs(tmp_path):
    library = ctypes.CDLL(str(build_shared([sources(tmp_path / "a")], tmp_path / "a.so")))
    assert library.add(37) == 42


def test_a_shared_library_may_not_import_either(tmp_path):
    (tmp_path / "m.c").write_text("float expf(float); float f(float a) { return expf(a); }")
    with pytest.raises(BuildFailed, match="the code calls 'expf'"):
        build_shared([tmp_path / "m.c"], tmp_path / "m.so")
    assert not (tmp_path / "m.so").exists()


def test_a_file_that_is_no_elf(tmp_path):
    (tmp_path / "x.elf").write_bytes(b"hello")
    with pytest.raises(BadFile, match=r"x\.elf: not an ELF file"):
        read_elf(tmp_path / "x.elf")


def test_the_version_names_the_compiler():
    assert toolchain.compiler_version().startswith("zig cc 0.")


def test_the_cache_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("MILLIWATT_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert toolchain.cache_dir() == tmp_path / "milliwatt"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "me")
    assert toolchain.cache_dir() == tmp_path / "me/.cache/milliwatt"
