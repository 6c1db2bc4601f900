"""Plans to C: the only room that writes C for models."""

from milliwatt.emit.library import Library, make_library, write_library
from milliwatt.emit.model import ModelSource, write_model
from milliwatt.emit.names import c_identifier

__all__ = [
    "Library",
    "ModelSource",
    "c_identifier",
    "make_library",
    "write_library",
    "write_model",
]
