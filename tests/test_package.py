"""The package as a whole: what importing it costs, and what it may be installed from."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import milliwatt

ROOT = Path(__file__).parent.parent
HEAVY = ("numpy", "sklearn", "torch", "typer", "unicorn")


def modules_after(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after ``statement``."""
    program = f"import sys\n{statement}\nprint(*{{m.partition('.')[0] for m in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy():
    loaded = modules_after("import milliwatt")
    assert "milliwatt" in loaded
    assert not loaded & set(HEAVY)


def test_the_compiler_and_the_command_line_do_without_pytorch():
    loaded = modules_after("import milliwatt, milliwatt.cli\nmilliwatt.compile")
    assert "unicorn" in loaded
    assert not loaded & {"sklearn", "torch", "torchao"}


def test_every_public_name_is_there_and_documented():
    for name in milliwatt.__all__:
        value = getattr(milliwatt, name)
        assert name.startswith("__") or (value.__doc__ or "").strip(), name


def test_everything_that_setup_installs_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(r for extra in extras for r in extra)]
    names = {re.split(r"[\[<>=~ ]", requirement)[0] for requirement in wanted} - {"milliwatt"}
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert names <= set(pins)
    assert list(pins) == sorted(pins)
