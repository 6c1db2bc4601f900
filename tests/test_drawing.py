"""The picture of rows is the one that the schedules of today give."""

import runpy
from pathlib import Path

from milliwatt.plan import play

DOCS = Path(__file__).parent.parent / "docs"
ROWS = runpy.run_path(str(DOCS / "rows.py"))


def test_the_picture_is_current():
    assert (DOCS / "img" / "rows.svg").read_text("utf-8") == ROWS["drawing"](), (
        "the schedule has changed; run python docs/rows.py"
    )


def test_no_place_of_a_ring_holds_two_rows_at_once():
    graph = ROWS["network"]()
    schedule = play(graph, (), arriving=True)
    rows, units = ROWS["lives"](graph, schedule)
    assert units == sum(step.count for step in schedule.steps)
    for v, lives in rows.items():
        assert len(lives) == v.type.rows
        for old, new in zip(lives, lives[schedule.capacity[v] :], strict=False):
            assert old.end < new.made, f"{v.name}: a row is overwritten while it is wanted"
