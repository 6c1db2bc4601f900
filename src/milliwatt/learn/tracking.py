"""Training in a record that others read: MLflow, where it is installed.

A record is a listener to training's progress like any other; nothing else knows of it.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from types import ModuleType

from milliwatt.errors import NotAvailable
from milliwatt.learn.train import Epoch


@contextmanager
def mlflow_record(
    where: str, *, experiment: str, run: str, parameters: Mapping[str, object]
) -> Iterator[Callable[[Epoch], None]]:
    """Open a run in MLflow and give what writes an epoch into it: `train`'s ``progress``.

    Args:
        where: address of a tracking server, or ``sqlite:///FILE``.
        experiment: under which runs are gathered; made if there is none of the name.
        run: its name.
        parameters: what the run was made with, such as a recipe's numbers.

    Raises:
        NotAvailable: MLflow is not installed; says what to type.
    """
    mlflow = _mlflow()
    mlflow.set_tracking_uri(where)
    mlflow.set_experiment(experiment)
    with mlflow.start_run(run_name=run):
        mlflow.log_params(dict(parameters))

        def told(epoch: Epoch) -> None:
            figures = {k: v for k, v in asdict(epoch).items() if v is not None and k != "number"}
            mlflow.log_metrics(figures, step=epoch.number)

        yield told


def _mlflow() -> ModuleType:
    try:
        return importlib.import_module("mlflow")
    except ModuleNotFoundError as error:
        raise NotAvailable(
            "recording a training needs the package mlflow-skinny, which is not installed; "
            "type: pip install 'milliwatt[track]'"
        ) from error
