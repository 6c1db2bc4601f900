"""Estimated cycles of small programs, counted by hand from the manuals' tables.

Of a taken branch the refill is, on Cortex-M3 and M4, 1 if direct, 2 if direct and conditional, and
3 if indirect; see the head of ``cycles.py``.
"""

import pytest

from milliwatt.errors import NotAvailable
from milliwatt.run.counting import Counter
from milliwatt.run.cycles import MODELS, estimate_cycles
from milliwatt.run.machine import Machine
from milliwatt.targets import CPUS, load_board, load_cpu

BOARD_OF = {"cortex-m0plus": "rp2040", "cortex-m3": "stm32f103", "cortex-m4": "nrf52840"}
LOOP = "movs r1, #0\n1: adds r1, #1\n subs r0, #1\n bne 1b\n bx lr"
LOADS = "ldr r1, [r0]\n ldr r2, [r0, #4]\n ldr r3, [r0, #8]\n str r3, [r0, #12]\n bx lr"
CHASE = "ldr r1, [r0]\n ldr r2, [r1]\n bx lr"
COMPUTED = "adds r0, #4\n ldr r1, [r0]\n bx lr"
INDEXED = "movs r2, #8\n nop\n ldr r1, [r0]\n str r1, [r0, r2]\n bx lr"
STORE_ALONE = "movs r2, #8\n nop\n str r2, [r0, r2]\n bx lr"
STACK = "push {r4, r5, lr}\n nop\n pop {r4, r5, pc}"
MULTIPLE = "push {r4, r5}\n ldm r0!, {r1, r2, r3}\n pop {r4, r5}\n bx lr"
CALL = "push {r4, lr}\n bl leaf\n pop {r4, pc}"
LONG = "smull r1, r2, r0, r0\n smlal r1, r2, r0, r0\n mla r1, r0, r0, r0\n bx lr"
DIVIDE = "udiv r0, r0, r0\n bx lr"
CHOOSE = "cmp r0, #0\n it eq\n moveq r0, #5\n bx lr"
BRANCH = "cbz r0, 1f\n nop\n1: b 2f\n nop\n2: bx lr"
FLOAT = "vmul.f32 s0, s0, s1\n vdiv.f32 s0, s0, s1\n vmla.f32 s0, s1, s1\n vmov r0, s0\n bx lr"
FLOAT_LOADS = "vldr s0, [r0]\n vldr s1, [r0, #4]\n vstr s1, [r0, #8]\n vldr d1, [r0]\n bx lr"


@pytest.mark.parametrize(
    ("model", "assembly", "argument", "cycles"),
    [
        # 1, then 10 times 3, 9 taken branches at 2, and a return of 1 + 3
        ("cortex-m4", LOOP, 10, 1 + 30 + 18 + 4),
        ("cortex-m3", LOOP, 10, 1 + 30 + 18 + 4),
        # a taken branch is 2 and so is the return
        ("cortex-m0plus", LOOP, 10, 1 + 30 + 9 + 2),
        # the first load 2, the next two overlap, the store with an immediate is 1
        ("cortex-m4", LOADS, "ram", 2 + 1 + 1 + 1 + 4),
        ("cortex-m0plus", LOADS, "ram", 4 * 2 + 2),
        # the second load waits for its address
        ("cortex-m4", CHASE, "ram", 2 + 2 + 4),
        # no forwarding from the addition to the address
        ("cortex-m4", COMPUTED, "ram", 1 + 2 + 1 + 4),
        ("cortex-m0plus", COMPUTED, "ram", 1 + 2 + 2),
        # a store with a register offset is 2, or 1 behind a load
        ("cortex-m4", INDEXED, "ram", 1 + 1 + 2 + 1 + 4),
        ("cortex-m4", STORE_ALONE, "ram", 1 + 1 + 2 + 4),
        # 1 + 3 registers each, and a refill of 3
        ("cortex-m4", STACK, 0, 4 + 1 + 4 + 3),
        # POP with PC: 3 + N
        ("cortex-m0plus", STACK, 0, 4 + 1 + 6),
        ("cortex-m4", MULTIPLE, "ram", 3 + 4 + 3 + 4),
        ("cortex-m0plus", MULTIPLE, "ram", 3 + 4 + 3 + 2),
        # push 3, bl 2, the leaf's return 4, pop 3 + 3
        ("cortex-m4", CALL, 0, 3 + 2 + 4 + 6),
        # push 3, bl 3, return 2, pop 3 + 2
        ("cortex-m0plus", CALL, 0, 3 + 3 + 2 + 5),
        ("cortex-m4", LONG, 3, 1 + 1 + 1 + 4),
        ("cortex-m3", LONG, 3, 4 + 6 + 2 + 4),
        ("cortex-m4", DIVIDE, 3, 7 + 4),
        # whether it moves or not, each of three takes 1
        ("cortex-m4", CHOOSE, 0, 3 + 4),
        ("cortex-m4", CHOOSE, 1, 3 + 4),
        # cbz taken 1 + 2, b 1 + 1
        ("cortex-m4", BRANCH, 0, 3 + 2 + 4),
        # cbz not taken 1, nop 1
        ("cortex-m4", BRANCH, 1, 2 + 2 + 4),
        ("cortex-m4", FLOAT, 0, 1 + 14 + 3 + 1 + 4),
        # 2, 1 behind a load, 1 behind a load, then two words 3 behind a store
        ("cortex-m4", FLOAT_LOADS, "ram", 2 + 1 + 1 + 3 + 4),
    ],
)
def test_by_hand(build, model, assembly, argument, cycles):
    board = load_board(BOARD_OF[model])
    escaped = assembly.replace("\n", "\\n")
    text = f"""
    __attribute__((naked, noinline)) void leaf(void) {{ __asm__ volatile("bx lr"); }}
    __attribute__((naked)) void f(void) {{ __asm__ volatile("{escaped}"); }}
    """
    machine = Machine(board, build(board, text, ["f", "leaf"]))
    at = machine.ram.end - 64
    machine.write(at, at.to_bytes(4, "little") * 16)
    counter = Counter(machine.image)
    machine.call("f", at if argument == "ram" else argument, counter=counter)
    assert board.cpu.cycle_model == model
    assert estimate_cycles(model, counter.total, machine.image) == cycles


def test_layers_add_up(build):
    board = load_board("nrf52840")
    text = """
    #include <stdint.h>
    #define N __attribute__((noinline))
    N int32_t a(const int8_t *p, int32_t n)
    { int32_t s = 0; for (int32_t i = 0; i < n; i++) s += p[i]; return s; }
    N int32_t b(const int8_t *p, int32_t n)
    { int32_t s = 0; for (int32_t i = 0; i < n; i++) s += p[i] * p[i]; return s; }
    int32_t f(const int8_t *p, int32_t n) { return a(p, n) + b(p, n); }
    """
    machine = Machine(board, build(board, text, ["f"]))
    counter = Counter(machine.image, ["a", "b"])
    machine.call("f", machine.ram.end - 100, 100, counter=counter)
    whole = estimate_cycles("cortex-m4", counter.total, machine.image)
    parts = [
        estimate_cycles("cortex-m4", counter.of(n), machine.image) for n in ("a", "b", "(rest)")
    ]
    assert sum(parts) == whole
    # Loops of loads and arithmetic: more than one cycle an instruction, less than two.
    assert counter.instructions < whole < 2 * counter.instructions


def test_only_cores_whose_manuals_have_timings_have_a_model():
    named = {cpu.cycle_model for cpu in map(load_cpu, CPUS)} - {None}
    assert named == set(MODELS) == set(BOARD_OF)
    assert all(MODELS[name].name == name for name in MODELS)


def test_an_unknown_model_is_refused(build):
    board = load_board("nrf52840")
    image = build(board, "int f(int a) { return a; }", ["f"])
    with pytest.raises(NotAvailable, match="no cycle model 'cortex-m7'; there are: cortex-m0plus"):
        estimate_cycles("cortex-m7", Counter(image).total, image)
