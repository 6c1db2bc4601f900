"""The contract of everything that can run a model, and what compiled runners do alike."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from milliwatt.emit.layer import base_index
from milliwatt.emit.library import Library
from milliwatt.errors import Fault, InputError
from milliwatt.ir import Array, Graph, Special, Value
from milliwatt.plan import ALIGN_BYTES, ARRIVAL, Base, Call, Plan
from milliwatt.run.pushing import all_steps, counted, sliding_steps

GUARD_BYTES = 32
_GUARD = bytes([0xC3]) * GUARD_BYTES


class Runner(Protocol):
    """Something that runs a model: the reference, the host, an emulated board."""

    def run(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs for one set of inputs, of the graph's own shapes and types."""

    def trace(self, inputs: Sequence[Array]) -> Mapping[str, Array]:
        """Run once, layer by layer, and return what every computing node gave, by its name."""

    def reset(self) -> None:
        """Forget what the model remembers between calls."""


def check_inputs(graph: Graph, inputs: Sequence[Array]) -> None:
    """Raise `InputError` unless the arrays have the types and shapes of the graph's inputs."""
    if len(inputs) != len(graph.inputs):
        raise InputError(f"the model takes {len(graph.inputs)} inputs, got {len(inputs)}")
    for array, v in zip(inputs, graph.inputs, strict=True):
        if array.shape != v.type.shape or array.dtype != v.type.dtype.numpy:
            raise InputError(
                f"input {v.name!r}: wanted {v.type.dtype.numpy} {list(v.type.shape)}, "
                f"found {array.dtype} {list(array.shape)}"
            )


class CompiledRunner(ABC):
    """Runs generated C in some memory: the arena, the state and guards around both.

    A subclass owns the memory and calls functions; addresses are those of that memory.
    """

    def __init__(self, plan: Plan, library: Library, word_bytes: int) -> None:
        """Take what was compiled; the subclass calls `_lay_out` when its memory stands."""
        self.plan, self.library = plan, library
        self._word_bytes = word_bytes
        self._arena = self._state = self._table = self._staging = 0
        self._staged: tuple[int, ...] = ()
        self._guards: dict[int, str] = {}

    @abstractmethod
    def _read(self, address: int, size: int) -> bytes: ...

    @abstractmethod
    def _write(self, address: int, data: bytes) -> None: ...

    @abstractmethod
    def _call(self, function: str, *arguments: int) -> int:
        """Call a function with addresses and numbers; return its first result register, signed."""

    def run(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs for one set of inputs; what lay outside the model's memory still does.

        Where rows are pushed, all rows of the input are, and the result is the one due at the end.

        Raises:
            InputError: an input has another shape or type.
            Fault: the code touched what it must not, or no result came when it was due.
        """
        graph = self.plan.graph
        check_inputs(graph, inputs)
        if self.plan.push is not None:
            return self._run_by_pushes(inputs[0])
        self._fill(inputs)
        places = [self._base(v) for v in (*graph.inputs, *graph.outputs)]
        self._call(f"{self.library.model.prefix}_run", self._state, self._arena, *places)
        self._check_guards()
        return tuple(self._value(v) for v in graph.outputs)

    def push(self, row: Array) -> tuple[Array, ...] | None:
        """Push one row of the input, of any shape; return the outputs if a result is due.

        Raises:
            Fault: the code touched what it must not.
        """
        outputs = self.plan.graph.outputs
        self._write(self._staging, np.ascontiguousarray(row).tobytes())
        places = [self._staging + at for at in self._staged]
        function = f"{self.library.model.prefix}_push"
        due = self._call(function, self._state, self._staging, *places)
        self._check_guards()
        if not due:
            return None
        return tuple(
            np.frombuffer(self._read(at, v.type.bytes), v.type.dtype.numpy).reshape(v.type.shape)
            for at, v in zip(places, outputs, strict=True)
        )

    def trace(self, inputs: Sequence[Array]) -> Mapping[str, Array]:
        """Run step by step and return what every layer computed, by the node's name."""
        graph = self.plan.graph
        check_inputs(graph, inputs)
        self._fill(inputs)
        self._write_bases()
        results: dict[str, Array] = {}
        for step in all_steps(self.plan):
            if step.index == ARRIVAL:
                self._arrive(inputs[0], step.first)
                continue
            call = self.plan.calls[step.index]
            first = counted(self.plan, call, step.first)
            self._call(self.library.model.layers[step.index], self._table, first, step.count)
            self._collect(call, step.first, step.count, results)
        self._check_guards()
        return results

    def trace_signal(self, signal: Array) -> Mapping[str, Array]:
        """Push rows ``[rows, row size]`` step by step; return all rows of every layer, by its name.

        Only for plans whose windows slide.
        """
        self._fill(())
        self._write_bases()
        v = self.plan.graph.inputs[0]
        found: dict[str, list[Array]] = {call.node.name: [] for call in self.plan.calls}
        for step in sliding_steps(self.plan, len(signal)):
            if step.index == ARRIVAL:
                at = self._arena + self.plan.stores[v].place(step.first)
                self._write(at, np.ascontiguousarray(signal[step.first]).tobytes())
                continue
            call = self.plan.calls[step.index]
            first = counted(self.plan, call, step.first)
            self._call(self.library.model.layers[step.index], self._table, first, 1)
            found[call.node.name].append(self._row(call.node.output, step.first))
        self._check_guards()
        return {
            call.node.name: np.array(
                found[call.node.name], call.node.output.type.dtype.numpy
            ).reshape(len(found[call.node.name]), -1)
            for call in self.plan.calls
        }

    def reset(self) -> None:
        """Return every variable to its initial value."""
        self._call(f"{self.library.model.prefix}_reset", self._state)

    def memory_bytes(self) -> int:
        """Return how much memory `_lay_out` needs."""
        graph = self.plan.graph
        bases = (2 + len(graph.inputs) + len(graph.outputs)) * self._word_bytes
        staging = 0
        if self.plan.push is not None:
            staging = sum(v.type.bytes + ALIGN_BYTES for v in (*graph.inputs, *graph.outputs))
        blocks = self.plan.state_bytes + self.plan.arena_bytes
        return bases + staging + blocks + 2 * GUARD_BYTES + 4 * ALIGN_BYTES

    def _lay_out(self, end: int) -> int:
        """Place arena, state and table below ``end``, the arena flush with it; return the start.

        Where rows are pushed, state and arena are one block.
        """
        between = 0 if self.plan.push is not None else GUARD_BYTES
        self._arena = (end - self.plan.arena_bytes) // ALIGN_BYTES * ALIGN_BYTES
        self._state = self._arena - between - self.plan.state_bytes
        bases = 2 + len(self.plan.graph.inputs) + len(self.plan.graph.outputs)
        self._table = self._state - GUARD_BYTES - bases * self._word_bytes
        self._table = self._table // ALIGN_BYTES * ALIGN_BYTES
        if between:
            self._guard(self._arena - GUARD_BYTES, "below the arena")
        self._guard(self._state - GUARD_BYTES, "below the state")
        start = self._lay_out_staging(self._table) if self.plan.push is not None else self._table
        self._call(f"{self.library.model.prefix}_init", self._state)
        return start

    def _lay_out_staging(self, end: int) -> int:
        """Place what a caller of the push function owns: a row, and room for the outputs."""
        at, offsets = self.plan.graph.inputs[0].type.row_bytes, []
        for v in self.plan.graph.outputs:
            at = -(-at // ALIGN_BYTES) * ALIGN_BYTES
            offsets.append(at)
            at += v.type.bytes
        self._staging = (end - at) // ALIGN_BYTES * ALIGN_BYTES
        self._staged = tuple(offsets)
        return self._staging

    def _run_by_pushes(self, whole: Array) -> tuple[Array, ...]:
        self.reset()
        rows = whole.reshape(self.plan.graph.inputs[0].type.rows, -1)
        push = self.plan.push
        if push is not None and push.endless:
            # as often as it takes to the first result, which looks further than the input
            rows = np.resize(rows, (push.first_result_rows, rows.shape[1]))
        results = [self.push(row) for row in rows]
        due = [r for r in results if r is not None]
        if len(due) != 1 or (results[-1] is None and self._ends_with_a_result()):
            raise Fault(f"{len(due)} results of {len(rows)} rows pushed; wanted one, with the last")
        return due[0]

    def _ends_with_a_result(self) -> bool:
        push = self.plan.push
        return push is not None and (
            push.endless or push.first_result_rows == self.plan.graph.inputs[0].type.rows
        )

    def _guard(self, address: int, where: str) -> None:
        """Put a pattern at ``address`` that nothing may change."""
        self._write(address, _GUARD)
        self._guards[address] = where

    def _check_guards(self) -> None:
        for address, where in self._guards.items():
            if self._read(address, GUARD_BYTES) != _GUARD:
                raise Fault(f"{self.library.model.name}: bytes just {where} were overwritten")

    def _fill(self, inputs: Sequence[Array]) -> None:
        # what an earlier call left behind must not matter
        self._write(self._arena, bytes([0x5A]) * self.plan.arena_bytes)
        if self.plan.push is not None:
            return
        for array, v in zip(inputs, self.plan.graph.inputs, strict=True):
            self._write(self._base(v), np.ascontiguousarray(array).tobytes())

    def _arrive(self, whole: Array, row: int) -> None:
        """Put a row of the input where the push function would."""
        v = self.plan.graph.inputs[0]
        data = np.ascontiguousarray(whole.reshape(v.type.rows, -1)[row]).tobytes()
        self._write(self._arena + self.plan.stores[v].place(row), data)

    def _collect(self, call: Call, first: int, count: int, results: dict[str, Array]) -> None:
        """Take the rows that a step has just computed, before a ring can turn over them."""
        v = call.node.output
        if isinstance(call.node.op.rows(call.node.types), Special):
            results[call.node.name] = self._value(v)
            return
        t = v.type
        rows = results.setdefault(
            call.node.name, np.zeros((t.rows, t.row_size), t.dtype.numpy)
        ).reshape(t.rows, t.row_size)
        for row in range(first, min(first + count, t.rows)):  # a slide may make more than that
            rows[row] = self._row(v, row)
        results[call.node.name] = rows.reshape(t.shape)

    def _row(self, v: Value, row: int) -> Array:
        at = self._held_in(v) + self.plan.stores[v].place(row)
        return np.frombuffer(self._read(at, v.type.row_bytes), v.type.dtype.numpy)

    def _write_bases(self) -> None:
        """Write the table of base addresses that layers are given."""
        graph, bases = self.plan.graph, {0: self._arena, 1: self._state}
        for v in (*graph.inputs, *graph.outputs):
            store = self.plan.stores[v]
            if store.base in (Base.INPUT, Base.OUTPUT):
                bases[base_index(graph, store.base, store.index)] = self._base(v)
        words = [bases[i].to_bytes(self._word_bytes, "little") for i in sorted(bases)]
        self._write(self._table, b"".join(words))

    def _value(self, v: Value) -> Array:
        data = self._read(self._address(v), v.type.bytes)
        return np.frombuffer(data, v.type.dtype.numpy).reshape(v.type.shape).copy()

    def _base(self, v: Value) -> int:
        """Return the base address handed to the code for an input or output."""
        return self._arena + self.plan.stores[v].offset

    def _address(self, v: Value) -> int:
        return self._held_in(v) + self.plan.stores[v].offset

    def _held_in(self, v: Value) -> int:
        """Return where the block of memory begins that holds a tensor."""
        return self._state if self.plan.stores[v].base is Base.STATE else self._arena
