"""A board's CPU and memory, emulated: call functions of a linked program, see what goes wrong.

Memory is the board's and nothing else: flash can be read and executed, RAM read and written.
The stack lies at the low end of RAM and grows down, so that an overflow leaves RAM; a caller
that puts its buffers at the high end sees overruns in the same way.
"""

import ctypes
import struct
import weakref
from dataclasses import dataclass

import unicorn
from unicorn.unicorn_py3.unicorn import UcError, uclib

from milliwatt.errors import DoesNotFit, Fault, NotAvailable
from milliwatt.run.core import ARM_REGISTERS, RISCV_REGISTERS, new_emulator
from milliwatt.run.counting import Counter, CounterState, hooks
from milliwatt.run.disassembly import first_instruction
from milliwatt.run.elf import ElfImage
from milliwatt.targets import Arch, Board, Isa, Memory, Support

MAX_INSTRUCTIONS = 4_000_000_000
_PAGE = 4096
# Calls return to a page of its own. Arm's default memory map allows code there (below
# 0xA0000000), and none of the boards has anything there.
_STOP = 0x9F00_0000
_STACK_ALIGNMENT = 16  # RISC-V's; Arm's is 8
_PAINT = 0xA5
_ERASED = 0xFF  # what empty flash reads as; also no valid instruction
_WRITES = (unicorn.UC_MEM_WRITE_UNMAPPED, unicorn.UC_MEM_WRITE_PROT)
_FETCHES = (unicorn.UC_MEM_FETCH_UNMAPPED, unicorn.UC_MEM_FETCH_PROT)


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a call left in the result registers, and what it took.

    Attributes:
        value: first result register, unsigned 32 bits.
        high: second result register: the upper half of a 64-bit result.
        single: the result of a function that returns ``float``.
        instructions: executed; None where the call was not counted.
    """

    value: int
    high: int
    single: float
    instructions: int | None

    @property
    def signed(self) -> int:
        """`value` as a signed 32-bit integer."""
        return self.value - (1 << 32) if self.value >> 31 else self.value

    @property
    def wide(self) -> int:
        """The result of a function that returns a signed 64-bit integer."""
        both = self.high << 32 | self.value
        return both - (1 << 64) if both >> 63 else both


class Machine:
    """An emulated board with a program in its flash."""

    def __init__(self, board: Board, image: ElfImage, stack_bytes: int = 4096) -> None:
        """Load ``image``; the lowest ``stack_bytes`` of RAM become the stack.

        Raises:
            NotAvailable: the board has no emulator.
            DoesNotFit: the stack is larger than the RAM, or the image lies outside the flash.
        """
        if board.support is not Support.EMULATED or board.flash is None or board.ram is None:
            raise NotAvailable(
                f"{board.name} has no emulator here; it can be {board.support.value}"
            )
        self.board, self.image = board, image
        self.ram: Memory = board.ram
        self._stack_top = board.ram.origin + stack_bytes // _STACK_ALIGNMENT * _STACK_ALIGNMENT
        if stack_bytes > board.ram.size:
            raise DoesNotFit(
                f"{board.name}: a stack of {stack_bytes} bytes exceeds its {board.ram.size} of RAM"
            )
        self._flashes = tuple(m for m in (board.flash, board.flash_data) if m)
        self._emulator = new_emulator(board.cpu)
        self._registers = ARM_REGISTERS if self._is_arm else RISCV_REGISTERS
        self._hardware_float = self._is_arm and Isa.FLOAT in board.cpu.isa
        self._map(image)
        self._access: tuple[int, int, int] | None = None  # kind, address, size of a bad access
        self._watch_memory()
        self._state = CounterState()
        self._state.stop = ctypes.cast(uclib.uc_emu_stop, ctypes.c_void_p).value
        self._hook: tuple[str, int] | None = None
        self._entry_sp = self._stack_top

    @property
    def _is_arm(self) -> bool:
        return self.board.cpu.arch is Arch.ARM_M

    @property
    def free_ram(self) -> Memory:
        """RAM above the stack, for the caller's buffers (place them from its end down)."""
        return Memory(self._stack_top, self.ram.end - self._stack_top)

    def write(self, address: int, data: bytes) -> None:
        """Put ``data`` into RAM.

        Raises:
            DoesNotFit: not all of it lies in RAM.
        """
        self._require_ram(address, len(data))
        self._emulator.mem_write(address, bytes(data))

    def read(self, address: int, size: int) -> bytes:
        """Return ``size`` bytes of RAM or flash.

        Raises:
            DoesNotFit: not all of them lie in one memory of the board.
        """
        if not any(memory.holds(address, size) for memory in self._flashes):
            self._require_ram(address, size)
        return bytes(self._emulator.mem_read(address, size))

    def paint_stack(self) -> None:
        """Fill the stack with a pattern, so that `stack_peak_bytes` can see what is used."""
        size = self._stack_top - self.ram.origin
        self._emulator.mem_write(self.ram.origin, bytes([_PAINT]) * size)

    def stack_peak_bytes(self) -> int:
        """Return the deepest stack of the calls since `paint_stack`, in bytes.

        Measured down from the stack pointer at entry of the function called: what the function
        and its callees used. Bytes reserved but never written do not show.
        """
        stack = self.read(self.ram.origin, self._entry_sp - self.ram.origin)
        untouched = len(stack) - len(stack.lstrip(bytes([_PAINT])))
        return len(stack) - untouched

    def call(
        self,
        function: str,
        *arguments: float,
        counter: Counter | None = None,
        max_instructions: int = MAX_INSTRUCTIONS,
    ) -> CallResult:
        """Call ``function`` with 32-bit integers, addresses and floats, and wait for its return.

        With a ``counter`` every instruction is counted, into it. Without one the limit is
        applied to code bytes instead, at 4 an instruction, and execution is several times faster.

        Raises:
            BadFile: the image has no such function.
            Fault: a bad access, a bad instruction, too many instructions, or a callee-saved
                register not restored. Says what, where and in which function.
        """
        address = self.image.symbol(function).address
        emulator, registers = self._emulator, self._registers
        self._use_hook(counter, max_instructions)
        self._place_arguments(arguments)
        saved = (*registers.saved, *(registers.float_saved if self._hardware_float else ()))
        for index, register in enumerate(saved):
            emulator.reg_write(register, 0x5A00_0000 + index)
        thumb = 1 if self._is_arm else 0
        emulator.reg_write(registers.link, _STOP | thumb)
        self._access = None
        try:
            emulator.emu_start(address | thumb, _STOP)
        except UcError as error:
            raise self._fault(function, error) from None
        if self._state.exhausted:
            raise self._fault_at(
                function, f"still running after {max_instructions} instructions (no end in sight)"
            )
        if emulator.reg_read(registers.pc) & ~1 != _STOP:
            raise self._fault_at(function, "stopped without returning (it waits for an interrupt)")
        if counter:
            counter.detach(self._state)
        self._check_saved(function, saved)
        return self._result(self._state.spent if counter else None)

    def _place_arguments(self, arguments: tuple[int | float, ...]) -> None:
        """Distribute arguments as the calling convention says, and set the stack pointer."""
        registers = self._registers
        free, free_float = list(registers.arguments), list(registers.float_arguments)
        on_stack = b""
        for argument in arguments:
            if isinstance(argument, float):
                (word,) = struct.unpack("<I", struct.pack("<f", argument))
            else:
                word = int(argument) & 0xFFFF_FFFF
            in_float_register = isinstance(argument, float) and self._hardware_float
            queue = free_float if in_float_register else free
            if queue:
                self._emulator.reg_write(queue.pop(0), word)
            else:
                on_stack += struct.pack("<I", word)
        sp = (self._stack_top - len(on_stack)) // _STACK_ALIGNMENT * _STACK_ALIGNMENT
        if on_stack:
            self.write(sp, on_stack)
        self._entry_sp = sp
        self._emulator.reg_write(registers.sp, sp)

    def _result(self, instructions: int | None) -> CallResult:
        read, registers = self._emulator.reg_read, self._registers
        value, high = (int(read(r)) & 0xFFFF_FFFF for r in registers.arguments[:2])
        bits = int(read(registers.float_arguments[0])) if self._hardware_float else value
        (single,) = struct.unpack("<f", struct.pack("<I", bits & 0xFFFF_FFFF))
        return CallResult(value, high, single, instructions)

    def _check_saved(self, function: str, saved: tuple[int, ...]) -> None:
        read = self._emulator.reg_read
        if read(self._registers.sp) != self._entry_sp:
            raise Fault(f"{function} returned with another stack pointer than it was called with")
        for index, register in enumerate(saved):
            if read(register) != 0x5A00_0000 + index:
                raise Fault(
                    f"{function} returned without restoring callee-saved register {index} "
                    f"(of {len(saved)}: {self._saved_names()})"
                )

    def _saved_names(self) -> str:
        return "r4 to r11, then s16 to s31" if self._is_arm else "s0 to s11"

    def _use_hook(self, counter: Counter | None, max_instructions: int) -> None:
        """Have the emulator call the counting hook, or the watching one."""
        name = "mw_count_instruction" if counter else "mw_watch_block"
        kind = unicorn.UC_HOOK_CODE if counter else unicorn.UC_HOOK_BLOCK
        engine = self._emulator._uch  # noqa: SLF001  (only the C interface takes C callbacks)
        if self._hook is None or self._hook[0] != name:
            if self._hook:
                uclib.uc_hook_del(engine, ctypes.c_size_t(self._hook[1]))
                # Translated code has the calls of the old hook in it.
                self._emulator.ctl_flush_tb()
            handle = ctypes.c_size_t()
            status = uclib.uc_hook_add(
                engine,
                ctypes.byref(handle),
                kind,
                ctypes.cast(getattr(hooks(), name), ctypes.c_void_p),
                ctypes.cast(ctypes.byref(self._state), ctypes.c_void_p),
                ctypes.c_uint64(1),  # begin above end: everywhere
                ctypes.c_uint64(0),
            )
            if status != unicorn.UC_ERR_OK:
                raise NotAvailable(f"the emulator refused the hook {name}: error {status}")
            self._hook = (name, handle.value)
        self._state.budget = max_instructions * (1 if counter else 4)
        self._state.spent = self._state.exhausted = 0
        if counter:
            counter.attach(self._state)

    def _watch_memory(self) -> None:
        """Have the emulator report bad accesses, without keeping this object alive for it.

        A cycle would leave closing the emulator, and with it much memory, to a later collection.
        """
        me = weakref.ref(self)

        def on_bad_access(
            _uc: object, kind: int, address: int, size: int, _value: int, _data: object
        ) -> bool:
            machine = me()
            if machine is not None:
                machine._access = (kind, address, size)  # noqa: SLF001  (it is this class)
            return False

        self._emulator.hook_add(unicorn.UC_HOOK_MEM_INVALID, on_bad_access)

    def _fault(self, function: str, error: UcError) -> Fault:
        if self._access is None:
            return self._exception(function, error)
        kind, address, size = self._access
        if kind in _FETCHES:
            return self._fault_at(
                function, f"jump to {address:#x}, which is {self._place(address)}"
            )
        action = "write" if kind in _WRITES else "read"
        what = f"{action} of {size} bytes at {address:#x}, {self._place(address)}"
        if kind in _WRITES and any(memory.holds(address) for memory in self._flashes):
            what += " (flash cannot be written)"
        if kind == unicorn.UC_MEM_READ_PROT:
            what += " (code here can be executed, not read)"
        sp = int(self._emulator.reg_read(self._registers.sp))
        if sp < self.ram.origin:
            size = self._stack_top - self.ram.origin
            what += f": the stack of {size} bytes has overflowed (sp = {sp:#x})"
        return self._fault_at(function, what)

    def _exception(self, function: str, error: UcError) -> Fault:
        """Tell apart what the emulator reports as one thing: the core raised an exception."""
        pc = self._pc()
        if error.errno not in (unicorn.UC_ERR_INSN_INVALID, unicorn.UC_ERR_EXCEPTION):
            return self._fault_at(function, f"the emulator stopped: {error}")
        if not self._is_arm:
            pc -= 4  # where the emulator's exception entry leaves it
        if not any(memory.holds(pc) for memory in self._flashes):
            return self._fault_at(function, f"jump to {pc:#x}, which is {self._place(pc)}", pc)
        code = bytes(self._emulator.mem_read(pc, 4))
        text = first_instruction(code, pc, self.board.cpu)
        if text.startswith(("ldr", "str", "ldm", "stm", "push", "pop")):
            return self._fault_at(function, f"unaligned access by '{text}'", pc)
        return self._fault_at(function, f"invalid instruction {code.hex(' ')} ({text})", pc)

    def _pc(self) -> int:
        return int(self._emulator.reg_read(self._registers.pc)) & ~1

    def _fault_at(self, function: str, what: str, pc: int | None = None) -> Fault:
        pc = self._pc() if pc is None else pc
        where = self.image.function_at(pc)
        if not any(memory.holds(pc) for memory in self._flashes):
            # Jumped out of the code: the link register tells from where, or nearly so.
            link = int(self._emulator.reg_read(self._registers.link))
            where = f"{where}, reached from {self.image.function_at(link)}"
        return Fault(f"{self.board.name}: in {where} at {pc:#x} (called: {function}): {what}")

    def _place(self, address: int) -> str:
        """Say where ``address`` lies, from the board's point of view."""
        for memory in self._flashes:
            if memory.holds(address):
                return f"{address - memory.origin:#x} bytes into flash"
        if self.ram.holds(address):
            return f"{address - self.ram.origin:#x} bytes into RAM"
        near = 1 << 20
        for name, memory in (("RAM", self.ram), ("flash", self._flashes[0])):
            if memory.end <= address < memory.end + near:
                return f"{address - memory.end} bytes beyond the end of {name} ({memory.end:#x})"
            if memory.origin - near <= address < memory.origin:
                below = memory.origin - address
                return f"{below} bytes below the start of {name} ({memory.origin:#x})"
        return "outside all memory"

    def _require_ram(self, address: int, size: int) -> None:
        if not self.ram.holds(address, size):
            raise DoesNotFit(
                f"{self.board.name}: {size} bytes at {address:#x} do not lie in its RAM "
                f"({self.ram.origin:#x} to {self.ram.end:#x})"
            )

    def _map(self, image: ElfImage) -> None:
        code, *data = self._flashes
        # Where constants have a window of their own, code cannot be read. The emulator enforces
        # it for pages that it has not executed.
        access = unicorn.UC_PROT_EXEC if data else unicorn.UC_PROT_EXEC | unicorn.UC_PROT_READ
        self._emulator.mem_map(code.origin, code.size, access)
        for memory in data:
            self._emulator.mem_map(memory.origin, memory.size, unicorn.UC_PROT_READ)
        for memory in self._flashes:
            self._emulator.mem_write(memory.origin, bytes([_ERASED]) * memory.size)
        self._emulator.mem_map(
            self.ram.origin, self.ram.size, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE
        )
        self._emulator.mem_map(_STOP, _PAGE, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        for segment in image.segments:
            if not any(m.holds(segment.address, len(segment.data)) for m in self._flashes):
                raise DoesNotFit(
                    f"{self.board.name}: {len(segment.data)} bytes of the image at "
                    f"{segment.address:#x} do not lie in its flash"
                )
            self._emulator.mem_write(segment.address, segment.data)
