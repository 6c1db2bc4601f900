"""``milliwatt.toml``: what a project is, read and checked before anything runs.

Sections have their keys here. Options of what a table names (a front end, an architecture, an
augmentation) are kept as they are and checked against the entry's signature by the stage that
calls it, see `milliwatt.project.binding`.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)

from milliwatt.errors import InputError
from milliwatt.project.binding import Place, as_json, unknown, wanted
from milliwatt.project.optimize import Budget, Goal, Optimize
from milliwatt.project.toml_lines import Key, key_lines
from milliwatt.report.files import read_text
from milliwatt.targets import BOARDS

FILE = "milliwatt.toml"
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(B|KB|KiB|MB|MiB)")
_BYTES = {"B": 1, "KB": 1000, "KiB": 1024, "MB": 1000**2, "MiB": 1024**2}


def _size(value: object) -> object:
    """Return ``"60 KB"`` as 60000 and ``"16 KiB"`` as 16384; a number is bytes."""
    if not isinstance(value, str):
        return value
    found = _SIZE.fullmatch(value.strip())
    if not found:
        raise ValueError('bytes as a number, or a size such as "60 KB" (1000) or "16 KiB" (1024)')
    return round(float(found[1]) * _BYTES[found[2]])


def _board(name: str) -> str:
    if name not in BOARDS:
        raise ValueError(f"a board: {unknown(name, BOARDS).removeprefix('unknown key; ')}")
    return name


def _positive_share_or_names(value: float | tuple[str, ...]) -> float | tuple[str, ...]:
    if not isinstance(value, tuple) and not 0 <= value < 1:
        raise ValueError("a share of at least 0 and below 1, or a list of groups")
    return value


Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Size = Annotated[int, BeforeValidator(_size), Field(gt=0)]
Part = Annotated[float | tuple[str, ...], AfterValidator(_positive_share_or_names)]


class Section(BaseModel):
    """A table whose keys are all known here."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Options(BaseModel):
    """A table whose further keys are options of what it names."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    @property
    def options(self) -> dict[str, object]:
        """The keys that this class does not know."""
        return dict(self.model_extra or {})


class About(Section):
    """``[project]``: name of the model in C, board, seed of everything drawn by chance."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    board: Annotated[str, AfterValidator(_board)] = "nrf52840"
    seed: Annotated[int, Field(ge=0)] = 0


class SplitBy(Section):
    """``[data.split]``: shares of the recordings, or names of groups."""

    by: Literal["group", "given", "chance"] = "group"
    test: Part = 0.2
    validation: Part = 0.1


class Data(Options):
    """``[data]``: a folder, a pattern of files or a set of the catalogue, and how it is parted.

    Further keys are options of the reader.
    """

    source: str
    from_: Annotated[str | None, Field(alias="from")] = None
    labels: tuple[str, ...] | None = None
    split: SplitBy | None = None


class Cut(Section):
    """``[window]``: how recordings are cut; absent, a recording is one input as it is.

    ``event`` is a label whose recordings hold one event, where the channels ``event_channels`` are
    strongest together: windows that hold the ``event_ms`` around it have the label, the others of
    such recordings none, so they are left out.
    """

    length_ms: Positive
    hop_ms: Positive | None = None
    cover: Annotated[float, Field(gt=0, le=1)] | None = None
    event: str | None = None
    event_ms: Positive = 500.0
    event_channels: tuple[str, ...] = ()


class Named(Options):
    """A table that names one entry by ``kind``; further keys are the entry's options."""

    kind: str


class ModelFrom(Options):
    """``[model]``: exactly one of a known architecture, an own module, a trained file, trees.

    Further keys are options of the architecture or of the module's function.
    """

    architecture: str | None = None
    module: Annotated[str, Field(pattern=r"^[^:]+\.py:\w+$")] | None = None
    file: str | None = None
    classical: str | None = None

    @model_validator(mode="after")
    def _one(self) -> "ModelFrom":
        named = [k for k in ("architecture", "module", "file", "classical") if getattr(self, k)]
        if len(named) != 1:
            found = " and ".join(named) or "none of them"
            raise ValueError(
                f"exactly one of architecture, module, file and classical; found {found}"
            )
        return self


class Build(Section):
    """``[compile]``: what the plan strives for, as the options of ``milliwatt compile``."""

    optimize: Optimize | None = None
    max_ram: Size | None = None
    max_flash: Size | None = None
    push: bool = False
    slide: bool = False
    tune: bool = False
    winograd: bool = False

    def goal(self) -> Goal:
        """Return the same as the compiler takes it."""
        return Goal(
            self.optimize,
            Budget(self.max_ram, self.max_flash),
            push=self.push,
            slide=self.slide,
            tune=self.tune,
            winograd=self.winograd,
        )

    @model_validator(mode="after")
    def _together(self) -> "Build":
        budget = self.max_ram is not None or self.max_flash is not None
        if self.push and (budget or self.optimize is not None):
            raise ValueError("push without optimize, max_ram and max_flash: it decides the plan")
        if budget and self.optimize is not None:
            raise ValueError("optimize or max_ram and max_flash, not both")
        if self.slide and not self.push:
            raise ValueError("push = true beside slide: windows slide over pushed rows")
        if self.winograd and (self.push or self.optimize is Optimize.SIZE):
            raise ValueError("winograd without push and optimize = 'size'")
        return self


class Decide(Section):
    """``[decide]``: what one answer is made of.

    ``per``: each window, or each recording by its windows. ``how``: the sum of their scores, or
    ``any``: `positive` where its lead over every other class reaches ``threshold`` (in the real
    numbers that the scores stand for) in ``windows`` windows that follow each other. A threshold
    that is absent is chosen on the validation side; without one it is 0.
    """

    per: Literal["window", "recording"] = "window"
    how: Literal["sum", "any"] = "sum"
    positive: str | None = None
    threshold: Annotated[float, Field(allow_inf_nan=False)] | None = None
    windows: Annotated[int, Field(ge=1)] = 1


class Verify(Section):
    """``[verify]``: how many test inputs run on the emulated board; absent, all of them."""

    on_board: Annotated[int, Field(ge=1)] | None = None


class Listen(Section):
    """``[stream]``: a long recording made of the clips, for models that rows are pushed into.

    ``background`` is the label below everything, ``others`` are labels that are not answered to.
    Without ``threshold`` the one is taken that hears most on the validation side with at most
    ``most_an_hour`` false accepts.
    """

    background: str
    others: tuple[str, ...] = ()
    hours: Positive = 1.0
    pause_s: tuple[float, float] = (0.5, 3.0)
    threshold: Share | None = None
    most_an_hour: Annotated[float, Field(ge=0)] = 1.0
    smooth_ms: Positive = 200.0
    deaf_ms: Positive = 1000.0


class Power(Section):
    """``[power]``: for the average power: results a second, and the current in between."""

    results_per_second: Positive | None = None
    sleep_microamps: Annotated[float, Field(ge=0)] | None = None
    source: str | None = None

    @model_validator(mode="after")
    def _sourced(self) -> "Power":
        if self.sleep_microamps is not None and not self.source:
            raise ValueError("source beside sleep_microamps: the data sheet and its section")
        return self


class Target(Section):
    """``[target]``: what the project wants to reach; the report says what it does."""

    accuracy: Share | None = None
    sensitivity: Share | None = None
    specificity: Share | None = None
    int8_drop: Share | None = None
    flash: Size | None = None
    ram: Size | None = None
    latency_ms: Positive | None = None
    false_accepts_an_hour: Positive | None = None
    cpu_share: Share | None = None


class ProjectFile(Section):
    """Everything that ``milliwatt.toml`` says."""

    project: About
    data: Data
    sensor: dict[str, JsonValue] = {}
    window: Cut | None = None
    features: Named = Named(kind="raw")
    augment: dict[str, JsonValue] = {}
    model: ModelFrom
    train: dict[str, JsonValue] = {}
    compress: dict[str, JsonValue] = {}
    build: Annotated[Build, Field(alias="compile")] = Build()
    decide: Decide = Decide()
    verify: Verify = Verify()
    stream: Listen | None = None
    power: Power = Power()
    target: Target = Target()


@dataclass(frozen=True, slots=True)
class Project:
    """A project file that was read, and where its keys stand.

    Attributes:
        root: the folder of the file; paths in it start from here.
        file: what it says.
        place: for errors about options that are checked later.
    """

    root: Path
    file: ProjectFile
    place: Place

    @property
    def name(self) -> str:
        """The model's name in C."""
        return self.file.project.name

    @property
    def build_folder(self) -> Path:
        """Where everything that is made goes."""
        return self.root / "build"


def read_project(path: Path) -> Project:
    """Read a project file, or the one in a folder.

    Raises:
        InputError: there is none, it is not TOML, or a key is unknown, missing or wrong; names
            file, line, key, what was found and what was wanted.
    """
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise InputError(f"{file}: there is no such file; `milliwatt init NAME` makes a project")
    text = read_text(file)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{file}: not valid TOML: {error}") from None
    return Project(file.parent, parse(document, text, file), Place(file, key_lines(text)))


def parse(document: dict[str, object], text: str, file: Path) -> ProjectFile:
    """Return the checked content of a project file."""
    place = Place(file, key_lines(text))
    _refuse_unknown(document, ProjectFile, place, ())
    try:
        return ProjectFile.model_validate_json(as_json(document, place, ()), strict=True)
    except ValidationError as error:
        raise wanted(error, document, place, ()) from None


def _refuse_unknown(table: object, section: type[BaseModel], place: Place, at: Key) -> None:
    """Refuse keys that no section knows, before types are looked at."""
    if not isinstance(table, dict):
        return
    fields = {f.alias or name: f for name, f in section.model_fields.items()}
    open_ended = section.model_config.get("extra") == "allow"
    for key, value in table.items():
        if key in fields:
            kind = _section_of(fields[key].annotation)
            rows = value if isinstance(value, list) else [value]
            for row in rows if kind else ():
                _refuse_unknown(row, kind, place, (*at, key))  # type: ignore[arg-type]
        elif not open_ended:
            raise place.error((*at, key), unknown(key, fields))


def _section_of(annotation: object) -> type[BaseModel] | None:
    """Return the section inside a type such as ``Section | None`` or ``tuple[Section, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inside = (_section_of(a) for a in getattr(annotation, "__args__", ()))
    return next((s for s in inside if s), None)
