"""The tutorial's commands work as it says, typed one after the other by a new user."""

import json
import re
import runpy
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("aeon", reason="the tutorial's recordings come with aeon")

DOCS = Path(__file__).parent.parent / "docs"
MOVING = re.compile(r"[0-9a-f]{16}|\d[\d,.]*( [kMG])?|[▏▎▍▌▋▊▉█]+|s(8|16|32)_\w+")


def still(text: str) -> list[str]:
    """Return the lines without what differs between machines and versions: figures, kernels."""
    return [" ".join(MOVING.sub("#", line).split()) for line in text.splitlines()]


def test_every_command_prints_what_the_tutorial_says(tmp_path):
    tutorial = (DOCS / "tutorial.md").read_text("utf-8")
    typed = runpy.run_path(str(DOCS / "tutorial.py"))["played"](tutorial, tmp_path)
    assert still(typed) == still(tutorial), "run python docs/tutorial.py"
    report = json.loads((tmp_path / "watch" / "build" / "report.json").read_text())
    (accuracy,) = report["scores"]
    assert accuracy["on_device"]["right"] >= 0.95 * accuracy["on_device"]["total"]
    assert report["bit_exact"]["target"] is True
    assert (tmp_path / "watch" / "watch").is_file()  # the firmware's program was built
