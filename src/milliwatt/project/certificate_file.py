"""Certificates of exact shrinking as JSON, one removed channel a line."""

import json
from typing import cast

from milliwatt.errors import BadFile
from milliwatt.passes.removal import Certificate, How, Reader, Removal

SCHEMA = 1


def to_json(certificate: Certificate) -> str:
    """Return ``certificate`` as JSON, one removal a line."""
    lines = ",\n".join("  " + json.dumps(_entry(r)) for r in certificate.removals)
    head = f'"schema": {SCHEMA}, "graph": {json.dumps(certificate.graph)}'
    return f'{{{head}, "removals": [\n{lines}\n]}}\n' if lines else f'{{{head}, "removals": []}}\n'


def from_json(text: str) -> Certificate:
    """Read what `to_json` wrote.

    Raises:
        BadFile: the text is no certificate of this schema.
    """
    try:
        found = json.loads(text)
        if found["schema"] != SCHEMA:
            raise BadFile(f"certificate: schema {found['schema']}; wanted {SCHEMA}")
        removals = tuple(_removal(entry) for entry in found["removals"])
        return Certificate(_text(found["graph"]), removals)
    except (ValueError, KeyError, TypeError) as e:
        raise BadFile(f"certificate: not one that milliwatt wrote: {e!r}") from None


def _entry(r: Removal) -> dict[str, object]:
    return {
        "tensor": r.tensor,
        "channel": r.channel,
        "why": r.why.value,
        "low": r.low,
        "high": r.high,
        "accumulator": None if r.accumulator is None else list(r.accumulator),
        "readers": [{"layer": x.layer, "how": x.how.value} for x in r.readers],
    }


def _removal(entry: dict[str, object]) -> Removal:
    sums = cast("list[object] | None", entry["accumulator"])
    readers = cast("list[dict[str, object]]", entry["readers"])
    low, high = (None if entry[k] is None else _number(entry[k]) for k in ("low", "high"))
    if sums is not None and len(sums) != 2:
        raise ValueError(f"accumulator {sums}")
    return Removal(
        tensor=_text(entry["tensor"]),
        channel=_number(entry["channel"]),
        low=low,
        high=high,
        accumulator=None if sums is None else (_number(sums[0]), _number(sums[1])),
        readers=tuple(Reader(_text(x["layer"]), How(x["how"])) for x in readers),
    )


def _number(x: object) -> int:
    if not isinstance(x, int) or isinstance(x, bool):
        raise TypeError(f"{x!r} where a whole number is wanted")
    return x


def _text(x: object) -> str:
    if not isinstance(x, str):
        raise TypeError(f"{x!r} where a name is wanted")
    return x
