"""What `milliwatt data` prints."""

from collections import Counter
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from milliwatt.data import Dataset, Split
from milliwatt.data.catalog import Entry
from milliwatt.data.quality import Quality

NAMED = 6  # recordings of a finding that the terminal names; JSON has all


def print_catalog(console: Console, catalog: Mapping[str, Entry]) -> None:
    """Print every data set: name, licence, where it comes from."""
    table = Table("name", "what", "licence", "from", box=None)
    for entry in catalog.values():
        if entry.packaged:
            origin = "a Python package"
        else:
            origin = "its publisher, or --from PATH" if entry.downloads else "--from PATH"
        table.add_row(entry.name, entry.title, entry.licence, origin)
    console.print(table)


def print_dataset(console: Console, found: Dataset | Split) -> None:
    """Print what a dataset holds, or each part of one."""
    sides = found.sides() if isinstance(found, Split) else {"": found}
    first = next(iter(sides.values()))
    table = Table("label", *(side or "recordings" for side in sides), box=None)
    for index, label in enumerate(first.labels):
        counts = (sum(index in r.labels() for r in d.recordings) for d in sides.values())
        table.add_row(label, *map(str, counts))
    rate = f" at {first.sample_rate_hz:g} Hz" if first.sample_rate_hz else ""
    channels = ", ".join(f"{c.name} [{c.unit}]" if c.unit else c.name for c in first.channels)
    lines = [f"{first.name}: {first.kind.value}{rate}; {channels}"]
    for side, dataset in sides.items():
        lengths = [len(r.samples) for r in dataset.recordings]
        lines.append(
            f"{side + ': ' if side else ''}{len(lengths)} recordings of {_span(lengths, first)}, "
            f"{len(dataset.groups)} groups"
        )
    lines += [f"source: {first.source}", f"licence: {first.licence}"]
    if isinstance(found, Split):
        lines.append(found.basis)
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(table)


def print_quality(console: Console, quality: Quality) -> None:
    """Print statistics and findings of a dataset."""
    table = Table("channel", "unit", "lowest", "highest", "mean", "deviation", box=None)
    for c in quality.channels:
        numbers = (f"{v:.5g}" for v in (c.low, c.high, c.mean, c.deviation))
        table.add_row(c.name, c.unit, *numbers)
    console.print(table)
    table = Table("label", "recordings", "groups", "seconds", box=None)
    for n in quality.labels:
        table.add_row(n.name, str(n.recordings), str(n.groups), f"{n.seconds:.1f}")
    console.print(table)
    if not quality.findings:
        console.print("nothing suspicious was found")
    for finding in quality.findings:
        console.print(
            f"{finding.trouble.value}: {finding.text}",
            style="yellow",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        names = list(Counter(finding.recordings))  # each once, in order
        if names:
            rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            text = f"    {', '.join(names[:NAMED])}{rest}"
            console.print(text, highlight=False, markup=False, soft_wrap=True)
    for note in quality.notes:
        console.print(note, style="dim", highlight=False, markup=False, soft_wrap=True)


def _span(lengths: list[int], dataset: Dataset) -> str:
    if not dataset.sample_rate_hz:
        sizes = {r.samples.shape[:2] for r in dataset.recordings}
        rows, columns = min(sizes)
        return f"{rows}x{columns} pixels" if len(sizes) == 1 else f"{len(sizes)} sizes"
    low, high = (n / dataset.sample_rate_hz for n in (min(lengths), max(lengths)))
    return f"{low:.4g} s" if low == high else f"{low:.4g} to {high:.4g} s"
