"""Parameters of a scaling of small numbers (``scale.h``)."""

FARTHEST = 30  # shifts to the right of numbers below 2**28: any farther one gives 0 as well


def right_shift(letter: str, shift: int) -> dict[str, int]:
    """Return the members ``round_<letter>`` and ``right_<letter>`` for a shift of at most 0."""
    right = min(-shift, FARTHEST)
    return {f"round_{letter}": 1 << right, f"right_{letter}": right + 1}
