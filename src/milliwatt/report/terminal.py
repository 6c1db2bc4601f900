"""Results and studies on a terminal, or as plain text where the output is piped."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from milliwatt.report import facts, units
from milliwatt.report.facts import Fact
from milliwatt.report.names import elide, printable
from milliwatt.report.result import Goal, Layer, Result, Study

_BAR_CELLS = 5
_EIGHTHS = "▏▎▍▌▋▊▉█"
_TEXT_FLOORS = (8, 8, 6)  # cells that names, operators and kernels keep on a narrow terminal
_MOST_CLASSES = 12  # a wider confusion matrix belongs on the page
_LABEL_CELLS = 14


def print_result(console: Console, result: Result) -> None:
    """Print a compiled model: memory, work, estimates, proof, then its layers."""
    console.print(_line(console, f"{result.model} on {result.limits.title}", "bold"))
    console.print(_line(console, f"{result.cpu}, optimized for {result.optimize}", "dim"))
    console.print()
    console.print(_summary(facts.headlines(result)))
    console.print()
    if result.layers:
        console.print(_layers(console, result))
        console.print()


def print_study(console: Console, study: Study) -> None:
    """Print the accuracy of a trained model and what its device confused, then the model."""
    console.print()
    console.print(_line(console, study.title, "bold"))
    console.print(Text(printable(study.task), style="dim"))
    console.print()
    table = _table(show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(style="dim")
    for metric in (study.accuracy, *study.metrics):
        for score in facts.scores(metric):
            name = Text(f"{metric.name} {score.label}")
            table.add_row(name, Text(score.value, style="bold"), Text(score.interval, style="dim"))
    console.print(table)
    console.print()
    if 0 < len(study.labels) <= _MOST_CLASSES:
        console.print(_line(console, "Recordings: true class down, device's answer across", "dim"))
        console.print(_confusion(console, study))
        console.print()
    print_result(console, study.result)
    more = () if study.heard is None else facts.heard(study.heard)
    if study.duty is not None:
        more = (*more, facts.average_power(study.duty))
    if more:
        console.print(_summary(more))
        console.print()
    if study.goals:
        console.print(_goals(study.goals))
        console.print()


def _goals(goals: Sequence[Goal]) -> Table:
    """Return what was asked for beside what was measured."""
    table = _table()
    table.add_column("goal", no_wrap=True)
    table.add_column("wanted", justify="right", no_wrap=True)
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column()
    verdicts = {True: ("met", "green"), False: ("missed", "bold red"), None: ("not known", "dim")}
    for goal in goals:
        text, style = verdicts[goal.met]
        table.add_row(goal.name, goal.wanted, goal.measured, Text(text, style=style))
    return table


def _line(console: Console, text: str, style: str) -> Text:
    return Text(elide(text, console.width), style=style, no_wrap=True)


def _table(*, show_header: bool = True) -> Table:
    return Table(
        box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=show_header, header_style="dim"
    )


def _summary(headlines: Sequence[Fact]) -> Table:
    table = _table(show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=1, style="dim")
    for fact in headlines:
        style = "bold red" if fact.bad else "bold"
        table.add_row(Text(fact.label), Text(fact.value, style=style), Text(printable(fact.note)))
    return table


def _layers(console: Console, result: Result) -> Table:
    """Return the table of layers; what room the figures leave goes to the three names."""
    figures = [_figures(console, layer, result.instructions) for layer in result.layers]
    headings = ("MACs", "instr.", "share", "/MAC", "weights")
    columns = zip(headings, *figures, strict=True)
    taken = sum(max(cell_len(cell) for cell in column) + 1 for column in columns)
    texts = [(layer.name, facts.short_op(layer), facts.variant(layer)) for layer in result.layers]
    number_width = len(str(len(texts)))
    room = console.width - taken - len(_TEXT_FLOORS) - number_width - 1
    wanted = [max(cell_len(printable(t[i])) for t in texts) for i in range(len(_TEXT_FLOORS))]
    widths = _fit(wanted, room)
    table = _table()
    table.add_column("#", justify="right", no_wrap=True, width=number_width)
    for heading, width in zip(("layer", "operator", "kernel"), widths, strict=True):
        table.add_column(heading, no_wrap=True, width=max(width, 1))
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for number, (names, cells) in enumerate(zip(texts, figures, strict=True), 1):
        short = (elide(name, width) for name, width in zip(names, widths, strict=True))
        table.add_row(*(Text(t) for t in (str(number), *short, *cells)))
    return table


def _fit(wanted: Sequence[int], room: int) -> list[int]:
    """Shrink names, then kernels, then operators, none below its floor, until they fit."""
    widths = [max(w, floor) for w, floor in zip(wanted, _TEXT_FLOORS, strict=True)]
    for i in (0, 2, 1):
        excess = sum(widths) - room
        widths[i] = max(_TEXT_FLOORS[i], widths[i] - max(excess, 0))
    return widths


def _figures(console: Console, layer: Layer, total: int | None) -> tuple[str, ...]:
    return (
        units.short_count(layer.macs),
        units.short_count(layer.instructions),
        _share(console, layer.instructions, total),
        units.ratio(layer.instructions, layer.macs),
        units.exact_bytes(layer.weights_bytes),
    )


def _share(console: Console, part: int | None, total: int | None) -> str:
    """Return a bar and its percentage, as wide for 0 % as for 100 %."""
    if part is None or not total:
        return units.NOTHING
    blocks = "#" if console.options.ascii_only else _EIGHTHS
    filled = round(min(1.0, part / total) * _BAR_CELLS * len(blocks))
    whole, rest = divmod(filled, len(blocks))
    bar = blocks[-1] * whole + (blocks[rest - 1] if rest else "")
    return f"{bar:{_BAR_CELLS}} {100 * part / total:3.0f} %"


def _confusion(console: Console, study: Study) -> Table:
    """Return recordings by true class (down) and the device's answer (across)."""
    across = max(3, (console.width - _LABEL_CELLS - 1) // len(study.labels) - 1)
    table = _table()
    table.add_column(no_wrap=True)
    for label in study.labels:
        table.add_column(Text(elide(label, min(across, _LABEL_CELLS))), justify="right")
    for i, (label, row) in enumerate(zip(study.labels, study.confusion, strict=True)):
        cells = [
            Text(f"{n:,}" if n else "·", style=_confusion_style(n, right=i == j))
            for j, n in enumerate(row)
        ]
        table.add_row(Text(elide(label, _LABEL_CELLS)), *cells)
    return table


def _confusion_style(n: int, *, right: bool) -> str:
    if right:
        return "bold green"
    return "bold red" if n else "dim"
