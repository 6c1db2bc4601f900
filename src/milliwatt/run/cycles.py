"""Estimate clock cycles from exact instruction counts and the core's manual.

Memory is taken to have no wait states, so real flash without a cache is slower: published
figures for silicon are 1.2 to 1.4 times these. Where a manual gives a range, this is what is taken:

* Pipeline refill P of a taken branch, on Cortex-M3 and M4 1 to 3 cycles by the target's alignment
  and width and by how early the core can guess it: 1 for a direct branch, whose target is known
  when it is decoded; 2 for a direct conditional one, which is resolved a stage later; 3 where
  the target comes from a register or from memory.
* Division, 2 to 12 cycles by the size of the quotient: 7, the middle. Long multiplications of
  Cortex-M3, 3 to 5: 4; with accumulation, 4 to 7: 6.
* Loads take 2 cycles, and 1 right behind another load whose result is not their address; a load
  or store whose address was computed by the instruction before takes 1 more. Stores with an
  immediate offset take 1; with a register offset 2, or 1 right behind a load.
* An instruction in an IT block whose condition fails takes 1.

Cortex-M0+ loads and stores are in memory, not on its I/O port, and its multiplier is the
single-cycle one (that of the RP2040).

Source: Arm 100166_0001 (Cortex-M4 r0p1) sections 3.3.1, 3.3.3 and 7.2.3; Arm DDI 0337I (Cortex-M3
r2p1) sections 3.3.1 and 3.3.2; Arm DDI 0484C (Cortex-M0+ r0p1) section 3.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from milliwatt.errors import NotAvailable
from milliwatt.run.counting import CodeCounts
from milliwatt.run.disassembly import Instruction, disassemble
from milliwatt.run.elf import ElfImage
from milliwatt.targets import Arch

_DIRECT = frozenset({"b", "bl", "cbz", "cbnz"})
_INDIRECT = frozenset({"bx", "blx", "tbb", "tbh"})
_LOADS = frozenset({"ldr", "ldrb", "ldrh", "ldrsb", "ldrsh", "ldrex", "ldrexb", "ldrexh", "vldr"})
_STORES = frozenset({"str", "strb", "strh", "strex", "strexb", "strexh", "vstr"})
_MULTIPLE = ("ldm", "stm", "push", "pop", "vldm", "vstm", "vpush", "vpop", "ldrd", "strd")


@dataclass(frozen=True)
class CycleModel:
    """Timings of one core.

    Attributes:
        name: as it appears in reports.
        other: cycles by operation, where they are not 1 and not given by the rules below.
        refill_direct, refill_conditional, refill_indirect: extra cycles of a taken branch.
        refill_call: extra cycles of ``bl``.
        refill_pop: extra cycles of a load of the program counter.
        pipelined: whether neighbouring loads and stores overlap.
    """

    name: str
    other: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    refill_direct: int = 1
    refill_conditional: int = 2
    refill_indirect: int = 3
    refill_call: int = 1
    refill_pop: int = 3
    pipelined: bool = True


_SYSTEM = {"mrs": 2, "msr": 2, "dsb": 1, "dmb": 1, "isb": 3, "tbb": 2, "tbh": 2}
_DIVIDE = {"sdiv": 7, "udiv": 7}
_FLOAT = {"vmla": 3, "vmls": 3, "vnmla": 3, "vnmls": 3, "vfma": 3, "vfms": 3, "vfnma": 3,
          "vfnms": 3, "vdiv": 14, "vsqrt": 14}  # fmt: skip
_LONG = {"smull": 4, "umull": 4, "smlal": 6, "umlal": 6, "mla": 2, "mls": 2}

MODELS: Mapping[str, CycleModel] = MappingProxyType(
    {
        "cortex-m0plus": CycleModel(
            "cortex-m0plus",
            other=MappingProxyType({"mrs": 3, "msr": 3, "dsb": 3, "dmb": 3, "isb": 3}),
            refill_direct=1,
            refill_conditional=1,
            refill_indirect=1,
            refill_call=2,
            refill_pop=2,
            pipelined=False,
        ),
        "cortex-m3": CycleModel("cortex-m3", MappingProxyType({**_SYSTEM, **_DIVIDE, **_LONG})),
        "cortex-m4": CycleModel("cortex-m4", MappingProxyType({**_SYSTEM, **_DIVIDE, **_FLOAT})),
    }
)


def estimate_cycles(model_name: str, counts: CodeCounts, image: ElfImage) -> int:
    """Return the estimated cycles of everything in ``counts``, executed from ``image``.

    Raises:
        NotAvailable: there is no such cycle model.
    """
    if model_name not in MODELS:
        raise NotAvailable(f"no cycle model '{model_name}'; there are: {', '.join(MODELS)}")
    model = MODELS[model_name]
    executions, departures = counts.executed.tolist(), counts.taken.tolist()
    cycles, before, straight, block_executions = 0, None, 0, 0
    for item in disassemble(image, Arch.ARM_M):
        column = (item.address - counts.base) >> 1
        executed, taken = executions[column], departures[column]
        if item.name == "it":
            block_executions = executed
        elif item.conditional and item.name != "b":
            # Passed over inside its IT block.
            cycles += max(block_executions - executed, 0)
        if executed:
            cycles += executed * _base(item, model)
            cycles += taken * _refill(item, model)
            if model.pipelined and before and before.address + before.size == item.address:
                # Only as often as control came from there.
                cycles += min(straight, executed) * _neighbour(before, item)
        before, straight = item, executed - taken
    return cycles


def _base(item: Instruction, model: CycleModel) -> int:
    """Cycles of ``item`` alone, not counting a refill."""
    if item.name.startswith(_MULTIPLE):
        return 1 + _words(item)
    if item.name in _LOADS or item.name in _STORES:
        immediate_store = item.name in _STORES and not item.register_offset
        if model.pipelined and immediate_store and not item.name.startswith("v"):
            return 1
        return 1 + _words(item)
    if item.name == "vmov" and item.text.count(",") > 1:
        return 2
    return model.other.get(item.name, 1)


def _words(item: Instruction) -> int:
    """Words that a load or store moves."""
    if item.name in ("ldrd", "strd"):
        return 2
    double = item.name.startswith("v") and (" d" in item.text or "{d" in item.text)
    return (item.registers or 1) * (2 if double else 1)


def _refill(item: Instruction, model: CycleModel) -> int:
    """Extra cycles each time control leaves ``item`` for another place."""
    if item.name == "bl":
        return model.refill_call
    if item.name in _DIRECT:
        conditional = item.conditional or item.name != "b"
        return model.refill_conditional if conditional else model.refill_direct
    if item.name in _INDIRECT:
        return model.refill_indirect
    if "pc" in item.written:
        return model.refill_pop if item.name != "mov" else model.refill_indirect
    return 0  # the end of an IT block, or the last instruction before the call returned


def _neighbour(before: Instruction, item: Instruction) -> int:
    """Change of ``item``'s cycles because it runs right behind ``before``."""
    if item.name not in _LOADS and item.name not in _STORES:
        return 0
    if before.written & item.address_registers:
        computed = before.name not in _LOADS and not before.name.startswith(_MULTIPLE)
        return 1 if computed else 0
    overlaps = before.name in _LOADS and not before.writes_back and "pc" not in before.written
    return -1 if overlaps and _costs_two(item) else 0


def _costs_two(item: Instruction) -> bool:
    return item.name in _LOADS or item.register_offset or item.name == "vstr"
