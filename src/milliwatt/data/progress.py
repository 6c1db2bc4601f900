"""How long work tells of itself."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much of it is done, and how much there is."""


def silent(what: str, done: int, total: int) -> None:
    """Report no progress."""
    del what, done, total
