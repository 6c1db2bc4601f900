"""Where training stood, on disk: written whole or not at all, read without running code.

All randomness of an epoch comes from the seed and the epoch's number (`learn/train.py`), so that
weights, the optimiser's moments and the history are the whole state: a run that is resumed ends
with the same bits as one that was never interrupted.
"""

import hashlib
import os
import pickle
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from milliwatt.errors import BadFile, InputError

State = dict[str, Any]  # what PyTorch calls a state dict, of several parts
VERSION = 1


def fingerprint(parts: Iterable[object]) -> str:
    """Return a hash of ``parts``: tensors by their bytes, anything else by its ``repr``."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, torch.Tensor):
            digest.update(f"{part.dtype}{list(part.shape)}".encode())
            digest.update(part.detach().contiguous().flatten().view(torch.uint8).numpy().data)
        else:
            digest.update(repr(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def save(path: Path, state: State, task: str) -> None:
    """Write ``state`` to ``path`` in one step: a reader finds the old file or the new one.

    Args:
        path: in a folder that is made if absent.
        state: tensors, numbers, strings, and lists, tuples and dicts of them.
        task: what is being trained, a `fingerprint`; wanted again by `load`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            torch.save({"version": VERSION, "task": task, "state": state}, file)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            Path(file.name).unlink()
            raise
    Path(file.name).replace(path)


def load(path: Path, task: str) -> State:
    """Return what `save` wrote.

    Raises:
        BadFile: the file is damaged or of another version.
        InputError: it belongs to another task: other data, other options or another network.
    """
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        version, of, state = found["version"], found["task"], found["state"]
    except (RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError):
        # PyTorch's own words would send the reader to an option that runs code from the file
        raise BadFile(f"{path}: no checkpoint, or a damaged one; delete it to begin anew") from None
    if version != VERSION:
        raise BadFile(
            f"{path}: a checkpoint of version {version}; wanted {VERSION}. Delete it to begin anew"
        )
    if of != task:
        raise InputError(
            f"{path}: a checkpoint of another training (its data, options or network differ); "
            "delete it, or give this one another file"
        )
    result: State = state
    return result
