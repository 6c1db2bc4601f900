"""The emitted folder as a user takes it: stock GCC and CMake, strict warnings, the same bits."""

import os
import platform
import shutil
from pathlib import Path

import pytest
from gcc import STRICT, answers, check, compiler, pipe_program, write
from graphs import random_graph

import milliwatt
from milliwatt.emit import make_library
from milliwatt.plan import by_rows, make_plan, whole
from milliwatt.project.samples import sample_inputs
from milliwatt.run.reference import Reference
from milliwatt.targets import load_board

BOARD = load_board("nrf52840")


@pytest.mark.parametrize("optimize", ["-O0", "-O2", "-Os", "-O3"])
def test_gcc_computes_the_same_bits(optimize, tmp_path):
    for seed, schedule in ((3, whole), (8, by_rows)):
        graph = random_graph(seed)
        library = make_library(make_plan(graph, BOARD.cpu, schedule), BOARD, "net", "net")
        program = pipe_program(library, graph, tmp_path / str(seed), (*STRICT, optimize))
        samples, reference = sample_inputs(graph, 8, 0), Reference(graph)
        for sample, got in zip(samples, answers(program, graph, samples), strict=True):
            for wanted, ours in zip(reference.run(sample), got, strict=True):
                assert wanted.tobytes() == ours.tobytes()


@pytest.mark.parametrize("seed", [0, 4])
def test_cmake_builds_library_and_sample(seed, tmp_path):
    folder = tmp_path / "net"
    write(make_library(make_plan(random_graph(seed), BOARD.cpu), BOARD, "net", "net"), folder)
    _cmake(folder, tmp_path / "build", f"-DCMAKE_C_COMPILER={compiler()}")
    done = check_sample(tmp_path / "build" / "sample")
    assert done in (0, 1), "1 says that the first byte of the output is 0"


@pytest.mark.parametrize("model", ["kws_ref_model", "ad01_int8"])
def test_cmake_builds_a_reference_model(model, shared, tmp_path):
    loaded = milliwatt.load(shared / "models" / f"{model}.tflite")
    result = milliwatt.compile(loaded, "nrf52840", out=tmp_path / "out", samples=4)
    assert result.bit_exact.target is True
    _cmake(tmp_path / "out", tmp_path / "build", f"-DCMAKE_C_COMPILER={compiler()}")
    assert check_sample(tmp_path / "build" / "sample") in (0, 1)


@pytest.mark.parametrize("board", ["nrf52840", "rp2040", "stm32f103", "stm32h743", "stm32u575"])
def test_cross_gcc_builds_for_the_core(board, tmp_path):
    cross, target = compiler("arm-none-eabi-gcc"), load_board(board)
    library = make_library(make_plan(random_graph(4), target.cpu), target, "net", "net")
    for source in write(library, tmp_path):
        out = str(tmp_path / f"{source.stem}.o")
        check([cross, *target.cpu.gcc_flags, *STRICT, "-O2", "-c", str(source), "-o", out])


def test_the_header_serves_cplusplus_too(tmp_path):
    """Firmware in C++ includes it as it stands, inside extern "C"."""
    cpp = compiler("g++")
    library = make_library(make_plan(random_graph(4), BOARD.cpu), BOARD, "net", "net")
    write(library, tmp_path)
    user = tmp_path / "user.cpp"
    user.write_text('extern "C" {\n#include "mw_net.h"\n}\nint n = MW_NET_ARENA_BYTES;\n')
    check([cpp, "-Wall", "-Wextra", "-Werror", "-c", str(user), "-o", os.devnull])


def check_sample(program: Path) -> int:
    """Run the sample and return its exit status; a crash would be negative."""
    import subprocess

    return subprocess.run([str(program)], check=False, timeout=60).returncode


def _cmake(folder: Path, build: Path, *options: str) -> None:
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    if platform.system() == "Windows":
        pytest.skip("a single-configuration generator is assumed")
    strict = f"-DCMAKE_C_FLAGS={' '.join(STRICT)}"
    check(["cmake", "-S", str(folder), "-B", str(build), strict, *options])
    check(["cmake", "--build", str(build)])
