"""The sample program and the CMake file that come with a model's C library."""

from collections.abc import Sequence

from milliwatt.plan import Plan
from milliwatt.targets import Board


def sample_main(plan: Plan, name: str) -> str:
    """Return a ``main.c`` that gets one result from the model on zeros, without any library."""
    return _pushing(plan, name) if plan.push else _running(plan, name)


def _pushing(plan: Plan, name: str) -> str:
    upper = name.upper()
    row = plan.graph.inputs[0].type.dtype.c_name
    outputs = plan.graph.outputs
    rooms = "\n".join(
        f"static {v.type.dtype.c_name} output_{i}[MW_{upper}_OUTPUT_{i}_SIZE];"
        for i, v in enumerate(outputs)
    )
    results = ", ".join(f"output_{i}" for i in range(len(outputs)))
    return f"""/* A sample: rows of zeros are pushed until a result is due. Copy what you need. */
#include "mw_{name}.h"

static _Alignas(MW_{upper}_ALIGN_BYTES) uint8_t state[MW_{upper}_STATE_BYTES];
static {row} row[MW_{upper}_ROW_SIZE]; /* put real data here */
{rooms}

int main(void)
{{
    mw_{name}_init(state);
    while (!mw_{name}_push(state, row, {results})) {{
    }}
    return output_0[0] == 0; /* so that nothing is optimised away */
}}
"""


def _running(plan: Plan, name: str) -> str:
    upper, graph = name.upper(), plan.graph
    inputs = [f"MW_{upper}_INPUT_{i}" for i in range(len(graph.inputs))]
    outputs = [f"MW_{upper}_OUTPUT_{i}" for i in range(len(graph.outputs))]
    state = f"MW_{upper}_STATE_BYTES"
    clear = "\n".join(
        f"    fill({m}_AT(arena), {m}_BYTES, 0); /* put real data here */" for m in inputs
    )
    places = ", ".join(f"{m}_AT(arena)" for m in (*inputs, *outputs))
    return f"""/* A sample: one inference of the model, on zeros. Copy what you need. */
#include "mw_{name}.h"

static _Alignas(MW_{upper}_ALIGN_BYTES) uint8_t arena[MW_{upper}_ARENA_BYTES];
static _Alignas(MW_{upper}_ALIGN_BYTES) uint8_t state[{state} ? {state} : 1];

static void fill(uint8_t *to, uint32_t count, uint8_t value)
{{
    for (uint32_t i = 0; i < count; i++) {{
        to[i] = value;
    }}
}}

int main(void)
{{
    mw_{name}_init(state);
{clear}
    mw_{name}_run(state, arena, {places});
    return *(const uint8_t *){outputs[0]}_AT(arena) == 0; /* so that nothing is optimised away */
}}
"""


def cmake_lists(name: str, sources: Sequence[str], board: Board, flags: str) -> str:
    """Return a CMake project: a static library of the model and a sample program."""
    library = "\n  ".join(s for s in sources if s != "main.c")
    cpu_flags = " ".join(board.cpu.gcc_flags)
    return f"""# The model mw_{name} as a library, and a sample program. For {board.title}.
# With a cross compiler: cmake -DCMAKE_C_COMPILER=... -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY
cmake_minimum_required(VERSION 3.16)
project(mw_{name} C)

set(MW_CPU_FLAGS "" CACHE STRING "flags for the core, for {board.cpu.name}: {cpu_flags}")
separate_arguments(MW_CPU_FLAGS)

add_library(mw_{name} STATIC
  {library})
target_include_directories(mw_{name} PUBLIC ${{CMAKE_CURRENT_SOURCE_DIR}})
target_compile_features(mw_{name} PUBLIC c_std_11)
target_compile_options(mw_{name} PUBLIC
  {flags} -fomit-frame-pointer -ffunction-sections -fdata-sections ${{MW_CPU_FLAGS}})
# What calls the kernels takes little time and much code: small is better here.
set_source_files_properties(mw_{name}.c rows.c PROPERTIES COMPILE_OPTIONS -Os)

add_executable(sample main.c)
target_link_libraries(sample PRIVATE mw_{name})
"""
