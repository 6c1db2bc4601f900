"""``[target]``: what the project wants, beside what was measured."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from milliwatt.project.file import Target
from milliwatt.report import units
from milliwatt.report.result import Counted, Duty, Goal, Heard, Metric, Result

Number = TypeVar("Number", int, float)


def goals(
    target: Target,
    result: Result,
    metrics: Sequence[Metric],
    duty: Duty | None,
    heard: Heard | None,
) -> tuple[Goal, ...]:
    """Return a verdict for everything that ``[target]`` names, in its order."""
    by_name = {m.name.lower(): m for m in metrics}
    return (
        *_scores(target, by_name),
        *_at_most(
            "false accepts an hour",
            target.false_accepts_an_hour,
            heard.per_hour[0] if heard else None,
            _rate,
        ),
        *_at_most(
            "flash",
            target.flash,
            result.flash.total if result.flash else None,
            units.exact_bytes,
        ),
        *_at_most("RAM", target.ram, result.ram.total, units.exact_bytes),
        *_at_most("latency", target.latency_ms, result.latency_ms_estimated, units.milliseconds),
        *_at_most(
            "share of CPU time",
            target.cpu_share,
            duty.cpu_share if duty else None,
            _percent,
        ),
    )


def _scores(target: Target, by_name: dict[str, Metric]) -> Iterator[Goal]:
    for name in ("accuracy", "sensitivity", "specificity"):
        wanted, metric = getattr(target, name), by_name.get(name)
        if wanted is None:
            continue
        said = f"at least {units.percent(wanted, 1)}"
        if metric is None:
            yield Goal(name, said, "name [decide] positive", met=None)
            continue
        reached = metric.on_device or metric.int8
        yield Goal(name, said, _counted(reached), met=reached.share >= wanted)
    metric, drop = by_name["accuracy"], target.int8_drop
    if drop is not None and metric.float_model is not None:
        lost = metric.float_model.share - metric.int8.share
        said = f"at most {100 * drop:.1f} points below float"
        yield Goal("int8 accuracy", said, f"{100 * lost:.2f} points", met=lost <= drop)


def _percent(share: float) -> str:
    return units.percent(share, 1)


def _rate(per_hour: float) -> str:
    return f"{per_hour:.2f}"


def _counted(of: Counted) -> str:
    return f"{units.percent(of.share, 1)} ({of.right:,} of {of.total:,})"


def _at_most(
    name: str, limit: Number | None, measured: Number | None, said: Callable[[Number], str]
) -> Iterator[Goal]:
    if limit is None:
        return
    wanted = f"at most {said(limit)}"
    if measured is None:
        yield Goal(name, wanted, units.NOTHING, met=None)
    else:
        yield Goal(name, wanted, said(measured), met=measured <= limit)
