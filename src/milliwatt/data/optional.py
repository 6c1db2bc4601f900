"""Packages that only some sources need, imported when they are needed."""

from importlib import import_module
from types import ModuleType

from milliwatt.errors import NotAvailable


def require(module: str, what: str, extra: str) -> ModuleType:
    """Return ``module``, which reads or writes ``what``.

    Raises:
        NotAvailable: it is not installed, or a library that it stands on is not; says what to type.
    """
    package = module.partition(".")[0]
    try:
        return import_module(module)
    except ImportError as error:
        raise NotAvailable(
            f"{what} needs the package {package} ({error}); type: pip install 'milliwatt[{extra}]'"
        ) from error
    except OSError as error:
        # sounddevice says so without PortAudio, soundfile without libsndfile.
        raise NotAvailable(
            f"{what} needs a system library that the package {package} stands on: {error}; get it "
            "from the system's package manager (PortAudio on Debian: apt install libportaudio2)"
        ) from error
