"""Refuse code that uses instructions its core does not have.

Emulators are too kind (a Cortex-M3 is given DSP instructions), so the proof is by disassembly.
"""

import re

from milliwatt.errors import BuildFailed
from milliwatt.run.disassembly import INVALID, Instruction, disassemble
from milliwatt.run.elf import ElfImage
from milliwatt.targets import Arch, Cpu, Isa

# The 32-bit encodings of Armv6-M, and 16-bit Thumb that it lacks.
_V6M_WIDE = frozenset({"bl", "dmb", "dsb", "isb", "mrs", "msr"})
_V6M_ABSENT = frozenset({"cbz", "cbnz", "it"})
# The DSP extension of Armv7E-M: Armv7-M ARM (DDI 0403E), section A1.2 and table A5.
_DSP = re.compile(
    r"[su]xt(b16|ab|ab16|ah)|[su]xtab16|sxtb16|uxtb16"
    r"|(s|q|sh|u|uq|uh)(add16|add8|sub16|sub8|asx|sax)"
    r"|q(d)?(add|sub)|sel|pkh(bt|tb)|usad8|usada8|[su]sat16"
    r"|smla[bt][bt]|smlal[bt][bt]|smul[bt][bt]|smlaw[bt]|smulw[bt]"
    r"|sml[as]dx?|sml[as]ldx?|smu[as]dx?|smm(la|ls|ul)r?|umaal"
)
_RV32 = re.compile(
    r"lui|auipc|jal|jalr|b(eq|ne|lt|ge|ltu|geu)|l(b|h|w|bu|hu)|s(b|h|w)|(add|xor|or|and)i?"
    r"|slti?u?|s(ll|rl|ra)i?|sub|fence|ecall|ebreak"
    # what a disassembler calls common forms of them
    r"|nop|li|la|mv|not|neg|s(eq|ne|lt|gt)z|b(eq|ne|le|ge|lt|gt)z|b(gt|le)u?|j|jr|ret|call|tail"
)
_RV32M = re.compile(r"mul|mulh(s?u)?|(div|rem)u?")
_RV32C_FLOAT = re.compile(r"c\.f(l|s)[wd](sp)?")


def check_isa(image: ElfImage, cpu: Cpu) -> int:
    """Check every instruction of every function of ``image`` and return how many there are.

    Raises:
        BuildFailed: ``cpu`` lacks an instruction, or bytes of a function are none. Names the
            function, the instruction and what is missing.
    """
    missing = _missing_riscv if cpu.arch is Arch.RISCV else _missing_arm
    instructions = disassemble(image, cpu.arch)
    for item in instructions:
        lacks = "no such instruction" if item.name == INVALID else missing(item, cpu.isa)
        if lacks:
            raise BuildFailed(
                f"{item.function} at {item.address:#x} has '{item.text}', which {cpu.name} cannot "
                f"execute: {lacks}"
            )
    return len(instructions)


def _missing_arm(item: Instruction, isa: Isa) -> str | None:
    """Say what a Cortex-M core with ``isa`` lacks to execute ``item``, or None."""
    name = item.name
    if Isa.LONG_MULTIPLY not in isa:
        wide = item.size == 4 and name not in _V6M_WIDE
        if wide or name in _V6M_ABSENT:
            return "not in Armv6-M"
    if Isa.DSP not in isa and _DSP.fullmatch(name):
        return "no DSP extension"
    if name.startswith("v") and Isa.FLOAT not in isa:
        return "no floating-point unit"
    arithmetic = ".f64" in item.text and not name.startswith(("vldr", "vstr", "vmov"))
    if arithmetic and Isa.DOUBLE not in isa:
        return "no double precision"
    return None


def _missing_riscv(item: Instruction, isa: Isa) -> str | None:
    name = item.name
    if name.startswith("c."):
        return "no floating-point unit" if _RV32C_FLOAT.fullmatch(name) else None
    if _RV32.fullmatch(name) or (_RV32M.fullmatch(name) and Isa.LONG_MULTIPLY in isa):
        return None
    return "not in RV32IMC"
