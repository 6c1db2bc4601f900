"""TensorFlow Lite Micro itself, as the oracle of what a .tflite means.

The PyPI package `tflite-micro` is the interpreter that runs on devices, with its portable reference
kernels, built for this machine.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from milliwatt.errors import InputError, ModelError, NotAvailable
from milliwatt.importers.tflite.model import Array
from milliwatt.importers.tflite.read import read

if TYPE_CHECKING:
    from tflite_micro.python.tflite_micro.runtime import Interpreter

ARENA_BYTES = 8 << 20  # on this machine memory is no concern, and any model for a device fits
INSTALL = "pip install 'milliwatt[tflm]'"


class Tflm:
    """A model loaded into TensorFlow Lite Micro; its variables live from call to call."""

    def __init__(self, model: bytes) -> None:
        """Load ``model``, the bytes of a .tflite file.

        Raises:
            NotAvailable: the package `tflite-micro` is absent; gives the command that installs it.
            BadFile: the file is not well formed (checked first: the interpreter checks nothing).
            ModelError: the interpreter refuses the model.
        """
        main = read(model).main
        self._shapes = tuple(main.tensors[i].shape for i in main.inputs)
        self._outputs = len(main.outputs)
        self._model = model
        self._interpreter = _load(model)

    def run(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs for one set of inputs, each of the model's own shape and type.

        Raises:
            InputError: the inputs are not those the model takes.
            ModelError: the interpreter failed.
        """
        shapes = tuple(i.shape for i in inputs)
        if shapes != self._shapes:
            raise InputError(f"inputs of shapes {shapes}; the model takes {self._shapes}")
        try:
            for index, array in enumerate(inputs):
                self._interpreter.set_input(np.ascontiguousarray(array), index)
            self._interpreter.invoke()
            outputs = (self._interpreter.get_output(i) for i in range(self._outputs))
            return tuple(np.array(o) for o in outputs)
        except (RuntimeError, ValueError) as e:
            raise ModelError(f"TensorFlow Lite Micro failed to run the model: {e}") from e

    def reset(self) -> None:
        """Return every variable to what it is before the first call."""
        # The interpreter's own reset does not run CALL_ONCE again, so start values would be lost.
        self._interpreter = _load(self._model)


def _load(model: bytes) -> "Interpreter":
    try:
        from tflite_micro.python.tflite_micro.runtime import Interpreter  # noqa: PLC0415
    except ImportError as e:
        raise NotAvailable(
            f"comparing with TensorFlow Lite Micro needs the package tflite-micro: {INSTALL}"
        ) from e
    try:
        return Interpreter.from_bytes(model, arena_size=max(ARENA_BYTES, 10 * len(model)))
    except (RuntimeError, ValueError) as e:
        raise ModelError(f"TensorFlow Lite Micro refuses the model: {e}") from e
