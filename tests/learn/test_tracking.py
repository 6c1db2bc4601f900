"""A training leaves a record in MLflow, and says what to type where there is none."""

import subprocess
import sys

import pytest
import torch

from milliwatt.learn import ARCHITECTURES, train
from milliwatt.learn.tracking import mlflow_record


def test_epochs_are_recorded(tmp_path):
    pytest.importorskip("sqlalchemy", reason="needs milliwatt[track]")
    mlflow = pytest.importorskip("mlflow", reason="needs milliwatt[track]")
    where = f"sqlite:///{tmp_path / 'record.db'}"
    x, y = torch.randn(20, 5, 12, 1), torch.arange(20) % 2
    model = ARCHITECTURES["cnn_1d"](shape=(5, 12, 1), classes=2, seed=0)
    with mlflow_record(where, experiment="words", run="first", parameters={"seed": 0}) as told:
        history = train(model, x, y, epochs=3, seed=0, progress=told)
    client = mlflow.MlflowClient(tracking_uri=where)
    experiment = client.get_experiment_by_name("words")
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.run_name, run.info.status, run.data.params) == (
        "first",
        "FINISHED",
        {"seed": "0"},
    )
    rows = client.get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value) for m in rows] == [(e.number, e.loss) for e in history]
    assert "validation_loss" not in run.data.metrics


def test_without_mlflow_it_says_what_to_type():
    program = (
        "import sys; sys.modules['mlflow'] = None\n"
        "from milliwatt.errors import NotAvailable\n"
        "from milliwatt.learn.tracking import mlflow_record\n"
        "try:\n"
        "    with mlflow_record('x', experiment='e', run='r', parameters={}): pass\n"
        "except NotAvailable as e:\n    print(e)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert "type: pip install 'milliwatt[track]'" in done.stdout, done.stderr
