"""Tests of the learning room need PyTorch and torchao; without them they are skipped, saying so."""

from importlib.util import find_spec

import pytest


def _absent(package):
    try:
        return find_spec(package) is None
    except ValueError:  # how find_spec answers for a package that a test run has blocked
        return True


MISSING = [p for p in ("torch", "torchao") if _absent(p)]


class SkippedModule(pytest.Module):
    """A test file that is not imported, since its first lines would fail."""

    def collect(self):
        reason = f"the learning room needs {' and '.join(MISSING)}: pip install 'milliwatt[learn]'"
        pytest.skip(reason, allow_module_level=True)


def pytest_pycollect_makemodule(module_path, parent):
    return SkippedModule.from_parent(parent, path=module_path) if MISSING else None
