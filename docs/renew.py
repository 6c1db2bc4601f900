"""Make the pictures and the figures of the README anew, each by the program itself.

``python docs/renew.py`` runs the demo, takes ``docs/img/report.png`` of its web page with Chromium
(or Chrome, found on the PATH), records ``docs/img/terminal.svg`` of its terminal output, types the
README's commands and copies the README's table of figures from ``bench/RESULTS.md``. With
``--figures`` it does the last alone.

The commands want the keyword spotter of MLPerf Tiny, ``models/kws_ref_model.tflite`` in the folder
that MILLIWATT_SHARED names or in ``shared`` beside the checkout.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from milliwatt.errors import NotAvailable
from milliwatt.project.demo import demo
from milliwatt.report.html import study_page
from milliwatt.report.result import Study
from milliwatt.report.terminal import print_study

ROOT = Path(__file__).parent.parent
README, RESULTS, PICTURES = ROOT / "README.md", ROOT / "bench" / "RESULTS.md", ROOT / "docs" / "img"
BOARD = "nrf52840"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars",
)  # fmt: skip
WIDTH, HEIGHT = 1200, 1500  # pixels
COLUMNS = 96  # of the terminal
COMMANDS = {  # commands of the README, and which lines of their output are shown
    "milliwatt inspect kws.tflite": (slice(8), slice(-1, None)),
    "milliwatt compile kws.tflite --board nrf52840 --out kws": (slice(15), slice(-1, None)),
    "milliwatt verify kws.tflite --board rp2040 --samples 100 --against tflm": (slice(None),),
}
NAMES = {
    "kws": "keyword spotting",
    "vww": "person detection",
    "ic": "image classification",
    "ad": "anomaly detection",
    "sww": "streaming wake word",
}


def main() -> None:
    """Renew what the command line asks for."""
    replace("figures", figures())
    if "--figures" not in sys.argv[1:]:
        replace("commands", commands())
        with tempfile.TemporaryDirectory() as folder:
            study, _ = demo(BOARD, Path(folder))
        photograph(study, PICTURES / "report.png")
        record(study, PICTURES / "terminal.svg")


def replace(part: str, text: str) -> None:
    """Put ``text`` between the marks of ``part`` in the README."""
    marks = re.compile(rf"(<!-- {part}:[^\n]*-->\n).*?(<!-- /{part} -->)", re.DOTALL)
    old = README.read_text("utf-8")
    README.write_text(marks.sub(lambda m: m[1] + text + m[2], old), "utf-8")


def commands() -> str:
    """Return the README's commands with what they print, long parts left out.

    Raises:
        NotAvailable: the model that the README speaks of is absent.
    """
    folder = Path(os.environ.get("MILLIWATT_SHARED", ROOT.parent / "shared"))
    model = folder / "models" / "kws_ref_model.tflite"
    if not model.is_file():
        raise NotAvailable(f"{model} is absent; set MILLIWATT_SHARED to where models/ is")
    shown = []
    with tempfile.TemporaryDirectory() as place:
        shutil.copy(model, Path(place) / "kws.tflite")
        for command, parts in COMMANDS.items():
            output = subprocess.run(  # noqa: S603  (our own command line)
                [sys.executable, "-m", *command.split()],
                cwd=place,
                env={**os.environ, "COLUMNS": str(COLUMNS)},
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            lines = [line.rstrip() for line in output.strip().splitlines()]
            shown.append(f"$ {command}\n" + "\n…\n".join("\n".join(lines[p]) for p in parts))
    return "```\n" + "\n\n".join(shown) + "\n```\n"


def figures() -> str:
    """Return the README's table, from the rows that `make bench` wrote for the board."""
    heads = (
        "model", "instructions", "of TFLM's", "cycles, estimated", "code, B", "weights, B",
        "RAM, B", "of TFLM's",
    )  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for ours, peer in _pairs():
        name, _, instructions, _, cycles, code, weights, _, _, _, ram, _ = ours
        work, memory = (float(_number(ours[i]) / _number(peer[i])) for i in (2, 10))
        lines.append(
            f"| {NAMES[name]} (`{name}`) | {instructions} | {work:.0%} | {cycles} | {code} "
            f"| {weights} | {ram} | {memory:.0%} |"
        )
    return "\n".join(lines).replace("%", " %") + "\n"


def _pairs() -> Iterator[tuple[list[str], list[str]]]:
    """Yield our row of each model on the board, and the one of TFLM's reference kernels."""
    text = RESULTS.read_text("utf-8")
    _, found, section = text.partition(f"### {BOARD} ")
    if not found:
        raise NotAvailable(f"{RESULTS} has no section on {BOARD}; run `make bench`")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.partition("\n#")[0].splitlines()
        if line.startswith("|")
    ]
    for i, row in enumerate(rows):
        if row[0] in NAMES:
            (peer,) = (r for r in rows[i + 1 : i + 2] if "reference kernels" in r[1])
            yield row, peer


def _number(cell: str) -> int:
    return int(cell.replace(",", ""))


def photograph(study: Study, picture: Path) -> None:
    """Take a picture of the report's first screen.

    Raises:
        NotAvailable: no browser is on the PATH.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise NotAvailable(f"no browser for {picture}; install one of: {', '.join(BROWSERS)}")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(study_page(study), "utf-8")
        subprocess.run(  # noqa: S603  (the browser found above, on a page of ours)
            [
                browser,
                *QUIET,
                f"--user-data-dir={folder}/profile",
                f"--window-size={WIDTH},{HEIGHT}",
                f"--screenshot={picture}",
                page.as_uri(),
            ],
            check=True,
            stderr=subprocess.DEVNULL,
        )


def record(study: Study, picture: Path) -> None:
    """Draw what the terminal shows at the end of the demo, without any web font."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        print_study(console, study)
        svg = console.export_svg(title="make demo", unique_id="demo")
    picture.write_text(re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    main()
