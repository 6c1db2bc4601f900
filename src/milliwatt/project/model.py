"""A model as the user brings it."""

from dataclasses import dataclass
from pathlib import Path

from milliwatt.errors import InputError
from milliwatt.importers.micro_front_end import from_samples as with_micro_front_end
from milliwatt.importers.tflite import load_tflite
from milliwatt.ir import Graph
from milliwatt.passes import optimize

SUFFIX = ".tflite"


@dataclass(frozen=True)
class Model:
    """A loaded model.

    Attributes:
        name: what generated code and reports call it; from the file's name.
        graph: the graph that is compiled, after all passes.
        source: the file's bytes; None where the model did not come from a .tflite file.
        original: the graph before any pass; None where ``graph`` is as it was made.
    """

    name: str
    graph: Graph
    source: bytes | None = None
    original: Graph | None = None

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return self.graph.macs


def load(path: Path | str, *, from_samples: bool = False) -> Model:
    """Load a ``.tflite`` model.

    Args:
        path: the file.
        from_samples: the model takes features of TensorFlow's micro front end, as microWakeWord
            models do; put that before it, so that it takes hops of sound, s16 ``[1, T, 160]``.

    Raises:
        InputError: the file does not exist or is not a .tflite file by name.
        BadFile: the file is damaged.
        UnsupportedOp: an operator, type or shape is not supported; names the layer.
    """
    file = Path(path)
    if file.suffix.lower() != SUFFIX:
        raise InputError(f"{file}: wanted a {SUFFIX} file, found {file.suffix or 'no suffix'}")
    try:
        source = file.read_bytes()
    except OSError as e:
        raise InputError(f"{file}: cannot be read: {e.strerror}") from None
    original = load_tflite(file)
    if from_samples:
        whole = with_micro_front_end(original)
        return Model(file.stem, optimize(whole), original=whole)
    return Model(file.stem, optimize(original), source, original)
