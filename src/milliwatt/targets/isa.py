"""Instruction set features: what kernels ask for and cores offer."""

import enum


class Isa(enum.Flag):
    """Instruction set features that decide which kernels a core can run.

    ``SCALAR`` is what every core has: 32-bit integers. ``LONG_MULTIPLY`` is a 32x32 to 64-bit
    multiply (or high word) in a few cycles, ``DIVIDE`` a hardware divide, ``DSP`` the
    Armv7E-M and Armv8-M DSP extension, ``FLOAT`` single precision in hardware, ``DOUBLE``
    double precision in hardware, ``MANY_REGISTERS`` that about thirty integers stay in registers,
    twice as many as on Arm's microcontrollers.
    """

    SCALAR = enum.auto()
    LONG_MULTIPLY = enum.auto()
    DIVIDE = enum.auto()
    DSP = enum.auto()
    FLOAT = enum.auto()
    DOUBLE = enum.auto()
    MANY_REGISTERS = enum.auto()
