"""What a result says in words, for the terminal and the page alike.

A figure that does not exist is a dash, and its note says why.
"""

from dataclasses import dataclass

from milliwatt.report import units
from milliwatt.report.result import Counted, Duty, Heard, Layer, Metric, PushUse, Result, Slide
from milliwatt.report.units import NOTHING

NO_EMULATOR = "not measured: no emulator for this board"


@dataclass(frozen=True, slots=True)
class Fact:
    """A headline: ``value`` has its unit, ``share`` is the part of the board's memory taken."""

    label: str
    value: str
    note: str
    share: float | None = None
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """One model's right answers.

    ``value`` is in percent and counted, ``interval`` where the true share lies.
    """

    label: str
    value: str
    counted: str
    share: float
    interval: str


def headlines(result: Result) -> tuple[Fact, ...]:
    """Return memory, work, estimates and proof, in the order in which people ask for them."""
    return (
        _flash(result),
        _ram(result),
        _instructions(result),
        *([_push(result.push)] if result.push else []),
        *([_slide(result.slide)] if result.slide else []),
        _cycles(result),
        _latency(result),
        _energy(result),
        bit_exact(result),
    )


def scores(metric: Metric) -> tuple[Score, ...]:
    """Return what the float model, the int8 model and the device reached, as far as they ran."""
    return tuple(
        _score(label, of)
        for label, of in (
            ("in float", metric.float_model),
            ("in int8", metric.int8),
            ("on the device", metric.on_device),
        )
        if of is not None
    )


def _score(label: str, of: Counted) -> Score:
    counted = f"{of.right:,} of {of.total:,}"
    interval = f"95 % interval {100 * of.low:.1f} to {100 * of.high:.1f} %"
    return Score(label, f"{units.percent(of.share, 1)} ({counted})", counted, of.share, interval)


def heard(stream: Heard) -> tuple[Fact, ...]:
    """Return what a listening model heard in a long stream, and what it imagined."""
    words = _score("", stream.words)
    rate, low, high = stream.per_hour
    return (
        Fact(
            "Words heard",
            words.value,
            f"{words.interval}; in a stream of {stream.hours:g} h, threshold {stream.threshold:g}",
            words.share,
        ),
        Fact(
            "False accepts an hour",
            f"{rate:.2f}",
            f"{stream.false_accepts} in all, 95 % interval {low:.2f} to {high:.2f}; "
            f"{stream.others:,} other clips and all of the background were to be left alone",
        ),
    )


def average_power(duty: Duty) -> Fact:
    """Return the average power in use and what it is made of."""
    parts = [
        f"{duty.results_per_second:.3g} results a second",
        f"{units.percent(duty.cpu_share, 1)} of the core's time",
    ]
    if duty.active_milliwatts is not None:
        parts.append(f"computing {units.milliwatts(duty.active_milliwatts)}")
    parts.append(
        "sleep current not said: see [power]"
        if duty.sleep_milliwatts is None
        else f"asleep {units.milliwatts(duty.sleep_milliwatts)} ({duty.sleep_source})"
    )
    known = duty.active_milliwatts if duty.milliwatts is None else duty.milliwatts
    label = "Average power, estimated"
    if duty.milliwatts is None:
        label = "Average power of computing, estimated"
    return Fact(
        label, units.NOTHING if known is None else units.milliwatts(known), "; ".join(parts)
    )


def arena_against_bound(result: Result) -> str:
    """Say how far the arena is from the least that any arena needs."""
    arena, bound = result.arena_bytes, result.arena_bound_bytes
    if arena <= bound:
        return f"the least possible, {units.exact_bytes(bound)}"
    above = units.percent(arena - bound, bound)
    return f"{above} above the least possible, {units.exact_bytes(bound)}"


def energy_basis(result: Result) -> str:
    """Say which current and voltage the energy estimate rests on, or why there is none."""
    energy = result.energy
    if energy is None:
        if result.latency_ms_estimated is None:
            return "no estimate without a latency"
        return "no published current for this board"
    return f"{energy.microamps_per_mhz:.3g} µA/MHz at {energy.volts:.2g} V"


def short_op(layer: Layer) -> str:
    """Return the operator without its domain: ``conv2d``."""
    return layer.op.rpartition(".")[2]


def variant(layer: Layer) -> str:
    """Return the part of the kernel's symbol that the operator does not say: ``s8_dsp``."""
    return layer.kernel.removeprefix(f"mw_{short_op(layer)}_")


def bit_exact(result: Result) -> Fact:
    """Return which implementations agreed, which did not, and which were not compared."""
    found = result.bit_exact
    names = {
        "reference": found.reference,
        "host C": found.host,
        "target C": found.target,
        "TFLM": found.tflm,
    }
    agree = [name for name, same in names.items() if same]
    differ = [name for name, same in names.items() if same is False]
    absent = [name for name, same in names.items() if same is None]
    parts = [
        f"{text} {', '.join(which)}"
        for text, which in (("differ:", differ), ("agree:", agree), ("not compared:", absent))
        if which
    ]
    compared = bool(agree or differ) and found.samples > 0
    samples = f"{units.plural(found.samples, 'sample')}; " if compared else ""
    value = ("no" if differ else "yes") if compared else NOTHING
    return Fact("Bit-exact", value, samples + "; ".join(parts), bad=bool(differ))


def _flash(result: Result) -> Fact:
    flash, limit = result.flash, result.limits.flash_bytes
    if flash is None:
        return Fact("Flash", NOTHING, "not measured: this board has no flash image")
    note = f"code {units.exact_bytes(flash.code)}, weights {units.exact_bytes(flash.weights)}"
    return _memory("Flash", flash.total, limit, note)


def _ram(result: Result) -> Fact:
    ram = result.ram
    stack = NO_EMULATOR.replace("not", "stack not", 1)
    if ram.stack is not None:
        stack = f"stack {units.exact_bytes(ram.stack)}"
    arena = f"arena {units.exact_bytes(result.arena_bytes)} ({arena_against_bound(result)})"
    state = f"state {units.exact_bytes(ram.state)}"
    note = f"{state} with an {arena}, {stack}" if result.push else f"{arena}, {state}, {stack}"
    fact = _memory("RAM", ram.total, result.limits.ram_bytes, note)
    if ram.stack is not None:
        return fact
    return Fact("RAM without stack", fact.value, fact.note, fact.share, fact.bad)


def _push(push: PushUse) -> Fact:
    rows = units.plural(push.rows_per_result, "row")
    note = (
        f"instructions for each row pushed, counted in the steady state; a result every {rows} "
        f"takes {push.instructions_per_result:,} instructions"
    )
    return Fact("Pushed row", f"{push.instructions_per_row:,}", note)


def _slide(slide: Slide) -> Fact:
    return Fact("Like its window", f"{slide.equal} of {slide.windows}", str(slide))


def _memory(label: str, used: int, limit: int | None, note: str) -> Fact:
    if limit is None:
        return Fact(label, units.exact_bytes(used), note)
    share = used / limit
    note = f"{units.percent(used, limit)} of the board's {units.short_bytes(limit)}: {note}"
    return Fact(label, units.exact_bytes(used), note, share, bad=share > 1)


def _instructions(result: Result) -> Fact:
    if result.instructions is None:
        return Fact("Instructions", NOTHING, NO_EMULATOR)
    note = "one inference, counted on the emulated CPU"
    if result.macs:
        each = units.ratio(result.instructions, result.macs)
        note += f"; {each} per MAC, {units.exact_count(result.macs)} MACs"
    return Fact("Instructions", units.exact_count(result.instructions), note)


def _cycles(result: Result) -> Fact:
    if result.cycles_estimated is None:
        why = "no estimate without an instruction count"
        if result.cycle_model is None:
            why = "no cycle model for this CPU"
        return Fact("Cycles, estimated", NOTHING, why)
    note = f"model {result.cycle_model}" if result.cycle_model else "model not named"
    return Fact("Cycles, estimated", units.exact_count(result.cycles_estimated), note)


def _latency(result: Result) -> Fact:
    clock = result.limits.clock_hz
    if result.latency_ms_estimated is None:
        why = "no clock on record for this board" if clock is None else "no estimate without cycles"
        return Fact("Latency, estimated", NOTHING, why)
    note = f"one inference at {units.megahertz(clock)}" if clock else "one inference"
    return Fact("Latency, estimated", units.milliseconds(result.latency_ms_estimated), note)


def _energy(result: Result) -> Fact:
    energy = result.energy
    value = NOTHING if energy is None else units.microjoules(energy.microjoules_estimated)
    note = energy_basis(result)
    if energy is not None:
        note = f"one inference, CPU alone: {note}"
    return Fact("Energy, estimated", value, note)
