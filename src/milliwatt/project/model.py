"""A model as the user brings it."""

from dataclasses import dataclass
from pathlib import Path

from milliwatt.errors import InputError
from milliwatt.importers.micro_front_end import from_samples as with_micro_front_end
from milliwatt.importers.tflite import load_tflite
from milliwatt.ir import Graph
from milliwatt.passes import optimize

SUFFIXES = (".tflite", ".pt2")


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
    """Load a ``.tflite`` model, or a quantised ``.pt2`` program of PyTorch.

    Args:
        path: the file.
        from_samples: the model takes features of TensorFlow's micro front end, as microWakeWord
            models do; put that before it, so that it takes hops of sound, s16 ``[1, T, 160]``.

    Raises:
        InputError: the file does not exist or is of neither kind by its name.
        NotAvailable: a .pt2 file, and PyTorch is not installed.
        BadFile: the file is damaged.
        UnsupportedOp: an operator, type or shape is not supported; names the layer.
    """
    file = Path(path)
    if file.suffix.lower() not in SUFFIXES:
        wanted = " or ".join(SUFFIXES)
        raise InputError(f"{file}: wanted a {wanted} file, found {file.suffix or 'no suffix'}")
    original, source = _read(file)
    if from_samples:
        original, source = with_micro_front_end(original), None  # not what the file computes
    return Model(file.stem, optimize(original), source, original)


def _read(file: Path) -> tuple[Graph, bytes | None]:
    """Return a file's graph, and its bytes where TensorFlow Lite Micro can run them."""
    if file.suffix.lower() == ".pt2":
        from milliwatt.importers.torch import load_pt2  # noqa: PLC0415  (optional, slow to import)

        return load_pt2(file), None
    try:
        source = file.read_bytes()
    except OSError as e:
        raise InputError(f"{file}: cannot be read: {e.strerror}") from None
    return load_tflite(file), source
