"""What must hold of every model, and the goals that the kernels strive for."""

from dataclasses import dataclass

from bench.figures import Case, Check, Entry, Figures
from bench.measure import MAIN_BOARD, MAIN_CASES, WINOGRAD
from bench.peers import REFERENCE

MAX_CODE_BYTES = 40_000
SPEEDUP_WANTED = 3  # over the reference kernels
SPEEDUP_BOARD = MAIN_BOARD


@dataclass(frozen=True, slots=True)
class Goals:
    """The most that one `Unit` of a build should take; sizes in bytes, None where none is set."""

    instructions: int
    ram: int
    code: int | None
    weights: int


GOALS = dict(
    zip(
        MAIN_CASES,
        (
            Goals(3_500_000, 7_000, 14_000, 29_000),
            Goals(6_200_000, 42_000, 14_000, 41_500),
            Goals(6_400_000, 14_000, 16_000, 41_500),
            Goals(13_500_000, 18_000, 14_000, 82_000),
            Goals(400_000, 2_400, 3_500, 273_000),
            Goals(1_150_000, 7_000, 12_000, 56_500),
            Goals(90_000, 4_800, 12_000, 56_500),
        ),
        strict=True,
    )
) | {WINOGRAD: Goals(9_500_000, 24_000, None, 150_000)}

CYCLE_GOALS = {"kws": 4_500_000, "vww": 8_000_000, "ic": 17_000_000, "ad": 480_000}
PUBLISHED_CYCLES = {"kws": 5_190_000, "vww": 10_670_000, "ic": 19_800_000, "ad": 486_000}
"""The best of silicon: a Cortex-M4 at 120 MHz (STM32L4R5) in MLPerf Tiny v1.1 to v1.3."""
SILICON_FACTOR = 1.3  # measured cycles over such an estimate: flash wait states

M3, M0_PLUS = "stm32f103", "rp2040"
INSTRUCTION_GOALS = {
    M3: {"kws": 6_500_000, "vww": 13_000_000, "ic": 26_000_000, "ad": 650_000, "sww": 2_600_000},
    M0_PLUS: {
        "kws": 17_000_000, "vww": 30_000_000, "ic": 60_000_000, "ad": 1_300_000, "sww": 6_000_000,
    },
}  # fmt: skip
RELATIVE_GOALS = {  # board: another board, and times its instructions
    "esp32c3": (M3, 1.3),
    "stm32h743": (MAIN_BOARD, 1.03),
    "stm32u575": (MAIN_BOARD, 1.03),
}


def requirements(entry: Entry) -> list[Check]:
    """Return what must hold of a model, with the figures; one that is missed fails the run."""
    least = min(peer.ram for peer in entry.peers.values())
    found = [
        Check("RAM, bytes", entry.ours.ram, least),
        Check("code, bytes", entry.ours.code, MAX_CODE_BYTES - 1),
    ]
    if entry.board == SPEEDUP_BOARD:
        limit = (entry.peers[REFERENCE].instructions - 1) // SPEEDUP_WANTED
        found.append(Check("instructions", entry.ours.instructions, limit))
    return found


def goal_checks(case: Case, ours: Figures) -> dict[str, Check]:
    """Return the goals of a build with what was found, by column."""
    goals = GOALS[case]
    pairs = {
        "instructions": (ours.instructions, goals.instructions),
        "RAM": (ours.ram, goals.ram),
        "code": (ours.code, goals.code),
        "weights": (ours.weights, goals.weights),
    }
    return {
        column: Check(f"{case.title}: {column}", found, limit)
        for column, (found, limit) in pairs.items()
        if limit is not None
    }


def cycle_check(model: str, cycles: int) -> Check:
    """Return the goal of the estimated cycles of an inference on the main board."""
    return Check(f"{model.upper()}: cycles, estimated", cycles, CYCLE_GOALS[model])


def core_check(model: str, board: str, instructions: dict[tuple[str, str], int]) -> Check:
    """Return the goal of a model on another core.

    Args:
        model: which.
        board: one of another core than the main board's.
        instructions: of an inference, by model and board.
    """
    if board in INSTRUCTION_GOALS:
        limit = INSTRUCTION_GOALS[board][model]
    else:
        other, factor = RELATIVE_GOALS[board]
        limit = int(factor * instructions[model, other])
    what = f"{model.upper()} on {board}: instructions"
    return Check(what, instructions[model, board], limit)


def is_ahead(model: str, cycles: int) -> bool:
    """Tell whether an estimate, as silicon would take it, is below the best ever published."""
    return cycles * SILICON_FACTOR < PUBLISHED_CYCLES[model]
