"""Code for one core is refused on a core that lacks its instructions."""

from dataclasses import replace
from itertools import pairwise

import pytest

from milliwatt.errors import BuildFailed
from milliwatt.run.disassembly import INVALID, disassemble
from milliwatt.run.isa_check import check_isa
from milliwatt.targets import BOARDS, Support, load_board, load_cpu

EMULATED = [name for name in BOARDS if load_board(name).support is Support.EMULATED]
NRF = load_board("nrf52840")

PLAIN = """
#include <stdint.h>
#include <stddef.h>
void *memcpy(void *, const void *, size_t);
float f(float a, float b) { return a / b + 3.14159f; }
double d(double a, double b) { return a * b; }
int64_t g(int64_t a, int64_t b) { return a / b; }
int32_t h(int32_t a)
{ switch (a) { case 0: return 0x12345678; case 1: return 77777; case 2: return 5;
    case 3: return 0x7654321; case 4: return -9; default: return a * 99991; } }
void k(char *a, const char *b, size_t n) { memcpy(a, b, n); }
int32_t m(int32_t a, int32_t b) { return (int32_t)(((int64_t)a * b) >> 31); }
"""


@pytest.mark.parametrize("name", EMULATED)
def test_own_code_and_run_time_support_pass(build, name):
    board = load_board(name)
    image = build(board, PLAIN, list("fdghkm"))
    count = check_isa(image, board.cpu)
    items = disassemble(image, board.cpu.arch)
    assert count == len(items) > 200
    # All of the code was looked at, but for literal pools and the gaps between functions.
    assert sum(item.size for item in items) > 0.9 * image.code_bytes()
    assert INVALID not in {item.name for item in items}
    assert all(a.address + a.size <= b.address for a, b in pairwise(items))


@pytest.mark.parametrize(
    ("code", "mnemonic"),
    [
        ("smlad r0, r0, r1, r2", "smlad"),
        ("sxtb16 r0, r0", "sxtb16"),
        ("sxtb16 r0, r0, ror #8", "sxtb16"),
        ("smmulr r0, r0, r1", "smmulr"),
        ("smlabb r0, r0, r1, r2", "smlabb"),
        ("smulwt r0, r0, r1", "smulwt"),
        ("smlald r0, r1, r2, r3", "smlald"),
        ("pkhbt r0, r0, r1", "pkhbt"),
        ("pkhtb r0, r0, r1, asr #16", "pkhtb"),
        ("sxtab16 r0, r0, r1", "sxtab16"),
        ("uxtab r0, r0, r1", "uxtab"),
        ("sadd16 r0, r0, r1", "sadd16"),
        ("uqsub8 r0, r0, r1", "uqsub8"),
        ("qadd r0, r0, r1", "qadd"),
        ("qdsub r0, r0, r1", "qdsub"),
        ("ssat16 r0, #8, r0", "ssat16"),
        ("usada8 r0, r0, r1, r2", "usada8"),
        ("sel r0, r0, r1", "sel"),
        ("umaal r0, r1, r2, r3", "umaal"),
        ("smmlar r0, r1, r2, r3", "smmlar"),
        ("smusdx r0, r1, r2", "smusdx"),
        ("smlaltb r0, r1, r2, r3", "smlaltb"),
    ],
)
def test_dsp_is_refused_on_cortex_m3(build, code, mnemonic):
    image = build(NRF, f'void f(void) {{ __asm__ volatile("{code}" ::: "r0", "r1"); }}', ["f"])
    check_isa(image, NRF.cpu)
    with pytest.raises(BuildFailed, match=rf"^f at 0x0 has '{mnemonic} .*cortex-m3 .*no DSP"):
        check_isa(image, load_cpu("cortex-m3"))


@pytest.mark.parametrize(
    "code", ["ssat r0, #8, r0", "smull r0, r1, r2, r3", "mla r0, r1, r2, r3", "sxtb r0, r0",
             "sdiv r0, r0, r1", "ubfx r0, r0, #3, #4", "rbit r0, r0", "uxth.w r0, r0, ror #8"],
)  # fmt: skip
def test_what_cortex_m3_has_is_not_refused(build, code):
    image = build(NRF, f'void f(void) {{ __asm__ volatile("{code}" ::: "r0", "r1"); }}', ["f"])
    check_isa(image, load_cpu("cortex-m3"))
    if code == "sxtb r0, r0":  # 16 bits wide
        check_isa(image, load_cpu("cortex-m0plus"))
    else:
        with pytest.raises(BuildFailed, match="not in Armv6-M"):
            check_isa(image, load_cpu("cortex-m0plus"))


@pytest.mark.parametrize("code", ["cmp r0, #0\\n it eq\\n moveq r0, r1", "cbz r0, 1f\\n nop\\n1:"])
def test_short_thumb2_is_refused_on_cortex_m0plus(build, code):
    image = build(NRF, f'void f(void) {{ __asm__ volatile("{code}" ::: "r0"); }}', ["f"])
    check_isa(image, load_cpu("cortex-m3"))
    with pytest.raises(
        BuildFailed, match=r"f at .*which cortex-m0plus cannot execute: not in Armv6-M"
    ):
        check_isa(image, load_cpu("cortex-m0plus"))


def test_floating_point_needs_its_unit(build):
    image = build(NRF, "float f(float a, float b) { return a * b; }", ["f"])
    with pytest.raises(BuildFailed, match=r"f at 0x0 has 'vmul\.f32 .*no floating-point unit"):
        check_isa(image, load_cpu("cortex-m3"))
    h7 = load_board("stm32h743")
    image = build(h7, "double f(double a, double b) { return a * b; }", ["f"])
    check_isa(image, h7.cpu)
    for name in ("cortex-m4f", "cortex-m33"):
        with pytest.raises(BuildFailed, match=r"vmul\.f64.*no double precision"):
            check_isa(image, load_cpu(name))


@pytest.mark.parametrize(
    ("feature", "code"),
    [
        ("a", "amoadd.w a0, a1, (a2)"),
        ("f", "fadd.s fa0, fa0, fa1"),
        ("f", "c.flw fa0, 0(a0)"),
        ("zbb", "clz a0, a0"),
        ("zicsr", "csrr a0, mcycle"),
    ],
)
def test_riscv_extensions_are_refused(build, feature, code):
    board = load_board("esp32c3")
    flags = ("-target", "riscv32-freestanding-none", f"-mcpu=generic_rv32+m+c+{feature}")
    other = replace(board, cpu=replace(board.cpu, flags=flags))
    image = build(other, f'int g(int a) {{ __asm__ volatile("{code}"); return a; }}', ["g"])
    with pytest.raises(BuildFailed, match=r"g at 0x42000000 has .*which rv32imc cannot execute"):
        check_isa(image, board.cpu)


def test_literal_pools_are_not_taken_for_code(build):
    board = load_board("rp2040")
    # 0xfb20 0xf081 in memory order: a DSP instruction, were it code.
    text = "unsigned f(unsigned a) { return a ^ 0xf0812fb2u; }"
    image = build(board, text, ["f"])
    pools = [address for address, is_code in image.marks if not is_code]
    assert pools
    check_isa(image, board.cpu)
    assert not {item.address for item in disassemble(image, board.cpu.arch)} & set(pools)


def test_bytes_that_are_no_instruction_are_refused(build):
    image = build(NRF, 'void f(void) { __asm__ volatile(".inst.w 0xffffffff"); }', ["f"])
    with pytest.raises(BuildFailed, match=r"f at 0x0 has .*no such instruction"):
        check_isa(image, NRF.cpu)
