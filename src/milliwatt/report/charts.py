"""The charts of a page: a result's figures made into bars, a memory map and a heat map.

Layers keep their number in the table beside their name: long names may differ in the middle only,
which is what a label drops.
"""

import math
from collections.abc import Iterator, Sequence
from html import escape

from milliwatt.report import facts, units
from milliwatt.report.names import printable
from milliwatt.report.result import LayerError, Metric, Result, Study
from milliwatt.report.svg import Bar, Block, Level, bars, memory_map

_TICKS = 6


def accuracy_chart(accuracy: Metric) -> str:
    """Return bars of the share of right answers, 0 to 100 %."""
    rows = [
        Bar(f"Right {score.label}", score.value, (score.share,)) for score in facts.scores(accuracy)
    ]
    return bars("Accuracy", "Share of test recordings answered right", rows)


def confusion_table(study: Study) -> str:
    """Return a heat map of recordings: true class down, the device's answer across."""
    head = "".join(f'<th scope="col">{_text(label)}</th>' for label in study.labels)
    body = "".join(
        f'<tr><th scope="row">{_text(label)}</th>{"".join(_heat_cells(row, i, study.labels))}</tr>'
        for i, (label, row) in enumerate(zip(study.labels, study.confusion, strict=True))
    )
    return (
        f'<table class="heat"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>'
    )


def recall_chart(study: Study) -> str:
    """Return bars of the share of each class that the device got right."""
    rows = []
    for i, (label, row) in enumerate(zip(study.labels, study.confusion, strict=True)):
        right, total = row[i], sum(row)
        figure = f"{units.percent(right, total)} ({right:,} of {total:,})"
        rows.append(Bar(label, figure, (right / total if total else 0.0,)))
    return bars("Right by class", "Share of each class that the device answered right", rows)


def memory_chart(result: Result) -> str:
    """Return the arena over time: which buffer lives where, from which layer to which."""
    columns, unit = steps(result)
    blocks = [
        Block(
            label=b.name,
            tip=f"{b.name}: {units.exact_bytes(b.bytes)} at offset {units.exact_bytes(b.offset)}, "
            f"{unit} {b.first + 1} to {b.last + 1}",
            first=b.first,
            last=b.last,
            low=b.offset,
            high=b.offset + b.bytes,
        )
        for b in result.buffers
    ]
    levels = [Level(at, units.short_bytes(at)) for at in _ticks(result.arena_bytes)]
    bound = result.arena_bound_bytes
    levels.append(Level(bound, f"lower bound {units.exact_bytes(bound)}", strong=True))
    about = (
        f"Upwards: offset in the arena, bytes. To the right: {unit}s. "
        f"{units.plural(len(blocks), 'buffer')}, {units.exact_bytes(result.arena_bytes)} in all"
    )
    return memory_map("Memory over time", about, blocks, levels, columns)


def steps(result: Result) -> tuple[range, str]:
    """Return the moments that the buffers' lives count, and what one is called.

    A model that runs layer by layer has a moment per layer; one that runs in rows has more.
    """
    last = max((b.last for b in result.buffers), default=0)
    end = max(last + 1, len(result.layers))
    return range(end), "layer" if end <= len(result.layers) else "step"


def flash_chart(result: Result) -> str:
    """Return bars of the weights of each layer that has some, and of all code."""
    if result.flash is None:
        return ""
    named = [
        (f"{i} {x.name}", x.weights_bytes)
        for i, x in enumerate(result.layers, 1)
        if x.weights_bytes
    ]
    figures = [("All code", result.flash.code), *named]
    longest = max(n for _, n in figures)
    rows = [
        Bar(name, units.exact_bytes(n), (n / longest if longest else 0.0,)) for name, n in figures
    ]
    return bars("Flash", "Bytes of code and of each layer's weights", rows)


def work_chart(result: Result) -> str:
    """Return bars of measured instructions (filled) and estimated cycles (hollow) by layer."""
    series = [(x.instructions, x.cycles_estimated) for x in result.layers]
    longest = max((n for pair in series for n in pair if n is not None), default=0)
    if not longest:
        return ""
    has_cycles = any(cycles is not None for _, cycles in series)
    rows = []
    for i, layer in enumerate(result.layers, 1):
        figure = f"{units.short_count(layer.instructions)} instructions"
        lengths = [(layer.instructions or 0) / longest]
        if has_cycles:
            figure = (
                f"{units.short_count(layer.instructions)} instr., "
                f"{units.short_count(layer.cycles_estimated)} cycles est."
            )
            lengths.append((layer.cycles_estimated or 0) / longest)
        rows.append(Bar(f"{i} {layer.name}", figure, tuple(lengths)))
    return bars("Work", "Instructions and estimated cycles of each layer, one inference", rows)


def sqnr_chart(result: Result, errors: Sequence[LayerError]) -> str:
    """Return bars of signal to quantisation noise by layer, from 0 dB."""
    finite = [e.sqnr_db for e in errors if math.isfinite(e.sqnr_db)]
    longest = max([1.0, *finite])
    labels = {x.name: f"{i} {x.name}" for i, x in enumerate(result.layers, 1)}
    rows = [
        Bar(labels.get(e.name, e.name), units.decibels(e.sqnr_db), (_length(e.sqnr_db, longest),))
        for e in errors
    ]
    return bars("Quantisation error", "Signal to quantisation noise of each layer, dB", rows)


def _length(db: float, longest: float) -> float:
    if math.isnan(db):
        return 0.0
    return max(0.0, min(1.0, db / longest))


def _heat_cells(row: Sequence[int], true: int, labels: Sequence[str]) -> Iterator[str]:
    total = sum(row)
    for answer, n in enumerate(row):
        heat = n / total if total else 0.0
        kind = "right" if answer == true else "wrong"
        strong = " strong" if heat >= 0.5 else ""
        tip = f"{labels[true]}, answered {labels[answer]}: {n:,} of {total:,} recordings"
        yield (
            f'<td class="{kind}{strong}" style="--heat:{_colour(heat):.0f}%" title="{_text(tip)}">'
            f"{n:,}</td>"
        )


def _colour(heat: float) -> float:
    """Return percent of full colour: none from 40 to 85, where no text has enough contrast."""
    return 80 * heat if heat < 0.5 else 85 + 30 * (heat - 0.5)


def _ticks(top: int) -> range:
    step = 1
    while step * _TICKS < top:
        step *= 2
    return range(0, top + 1, step)


def _text(text: str) -> str:
    return escape(printable(text))
