"""Run the stages that changed, in order."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from milliwatt.errors import InputError
from milliwatt.project.binding import unknown
from milliwatt.project.cache import Artefact, Cache, locked
from milliwatt.project.file import Project
from milliwatt.project.prove import Progress, silent
from milliwatt.project.stage import Stage, Work, changed
from milliwatt.project.stages import STAGES
from milliwatt.project.stages.compile import LIBRARY
from milliwatt.project.stages.report import JSON, PAGE
from milliwatt.report.files import write_bytes_atomically

RESUMABLE = frozenset(s.name for s in STAGES if s.resumable)


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of one stage.

    Attributes:
        stage: which.
        artefact: what it made, now or earlier.
        cached: it was there already.
        seconds: that it took now.
    """

    stage: Stage
    artefact: Artefact
    cached: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a stage would run, and why.

    Attributes:
        stage: which.
        current: what it would make is there.
        why: what changed since it last ran, or that something before it has to run first.
        seconds: that it took when it last ran, None if it never did.
    """

    stage: Stage
    current: bool
    why: str
    seconds: float | None


def make(
    project: Project,
    upto: str = STAGES[-1].name,
    *,
    force: bool = False,
    progress: Progress = silent,
    told: Callable[[Ran], None] = lambda _: None,
) -> dict[str, Ran]:
    """Run the stages of ``project`` up to and with ``upto``, each only if it has to.

    Args:
        project: what to make.
        upto: the last stage to run.
        force: run ``upto`` even if nothing changed.
        progress: told how the work of a stage goes on.
        told: of each stage as it ends.

    Raises:
        InputError: no such stage, a run is going on in the same folder, or a setting is wrong.
        MilliwattError: whatever a stage refuses.
    """
    cache, ran, checked = Cache(project.build_folder), dict[str, Ran](), False
    needed = [s for s in stages_upto(upto) if s.applies(project)]
    with locked(project.build_folder):
        cache.sweep(RESUMABLE)
        for stage in needed:
            start = time.perf_counter()
            artefacts = {name: r.artefact for name, r in ran.items()}
            made_from = stage.made_from(project, artefacts)
            artefact = cache.find(stage.name, made_from)
            cached = artefact is not None and not (force and stage.name == upto)
            if artefact is not None and cached:
                cache.touch(artefact)
            else:
                for later in () if checked else needed[len(ran) :]:
                    later.check(project)  # now, not minutes later when its turn comes
                checked = True
                folders = {n: a.folder for n, a in artefacts.items()}
                with cache.making(stage.name, made_from, resumable=stage.resumable) as out:
                    stage.run(Work(project, out, folders, progress))
                artefact = cache.find(stage.name, made_from)
            assert artefact is not None  # noqa: S101  (it was just made)
            ran[stage.name] = Ran(stage, artefact, cached, time.perf_counter() - start)
            told(ran[stage.name])
    return ran


def published(project: Project, ran: Mapping[str, Ran]) -> dict[str, Path]:
    """Copy report and C library to where people look for them; return where, by what they are."""
    build, report = project.build_folder, ran["report"].artefact.folder
    for name in (PAGE, JSON):
        write_bytes_atomically(build / name, (report / name).read_bytes())
    library = build / LIBRARY
    made = ran["compile"].artefact.folder / LIBRARY
    fresh = build / f".{LIBRARY}.new"
    for old in (fresh, library):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(made, fresh)
    fresh.replace(library)
    return {
        "report": (build / PAGE).resolve(),
        "C library": library.resolve(),
    }


def status(project: Project) -> Sequence[Standing]:
    """Return for every stage whether it is up to date; runs nothing."""
    cache, artefacts = Cache(project.build_folder), dict[str, Artefact]()
    found: list[Standing] = []
    for stage in (s for s in STAGES if s.applies(project)):
        last = cache.latest(stage.name)
        seconds = last.seconds if last else None
        waiting = [s.stage.name for s in found if not s.current and s.stage.name in stage.after]
        if waiting:
            found.append(Standing(stage, current=False, why=f"after {waiting[0]}", seconds=seconds))
            continue
        made_from = stage.made_from(project, artefacts)
        artefact = cache.find(stage.name, made_from)
        if artefact:
            artefacts[stage.name] = artefact
            found.append(Standing(stage, current=True, why="", seconds=artefact.seconds))
            continue
        why = _why(last, made_from)
        found.append(Standing(stage, current=False, why=why, seconds=seconds))
    return found


def stages_upto(name: str) -> tuple[Stage, ...]:
    """Return the stages up to and with the one called ``name``.

    Raises:
        InputError: there is none of this name.
    """
    names = [s.name for s in STAGES]
    if name not in names:
        raise InputError(f"stage {name}: {unknown(name, names).replace('key', 'stage')}")
    return STAGES[: names.index(name) + 1]


def _why(last: Artefact | None, made_from: Mapping[str, str]) -> str:
    if last is None:
        return "never ran"
    return "changed: " + ", ".join(changed(last.made_from, made_from))
