"""TensorFlow Lite files into graphs."""

from milliwatt.importers.tflite.cut import cut, cuttable
from milliwatt.importers.tflite.load import Finding, inspect_tflite, load_tflite
from milliwatt.importers.tflite.read import read, read_file
from milliwatt.importers.tflite.rules import RULES

__all__ = [
    "RULES",
    "Finding",
    "cut",
    "cuttable",
    "inspect_tflite",
    "load_tflite",
    "read",
    "read_file",
]
