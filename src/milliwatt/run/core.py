"""What differs between the emulated cores: their models and where calls put arguments."""

from dataclasses import dataclass

import unicorn
from unicorn import arm_const, riscv_const
from unicorn.unicorn_py3.unicorn import Uc

from milliwatt.errors import NotAvailable
from milliwatt.targets import Arch, Cpu

_ARM_MODELS = {
    "cortex-m0": arm_const.UC_CPU_ARM_CORTEX_M0,
    "cortex-m3": arm_const.UC_CPU_ARM_CORTEX_M3,
    "cortex-m4": arm_const.UC_CPU_ARM_CORTEX_M4,
    "cortex-m7": arm_const.UC_CPU_ARM_CORTEX_M7,
    "cortex-m33": arm_const.UC_CPU_ARM_CORTEX_M33,
}


@dataclass(frozen=True, slots=True)
class Registers:
    """Where a calling convention puts things."""

    pc: int
    sp: int
    link: int
    arguments: tuple[int, ...]
    saved: tuple[int, ...]  # what a callee must restore
    float_arguments: tuple[int, ...]
    float_saved: tuple[int, ...]


def _arm(name: str) -> int:
    return int(getattr(arm_const, f"UC_ARM_REG_{name}"))


def _riscv(name: str) -> int:
    return int(getattr(riscv_const, f"UC_RISCV_REG_{name}"))


# AAPCS32, base and VFP variants.
ARM_REGISTERS = Registers(
    _arm("PC"), _arm("SP"), _arm("LR"),
    tuple(_arm(f"R{i}") for i in range(4)), tuple(_arm(f"R{i}") for i in range(4, 12)),
    tuple(_arm(f"S{i}") for i in range(16)), tuple(_arm(f"S{i}") for i in range(16, 32)),
)  # fmt: skip
# RISC-V calling convention, ILP32.
RISCV_REGISTERS = Registers(
    _riscv("PC"), _riscv("SP"), _riscv("RA"),
    tuple(_riscv(f"A{i}") for i in range(8)), tuple(_riscv(f"S{i}") for i in range(12)),
    (), (),
)  # fmt: skip


def new_emulator(cpu: Cpu) -> Uc:
    """Return an emulated ``cpu`` without any memory.

    Raises:
        NotAvailable: the emulator does not know this core.
    """
    if cpu.arch is Arch.RISCV:
        return _create(
            unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32, riscv_const.UC_CPU_RISCV32_ANY
        )
    if cpu.emulator_model not in _ARM_MODELS:
        raise NotAvailable(f"{cpu.name}: the emulator has no model '{cpu.emulator_model}'")
    # Never UC_MODE_MCLASS: it silently makes every core a Cortex-M33.
    model = _ARM_MODELS[cpu.emulator_model]
    return _create(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB, model)


def _create(arch: int, mode: int, model: int) -> Uc:
    emulator = Uc(arch, mode)
    emulator.ctl_set_cpu_model(model)
    return emulator
