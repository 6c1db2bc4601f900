"""The contract of everything that can run a model, and what compiled runners do alike."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from milliwatt.emit.layer import base_index
from milliwatt.emit.library import Library
from milliwatt.errors import Fault, InputError
from milliwatt.ir import Array, Graph, Special, Value
from milliwatt.plan import ALIGN_BYTES, Base, Call, Plan

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
        self._arena = self._state = self._table = 0

    @abstractmethod
    def _read(self, address: int, size: int) -> bytes: ...

    @abstractmethod
    def _write(self, address: int, data: bytes) -> None: ...

    @abstractmethod
    def _call(self, function: str, *arguments: int) -> None: ...

    def run(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs for one set of inputs; what lay outside the model's memory still does.

        Raises:
            InputError: an input has another shape or type.
            Fault: the code touched what it must not.
        """
        graph = self.plan.graph
        check_inputs(graph, inputs)
        self._fill(inputs)
        places = [self._base(v) for v in (*graph.inputs, *graph.outputs)]
        self._call(f"{self.library.model.prefix}_run", self._state, self._arena, *places)
        self._check_guards()
        return tuple(self._value(v) for v in graph.outputs)

    def trace(self, inputs: Sequence[Array]) -> Mapping[str, Array]:
        """Run step by step and return what every layer computed, by the node's name."""
        graph = self.plan.graph
        check_inputs(graph, inputs)
        self._fill(inputs)
        bases = {0: self._arena, 1: self._state}
        for v in (*graph.inputs, *graph.outputs):
            store = self.plan.stores[v]
            bases[base_index(graph, store.base, store.index)] = self._base(v)
        words = [bases[i].to_bytes(self._word_bytes, "little") for i in sorted(bases)]
        self._write(self._table, b"".join(words))
        results: dict[str, Array] = {}
        for step in self.plan.steps:
            call = self.plan.calls[step.index]
            self._call(self.library.model.layers[step.index], self._table, step.first, step.count)
            self._collect(call, step.first, step.count, results)
        self._check_guards()
        return results

    def reset(self) -> None:
        """Return every variable to its initial value."""
        self._call(f"{self.library.model.prefix}_reset", self._state)

    def memory_bytes(self) -> int:
        """Return how much memory `_lay_out` needs."""
        return (
            (2 + len(self.plan.graph.inputs) + len(self.plan.graph.outputs)) * self._word_bytes
            + 2 * GUARD_BYTES
            + self.plan.state_bytes
            + self.plan.arena_bytes
            + 2 * ALIGN_BYTES
        )

    def _lay_out(self, end: int) -> int:
        """Place arena, state and table below ``end``, the arena flush with it; return the start."""
        self._arena = (end - self.plan.arena_bytes) // ALIGN_BYTES * ALIGN_BYTES
        self._state = self._arena - GUARD_BYTES - self.plan.state_bytes
        bases = 2 + len(self.plan.graph.inputs) + len(self.plan.graph.outputs)
        self._table = self._state - GUARD_BYTES - bases * self._word_bytes
        self._table = self._table // ALIGN_BYTES * ALIGN_BYTES
        self._write(self._arena - GUARD_BYTES, _GUARD)
        self._write(self._state - GUARD_BYTES, _GUARD)
        self._call(f"{self.library.model.prefix}_init", self._state)
        return self._table

    def _check_guards(self) -> None:
        for name, end in (("arena", self._arena), ("state", self._state)):
            if self._read(end - GUARD_BYTES, GUARD_BYTES) != _GUARD:
                raise Fault(
                    f"{self.library.model.name}: bytes just below the {name} were overwritten"
                )

    def _fill(self, inputs: Sequence[Array]) -> None:
        # what an earlier call left behind must not matter
        self._write(self._arena, bytes([0x5A]) * self.plan.arena_bytes)
        for array, v in zip(inputs, self.plan.graph.inputs, strict=True):
            self._write(self._base(v), np.ascontiguousarray(array).tobytes())

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
        for row in range(first, first + count):
            at = self._address(v) + row % self.plan.stores[v].capacity * t.row_bytes
            rows[row] = np.frombuffer(self._read(at, t.row_bytes), t.dtype.numpy)
        results[call.node.name] = rows.reshape(t.shape)

    def _value(self, v: Value) -> Array:
        data = self._read(self._address(v), v.type.bytes)
        return np.frombuffer(data, v.type.dtype.numpy).reshape(v.type.shape).copy()

    def _base(self, v: Value) -> int:
        """Return the base address handed to the code for an input or output."""
        return self._arena + self.plan.stores[v].offset

    def _address(self, v: Value) -> int:
        store = self.plan.stores[v]
        base = self._state if store.base is Base.STATE else self._arena
        return base + store.offset
