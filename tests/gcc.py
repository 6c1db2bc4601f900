"""Builds an emitted library with the system's GCC, as a user's firmware project would."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from milliwatt.emit import Library
from milliwatt.ir import Array, Graph

STRICT = ("-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror")

PIPE_MAIN = """\
#include <stdio.h>
#include <stdlib.h>
#include "mw_NAME.h"

int main(void)
{
    uint8_t *arena = malloc(MW_UPPER_ARENA_BYTES);
    uint8_t *state = malloc(MW_UPPER_STATE_BYTES + !MW_UPPER_STATE_BYTES);
    DECLARE
    mw_NAME_init(state);
    while (READ) {
        mw_NAME_run(state, arena, PLACES);
        WRITE
    }
    free(arena);
    free(state);
    RELEASE
    return 0;
}
"""


def compiler(name: str = "gcc") -> str:
    """Return the compiler, or skip with the reason."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def check(command: Sequence[str], **options: object) -> "subprocess.CompletedProcess[bytes]":
    """Run and return, or fail with everything it said."""
    done = subprocess.run(command, capture_output=True, check=False, **options)  # type: ignore[call-overload]
    said = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{said[-4000:]}"
    return done


def write(library: Library, folder: Path) -> list[Path]:
    """Write the C files and return those to compile."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in library.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in library.sources]


def pipe_program(library: Library, graph: Graph, folder: Path, flags: Sequence[str]) -> Path:
    """Build a program that answers inputs on stdin with outputs on stdout.

    Every buffer is an allocation of its own and of the exact size, so that a sanitizer sees the
    first byte beyond.
    """
    sources = write(library, folder)
    name = library.model.name
    ends = [("INPUT", i, v) for i, v in enumerate(graph.inputs)]
    ends += [("OUTPUT", i, v) for i, v in enumerate(graph.outputs)]
    names = [f"{kind.lower()}_{i}" for kind, i, _ in ends]
    sizes = [f"MW_{name.upper()}_{kind}_{i}_BYTES" for kind, i, _ in ends]
    pairs = list(zip(names, sizes, strict=True))
    inputs, outputs = pairs[: len(graph.inputs)], pairs[len(graph.inputs) :]
    text = (
        PIPE_MAIN.replace("NAME", name)
        .replace("UPPER", name.upper())
        .replace("DECLARE", " ".join(f"void *{n} = malloc({s});" for n, s in pairs))
        .replace("READ", " && ".join(f"fread({n}, {s}, 1, stdin) == 1" for n, s in inputs))
        .replace("PLACES", ", ".join(names))
        .replace("WRITE", " ".join(f"fwrite({n}, {s}, 1, stdout);" for n, s in outputs))
        .replace("RELEASE", " ".join(f"free({n});" for n in names))
    )
    main = folder / "pipe.c"
    main.write_text(text)
    program = folder / "pipe"
    files = map(str, (*sources, main))
    check([compiler(), *flags, "-I", str(folder), *files, "-o", str(program)])
    return program


def answers(
    program: Path, graph: Graph, samples: Sequence[Sequence[Array]]
) -> list[tuple[Array, ...]]:
    """Return what the program gives for each sample."""
    fed = b"".join(np.ascontiguousarray(a).tobytes() for sample in samples for a in sample)
    said = check([str(program)], input=fed).stdout
    results, at = [], 0
    for _ in samples:
        outputs = []
        for v in graph.outputs:
            piece = said[at : at + v.type.bytes]
            outputs.append(np.frombuffer(piece, v.type.dtype.numpy).reshape(v.type.shape))
            at += v.type.bytes
        results.append(tuple(outputs))
    assert at == len(said)
    return results
