"""PyTorch programs, quantised and exported. Importing this without PyTorch says what to type."""

from milliwatt.errors import NotAvailable

try:
    import torch as _torch
except ModuleNotFoundError as error:
    raise NotAvailable(
        "reading PyTorch programs needs the package torch, which is not installed; "
        "type: pip install 'milliwatt[learn]'"
    ) from error

from milliwatt.importers.torch.file import load_pt2
from milliwatt.importers.torch.graph import import_program
from milliwatt.importers.torch.rules import RULES

del _torch

__all__ = ["RULES", "import_program", "load_pt2"]
