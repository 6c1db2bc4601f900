"""One layer as a C function ``(at, first, rows)``: point at rows, call the kernel.

``at`` holds the base addresses: the arena, the state, then each input and each output. The function
computes rows ``first … first + rows - 1`` of its node's output, or takes as many rows of its input
where the node accumulates.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from milliwatt.emit.constants import ConstantPool, RecordPool
from milliwatt.emit.names import in_comment
from milliwatt.ir import DType, Graph, Kind, Special, TensorType, Value, Window
from milliwatt.plan import ALIGN_BYTES, Base, Call, Plan, PushKind

ARENA, STATE, FIRST_INPUT = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Outside:
    """Rows of the zero point, which stand in for rows outside a tensor; shared by all layers."""

    widths: dict[tuple[DType, int], int]

    @classmethod
    def of(cls, plan: Plan) -> "Outside":
        """Find out which rows the layers of ``plan`` need, and how wide."""
        widths: dict[tuple[DType, int], int] = {}
        for call in plan.calls:
            rule = call.node.op.rows(call.node.types)
            if isinstance(rule, Special) or call.kernel.outside_is_null:
                continue
            for window, t in zip(rule, call.node.types, strict=True):
                if window is not None and _leaves(window, t, call.node.output.type.rows):
                    key = (t.dtype, t.zero_point)
                    widths[key] = max(widths.get(key, 0), t.row_size)
        return cls(widths)

    def symbol(self, t: TensorType, pool: ConstantPool) -> str:
        """Return the symbol of the row for tensors like ``t``."""
        key = (t.dtype, t.zero_point)
        row = np.full(self.widths[key], t.zero_point, t.dtype.numpy)
        sign = "minus_" if t.zero_point < 0 else ""
        return pool.add(f"outside_{t.dtype.value}_{sign}{abs(t.zero_point)}", row)


class LayerWriter:
    """Writes the layer functions of a plan."""

    def __init__(self, plan: Plan, prefix: str, pool: ConstantPool, records: RecordPool) -> None:
        """Put constants into the pools; start every symbol with ``prefix``."""
        self._plan, self._prefix, self._pool, self._records = plan, prefix, pool, records
        self.model_name = prefix.removeprefix("mw_")
        self._outside = Outside.of(plan)

    def symbol(self, call: Call) -> str:
        """Return the name of a layer's function: ``mw_kws_layer_03_conv2d``."""
        return f"{self._prefix}_layer_{call.number:02d}_{call.kernel.stem}"

    def declaration(self, call: Call) -> str:
        """Return the function's prototype."""
        return f"void {self.symbol(call)}(uint8_t *const *at, int32_t first, int32_t rows);"

    def definition(self, call: Call) -> str:
        """Return the function."""
        node = call.node
        operands = ", ".join(str(v.type) for v in node.inputs)
        name = in_comment(node.name)
        head = f"/* {name}: {node.op.name}({operands}) -> {node.output.type} */"
        signature = self.declaration(call).removesuffix(";")
        rule = node.op.rows(node.types)
        if rule is Special.WHOLE:
            body = self._whole(call)
        elif rule is Special.ACCUMULATE:
            body = self._rows(call, (Window(),), accumulate=True)
            if self._slides:
                body = self._sum_of_window(call)
        else:
            assert not isinstance(rule, Special)  # noqa: S101  (views have no calls)
            body = self._rows(call, rule, accumulate=False)
            if _single_rows(call, rule) and self._held_once(call):
                body = self._one_row(call, rule)
        # not inlined, so that each layer's instructions can be told apart
        signature = f"__attribute__((noinline)) {signature}"
        return "\n".join([head, signature, "{", *(f"    {line}" for line in body), "}"])

    def _whole(self, call: Call) -> Iterator[str]:
        yield "(void)first;"
        yield "(void)rows;"
        inputs = [f"({self._address(v)})" for v in call.node.inputs if not self._packed(call, v)]
        yield self._invoke(call, [*inputs, *self._constants(call), self._address(call.node.output)])

    def _rows(
        self, call: Call, windows: tuple[Window | None, ...], *, accumulate: bool
    ) -> Iterator[str]:
        node, at_once = call.node, call.rows_per_call
        pairs = zip(windows, node.inputs, strict=False)
        operands = [(i, w, v) for i, (w, v) in enumerate(pairs) if w is not None]
        for i, window, _ in operands:
            yield f"const void *x{i}[{window.needs(0, at_once)[1]}];"
        if not accumulate:
            yield f"void *y[{at_once}];"
        yield f"for (int32_t done = 0; done < rows; done += {at_once}) {{"
        yield f"    const int32_t n = mw_at_most(rows - done, {at_once});"
        for i, window, v in operands:
            yield f"    {self._fill(call, i, v, window)}"
        arguments = [*(f"x{i}" for i, _, _ in operands), *self._constants(call)]
        if accumulate:
            arguments += [self._address(node.output), "first + done", "n"]
        else:
            base, rows, order = self._base(node.output), *self._rows_of(node.output)
            yield f"    mw_{order}_out(y, {base}, {rows}, first + done, n);"
            arguments += ["y", "n"]
        yield f"    {self._invoke(call, arguments)}"
        yield "}"

    def _one_row(self, call: Call, windows: tuple[Window | None, ...]) -> Iterator[str]:
        """As `_rows`, where all tensors are single rows: their addresses are known."""
        yield "(void)first;"
        yield "(void)rows;"
        tables = []
        for i, (window, v) in enumerate(zip(windows, call.node.inputs, strict=True)):
            if window is not None:
                yield f"const void *const x{i}[1] = {{{self._address(v)}}};"
                tables.append(f"x{i}")
        yield f"void *const y[1] = {{{self._address(call.node.output)}}};"
        yield self._invoke(call, [*tables, *self._constants(call), "y", "1"])

    def _sum_of_window(self, call: Call) -> Iterator[str]:
        """Yield a sum over the newest rows of a signal, taken anew for each row of the output."""
        x = call.node.inputs[0]
        summed = x.type.rows
        yield "(void)rows;"
        yield f"const void *x0[{summed}];"
        rows, order = self._rows_of(x)
        yield f"mw_{order}_in(x0, {self._base(x)}, {rows}, first, {summed}, 0);"
        yield "void *y[1];"
        rows, order = self._rows_of(call.node.output)
        yield f"mw_{order}_out(y, {self._base(call.node.output)}, {rows}, first, 1);"
        arguments = ["x0", *self._constants(call), "y[0]", "0", str(summed)]
        yield self._invoke(call, arguments)

    @property
    def _slides(self) -> bool:
        push = self._plan.push
        return push is not None and push.kind is PushKind.SLIDING

    def _held_once(self, call: Call) -> bool:
        """Tell whether no more than one row is kept of any tensor that a node touches."""
        touched = (v for v in (*call.node.inputs, call.node.output) if v.kind is not Kind.CONSTANT)
        return all(self._plan.stores[v].capacity == 1 for v in touched)

    def _fill(self, call: Call, i: int, v: Value, window: Window) -> str:
        row = "first + done" if window.stride == 1 else f"(first + done) * {window.stride}"
        start = row if window.pad == 0 else f"{row} - ({window.pad})"
        count = "n" if window == Window() else f"(n - 1) * {window.stride} + {window.span}"
        outside = "0"
        accumulates = call.node.op.rows(call.node.types) is Special.ACCUMULATE
        reads_zero_points = not accumulates and not call.kernel.outside_is_null
        if reads_zero_points and _leaves(window, v.type, call.node.output.type.rows):
            outside = self._outside.symbol(v.type, self._pool)
        rows, order = self._rows_of(v)
        return f"mw_{order}_in(x{i}, {self._base(v)}, {rows}, {start}, {count}, {outside});"

    def _params(self, call: Call) -> str:
        """Return the address of the node's parameters."""
        values = call.kernel.params(call.node).items()
        members = "".join(f"    .{name} = {value},\n" for name, value in values)
        return self._records.add(f"mw_{call.kernel.stem}_params", f"{{\n{members}}}")

    def _constants(self, call: Call) -> list[str]:
        arrays = call.variant.constants(call.node).items()
        return [self._pool.add(f"{call.number:02d}_{name}", array) for name, array in arrays]

    def _packed(self, call: Call, v: Value) -> bool:
        """Tell whether an operand reaches the kernel through its packed constants."""
        return v.kind is Kind.CONSTANT and bool(call.variant.constants(call.node))

    def _invoke(self, call: Call, arguments: list[str]) -> str:
        scratch = "0"
        if call.scratch_offset is not None:
            scratch = f"at[{ARENA}] + {call.scratch_offset}"
        everything = [self._params(call), *arguments, scratch]
        return f"{call.kernel.symbol(call.variant)}({', '.join(everything)});"

    def places(self, v: Value) -> str:
        """Return the table that says of each row of a tensor where it lies."""
        units = [place // ALIGN_BYTES for place in self._plan.stores[v].places]
        return self._records.table("places", [v.type.rows, *units])

    def _rows_of(self, v: Value) -> tuple[str, str]:
        """Return the address of what says where a tensor's rows lie, and who understands it."""
        store = self._plan.stores[v]
        if store.places:
            return self.places(v), "places"
        offset = store.offset if store.base in (Base.ARENA, Base.STATE) else 0
        endless = self._slides and v.kind is not Kind.CONSTANT
        height = "INT32_MAX" if endless else v.type.rows
        text = f"{{{offset}, {store.step_bytes}, {height}, {store.capacity}}}"
        return self._records.add("mw_rows", text), "rows"

    def _base(self, v: Value) -> str:
        store, graph = self._plan.stores[v], self._plan.graph
        if store.base is Base.CONSTANT:
            assert v.data is not None  # noqa: S101  (the verifier's rule)
            return f"(const uint8_t *){self._pool.add(_c_name(v.name), v.data)}"
        return f"at[{base_index(graph, store.base, store.index)}]"

    def _address(self, v: Value) -> str:
        store = self._plan.stores[v]
        offset = store.offset if store.base in (Base.ARENA, Base.STATE) else 0
        return f"{self._base(v)} + {offset}"


def base_index(graph: Graph, base: Base, index: int) -> int:
    """Return the position of a base address in ``at``."""
    if base is Base.INPUT:
        return FIRST_INPUT + index
    if base is Base.OUTPUT:
        return FIRST_INPUT + len(graph.inputs) + index
    return ARENA if base is Base.ARENA else STATE


def _single_rows(call: Call, rule: tuple[Window | None, ...]) -> bool:
    """Tell whether a node reads one row of each operand and writes one, all inside."""
    y = call.node.output.type
    return y.rows == 1 and all(
        window is None or (window.needs(0, 1) == (0, 1) and t.rows == 1)
        for window, t in zip(rule, call.node.types, strict=True)
    )


def _leaves(window: Window, t: TensorType, output_rows: int) -> bool:
    """Tell whether the window of some output row reaches outside the tensor."""
    first, count = window.needs(0, output_rows)
    return first < 0 or first + count > t.rows


def _c_name(name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name)
