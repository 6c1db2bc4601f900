"""The documentation says what is so: lists are current, links lead somewhere, commands exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from milliwatt.cli import COMMANDS, GROUPS
from milliwatt.ops import OPS
from milliwatt.targets import BOARDS

ROOT = Path(__file__).parent.parent
SKIPPED = {".venv", ".git", "build", "node_modules"}
PAGES = [p for p in sorted(ROOT.rglob("*.md")) if not SKIPPED & set(p.relative_to(ROOT).parts)]
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]*))?\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def docs_tool(*arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "tools" / "docs.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_generated_lists_are_current():
    done = docs_tool("--check")
    assert done.returncode == 0, done.stderr


def test_a_stale_list_is_named_and_made_new(tmp_path: Path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "docs.py").write_text((ROOT / "tools" / "docs.py").read_text())
    assert docs_tool(root=tmp_path).returncode == 0
    page = tmp_path / "docs" / "boards.md"
    page.write_text(page.read_text().replace("nrf52840", "nrf52833"))
    stale = docs_tool("--check", root=tmp_path)
    assert (stale.returncode, stale.stdout) == (1, "")
    assert stale.stderr == "docs/boards.md is out of date; run `make docs`\n"
    assert docs_tool(root=tmp_path).stdout == "wrote docs/boards.md\n"
    assert docs_tool("--check", root=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("boards.md", [f"| `{name}` |" for name in BOARDS]),
        ("commands.md", [f"## milliwatt {name}\n" for name in COMMANDS]),
        ("operators.md", [f"| `{op.name}` |" for op in OPS]),
    ],
)
def test_every_entry_of_a_table_is_listed_once(page: str, names: list[str]):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert {name: text.count(name) for name in names} == dict.fromkeys(names, 1)


@pytest.mark.parametrize("page", [pytest.param(p, id=str(p.relative_to(ROOT))) for p in PAGES])
def test_links_within_the_repository_lead_somewhere(page: Path):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for path, anchor in LINK.findall(text):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {path}, which does not exist"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{page.name}: {target.name} has no #{anchor}"


@pytest.mark.parametrize("page", [pytest.param(p, id=str(p.relative_to(ROOT))) for p in PAGES])
def test_every_make_target_and_command_written_down_exists(page: Path):
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    spans = [
        *re.findall(r"`([^`\n]+)`", text),
        *re.findall(r"^(?:\$ )?(m\w+ .*)$", text, re.MULTILINE),
    ]
    for span in spans:
        words = span.split()
        if words[:1] == ["make"] and len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]):
            assert words[1] in targets, f"{page.name}: no `make {words[1]}`"
        if words[:1] == ["milliwatt"] and len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]):
            assert words[1] in {*COMMANDS, *GROUPS}, f"{page.name}: no `milliwatt {words[1]}`"


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of ``page``."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", h.lower()) for h in headings)
    return {h.strip().replace(" ", "-") for h in plain}
