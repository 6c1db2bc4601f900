"""PyTorch is loaded by those who need it and by nobody else."""

import subprocess
import sys

import pytest


def python(program):
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )


def test_the_package_itself_does_without():
    done = python(
        "import milliwatt, milliwatt.data, sys; print({'torch', 'torchao'} & set(sys.modules))"
    )
    assert (done.stdout, done.returncode) == ("set()\n", 0), done.stderr


def test_nothing_is_printed_when_it_loads():
    done = python("import milliwatt.learn")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.mark.parametrize("absent", ["torch", "torchao"])
def test_absence_says_what_to_type(absent):
    done = python(
        f"import sys; sys.modules[{absent!r}] = None\n"
        "from milliwatt.errors import NotAvailable\n"
        "try:\n    import milliwatt.learn\n"
        "except NotAvailable as e:\n    print(e)"
    )
    wanted = f"the package {absent}, which is not installed; type: pip install 'milliwatt[learn]'"
    assert wanted in done.stdout, done.stderr


def test_reading_programs_without_pytorch_says_what_to_type():
    done = python(
        "import sys; sys.modules['torch'] = None\n"
        "from milliwatt.errors import NotAvailable\n"
        "try:\n    import milliwatt.importers.torch\n"
        "except NotAvailable as e:\n    print(e)"
    )
    wanted = "the package torch, which is not installed; type: pip install 'milliwatt[learn]'"
    assert wanted in done.stdout, done.stderr
