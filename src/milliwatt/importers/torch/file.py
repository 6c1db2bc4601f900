"""Quantised programs from disk: ``.pt2`` files, as `torch.export.save` writes them."""

import logging
import warnings
from pathlib import Path
from zipfile import is_zipfile

from milliwatt.errors import BadFile, InputError
from milliwatt.importers.torch.graph import import_program
from milliwatt.ir import Graph


def load_pt2(path: Path, *, name: str | None = None) -> Graph:
    """Turn a ``.pt2`` file into a graph with int8 inputs and outputs.

    Args:
        path: of a program quantised by torchao and exported for batch 1.
        name: of the graph; the file's by default.

    Raises:
        InputError: there is no such file.
        BadFile: it holds no exported program.
        UnsupportedOp: an operator has no rule, or the program is not quantised.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    if not is_zipfile(path):
        raise BadFile(f"{path}: damaged or no .pt2 file; wanted what torch.export.save writes")
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # PyTorch logs its traces; the reason is told below
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # PyTorch's, about itself
            # registers the operators that quantised programs are made of
            import torchao.quantization.pt2e  # noqa: F401, PLC0415
            from torch import export  # noqa: PLC0415

            program = export.load(path)
    except Exception as e:  # a damaged archive fails in whatever reads it first
        raise BadFile(f"{path}: torch.export cannot read it ({type(e).__name__})") from e
    finally:
        logging.disable(before)
    return import_program(program, name=name or path.stem)
