"""Packages that only some sources need, imported when they are needed."""

from importlib import import_module
from types import ModuleType

from milliwatt.errors import NotAvailable


def require(module: str, what: str, extra: str) -> ModuleType:
    """Return ``module``, which reads or writes ``what``.

    Raises:
        NotAvailable: it is not installed, or a library that it stands on is not; says what to type.
    """
    try:
        return import_module(module)
    except (ImportError, OSError) as error:  # sounddevice raises OSError without PortAudio
        raise NotAvailable(
            f"{what} needs the package {module.partition('.')[0]} ({error}); "
            f"type: pip install 'milliwatt[{extra}]'"
        ) from error
