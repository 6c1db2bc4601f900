"""What the documents tell a reader to type exists, and what they link to is there."""

import itertools
import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup, TyperOption

import milliwatt
from milliwatt.cli import app
from milliwatt.targets import BOARDS

ROOT = Path(__file__).parent.parent
WRITTEN = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md")
DOCUMENTS = sorted(p for name in (*WRITTEN, "docs/decisions/*.md") for p in ROOT.glob(name))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
EACH = [pytest.param(p, id=str(p.relative_to(ROOT))) for p in DOCUMENTS]
USAGE = "commands.md"  # generated; its forms carry brackets for what may be left out


def lines_to_type(document: Path) -> Iterator[str]:
    """Yield every line of a shell block and everything in backquotes."""
    text = document.read_text("utf-8")
    for language, block in FENCE.findall(text):
        if language in ("", "sh", "bash", "console"):
            yield from (line.removeprefix("$ ").strip() for line in block.splitlines())
    yield from INLINE.findall(FENCE.sub("", text))


def commands(program: str) -> list[tuple[str, list[str]]]:
    """Return (document, words behind ``program``) for each use of it."""
    found = []
    for document in DOCUMENTS:
        for line in lines_to_type(document):
            name, _, rest = line.partition(" ")
            if name == program and rest and document.name != USAGE:
                found.append((document.name, shlex.split(rest.partition(" #")[0])))
    return found


def options(command: str, words: list[str]) -> dict[str, bool]:
    """Return each option of a command, or of one in its group, and whether a value follows it."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    found = group.commands[command]
    if isinstance(found, TyperGroup) and words:
        found = found.commands[words[0]]
    parameters = found.params
    return {
        name: not p.is_flag for p in parameters if isinstance(p, TyperOption) for name in p.opts
    }


def test_every_command_line_is_one():
    seen = commands("milliwatt")
    assert len(seen) > 10
    for document, (command, *words) in seen:
        if command == "--version":
            continue
        where = f"{document}: milliwatt {command} {' '.join(words)}"
        known = options(command, words)
        given = iter(words)
        for word in given:
            if word.startswith("-"):
                assert word in known, f"{where}: no option {word}; there are {sorted(known)}"
                if known[word]:
                    assert next(given, None), f"{where}: {word} wants a value"


def test_every_board_that_a_command_names_exists():
    for document, words in commands("milliwatt"):
        for option, value in itertools.pairwise(words):
            if option in ("--board", "-b") and value.islower():
                assert value in BOARDS_AND_EXAMPLES, f"{document} names the board {value}"


BOARDS_AND_EXAMPLES = {*BOARDS, "stm32f411"}  # the last is added in CONTRIBUTING


def test_every_make_target_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    seen = commands("make")
    assert len(seen) > 5
    for document, words in seen:
        for word in words:
            assert "=" in word or word in targets, f"{document}: make {word}"


@pytest.mark.parametrize("document", EACH)
def test_every_link_inside_the_repository_leads_somewhere(document):
    for target in LINK.findall(FENCE.sub("", document.read_text("utf-8"))):
        path, _, heading = target.partition("#")
        if ":" in path:
            continue
        place = document.parent / path if path else document
        assert place.exists(), f"{target} is not there"
        if heading:
            titles = re.findall(r"^#+ (.*)$", place.read_text("utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", t.lower()).replace(" ", "-") for t in titles}


@pytest.mark.parametrize("document", EACH)
def test_python_in_documents_compiles_and_uses_what_exists(document):
    for language, block in FENCE.findall(document.read_text("utf-8")):
        if language == "python":
            compile(block, document.name, "exec")
            for name in re.findall(r"\bmilliwatt\.(\w+)\(", block):
                assert name in milliwatt.__all__


def test_the_figures_are_those_of_the_last_benchmark():
    renew = runpy.run_path(str(ROOT / "docs" / "renew.py"))
    assert renew["figures"]() in (ROOT / "README.md").read_text("utf-8"), (
        "bench/RESULTS.md has changed; run python docs/renew.py --figures"
    )
