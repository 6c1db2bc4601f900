"""Type what the tutorial says, and put what is printed where it says so.

``python docs/tutorial.py`` renews the outputs in ``docs/tutorial.md``; a test plays it too and
compares. A block after a line with a file's name and a colon is that file; a console block is
typed line by line, with what was printed below it.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TUTORIAL = Path(__file__).with_name("tutorial.md")
FILE = re.compile(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EDIT = re.compile(r"^`([\w.]+)`, with `(.+?)` changed to `(.+?)`:$", re.MULTILINE)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPT = "$ "
WIDTH = "100"
LONGEST = 40  # lines of one command's output that are shown
ELIDED = "…\n"


class Typist:
    """Somebody in a folder who types commands."""

    def __init__(self, folder: Path) -> None:
        """Begin in ``folder``, with this Python's programs first."""
        self.top = self.folder = folder
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = os.environ | {"PATH": programs, "COLUMNS": WIDTH, "NO_COLOR": "1"}

    def type(self, line: str) -> str:
        """Run one line and return what it printed, errors included."""
        if line.startswith("cd "):
            self.folder = self.folder / line.removeprefix("cd ")
            return ""
        done = subprocess.run(  # noqa: S602  (lines of our own tutorial, as a reader types them)
            line,
            shell=True,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout.replace(str(self.top.resolve()), "~")

    def write(self, name: str, text: str) -> None:
        """Write a file: beside the project until there is one, else into it."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file as the tutorial says."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name}: nothing to change"  # noqa: S101
        path.write_text(text.replace(old, new.replace("\\n", "\n")), encoding="utf-8")


def played(text: str, folder: Path) -> str:
    """Return the tutorial ``text`` with the outputs of its commands, typed in ``folder``."""
    typist = Typist(folder)
    steps = [(m.start(), kind, m) for kind in (FILE, EDIT, CONSOLE) for m in kind.finditer(text)]
    parts, at = [], 0
    for start, kind, match in sorted(steps, key=lambda step: step[0]):
        parts.append(text[at:start])
        at = match.end()
        shown = match[0]
        if kind is FILE:
            typist.write(match[1], match[2])
        elif kind is EDIT:
            typist.edit(*match.groups())
        else:
            shown = _typed(typist, match[1])
        parts.append(shown)
    return "".join((*parts, text[at:]))


def _typed(typist: Typist, block: str) -> str:
    lines = [line for line in block.splitlines() if line.startswith(PROMPT)]
    shown = []
    for line in lines:
        output = [ln.rstrip() + "\n" for ln in typist.type(line[len(PROMPT) :]).splitlines()]
        cut = output[:LONGEST] + [ELIDED] * (len(output) > LONGEST)
        shown.append(line + "\n" + "".join(cut))
    return f"```console\n{''.join(shown)}```"


def main() -> None:
    """Renew the tutorial."""
    with tempfile.TemporaryDirectory() as folder:
        TUTORIAL.write_text(played(TUTORIAL.read_text("utf-8"), Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
