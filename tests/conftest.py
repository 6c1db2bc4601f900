"""What every test may use."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "kernels")]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference models and data, or skip with the reason."""
    folder = Path(os.environ.get("MILLIWATT_SHARED", HERE.parent.parent / "shared"))
    if not (folder / "models").is_dir():
        pytest.skip(f"no reference models: {folder}/models is absent (set MILLIWATT_SHARED)")
    return folder
