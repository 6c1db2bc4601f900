"""The page of results, as Markdown."""

from collections.abc import Iterable, Sequence

from bench import sections
from bench.figures import Case, Entry, Figures
from bench.goals import MAX_CODE_BYTES, SPEEDUP_BOARD, SPEEDUP_WANTED, requirements
from bench.measure import BOARDS, MODELS, Results, Works, figures
from bench.peers import Lines, of
from bench.tables import NONE, shell, table, unwrapped
from bench.times import Times

from milliwatt.targets import load_board

QUICK = "Written by `python bench/run.py --quick`, which leaves other cores and times out."


def entries(results: Results, lines: Lines) -> list[Entry]:
    """Return every model on every board of which all figures are shown."""
    found = []
    for model in MODELS:
        for board in BOARDS:
            case = Case(model, board)
            result = results[case]
            ours = figures(case, result)
            peers = of(model, load_board(board).cpu.name, lines)
            found.append(Entry(model, board, ours, result.bit_exact.samples, peers))
    return found


def page(results: Results, works: Works, lines: Lines, times: Times | None) -> str:
    """Return the page; without ``times`` it is that of a quick run.

    Args:
        results: of every case.
        works: what the instructions of some of them do.
        lines: the peer's figures.
        times: on this machine, None where other cores and times were left out.
    """
    shown = [
        sections.builds(results, lines),
        sections.cycles(results),
        sections.winograd(results, lines),
        sections.distances(results),
        sections.spending(works),
    ]
    if times is not None:
        shown += [sections.cores(results, lines), sections.wall_times(times)]
    measured = entries(results, lines)
    parts = [
        "<!-- Written by `make bench`. -->",
        "# Results",
        *(() if times else (QUICK,)),
        introduction(measured[0].samples),
        "## Goals",
        sections.summary(check for section in shown for check in section.checks),
        *(unwrapped(section.text) for section in shown),
        *speed_and_size(measured),
        "## Requirements",
        (
            "RAM: no more than the leanest build of TFLM on that core. Code: under "
            f"{MAX_CODE_BYTES:,} bytes. Instructions on {SPEEDUP_BOARD}: TFLM takes more than "
            f"{SPEEDUP_WANTED} times as many with its reference kernels. `make bench` fails where "
            "one is missed."
        ),
        requirements_table(measured),
    ]
    return "\n\n".join(parts) + "\n"


def introduction(samples: int) -> str:
    """Say what the figures are."""
    return (
        "The five int8 models of MLPerf Tiny, one inference each. The peer is TensorFlow Lite "
        "Micro (TFLM), measured on the same emulated cores. Instructions are counted, not "
        "estimated; cycles are estimated from the core's published instruction timings, without "
        "flash wait states. Each figure of ours is of machine code that had just given the same "
        "bits as the reference of the graph it was compiled from, layer by layer, on "
        f"{samples} inputs unless fewer are named. To repeat everything: `make bench`."
    )


def speed_and_size(measured: Sequence[Entry]) -> list[str]:
    """Return the tables of all figures, one for each board."""
    parts = [
        "## Speed and size",
        (
            "Sizes in bytes. *Weights* of TFLM is the model file, which stays in flash. *State* of "
            "TFLM is its static RAM. *RAM* is arena, state and stack. The ratios in a peer's row "
            "say how many times milliwatt's figure it needs."
        ),
    ]
    for name in BOARDS:
        parts += [
            f"### {name} ({load_board(name).cpu.title})",
            shell(f"milliwatt compile kws_ref_model.tflite --board {name} --json report.json"),
            figures_table([e for e in measured if e.board == name]),
        ]
    return parts


def figures_table(measured: Iterable[Entry]) -> str:
    """Return a table with a row for each engine of each model."""
    head = (
        *("model", "engine", "instructions", "ratio", "cycles (estimated)", "code", "weights"),
        *("arena", "state", "stack", "RAM", "ratio"),
    )
    rows = [_row(e, f) for e in measured for f in (e.ours, *e.peers.values())]
    return table(head, rows, text_columns=2)


def requirements_table(measured: Iterable[Entry]) -> str:
    """Return a table of what must hold."""
    rows = [
        (e.model, e.board, c.what, f"{c.found:,}", f"{c.limit:,}", "yes" if c.holds else "**NO**")
        for e in measured
        for c in requirements(e)
    ]
    return table(("model", "board", "what", "found", "at most", "holds"), rows, text_columns=3)


def _row(entry: Entry, f: Figures) -> tuple[str, ...]:
    ours = entry.ours
    peer = f is not ours
    sizes = (f.code, f.weights, f.arena, f.state, f.stack, f.ram)
    return (
        "" if peer else entry.model,
        f.engine,
        f"{f.instructions:,}",
        f"{f.instructions / ours.instructions:.2f}" if peer else "",
        NONE if f.cycles_estimated is None else f"{f.cycles_estimated:,}",
        *(f"{size:,}" for size in sizes),
        f"{f.ram / ours.ram:.2f}" if peer else "",
    )
