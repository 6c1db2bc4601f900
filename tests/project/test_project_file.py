"""The project file: what it accepts, and how it says what is wrong and where."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milliwatt.errors import InputError
from milliwatt.project.binding import Place, bind
from milliwatt.project.file import FILE, Project, read_project
from milliwatt.project.toml_lines import key_lines, line_of

SMALLEST = """
[project]
name = "small"

[data]
source = "basic_motions"

[model]
architecture = "cnn_1d"
"""


def read(text: str, folder: Path) -> Project:
    (folder / FILE).write_text(text)
    return read_project(folder)


def refusal(text: str, folder: Path) -> str:
    with pytest.raises(InputError) as error:
        read(text, folder)
    return str(error.value).removeprefix(f"{folder / FILE}, ")


def test_a_short_file_is_enough(tmp_path):
    project = read(SMALLEST, tmp_path)
    assert (project.name, project.file.project.board) == ("small", "nrf52840")
    assert project.file.features.kind == "raw"
    assert project.file.window is None


def test_sizes_may_have_units(tmp_path):
    for said, wanted in (('"60 KB"', 60_000), ('"16KiB"', 16_384), ("512", 512)):
        project = read(SMALLEST + f"[target]\nflash = {said}\n", tmp_path)
        assert project.file.target.flash == wanted


def test_options_of_tables_are_kept_for_their_entries(tmp_path):
    project = read(SMALLEST + 'width = 12\n[features]\nkind = "mfcc"\nbands = 20\n', tmp_path)
    assert project.file.features.options == {"bands": 20}
    assert project.file.model.options == {"width": 12}


@pytest.mark.parametrize(
    ("added", "wanted"),
    [
        (
            "[window]\nlenght_ms = 3",
            "line 11: window.lenght_ms: unknown key; did you mean length_ms? Known: cover, event",
        ),
        ("[windows]\nhop_ms = 3", "line 10: windows: unknown key; did you mean window? Known: "),
        ("[window]\nhop_ms = 3", "line 10: window: length_ms is missing"),
        (
            '[window]\n\n# a comment\nlength_ms = "3"',
            'line 13: window.length_ms: found "3"; wanted a number',
        ),
        ("[window]\nlength_ms = -3", "line 11: window.length_ms: found -3; wanted greater than 0"),
        (
            '[target]\nflash = "20 KX"',
            'line 11: target.flash: found "20 KX"; wanted bytes as a number, or a size such as',
        ),
        ("[target]\naccuracy = 95", "line 11: target.accuracy: found 95; wanted less than or"),
        (
            "[data.split]\ntest = true",
            "line 11: data.split.test: found true; wanted a number or a list in [ ]",
        ),
        (
            '[decide]\nhow = "most"',
            "line 11: decide.how: found \"most\"; wanted 'sum' or 'any'",
        ),
        (
            "[power]\nsleep_microamps = 3",
            'line 10: power: found {"sleep_microamps": 3}; wanted source beside sleep_microamps',
        ),
        (
            'file = "x.tflite"',
            'line 8: model: found {"architecture": "cnn_1d", "file": "x.tflite"}; wanted exa',
        ),
        (
            "[train]\nepochs = 2026-01-01",
            "line 11: train.epochs: found 2026-01-01; wanted text in quotes, not a date or time",
        ),
        (
            '[compile]\npush = true\noptimize = "ram"',
            'line 10: compile: found {"push": true, "optimize": "ram"}; wanted push without',
        ),
        ("[compile]\nslide = true", 'line 10: compile: found {"slide": true}; wanted push = true'),
        ("[train]\nx = [1, nan]", "line 11: train.x.1: found nan; wanted a finite number"),
    ],
)  # fmt: skip
def test_errors_name_line_key_found_and_wanted(added, wanted, tmp_path):
    said = refusal(SMALLEST.rstrip() + "\n" + added, tmp_path)
    assert said.startswith(wanted), said


def test_a_board_that_does_not_exist_is_near_one(tmp_path):
    said = refusal(SMALLEST.replace('"small"', '"small"\nboard = "nrf5284"'), tmp_path)
    assert said.startswith('line 4: project.board: found "nrf5284"; wanted a board: did you mean')


def test_toml_that_is_none_is_refused_with_its_line(tmp_path):
    (tmp_path / FILE).write_text("[project\nname = 1")
    with pytest.raises(InputError, match=r"not valid TOML: .*line 1"):
        read_project(tmp_path)


def test_no_file_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match="`milliwatt init NAME` makes a project"):
        read_project(tmp_path)


def test_lines_of_keys():
    text = """# head
title = "a # b"
'quoted.key' = 1

[one.two]   # comment
a = [
  1, # two
  2,
]
b.c = { d = "]" }
text = \"\"\"
x = 1
[no.table]\"\"\"
last = '''it's'''
[[three]]
x = 1
"""
    lines = key_lines(text)
    assert lines == {
        ("title",): 2,
        ("quoted.key",): 3,
        ("one",): 5,
        ("one", "two"): 5,
        ("one", "two", "a"): 6,
        ("one", "two", "b"): 10,
        ("one", "two", "b", "c"): 10,
        ("one", "two", "text"): 11,
        ("one", "two", "last"): 14,
        ("three",): 15,
        ("three", "x"): 16,
    }
    assert line_of(lines, ("one", "two", "b", "c", "d")) == 10
    assert line_of(lines, ("nowhere",)) == 1


@given(
    st.lists(st.sampled_from(["", "# c", "[t{}]", 'k{} = "v"', "m{} = [\n1,\n\n2]"]), max_size=20)
)
def test_keys_are_found_whatever_stands_between(parts):
    text, line, wanted, table = "", 1, {}, ()
    for i, part in enumerate(parts):
        shown = part.format(i)
        if part.startswith("["):
            table = (f"t{i}",)
            wanted[table] = line
        elif "=" in part:
            wanted[(*table, shown.split()[0])] = line
        text += shown + "\n"
        line += shown.count("\n") + 1
    assert key_lines(text) == wanted


class Kind(Enum):
    FIRST = "first"
    SECOND = "second"


@dataclass(frozen=True)
class Inner:
    share: float = 0.5


def entry(
    x: object,
    *,
    taps: int,
    kind: Kind = Kind.FIRST,
    widths: tuple[int, ...] = (),
    inner: Inner | None = None,
) -> None:
    """Stand for what a table lists."""


def bound(options: dict[str, object]) -> dict[str, object]:
    place = Place(Path("p.toml"), {("model",): 7, ("model", "taps"): 9})
    return bind(entry, options, place, ("model",), given=("x",))


def test_options_become_what_the_signature_says():
    found = bound({"taps": 3, "kind": "second", "widths": [1, 2], "inner": {"share": 1}})
    assert found == {"taps": 3, "kind": Kind.SECOND, "widths": (1, 2), "inner": Inner(1.0)}


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"tap": 3}, "line 7: model.tap: unknown key; did you mean taps? Known: inner, kind, taps"),
        ({"x": 3}, "line 7: model.x: unknown key; wanted one of inner, kind, taps, widths"),
        ({}, "line 7: model: taps is missing; wanted a whole number"),
        ({"taps": 3.5}, "line 9: model.taps: found 3.5; wanted a whole number"),
        ({"taps": True}, "line 9: model.taps: found true; wanted a whole number"),
        ({"taps": 1, "kind": "third"}, "model.kind: found \"third\"; wanted 'first' or 'second'"),
        ({"taps": 1, "widths": [1, "2"]}, 'model.widths.1: found "2"; wanted a whole number'),
        ({"taps": 1, "inner": {"shares": 1}}, "inner.shares: unknown key; did you mean share?"),
    ],
)  # fmt: skip
def test_wrong_options_are_refused(options, wanted):
    with pytest.raises(InputError) as error:
        bound(options)
    assert wanted in str(error.value)
