"""What a compressed model must keep to: ``flash=40KB,ram=16KB,latency=50ms``."""

import re
from dataclasses import dataclass

from milliwatt.errors import InputError
from milliwatt.learn.price import Cost

BYTES = {"B": 1, "KB": 1000, "KiB": 1024, "MB": 1000**2, "MiB": 1024**2}
MILLISECONDS = {"us": 1e-3, "ms": 1.0, "s": 1e3}
EXAMPLE = "flash=40KB,ram=16KB,latency=50ms"
_ITEM = re.compile(r"(flash|ram|latency)=([0-9]+(?:\.[0-9]+)?)([A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class Targets:
    """Limits of a search; None for none."""

    flash_bytes: int | None = None
    ram_bytes: int | None = None
    latency_ms: float | None = None

    def excesses(self, cost: Cost) -> tuple[float, ...]:
        """Return by what share ``cost`` is above each limit that is set, below 0 where within.

        Raises:
            InputError: there is a limit on latency, and none is known of the board's core.
        """
        latency = cost.latency_ms
        if self.latency_ms is not None and latency is None:
            raise InputError(
                "a target for latency needs a board whose core has published timings; leave it "
                "out, or choose a board with a Cortex-M0+, M3 or M4"
            )
        pairs = (
            (cost.flash_bytes, self.flash_bytes),
            (cost.ram_bytes, self.ram_bytes),
            (latency, self.latency_ms),
        )
        return tuple(got / limit - 1 for got, limit in pairs if limit and got is not None)

    def allow(self, cost: Cost) -> bool:
        """Tell whether ``cost`` is within every limit."""
        return all(excess <= 0 for excess in self.excesses(cost))

    def __str__(self) -> str:
        """Return the limits in words."""
        limits = (
            (self.flash_bytes, "{:,} bytes of flash"),
            (self.ram_bytes, "{:,} bytes of RAM"),
            (self.latency_ms, "{:g} ms"),
        )
        return ", ".join(text.format(n) for n, text in limits if n is not None) or "no limit"


def parse_targets(text: str) -> Targets:
    """Return the limits that ``text`` names, such as `EXAMPLE`; none for an empty one.

    Raises:
        InputError: an unknown name or unit, a limit of 0, or one that is set twice.
    """
    found: dict[str, float] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        match = _ITEM.fullmatch(item)
        units = MILLISECONDS if match and match[1] == "latency" else BYTES
        if match is None or match[3] not in units:
            raise InputError(
                f"target {item!r}; wanted flash, ram or latency, '=', a number and a unit "
                f"({', '.join(BYTES)}; {', '.join(MILLISECONDS)}), such as {EXAMPLE}"
            )
        limit = float(match[2]) * units[match[3]]
        if match[1] in found or limit <= 0:
            raise InputError(f"target {item!r}: wanted each once, and above 0")
        found[match[1]] = limit
    flash, ram = (int(found[n]) if n in found else None for n in ("flash", "ram"))
    return Targets(flash, ram, found.get("latency"))
