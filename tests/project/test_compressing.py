"""``milliwatt compress`` on a small project folder, and candidates made of it."""

import json
import tomllib

import pytest
from own_project import TOML, write_project
from typer.testing import CliRunner

pytest.importorskip("torch", reason="needs PyTorch: pip install 'milliwatt[compress]'")
pytest.importorskip("torchao", reason="needs torchao: pip install 'milliwatt[compress]'")
pytest.importorskip("optuna", reason="needs optuna: pip install 'milliwatt[compress]'")
pytest.importorskip(
    "torch_pruning", reason="needs torch-pruning: pip install 'milliwatt[compress]'"
)

from milliwatt.cli import app
from milliwatt.errors import InputError
from milliwatt.learn.compress.calibration import Calibration
from milliwatt.learn.compress.pipeline import Compression
from milliwatt.project.compressing import Workshop, as_toml
from milliwatt.project.file import read_project
from milliwatt.project.price import cost_of, measured
from milliwatt.project.prove import silent
from milliwatt.project.search import Candidate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_project(tmp_path_factory.mktemp("moves"))


@pytest.fixture(scope="module")
def workshop(folder):
    return Workshop.open(read_project(folder))


def compress(folder, *options):
    done = CliRunner().invoke(app, ["compress", "-p", str(folder), *options])
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads((folder / "build" / "search" / "search.json").read_text()), done.output


def test_the_command_searches_and_goes_on(folder):
    options = ("--target", "flash=100KB", "--max-drop", "100", "--epochs", "1")
    first, said = compress(folder, *options, "--trials", "2")
    assert [t["how"] for t in first["trials"]] == ["int8", "mse, equalised, bias corrected"]
    assert first["scored_on"] == "validation"
    assert "in milliwatt.toml:" in said
    again, _ = compress(folder, *options, "--trials", "3")
    assert again["trials"][:2] == first["trials"]
    assert len(again["trials"]) == 3
    search = folder / "build" / "search"
    assert (search / "pareto.svg").read_text().startswith("<svg")
    tomllib.loads((search / "best.toml").read_text())


def test_pruned_channels_and_four_bits_are_worth_less_on_the_board(workshop):
    plain, pruned, four = (
        cost_of(measured(workshop.build(Candidate(how=how), silent)))
        for how in (
            Compression(),
            Compression(prune=0.5, tune_epochs=0),
            Compression(int4_weights=("all",)),
        )
    )
    assert pruned.flash_bytes < plain.flash_bytes
    assert pruned.instructions < plain.instructions
    assert four.flash_bytes < plain.flash_bytes


def test_a_narrower_network_is_trained_once(workshop, folder):
    assert workshop.widths == (1.0, 0.75, 0.5)
    assert workshop.width_at(0.5) == 4
    first = workshop.graph(Candidate(0.5), silent)
    kept = list((folder / "build" / "search").glob("*-width-0.5.pt"))
    assert len(kept) == 1
    again = workshop.graph(Candidate(0.5), silent)
    weights = [
        [v.data.tobytes() for v in g.values.values() if v.data is not None] for g in (first, again)
    ]
    assert weights[0] == weights[1]
    assert min(n.output.type.shape[-1] for n in first.nodes if n.op.name == "nn.conv2d") == 4


def test_the_board_scores_as_the_float_network_nearly(workshop):
    done = workshop.build(Candidate(), silent)
    right = workshop.right(done, "test")
    assert right.total == workshop.reference("test").total
    # three epochs on two people leave few windows near a border; int8 may tip one in ten of them
    assert abs(right.share - workshop.reference("test").share) <= 0.1


def test_what_was_found_can_be_said_in_a_project_file(workshop):
    how = Compression(method=Calibration.MSE, prune=0.4, int4_weights=("all",))
    text = as_toml(Candidate(0.5, how), workshop.width_at(0.5))
    assert tomllib.loads(text) == {
        "model": {"width": 4},
        "compress": {"method": "mse", "prune": 0.4, "int4_weights": ["all"]},
    }


def test_without_a_validation_side_nothing_can_be_chosen(tmp_path):
    folder = write_project(tmp_path, TOML.replace('validation = ["bob"]', "validation = 0.0"))
    with pytest.raises(InputError, match="no validation side"):
        Workshop.open(read_project(folder))
