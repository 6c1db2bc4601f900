"""A result or a study as one page: no script, nothing loaded from elsewhere."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from milliwatt.report import charts, facts, units
from milliwatt.report.facts import Fact
from milliwatt.report.names import printable
from milliwatt.report.result import Layer, Result, Study

_BEFORE_UNIT = re.compile(r"(?<=\d) (?=%|(?:B|[KM]iB|[num\u00b5]?[sJ]|ms|MHz|dB|V)\b)")
_NAME_HEADINGS = ("Layer", "Operator", "Kernel")
_LAYER_HEADINGS = (
    "MACs",
    "Instructions",
    "Share",
    "Instructions per MAC",
    "Cycles, estimated",
    "Weights",
)


def result_page(result: Result) -> str:
    """Return the page of a compiled and measured model."""
    title = f"{result.model} on {result.limits.title}"
    body = [
        _header(title, _compiled_for(result)),
        _cards(facts.headlines(result)),
        *_result_sections(result),
        _measured(result, {}),
        _all_layers(result),
    ]
    return _page(title, body)


def study_page(study: Study) -> str:
    """Return the page of a model from data to device: accuracy first, then what it costs."""
    result = study.result
    body = [
        _header(study.title, study.task, _compiled_for(result)),
        _cards((_accuracy_card(study), *facts.headlines(result), *_power_card(study))),
        _goals(study),
        '<div class="pair">',
        _section(
            "Accuracy",
            "The same test recordings before quantisation, after it, and on the emulated chip.",
            charts.accuracy_chart(study.accuracy)
            + _scores(study)
            + "<h3>By class, on the device</h3>"
            + charts.recall_chart(study),
        ),
        _section(
            "What it confuses",
            "Test recordings: true class down, the device's answer across. "
            "Colour: share of the true class.",
            _scroll("Confusion matrix", charts.confusion_table(study)),
        ),
        "</div>",
        *_result_sections(result),
        '<div class="pair">',
        _quantisation(study),
        _measured(result, study.seconds),
        "</div>",
        _all_layers(result),
    ]
    return _page(study.title, body)


def _result_sections(result: Result) -> Iterator[str]:
    if result.buffers:
        yield _section("Memory over time", _memory_note(result), charts.memory_chart(result))
    yield '<div class="pair">'
    flash = charts.flash_chart(result)
    if flash:
        bare = sum(1 for x in result.layers if not x.weights_bytes)
        note = "Weights of each layer; the code of all layers together."
        if bare:
            note += f" {units.plural(bare, 'layer')} without weights not shown."
        yield _section("Flash by layer", note, flash)
    work = charts.work_chart(result)
    if work:
        yield _section("Work by layer", "One inference.", _work_key(result) + work)
    yield "</div>"
    yield _section("Energy", "", _energy(result))


def _quantisation(study: Study) -> str:
    if not study.sqnr:
        return ""
    note = "Signal to quantisation noise against the float model; 6 dB more is half the noise."
    return _section(
        "Quantisation error by layer", note, charts.sqnr_chart(study.result, study.sqnr)
    )


def _all_layers(result: Result) -> str:
    if not result.layers:
        return ""
    return _section("All layers", "", _scroll("All layers", _layer_table(result)))


def _page(title: str, body: Sequence[str]) -> str:
    style = files("milliwatt.report").joinpath("style.css").read_text(encoding="utf-8")
    main = "\n".join(part for part in body if part)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)} - milliwatt</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{main}\n</main>\n</body>\n</html>\n"
    )


def _header(title: str, *lines: str) -> str:
    paragraphs = "".join(f"<p>{_text(line)}</p>" for line in lines)
    return f'<header><p class="brand">milliwatt</p><h1>{_text(title)}</h1>{paragraphs}</header>'


def _compiled_for(result: Result) -> str:
    return (
        f"Model {result.model}, compiled for {result.limits.title}, CPU {result.cpu}, "
        f"optimized for {result.optimize}."
    )


def _cards(headlines: Sequence[Fact]) -> str:
    return f'<div class="cards">{"".join(_card(fact) for fact in headlines)}</div>'


def _card(fact: Fact) -> str:
    meter = ""
    if fact.share is not None:
        width = 100 * min(fact.share, 1.0)
        meter = f'<div class="meter" aria-hidden="true"><i style="width:{width:.2f}%"></i></div>'
    return (
        f'<div class="card{" bad" if fact.bad else ""}"><h2>{_text(fact.label)}</h2>'
        f'<p class="value">{_text(fact.value)}</p>{meter}'
        f'<p class="note">{_text(fact.note)}</p></div>'
    )


def _accuracy_card(study: Study) -> Fact:
    *others, last = facts.scores(study.accuracy)
    note = f"{last.counted} test inputs, {last.interval}"
    if others:
        note += f"; {others[0].label} {others[0].value}"
    value = units.percent(last.share, 1)
    return Fact(f"Accuracy {last.label}", value, note, last.share)


def _power_card(study: Study) -> tuple[Fact, ...]:
    power = () if study.duty is None else (facts.average_power(study.duty),)
    return power if study.heard is None else (*power, *facts.heard(study.heard))


def _goals(study: Study) -> str:
    """Return what was asked for beside what was measured."""
    if not study.goals:
        return ""
    verdicts = {True: "met", False: "missed", None: "not known"}
    rows = "".join(
        f'<tr><th scope="row" class="name">{_text(g.name)}</th>'
        f"{_cells((g.wanted, g.measured, verdicts[g.met]))}</tr>"
        for g in study.goals
    )
    head = "".join(f'<th scope="col">{h}</th>' for h in ("Wanted", "Measured", ""))
    table = f'<table><thead><tr><th scope="col" class="name">Goal</th>{head}</tr></thead>'
    return _section("Goals", "", _scroll("Goals", f"{table}<tbody>{rows}</tbody></table>"))


def _scores(study: Study) -> str:
    """Return every score with its sample and interval."""
    rows = [
        (f"{metric.name} {score.label}", f"{score.value}, {score.interval}")
        for metric in (study.accuracy, *study.metrics)
        for score in facts.scores(metric)
    ]
    return _definitions(rows)


def _section(title: str, note: str, body: str) -> str:
    paragraph = f'<p class="note">{_text(note)}</p>' if note else ""
    return f"<section><h2>{_text(title)}</h2>{paragraph}{body}</section>"


def _scroll(label: str, table: str) -> str:
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{table}</div>'


def _memory_note(result: Result) -> str:
    _, unit = charts.steps(result)
    numbers = ", numbered as in the table below" if unit == "layer" else ""
    note = (
        f"The arena, bytes upwards, {unit}s to the right{numbers}. It takes "
        f"{units.exact_bytes(result.arena_bytes)}: {facts.arena_against_bound(result)}."
    )
    limit = result.limits.ram_bytes
    if limit is not None:
        share = units.percent(result.arena_bytes, limit)
        note += f" That is {share} of the board's {units.exact_bytes(limit)} of RAM."
    return note


def _work_key(result: Result) -> str:
    cycles = ""
    if any(x.cycles_estimated is not None for x in result.layers):
        cycles = ' &ensp; <i class="key series1"></i>cycles, estimated'
    return f'<p class="note"><i class="key series0"></i>instructions, measured{cycles}</p>'


def _energy(result: Result) -> str:
    energy = result.energy
    if energy is None:
        return f'<p class="note">{units.NOTHING} {_text(facts.energy_basis(result))}.</p>'
    figure = units.microjoules(energy.microjoules_estimated)
    rows = (
        ("Estimate", f"{figure} for one inference, CPU alone, without sensor and radio"),
        ("Rests on", f"{facts.energy_basis(result)}, and the estimated cycles"),
        ("Data sheet", energy.source),
    )
    return _definitions(rows)


def _measured(result: Result, seconds: dict[str, float]) -> str:
    rows = [("Bits", _bits(result)), ("Instructions", facts.NO_EMULATOR + ".")]
    if result.instructions is not None:
        rows[1] = (
            "Instructions",
            f"Counted while an emulated {result.cpu} ran the machine code for one inference.",
        )
    if result.cycles_estimated is not None:
        model = f"with the timings of model {result.cycle_model}" if result.cycle_model else ""
        text = (
            f"Estimated from the instructions {model}, memory without wait states. "
            "Real flash is slower: silicon takes more."
        )
        rows.append(("Cycles", text))
    if result.ram.stack is not None:
        rows.append(("Stack", "The deepest the emulated chip went below the model's entry."))
    rows += [
        ("Compiler", result.compiler_version),
        ("milliwatt", result.milliwatt_version),
    ]
    if seconds:
        spent = ", ".join(f"{stage} {s:,.1f} s" for stage, s in seconds.items())
        rows.append(("This run took", f"{spent}; {sum(seconds.values()):,.1f} s in all"))
    rows += [(f"Board {board}", what) for board, what in result.targets.items()]
    return _section("How it was measured", "", _definitions(rows))


def _bits(result: Result) -> str:
    fact = facts.bit_exact(result)
    if fact.value == units.NOTHING:
        return fact.note
    verdict = "Outputs differ" if fact.bad else "All outputs equal, bit by bit"
    return f"{verdict}: {fact.note}"


def _definitions(rows: Sequence[tuple[str, str]]) -> str:
    body = "".join(f"<dt>{_text(term)}</dt><dd>{_text(text)}</dd>" for term, text in rows)
    return f"<dl>{body}</dl>"


def _layer_table(result: Result) -> str:
    texts = "".join(
        f'<th scope="col" class="name">{h}</th>' for h in ("Layer", "Operator", "Kernel")
    )
    head = "".join(f'<th scope="col">{h}</th>' for h in _LAYER_HEADINGS)
    body = "".join(_layer_row(i, x, result.instructions) for i, x in enumerate(result.layers, 1))
    weights = units.NOTHING if result.flash is None else units.exact_bytes(result.flash.weights)
    total = (
        units.exact_count(result.macs),
        units.exact_count(result.instructions),
        "100 %" if result.instructions else units.NOTHING,
        units.ratio(result.instructions, result.macs),
        units.exact_count(result.cycles_estimated),
        weights,
    )
    return (
        f'<table class="layers"><thead><tr><th scope="col">#</th>{texts}{head}</tr></thead>'
        f'<tbody>{body}</tbody><tfoot><tr><td></td><th scope="row" colspan="3" class="name">'
        f"Model, with the code around its layers</th>{_cells(total)}</tr></tfoot></table>"
    )


def _layer_row(number: int, layer: Layer, total: int | None) -> str:
    share = units.NOTHING
    if layer.instructions is not None and total:
        share = units.percent(layer.instructions, total)
    figures = (
        units.exact_count(layer.macs),
        units.exact_count(layer.instructions),
        share,
        units.ratio(layer.instructions, layer.macs),
        units.exact_count(layer.cycles_estimated),
        units.exact_bytes(layer.weights_bytes),
    )
    return (
        f'<tr><td>{number}</td><th scope="row" class="name">{_text(layer.name)}</th>'
        f'<td class="name">{_text(layer.op)}</td>'
        f'<td class="name">{_text(facts.variant(layer))}</td>'
        f"{_cells(figures)}</tr>"
    )


def _cells(figures: Sequence[str]) -> str:
    return "".join(f"<td>{escape(figure)}</td>" for figure in figures)


def _text(text: str) -> str:
    """Return ``text`` safe for a page, and no figure parted from its unit."""
    return _BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", escape(printable(text)))
