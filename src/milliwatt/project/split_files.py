"""A split dataset in a folder: one array a side, and what it means as JSON.

Recordings of one side lie end to end along their first axis, so opening a large set maps one file
and reads what is asked for. This is a cache's format; the open layout is `milliwatt.data`'s.
"""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from milliwatt.data import Channel, Dataset, Recording, Span, Split

ABOUT = "split.json"


def save_split(split: Split, folder: Path) -> None:
    """Write ``split`` to ``folder``."""
    sides = split.sides()
    for side, dataset in sides.items():
        joined = np.concatenate([r.samples for r in dataset.recordings])
        np.save(folder / f"{side}.npy", joined, allow_pickle=False)
    train = split.train
    about = {
        "name": train.name,
        "source": train.source,
        "licence": train.licence,
        "channels": [asdict(c) for c in train.channels],
        "sample_rate_hz": train.sample_rate_hz,
        "labels": train.labels,
        "basis": split.basis,
        "sides": {side: [_about(r) for r in d.recordings] for side, d in sides.items()},
    }
    (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")


def load_split(folder: Path) -> Split:
    """Return the split in ``folder``; samples are read from disk as they are used."""
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    channels = tuple(Channel(**c) for c in about["channels"])
    sides = {}
    for side, recordings in about["sides"].items():
        samples = np.load(folder / f"{side}.npy", mmap_mode="r")
        stops = np.cumsum([r["length"] for r in recordings])
        parts = np.split(samples, stops[:-1])
        sides[side] = Dataset(
            about["name"],
            about["source"],
            channels,
            about["sample_rate_hz"],
            tuple(about["labels"]),
            tuple(
                Recording(
                    r["name"],
                    part,
                    r["label"],
                    r["group"],
                    tuple(Span(*s) for s in r["spans"]),
                )
                for r, part in zip(recordings, parts, strict=True)
            ),
            about["licence"],
        )
    return Split(sides["train"], sides["test"], about["basis"], sides.get("validation"))


def _about(recording: Recording) -> dict[str, object]:
    return {
        "name": recording.name,
        "length": len(recording.samples),
        "label": recording.label,
        "group": recording.group,
        "spans": [[s.start, s.stop, s.label] for s in recording.spans],
    }
