"""Everything milliwatt raises on purpose.

::

    MilliwattError
    ├── ModelError              the model cannot be used as it is
    │   ├── BadFile             the file is damaged, truncated or not what its name says
    │   ├── UnsupportedOp       no rule or no kernel for an operator, type or shape
    │   ├── ShapeMismatch       operands that do not fit together
    │   └── InvalidGraph        a graph that breaks its own rules (a defect of an importer or pass)
    ├── InputError              data, options or a folder given by the user
    ├── DoesNotFit              more RAM or flash than the board has
    ├── NotAvailable            an optional package or tool is absent
    ├── BuildFailed             the C compiler or the linker refused
    ├── Fault                   the emulated chip stopped: bad access, bad instruction, no end
    └── Divergence              two implementations of one model disagree

A message says where (file or node), what was found, what was wanted and what to do.
"""


class MilliwattError(Exception):
    """Base of every error that milliwatt raises on purpose."""


class ModelError(MilliwattError):
    """The model cannot be used as it is."""


class BadFile(ModelError):
    """The file is damaged, truncated or not what its name says."""


class UnsupportedOp(ModelError):
    """No rule or no kernel for an operator, type or shape."""


class ShapeMismatch(ModelError):
    """Operands do not fit together."""


class InvalidGraph(ModelError):
    """A graph breaks its own rules, which is a defect of an importer or a pass."""


class InputError(MilliwattError):
    """Data, an option or a folder given by the user is not usable."""


class DoesNotFit(MilliwattError):
    """The model needs more RAM or flash than the board has."""


class NotAvailable(MilliwattError):
    """An optional package or tool that this step needs is absent."""


class BuildFailed(MilliwattError):
    """The C compiler or the linker refused."""


class Fault(MilliwattError):
    """The emulated chip stopped: a bad access, a bad instruction, or no end in sight."""


class Divergence(MilliwattError):
    """Two implementations of one model disagree."""
