"""Prove thousands of random graphs: ``python tests/soak.py --count N --seed S``.

Every seed is a graph of its own, so a failure is repeated by ``--count 1 --seed`` and its number.
"""

import argparse
import sys
import time

from graphs import random_graph
from prove_graph import prove_graph

from milliwatt.errors import MilliwattError
from milliwatt.ir.text import to_text


def main() -> int:
    """Return the number of graphs that failed, at most 1 for the shell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first graph")
    options = parser.parse_args()
    failed, start = [], time.monotonic()
    for seed in range(options.seed, options.seed + options.count):
        graph = random_graph(seed)
        try:
            prove_graph(graph, seed)
        except MilliwattError as e:
            failed.append(seed)
            print(f"seed {seed}: {type(e).__name__}: {e}\n{to_text(graph)}", flush=True)
    seconds = time.monotonic() - start
    print(f"{options.count} graphs in {seconds:.0f} s, {len(failed)} failed: {failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
