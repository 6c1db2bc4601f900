"""Machine learning in a milliwatt: models compiled to C, proven on an emulated chip.

::

    import milliwatt

    model = milliwatt.load("kws.tflite")
    result = milliwatt.compile(model, "nrf52840", out=Path("kws"))   # C library, proven, measured
    outputs = milliwatt.run(model, "nrf52840", inputs)               # on the emulated board
    milliwatt.verify(model, "rp2040", samples=100, against_tflm=True)
"""

from typing import TYPE_CHECKING

from milliwatt.errors import MilliwattError

if TYPE_CHECKING:
    from milliwatt.project.compile import compile  # noqa: A004  (the verb it is)
    from milliwatt.project.infer import run
    from milliwatt.project.model import Model, load
    from milliwatt.project.optimize import Budget, Goal, Optimize
    from milliwatt.project.verify import verify

__version__ = "0.1.0"

__all__ = [
    "Budget",
    "Goal",
    "MilliwattError",
    "Model",
    "Optimize",
    "__version__",
    "compile",
    "load",
    "run",
    "verify",
]

_LAZY = ("Budget", "Goal", "Model", "Optimize", "compile", "load", "run", "verify")


def __getattr__(name: str) -> object:
    """Import the compiler on first use, so that ``import milliwatt`` costs nothing."""
    if name in _LAZY:
        from milliwatt import project  # noqa: PLC0415

        # All at once: by importing the room `run`, Python has put it where the verb belongs.
        globals().update({verb: getattr(project, verb) for verb in _LAZY})
        return globals()[name]
    raise AttributeError(f"module 'milliwatt' has no attribute {name!r}")
