"""Make docs/compression.md and its picture from a project folder: what each step gives and costs.

Run it as ``.venv/bin/python docs/compression.py PROJECT``. Every row is the project's network,
compressed one way, compiled for the project's board, proven there and measured; accuracy is that
of the compiled integers on the test side, which nothing here was chosen by. Rows that were made
before, of the same network by the same code, are read from the project's build folder.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from milliwatt.cli.options import progress
from milliwatt.learn.compress.calibration import Calibration
from milliwatt.learn.compress.pipeline import EVERY_LAYER, Compression
from milliwatt.learn.compress.sqnr import LayerNoise, layer_noise
from milliwatt.learn.price import Cost
from milliwatt.project.cache import code_hash, text_hash
from milliwatt.project.compressing import Workshop
from milliwatt.project.file import read_project
from milliwatt.project.price import cost_of, measured
from milliwatt.project.prove import Progress
from milliwatt.project.search import Candidate
from milliwatt.report.files import write_text_atomically
from milliwatt.report.pareto import Mark, Resource, pareto
from milliwatt.report.result import Counted

DOCS = Path(__file__).parent
PAGE, PICTURE = DOCS / "compression.md", DOCS / "img" / "compression.svg"
EPOCHS = 6
TRACED = 128  # test inputs that noise is measured on
CODE = (
    *("emit", "importers/torch", "ir", "kernels", "learn", "ops", "passes", "plan", "run"),
    *("targets", "project/compressing.py", "project/price.py", "project/compile.py"),
)
PACKAGES = ("numpy", "torch", "torchao", "torch-pruning", "ziglang", "unicorn")
TITLE = "# What compression gives and costs\n"
ABOUT = """Made by `.venv/bin/python docs/compression.py {folder}`; the project is `{name}`, the
board {board}. Each row is the same trained network, compressed one way, compiled, proven and
measured. Accuracy counts answers of the compiled integers on the {total} of the test side, with the
interval of Wilson (95 %): differences well inside it are chance. Flash holds code and weights,
front end included; RAM holds arena, state and stack.

| | network | test accuracy | 95 % | flash, bytes | RAM, bytes | instructions | latency |
|---:|---|---:|---|---:|---:|---:|---:|"""
BETWEEN = """
![Accuracy of the rows, by number, against flash, RAM and instructions](img/compression.svg)

*Calibrated* is ranges by least squared error, equalisation across layers and bias correction;
*trained rounded* is quantisation-aware training; *pruned* is that share of channels gone, by Taylor
importance over all layers, then trained further; *distilled* has the original network for a
teacher; *combined* is all of them. Latency is estimated.

## Where int8 loses accuracy

Signal to quantisation noise against the float network. *Here* is the layer's own output with
everything before it quantised; *alone* is the network's output with this layer quantised and
nothing else: the lowest is the layer to spend bits on.

| layer | here | alone |
|---|---:|---:|"""
END = """
## To search instead of choosing

```sh
milliwatt compress --target flash=40KB,ram=16KB,latency=50ms --max-drop 1.0
```

tries combinations by the validation side and says what to write in `milliwatt.toml`.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; ``cost`` is None for the float network, which no board runs."""

    name: str
    test: Counted
    cost: Cost | None


def ways(*, narrower: bool) -> Iterator[tuple[str, Candidate]]:
    """Yield what the study compares, by name."""
    every = (EVERY_LAYER,)
    plain = Compression(tune_epochs=EPOCHS)
    combined = replace(plain, prune=0.3, distill=0.7, aware_epochs=EPOCHS)
    hows = {
        "int8": plain,
        "int8, calibrated": replace(
            plain, method=Calibration.MSE, equalize=True, correct_bias=True
        ),
        "int8, trained rounded": replace(plain, aware_epochs=EPOCHS),
        "int4 weights": replace(plain, int4_weights=every, correct_bias=True),
        "int4 weights, trained rounded": replace(plain, int4_weights=every, aware_epochs=EPOCHS),
        "30 % pruned": replace(plain, prune=0.3),
        "50 % pruned": replace(plain, prune=0.5),
        "50 % pruned, distilled": replace(plain, prune=0.5, distill=0.7),
        "30 % pruned, combined": combined,
        "30 % pruned, int4, combined": replace(combined, int4_weights=every),
    }
    yield from ((name, Candidate(how=how)) for name, how in hows.items())
    if narrower:
        yield "half as wide, distilled", Candidate(0.5)


def rows(workshop: Workshop, folder: Path, report: Progress) -> Iterator[Row]:
    """Yield the float network, then every way; what was made before is not made again."""
    yield Row("float", workshop.reference("test"), None)
    chosen = list(ways(narrower=len(workshop.widths) > 1))
    code = code_hash(CODE, PACKAGES)
    for i, (name, candidate) in enumerate(chosen):
        report("study", i, len(chosen))
        file = workshop.project.file
        made_of = f"{code} {workshop.digest} {candidate!r} {file.project.board} {file.build}"
        kept = folder / f"row-{text_hash(made_of)[:16]}.json"
        if not kept.is_file():
            done = workshop.build(candidate, report)
            right, cost = workshop.right(done, "test", report), cost_of(measured(done))
            counts = {"right": right.right, "total": right.total, "low": right.low}
            record = {"test": counts | {"high": right.high}, "cost": cost.to_json()}
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_text_atomically(kept, json.dumps(record) + "\n")
        record = json.loads(kept.read_text())
        yield Row(name, Counted(**record["test"]), Cost(**record["cost"]))
    report("study", len(chosen), len(chosen))


def _from_here(folder: Path) -> str:
    """Return a folder as it is named from the repository's root, if it is in there."""
    root, whole = DOCS.parent.resolve(), folder.resolve()
    return str(whole.relative_to(root)) if whole.is_relative_to(root) else whole.name


def page(workshop: Workshop, found: list[Row], noise: tuple[LayerNoise, ...]) -> str:
    """Return the document."""
    file = workshop.project.file
    board, total = file.project.board, found[0].test.total
    return "\n".join(
        [
            TITLE,
            ABOUT.format(
                folder=_from_here(workshop.project.root),
                name=workshop.project.name,
                board=board,
                total=f"{total:,}",
            ),
            *(_line(number, row) for number, row in enumerate(found)),
            BETWEEN,
            *(f"| `{n.name}` | {n.here_db:.1f} dB | {n.alone_db:.1f} dB |" for n in noise),
            END,
        ]
    )


def _line(number: int, row: Row) -> str:
    right = row.test
    accuracy = f"{100 * right.share:.2f} %"
    interval = f"{100 * right.low:.1f} – {100 * right.high:.1f}"
    if row.cost is None:
        return f"| {number} | {row.name} | {accuracy} | {interval} | – | – | – | – |"
    cost = row.cost
    latency = "–" if cost.latency_ms is None else f"{cost.latency_ms:.2f} ms"
    return (
        f"| {number} | {row.name} | {accuracy} | {interval} | {cost.flash_bytes:,} | "
        f"{cost.ram_bytes:,} | {cost.instructions:,} | {latency} |"
    )


def picture(found: list[Row]) -> str:
    """Return the chart; the line across is the float network's accuracy less a point."""
    marks = [
        Mark(
            row.name,
            row.test.share,
            (row.cost.flash_bytes, row.cost.ram_bytes, row.cost.instructions),
            name=str(number),
        )
        for number, row in enumerate(found)
        if row.cost is not None
    ]
    resources = (Resource("Flash, bytes"), Resource("RAM, bytes"), Resource("Instructions"))
    about = "Ways to compress one network: accuracy upwards, what they take to the right"
    return pareto("Compression", about, resources, marks, found[0].test.share - 0.01)


def main() -> None:
    """Make the page and the picture of the project that the command line names."""
    if len(sys.argv) != 2:
        print("usage: docs/compression.py PROJECT", file=sys.stderr)
        raise SystemExit(2)
    project = read_project(Path(sys.argv[1]))
    with progress() as report:
        workshop = Workshop.open(project, report)
        found = list(rows(workshop, project.build_folder / "study", report))
        plain = workshop.quantized(Candidate(), report)
        noise = layer_noise(plain, workshop.sides["test"].x[:TRACED])
    PICTURE.parent.mkdir(exist_ok=True)
    write_text_atomically(PICTURE, picture(found))
    write_text_atomically(PAGE, page(workshop, found, noise))
    Console().print(f"wrote {PAGE} and {PICTURE}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
