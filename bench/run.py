"""Measure the MLPerf Tiny models and write ``bench/RESULTS.md``: ``python bench/run.py``.

With ``--quick`` other cores and the times are left out.

The models and the peer's figures are read from the folder that MILLIWATT_SHARED names, or from
``shared`` beside the checkout. Ends with status 1 where a model misses one of the `requirements`;
a goal that is missed is written down as missed.
"""

import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
sys.path.insert(0, str(HERE.parent))  # so that the folder is a package from wherever it is run

from bench import measure, times  # noqa: E402  (findable only now)
from bench.goals import requirements  # noqa: E402
from bench.page import entries, page  # noqa: E402
from bench.peers import read  # noqa: E402

from milliwatt.report.files import write_text_atomically  # noqa: E402


def main() -> int:
    """Measure, write the results, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--quick", action="store_true", help="leave other cores and times out")
    quick: bool = parser.parse_args().quick
    shared = Path(os.environ.get("MILLIWATT_SHARED", HERE.parent.parent / "shared"))
    missing = [p for p in (shared / "baselines.json", shared / "models") if not p.exists()]
    if missing:
        print(f"nothing measured: {missing[0]} is absent (set MILLIWATT_SHARED)", file=sys.stderr)
        return 0
    lines = read(shared / "baselines.json")
    wanted = measure.cases(others=not quick)
    results, works = {}, {}
    for case, result, looked_at in measure.measure(wanted, shared / "models"):
        count = measure.figures(case, result).instructions
        print(f"{case.title} on {case.board}: {count:,} instructions", flush=True)
        results[case] = result
        if looked_at is not None:
            works[case] = looked_at
    taken = (
        None if quick else times.take(shared / "models", say=lambda text: print(text, flush=True))
    )
    write_text_atomically(RESULTS, page(results, works, lines, taken))
    missed = [(e, c) for e in entries(results, lines) for c in requirements(e) if not c.holds]
    for e, c in missed:
        print(f"{e.model} on {e.board}: {c.what}: {c.found}, limit {c.limit}", file=sys.stderr)
    print(f"wrote {RESULTS.relative_to(HERE.parent)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
