"""A small project of generated recordings: three people, two ways to move, quick to make."""

from pathlib import Path

import numpy as np

from milliwatt.project.file import FILE

RATE_HZ = 50.0
SECONDS = 4.0
PEOPLE = ("ann", "bob", "cid", "dee")
MOVES = {"shake": 6.0, "sway": 1.0}  # Hz
TOML = """
[project]
name = "moves"

[data]
source = "recordings"
pattern = "(?P<label>[^/]+)/(?P<group>[^/_]+)_.*"

[data.split]
test = ["ann"]
validation = ["bob"]

[sensor]
full_scale = { "*" = 16.0 }

[window]
length_ms = 1000
hop_ms = 500

[features]
kind = "frame_statistics"
frame_ms = 200
hop_ms = 100

[model]
architecture = "cnn_1d"
width = 8

[train]
epochs = 3
"""


def write_project(folder: Path, toml: str = TOML) -> Path:
    """Write recordings and project file to ``folder``; the same for the same text."""
    random = np.random.default_rng(1)
    t = np.arange(int(SECONDS * RATE_HZ)) / RATE_HZ
    for move, hertz in MOVES.items():
        (folder / "recordings" / move).mkdir(parents=True)
        for person in PEOPLE:
            for take in range(2):
                strength, phase = random.uniform(3, 8), random.uniform(0, 6)
                x = strength * np.sin(2 * np.pi * hertz * t + phase)
                y = random.normal(0, 0.5, len(t))
                rows = "\n".join(
                    f"{a:.3f},{b:.3f},{c:.3f}" for a, b, c in zip(t, x, y, strict=True)
                )
                name = folder / "recordings" / move / f"{person}_{take}.csv"
                name.write_text(f"time [s],ax [m/s^2],ay [m/s^2]\n{rows}\n")
    (folder / FILE).write_text(toml)
    return folder
