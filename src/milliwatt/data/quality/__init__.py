"""How good a dataset is: what to look at before training on it."""

from milliwatt.data.quality.check import check
from milliwatt.data.quality.finding import Finding, Quality, Trouble

__all__ = ["Finding", "Quality", "Trouble", "check"]
