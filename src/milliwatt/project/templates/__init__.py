"""What `milliwatt init` begins with: a project file each, one line here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from milliwatt.errors import InputError
from milliwatt.project.binding import unknown
from milliwatt.project.file import FILE


@dataclass(frozen=True, slots=True)
class Template:
    """A beginning.

    Attributes:
        title: what it does, in a line.
        data: how its recordings come into the folder, as sentences and commands.
    """

    title: str
    data: str

    def __str__(self) -> str:
        """Return the title."""
        return self.title


PACKAGED = """The recordings come with the Python package aeon: `pip install 'milliwatt[demo]'`."""

OWN_FILES = """Put your files under `{folder}/`, a folder for each label, each file named by
{group} and a number: `{folder}/{example}`."""

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "fall": Template(
            "falls, told from what else people do, by accelerometer and gyroscope at the waist",
            """The publisher of SisFall names no lasting address: get a copy from its page, then
type `milliwatt data get sisfall --from PATH`.""",
        ),
        "image": Template(
            "classes of small images",
            OWN_FILES.format(
                folder="images", group="where or what was seen", example="cat/yard_1.png"
            ),
        ),
        "motion": Template("activities from a smart watch's accelerometer and gyroscope", PACKAGED),
        "own-csv": Template(
            "classes of your own, from CSV files of any sensor",
            """Put your CSV files under `recordings/`, a folder for each label, named by who or what
was recorded and a number: `recordings/walking/ann_1.csv`. Each has a heading with a column for
the time and one for each channel of the sensor.""",
        ),
        "vibration": Template(
            "states of a machine, from its vibration",
            OWN_FILES.format(
                folder="recordings", group="machine or day", example="worn/pump2_1.csv"
            ),
        ),
        "voice": Template(
            "six spoken words, from a microphone that never stops",
            """Type `milliwatt data get speech_commands`: 2.4 GB, once. With a copy at hand, add
`--from PATH`.""",
        ),
    }
)
"""Every template, sorted by name."""
DEFAULT = "motion"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_README = """# {name}

A milliwatt project: {title}. It was made by `milliwatt init {folder} --template {template}`.

## Data

{data}

## Make it

```
milliwatt make
```

trains the model, turns it into C for the board that `milliwatt.toml` names, runs the test
recordings on an emulated one and writes `build/report.html` and `build/library`, the C to link
into your firmware. Change `milliwatt.toml` and type it again: only what changed runs.
`milliwatt status` says what would run and why; `milliwatt make train` stops behind a stage.
"""


def text(template: str, name: str) -> str:
    """Return the project file of a template for a project called ``name``.

    Raises:
        InputError: there is no such template, or ``name`` cannot be used in C.
    """
    if template not in TEMPLATES:
        said = unknown(template, TEMPLATES).replace("key", "template")
        raise InputError(f"template {template!r}: {said}")
    if not _NAME.fullmatch(name):
        raise InputError(
            f"project {name!r}: C functions are named after it; wanted small letters, digits and "
            "_, a letter first"
        )
    source = files("milliwatt.project.templates").joinpath(f"{template}.toml")
    return source.read_text(encoding="utf-8").replace("@NAME@", name)


def write(folder: Path, template: str) -> Path:
    """Make ``folder``, named as the project will be, with the files of a template.

    Raises:
        InputError: it exists and holds something, or as `text` does.
    """
    name = folder.name.replace("-", "_")
    project = text(template, name)
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder}: holds files; wanted a new or empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(project, encoding="utf-8")
    about = TEMPLATES[template]
    readme = _README.format(
        name=name, title=about.title, folder=folder.name, template=template, data=about.data
    )
    (folder / "README.md").write_text(readme, encoding="utf-8")
    (folder / ".gitignore").write_text("build/\n", encoding="utf-8")
    return folder
