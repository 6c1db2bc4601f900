"""What every test may use."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "kernels")]

# The same examples on every run, so that a failure is a change and never a matter of luck.
# To look further: HYPOTHESIS_PROFILE=explore.
settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference models and data, or skip with the reason."""
    folder = Path(os.environ.get("MILLIWATT_SHARED", HERE.parent.parent / "shared"))
    if not (folder / "models").is_dir():
        pytest.skip(f"no reference models: {folder}/models is absent (set MILLIWATT_SHARED)")
    return folder
