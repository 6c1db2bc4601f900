"""``init``, ``make`` and ``status`` as a user types them."""

import sys
from dataclasses import dataclass

import pytest

from milliwatt.cli import INTERRUPTED, main
from milliwatt.project.file import FILE, read_project
from milliwatt.project.templates import TEMPLATES


@dataclass
class Said:
    """What a command returned and printed."""

    status: int
    out: str
    err: str


@pytest.fixture
def mw(monkeypatch, capsys, tmp_path):
    """Return ``mw(*words)``: run the command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")

    def command(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["milliwatt", *words])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as e:
            code = int(e.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return command


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_a_project_with_its_name(mw, tmp_path, template):
    said = mw("init", "my-thing", "--template", template)
    assert (said.status, said.err) == (0, "")
    assert "next: cd my-thing" in said.out
    folder = tmp_path / "my-thing"
    assert sorted(p.name for p in folder.iterdir()) == [".gitignore", "README.md", FILE]
    project = read_project(folder)
    assert project.name == "my_thing"
    assert (folder / FILE).read_text().startswith("# ")
    readme = (folder / "README.md").read_text()
    assert f"--template {template}" in readme
    assert TEMPLATES[template].data in readme


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_options_of_a_template_are_known(template, tmp_path):
    pytest.importorskip("torch", reason="options stand in the signatures of what trains")
    from milliwatt.project.make import stages_upto
    from milliwatt.project.templates import write

    project = read_project(write(tmp_path / "thing", template))
    for stage in stages_upto("report"):
        stage.check(project)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("init", "x", "-t", "moton"), "unknown template; did you mean motion?"),
        (("init", "9lives"), "C functions are named after it; wanted small letters"),
        (("make",), "there is no such file; `milliwatt init NAME` makes a project"),
        (("status", "-p", "nowhere"), "there is no such file"),
    ],
)
def test_refusals_are_one_message(mw, words, wanted):
    said = mw(*words)
    assert said.status == 1
    assert wanted in said.err
    assert said.err.startswith("error (InputError): ")


def test_a_folder_with_files_is_left_alone(mw, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine").write_text("")
    assert "holds files; wanted a new or empty folder" in mw("init", "x").err
    assert [p.name for p in (tmp_path / "x").iterdir()] == ["mine"]


def test_a_project_that_is_made_and_made_again(mw, tmp_path):
    pytest.importorskip("torchao", reason="quantising needs torchao")
    from own_project import write_project

    write_project(tmp_path)
    first = mw("make")
    assert first.status == 0, first.err
    lines = [line.split()[:2] for line in first.out.splitlines()]
    for stage in ("collect", "dataset", "features", "train", "compress", "compile", "verify"):
        assert any(line[:1] == [stage] and line[1] != "cached" for line in lines), stage
    assert "Accuracy on the device" in first.out
    assert (tmp_path / "build" / "report.html").is_file()
    assert (tmp_path / "build" / "library" / "mw_moves.h").is_file()
    again = mw("make", "compile")
    assert again.out.count("cached") == 6
    assert "made: build/compile/" in again.out
    assert mw("status").out.count("current") == 8
    (tmp_path / FILE).write_text((tmp_path / FILE).read_text().replace("epochs = 3", "epochs = 1"))
    assert "changed: [train] epochs" in mw("status").out
    assert "unknown stage; did you mean train" in mw("make", "trian").err


def test_ctrl_c_leaves_only_what_is_whole(mw, tmp_path, monkeypatch):
    from own_project import write_project

    from milliwatt.project import sources

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sources, "import_files", interrupt)
    pytest.importorskip("torch", reason="options are checked before anything runs")
    write_project(tmp_path)
    said = mw("make", "dataset")
    assert said.status == INTERRUPTED
    left = [p.name for p in (tmp_path / "build").rglob("*") if p.is_file()]
    assert sorted(left) == [".lock", "artefact.json", "files.json"]


def test_the_demo_is_a_project(mw, tmp_path):
    pytest.importorskip("torchao", reason="quantising needs torchao")
    pytest.importorskip("aeon", reason="the demo's recordings come with aeon")
    said = mw("demo", "--board", "stm32l4r5", "--out", "demo")
    assert said.status == 0, said.err
    assert "Accuracy on the device" in said.out
    assert read_project(tmp_path / "demo").file.project.board == "stm32l4r5"
    assert (tmp_path / "demo" / "build" / "library" / "mw_motion.h").is_file()
    assert "met" in said.out
    assert "missed" not in said.out
