"""Every emulated board calls C correctly, counts exactly and says what went wrong."""

import pytest

from milliwatt.errors import BadFile, DoesNotFit, Fault, InputError, NotAvailable
from milliwatt.run.counting import REST, Counter
from milliwatt.run.machine import Machine
from milliwatt.targets import BOARDS, Arch, Support, load_board

EMULATED = [name for name in BOARDS if load_board(name).support is Support.EMULATED]
ARM = [name for name in EMULATED if load_board(name).cpu.arch is Arch.ARM_M]

PROGRAM = r"""
#include <stdint.h>
#define NOINLINE __attribute__((noinline))
#define NAKED __attribute__((naked, noinline))
int32_t many(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j)
{ return a + 2*b + 3*c + 4*d + 5*e + 6*f + 7*g + 8*h + 9*i + 10*j; }
float scale(float a, float b) { return a * b + 1.0f; }
int64_t wide(int32_t a, int32_t b) { return (int64_t)a * b; }
int32_t sum(const int8_t *p, int32_t n)
{ int32_t s = 0; for (int32_t i = 0; i < n; i++) s += p[i]; return s; }
NOINLINE void put(volatile int32_t *p, int32_t v) { *p = v; }
void put_two(int32_t *p, int32_t v) { put(p, v); put(p + 1, v); }
int32_t peek(const volatile int32_t *p) { return *p; }
void jump(void (*f)(void)) { f(); __asm__ volatile(""); }
void forever(void) { for (;;) __asm__ volatile(""); }
int32_t deep(volatile int32_t n)
{
    volatile uint8_t b[512];
    for (int i = 0; i < 512; i++) b[i] = (uint8_t)n;
    return n ? deep(n - 1) + b[n & 255] : 0;
}
static const int32_t table[4] = {1, 20, 300, 4000};
int32_t look(int i) { return table[i & 3]; }
#ifdef __riscv
void illegal(void) { __asm__ volatile(".word 0"); }
NAKED void clobber(void) { __asm__ volatile("li s1, 7\n ret"); }
NAKED void lose_stack(void) { __asm__ volatile("addi sp, sp, -16\n ret"); }
/* 2 + 3 n + 1 instructions */
NAKED int loop(int n)
{ __asm__ volatile("li a1, 0\n1: addi a1, a1, 1\n addi a0, a0, -1\n bnez a0, 1b\n"
                   " mv a0, a1\n ret"); }
/* 64 bytes, all written */
NAKED void frame(void)
{ __asm__ volatile("addi sp, sp, -64\n mv a0, sp\n li a1, 16\n1: sw zero, 0(a0)\n addi a0, a0, 4\n"
                   " addi a1, a1, -1\n bnez a1, 1b\n addi sp, sp, 64\n ret"); }
NAKED void kernel(void) { __asm__ volatile("nop\n nop\n ret"); }
NAKED void layer_a(void) { __asm__ volatile("j kernel"); }
NAKED void layer_b(void) { __asm__ volatile("nop\n j kernel"); }
NAKED void model(void)
{ __asm__ volatile("addi sp, sp, -16\n sw ra, 0(sp)\n jal layer_a\n jal layer_b\n"
                   " lw ra, 0(sp)\n addi sp, sp, 16\n ret"); }
#else
void illegal(void) { __asm__ volatile("udf #1"); }
NAKED void clobber(void) { __asm__ volatile("movs r4, #7\n bx lr"); }
NAKED void lose_stack(void) { __asm__ volatile("push {r4}\n bx lr"); }
NAKED int loop(int n)
{ __asm__ volatile("movs r1, #0\n1: adds r1, #1\n subs r0, #1\n bne 1b\n mov r0, r1\n bx lr"); }
NAKED void frame(void)
{ __asm__ volatile("sub sp, #64\n mov r0, sp\n movs r1, #16\n movs r2, #0\n1: str r2, [r0]\n"
                   " adds r0, #4\n subs r1, #1\n bne 1b\n add sp, #64\n bx lr"); }
NAKED void kernel(void) { __asm__ volatile("nop\n nop\n bx lr"); }
NAKED void layer_a(void) { __asm__ volatile("b kernel"); }
NAKED void layer_b(void) { __asm__ volatile("nop\n b kernel"); }
NAKED void model(void)
{ __asm__ volatile("push {r4, lr}\n bl layer_a\n bl layer_b\n pop {r4, pc}"); }
#endif
"""

ROOTS = [
    "many", "scale", "wide", "sum", "put_two", "peek", "jump", "forever", "deep", "look",
    "illegal", "clobber", "lose_stack", "loop", "frame", "model", "kernel", "layer_a", "layer_b",
]  # fmt: skip


@pytest.fixture(scope="module", params=EMULATED)
def machine(request, build):
    board = load_board(request.param)
    return Machine(board, build(board, PROGRAM, ROOTS), stack_bytes=2048)


def test_arguments_in_registers_and_on_the_stack(machine):
    assert machine.call("many", *range(1, 11)).value == sum(i * i for i in range(1, 11))
    assert machine.call("many", *range(-1, -11, -1)).signed == -385


def test_sixty_four_bits_and_constants(machine):
    assert machine.call("wide", -100_000, 100_000).wide == -(10**10)
    assert machine.call("look", 3).value == 4000


def test_floats(machine):
    assert machine.call("scale", 3.0, 2.5).single == 8.5


def test_memory_is_shared_with_the_program(machine):
    at = machine.ram.end - 100
    machine.write(at, bytes([1, 2, 253] * 33 + [50]))
    assert machine.call("sum", at, 100).value == 33 * (1 + 2 - 3) + 50
    machine.call("put_two", at, 0x01020304)
    assert machine.read(at, 8) == b"\4\3\2\1" * 2
    assert machine.free_ram.end == machine.ram.end
    assert machine.free_ram.origin == machine.ram.origin + 2048


def test_access_from_outside_is_checked(machine):
    with pytest.raises(DoesNotFit, match=r"8 bytes at .* do not lie in its RAM"):
        machine.write(machine.ram.end - 4, bytes(8))
    with pytest.raises(DoesNotFit, match="do not lie in its RAM"):
        machine.write(machine.board.flash.origin, b"x")
    with pytest.raises(BadFile, match="no symbol 'nothing'"):
        machine.call("nothing")


@pytest.mark.parametrize("counted", [False, True])
def test_faults_name_what_and_where(machine, counted):
    board = machine.board
    counter = Counter(machine.image) if counted else None

    def refused(match, function, *arguments, **options):
        with pytest.raises(Fault, match=match):
            machine.call(function, *arguments, counter=counter, **options)

    end, flash = board.ram.end, board.flash.origin
    refused(r"in put at .*\(called: put_two\): write of 4 bytes at .*, 0 bytes beyond the end of",
            "put_two", end - 4, 5)  # fmt: skip
    refused("in put at .*: write of 4 bytes at .* into flash .flash cannot be written",
            "put_two", flash + 0x800, 5)  # fmt: skip
    refused("in peek at .*: read of 4 bytes at .*, 100 bytes beyond the end of RAM",
            "peek", end + 100)  # fmt: skip
    refused("in peek at .*: read of 4 bytes at 0x70000000, outside all memory", "peek", 0x7000_0000)
    refused("reached from jump.*: jump to .*, which is 0x400 bytes into RAM",
            "jump", board.ram.origin + 0x401)  # fmt: skip
    refused("reached from jump.*: jump to 0x50000000, which is outside all memory",
            "jump", 0x5000_0001)  # fmt: skip
    refused("invalid instruction ff ff ff ff", "jump", flash + 0x1_0001)
    refused("in illegal at .*: invalid instruction", "illegal")
    refused("in forever at .*: still running after 1000 instructions",
            "forever", max_instructions=1000)  # fmt: skip
    refused("in deep at .* below the start of RAM .*: the stack of 2048 bytes has overflowed",
            "deep", 10)  # fmt: skip
    refused(r"clobber returned without restoring callee-saved register \d+", "clobber")
    refused("lose_stack returned with another stack pointer", "lose_stack")
    # None of this has harmed the machine.
    assert machine.call("loop", 5, counter=counter).value == 5


def test_unaligned_access_faults_where_the_core_has_none(machine):
    at = machine.ram.end - 64
    machine.write(at, bytes(range(8)))
    if machine.board.cpu.name == "cortex-m0plus":
        with pytest.raises(Fault, match=r"in peek at .*: unaligned access by 'ldr r0, .r0.'"):
            machine.call("peek", at + 1)
    else:
        assert machine.call("peek", at + 1).value == 0x04030201


def test_constants_cannot_be_read_through_a_code_window(build):
    # The emulator checks this per page, and not in those that it has executed.
    board = load_board("esp32c3")
    machine = Machine(board, build(board, PROGRAM, ROOTS))
    with pytest.raises(Fault, match=r"in peek at .*: read of 4 bytes .*can be executed, not read"):
        machine.call("peek", board.flash.origin + 0x1_0000)
    assert machine.call("peek", machine.image.symbol("table").address + 4).value == 20


def test_a_budget_that_just_suffices(machine):
    counter = Counter(machine.image)
    assert machine.call("loop", 10, counter=counter, max_instructions=33).value == 10
    with pytest.raises(Fault, match="after 32 instructions"):
        machine.call("loop", 10, counter=counter, max_instructions=32)


def test_stack_is_measured_by_painting(machine):
    machine.paint_stack()
    machine.call("loop", 3)
    assert machine.stack_peak_bytes() == 0
    machine.call("frame")
    assert machine.stack_peak_bytes() == 64
    machine.call("loop", 3)  # the deepest since painting remains
    assert machine.stack_peak_bytes() == 64


def test_instructions_are_exact(machine):
    counter = Counter(machine.image)
    for n in (1, 2, 1000):
        result = machine.call("loop", n, counter=counter)
        assert (result.value, result.instructions) == (n, 3 * n + 3)
    assert counter.instructions == 3 * 1003 + 9
    start = machine.image.symbol("loop").address
    assert counter.total.at(start) == 3
    counter.reset()
    assert counter.instructions == 0
    assert machine.call("loop", 7).instructions is None


def test_taken_branches_are_counted(machine):
    counter = Counter(machine.image)
    machine.call("loop", 10, counter=counter)
    # The loop's branch goes back 9 times; the return leaves the code once.
    assert sorted(int(n) for n in counter.total.taken if n) == [1, 9]


def test_layers_get_the_kernels_they_call(machine):
    counter = Counter(machine.image, ["layer_a", "layer_b"])
    total = machine.call("model", counter=counter).instructions
    after = machine.call("model", counter=counter).instructions
    assert total == after
    by_marker = counter.by_marker()
    # A jump and the kernel's three; then the next call, or what ends the model.
    end = 1 if machine.board.cpu.arch is Arch.ARM_M else 3
    assert by_marker["layer_a"] == 2 * (4 + 1)
    assert by_marker["layer_b"] == 2 * (5 + end)
    assert by_marker[REST] == 2 * total - by_marker["layer_a"] - by_marker["layer_b"]
    assert counter.of("layer_b").instructions == by_marker["layer_b"]
    assert counter.of(REST).instructions == by_marker[REST] > 0


def test_a_function_marks_one_layer_only(machine):
    with pytest.raises(InputError, match="markers 'layer_a' and 'layer_a' are one function"):
        Counter(machine.image, ["layer_a", "layer_a"])


def test_counting_and_not_counting_can_alternate(machine):
    counter = Counter(machine.image)
    for n in range(1, 6):
        assert machine.call("loop", n).value == n
        assert machine.call("loop", n, counter=counter).instructions == 3 * n + 3


CONDITIONAL = """
__attribute__((naked)) int choose(int a)
{ __asm__ volatile("cmp r0, #0\\n ite eq\\n moveq r0, #5\\n addne r0, #1\\n"
                   "it gt\\n addgt r0, #1\\n bx lr"); }
"""


@pytest.mark.parametrize("name", [n for n in ARM if load_board(n).cpu.name != "cortex-m0plus"])
def test_instructions_whose_condition_fails_do_not_count(build, name):
    board = load_board(name)
    machine = Machine(board, build(board, CONDITIONAL, ["choose"]))
    counter = Counter(machine.image)
    # cmp, ite, moveq, it, bx; "it gt" sees the flags of cmp (0 is not above 0)
    result = machine.call("choose", 0, counter=counter)
    assert (result.value, result.instructions) == (5, 5)
    # cmp, ite, addne, it, addgt, bx
    result = machine.call("choose", 7, counter=counter)
    assert (result.value, result.instructions) == (9, 6)


def test_stack_and_image_must_fit(build):
    board = load_board("stm32f103")
    image = build(board, "int f(int a) { return a; }", ["f"])
    with pytest.raises(DoesNotFit, match="a stack of 30000 bytes exceeds its 20480 of RAM"):
        Machine(board, image, stack_bytes=30_000)
    with pytest.raises(DoesNotFit, match="bytes of the image at 0x8000000 do not lie in its flash"):
        Machine(load_board("nrf52840"), image)


def test_the_host_is_not_emulated(build):
    board = load_board("stm32f103")
    image = build(board, "int f(int a) { return a; }", ["f"])
    with pytest.raises(NotAvailable, match="host has no emulator here; it can be native"):
        Machine(load_board("host"), image)
