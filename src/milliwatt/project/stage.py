"""What a stage is: a function from settings and earlier artefacts to a folder of files."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from milliwatt.project.cache import Artefact, Made, code_hash, text_hash
from milliwatt.project.file import Project
from milliwatt.project.prove import Progress


@dataclass(frozen=True)
class Work:
    """What a stage is given.

    Attributes:
        project: what to do; the stage reads its own sections only.
        out: the folder to write to.
        before: the folders of the stages before it, by name.
        progress: told how the work goes on.
    """

    project: Project
    out: Path
    before: Mapping[str, Path]
    progress: Progress


@dataclass(frozen=True)
class Stage:
    """One step from data to report.

    Attributes:
        name: as a user types it.
        does: what it does, in a few words.
        after: the stages whose artefacts it reads.
        settings: the parts of the project file that it reads, such as ``window`` or
            ``project.seed``; nothing else may change what it writes.
        code: rooms and files of milliwatt whose sources decide what it writes.
        packages: others' code that does.
        run: writes the artefact.
        check: refuses options that are wrong, before anything runs.
        own: the user's files that it reads: what each is, by its name.
        applies: whether a project has the stage at all.
        resumable: it finds what an interrupted run has left, and goes on from there.
    """

    name: str
    does: str
    after: tuple[str, ...]
    settings: tuple[str, ...]
    code: tuple[str, ...]
    packages: tuple[str, ...]
    run: Callable[[Work], None]
    own: Callable[[Project], Mapping[str, str]] = lambda _: {}
    check: Callable[[Project], object] = lambda _: None
    applies: Callable[[Project], bool] = lambda _: True
    resumable: bool = False

    def made_from(self, project: Project, before: Mapping[str, Artefact]) -> Made:
        """Return all that decides what the stage writes, each as a hash or a short text."""
        made = {"code": code_hash(self.code, self.packages)}
        document = project.file.model_dump(mode="json", by_alias=True)
        for setting in self.settings:
            made |= _leaves(document, setting)
        made |= self.own(project)
        # a stage that does not apply is not there
        found = {f"stage {n}": before[n].digest for n in self.after if n in before}
        return made | found


def changed(before: Made, now: Made) -> list[str]:
    """Return what differs between two makings, as a user reads it."""
    names = sorted(n for n in {*before, *now} if before.get(n) != now.get(n))
    return ["milliwatt itself" if n == "code" else n for n in names]


def _leaves(document: Mapping[str, object], setting: str) -> dict[str, str]:
    """Return ``[section] key`` and its value for every key of a part of the file."""
    section, _, key = setting.partition(".")
    value = document[section]
    if key:
        assert isinstance(value, dict)  # noqa: S101  (sections are tables)
        return {f"[{section}] {key}": _short(value[key])}
    if isinstance(value, dict):
        return {f"[{section}] {k}": _short(v) for k, v in value.items()}
    return {f"[{section}]": _short(value)}


def _short(value: object) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= 64 else text_hash(text)
