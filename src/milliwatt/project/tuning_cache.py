"""The file that keeps what kernel variants have measured, so that nothing is measured twice.

JSON, schema 1: ``{"schema": 1, "measured": {KEY: {"layer": TEXT, "instructions": {VARIANT: N}}}}``,
sorted by key, so that it can be kept under version control. The key is a hash of all that decides
the figures; ``layer`` says to people what it stands for. A file that is not like this is refused:
it is never overwritten and its figures are never guessed at.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from milliwatt.errors import InputError
from milliwatt.report.files import write_text_atomically
from milliwatt.run.toolchain import cache_dir

SCHEMA = 1
NAME = "tuning.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """What the variants that cover one layer took: instructions by the variant's label."""

    layer: str
    instructions: Mapping[str, int]


class TuningCache:
    """Measurements by key, in a file that several processes may add to."""

    def __init__(self, path: Path | None = None) -> None:
        """Use the file at ``path``, which need not exist yet; None for the user's own cache.

        Raises:
            InputError: the file is damaged or something else.
        """
        self.path = path or cache_dir() / NAME
        if path is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._known = _read(self.path)

    def get(self, key: str) -> Measured | None:
        """Return what is known under ``key``."""
        return self._known.get(key)

    def add(self, key: str, measured: Measured) -> None:
        """Keep ``measured``; the file appears whole, with what others have added meanwhile.

        Of two that add at the same moment one may be lost, and is measured again another time.

        Raises:
            InputError: the file cannot be written, or has been damaged meanwhile.
        """
        self._known = {**_read(self.path), **self._known, key: measured}
        records = {
            k: {"layer": m.layer, "instructions": dict(m.instructions)}
            for k, m in self._known.items()
        }
        text = json.dumps({"schema": SCHEMA, "measured": records}, indent=1, sort_keys=True)
        write_text_atomically(self.path, text + "\n")


def _read(path: Path) -> dict[str, Measured]:
    try:
        return _records(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except OSError as e:
        raise InputError(f"{path}: cannot be read: {e.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise InputError(
            f"{path}: not a tuning cache of schema {SCHEMA} ({type(e).__name__}: {e}); "
            "delete it to measure again, or name another file with --tune-cache"
        ) from None


def _records(found: Mapping[str, object]) -> dict[str, Measured]:
    records = found["measured"]
    if found["schema"] != SCHEMA or not isinstance(records, dict):
        raise ValueError(f"schema {found['schema']}")
    return {key: _measured(record) for key, record in records.items()}


def _measured(record: Mapping[str, object]) -> Measured:
    layer, instructions = record["layer"], record["instructions"]
    if not isinstance(layer, str) or not isinstance(instructions, dict) or not instructions:
        raise ValueError(f"a record without layer or instructions: {record}")
    if not all(type(n) is int and n > 0 for n in instructions.values()):
        raise ValueError(f"instructions that are not counts: {instructions}")
    return Measured(layer, instructions)
