"""Instructions of a linked program, without mistaking literal pools for code."""

import bisect
import functools
from collections.abc import Iterator
from dataclasses import dataclass

import capstone
from capstone import arm, arm_const

from milliwatt.errors import NotAvailable
from milliwatt.run.elf import ElfImage
from milliwatt.targets import Arch, Cpu

INVALID = ".invalid"


@dataclass(frozen=True, slots=True)
class Instruction:
    """One machine instruction.

    Attributes:
        address: where it stands.
        size: 2 or 4 bytes.
        name: the operation, without condition, width or flag suffix: ``add``, ``ldr``, ``b``;
            `INVALID` for bytes that are none.
        text: as an assembler would write it.
        function: the function around it.
        conditional: executes only if the flags say so: a conditional branch, or inside an IT
            block. ``cbz`` is not: it always executes.
        written: registers that it writes, by name.
        address_registers: registers that make up the address of its load or store.
        registers: how many registers a load or store multiple moves.
        writes_back: changes its address register too.
        register_offset: adds a register to the address.
    """

    address: int
    size: int
    name: str
    text: str
    function: str
    conditional: bool = False
    written: frozenset[str] = frozenset()
    address_registers: frozenset[str] = frozenset()
    registers: int = 0
    writes_back: bool = False
    register_offset: bool = False


@functools.cache
def disassemble(image: ElfImage, arch: Arch) -> tuple[Instruction, ...]:
    """Return the instructions of every function of ``image``, by address.

    Raises:
        NotAvailable: ``arch`` is not one that is emulated.
    """
    engine = _engine(arch, detail=True)
    return tuple(
        item
        for start, end, function in _ranges(image)
        for item in _decode(engine, image, start, end, function)
    )


def first_instruction(code: bytes, address: int, cpu: Cpu) -> str:
    """Return the text of the instruction that ``code`` begins with."""
    for found in _engine(cpu.arch, detail=False).disasm(code, address, 1):
        return f"{found.mnemonic} {found.op_str}".strip()
    return "not an instruction"


def _engine(arch: Arch, *, detail: bool) -> capstone.Cs:
    if arch is Arch.ARM_M:
        mode = capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS | capstone.CS_MODE_V8
        engine = capstone.Cs(capstone.CS_ARCH_ARM, mode)
    elif arch is Arch.RISCV:
        mode = capstone.CS_MODE_RISCV32 | capstone.CS_MODE_RISCVC
        engine = capstone.Cs(capstone.CS_ARCH_RISCV, mode)
    else:
        raise NotAvailable(f"no disassembler for {arch.value} code")
    engine.detail = detail
    return engine


def _ranges(image: ElfImage) -> Iterator[tuple[int, int, str]]:
    """Yield ``(start, end, function)`` of stretches of code, in order, none twice."""
    code_ends = [s.address + len(s.data) for s in image.segments if s.executable]
    starts = sorted({f.address for f in image.functions} | {max(code_ends)})
    marks = [address for address, _ in image.marks]
    done = 0
    for symbol in image.functions:
        if symbol.address < done:
            continue  # another name for what has been seen
        following = starts[bisect.bisect_right(starts, symbol.address)]
        # Functions written in assembly may not state their size.
        end = symbol.address + symbol.size if symbol.size else following
        done = end
        at, name = symbol.address, image.function_at(symbol.address)
        while at < end:
            index = bisect.bisect_right(marks, at)
            stop = min(end, marks[index] if index < len(marks) else end)
            if index == 0 or image.marks[index - 1][1]:
                yield at, stop, name
            at = stop


def _decode(
    engine: capstone.Cs, image: ElfImage, start: int, end: int, function: str
) -> Iterator[Instruction]:
    segment = next(s for s in image.segments if s.address <= start < s.address + len(s.data))
    code = segment.data[start - segment.address : end - segment.address]
    at = start
    while at < end:
        for found in engine.disasm(code[at - start :], at):
            yield _instruction(engine, found, function)
            at = found.address + found.size
        if at < end:
            bad = code[at - start : at - start + 2].hex(" ")
            yield Instruction(at, 2, INVALID, bad, function)
            at += 2


def _instruction(engine: capstone.Cs, found: capstone.CsInsn, function: str) -> Instruction:
    text = f"{found.mnemonic} {found.op_str}".strip()
    name = str(engine.insn_name(found.id))
    if engine.arch != capstone.CS_ARCH_ARM:
        return Instruction(found.address, found.size, found.mnemonic, text, function)
    memory = [op for op in found.operands if op.type == arm.ARM_OP_MEM]
    plain = [op for op in found.operands if op.type == arm.ARM_OP_REG]
    written = {found.reg_name(register) for register in found.regs_access()[1]}
    used = {r for op in memory for r in (op.mem.base, op.mem.index) if r}
    multiple = name.startswith(("ldm", "stm", "vldm", "vstm"))
    return Instruction(
        address=found.address,
        size=found.size,
        name=name,
        text=text,
        function=function,
        conditional=found.cc not in (arm_const.ARM_CC_AL, arm_const.ARM_CC_INVALID),
        written=frozenset(written),
        address_registers=frozenset(found.reg_name(register) for register in used),
        registers=len(plain) - multiple,
        writes_back=bool(found.writeback),
        register_offset=any(op.mem.index for op in memory),
    )
