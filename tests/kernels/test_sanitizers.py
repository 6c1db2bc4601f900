"""Generated libraries under GCC's AddressSanitizer and UndefinedBehaviorSanitizer.

Arena, state, inputs and outputs are heap blocks of the exact sizes that the header gives, so the
first byte read or written beyond any of them ends the program. (Kernels one by one are built with
every undefined behaviour a trap in `harness.py`.)
"""

import shutil
import subprocess
from pathlib import Path

import pytest
from gcc import STRICT, answers, pipe_program
from graphs import random_graph

import milliwatt
from milliwatt.emit import make_library
from milliwatt.ir import Graph
from milliwatt.plan import by_rows, make_plan, whole
from milliwatt.project.samples import sample_inputs
from milliwatt.run.reference import Reference
from milliwatt.targets import load_board

SANITIZE = (*STRICT, "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
SEEDS = (1, 2, 6, 9, 12)
BROKEN = "int main(void) { volatile char *p = __builtin_malloc(3); return p[3]; }"


@pytest.fixture(scope="session")
def sanitizers(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where GCC has none; fail where one is there but sees nothing."""
    folder: Path = tmp_path_factory.mktemp("sanitizer")
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("gcc is not installed")
    (folder / "broken.c").write_text(BROKEN)
    command = [gcc, "-fsanitize=address,undefined", "broken.c", "-o", "broken"]
    if subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode:
        pytest.skip("gcc has no sanitizers here (libasan, libubsan)")
    done = subprocess.run([str(folder / "broken")], capture_output=True, check=False)
    assert b"heap-buffer-overflow" in done.stderr


@pytest.mark.usefixtures("sanitizers")
@pytest.mark.parametrize("board", ["nrf52840", "rp2040"])
@pytest.mark.parametrize("schedule", [whole, by_rows])
@pytest.mark.parametrize("seed", SEEDS)
def test_random_graphs(seed, schedule, board, tmp_path):
    run_sanitized(random_graph(seed), schedule, board, tmp_path)


@pytest.mark.usefixtures("sanitizers")
@pytest.mark.parametrize("model", ["kws_ref_model", "str_ww_ref_model"])
@pytest.mark.parametrize("schedule", [whole, by_rows])
def test_reference_models(model, schedule, shared, tmp_path):
    graph = milliwatt.load(shared / "models" / f"{model}.tflite").graph
    run_sanitized(graph, schedule, "nrf52840", tmp_path)


def run_sanitized(graph: Graph, schedule: object, board: str, folder: Path) -> None:
    """Fail on any report, and where the answer is not the reference's."""
    target = load_board(board)
    library = make_library(make_plan(graph, target.cpu, schedule), target, "net", "net")
    program = pipe_program(library, graph, folder, SANITIZE)
    samples, reference = sample_inputs(graph, 6, 0), Reference(graph)
    for sample, got in zip(samples, answers(program, graph, samples), strict=True):
        for wanted, ours in zip(reference.run(sample), got, strict=True):
            assert wanted.tobytes() == ours.tobytes()
