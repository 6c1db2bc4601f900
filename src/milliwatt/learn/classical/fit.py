"""Fitting an estimator on the features of a front end, and joining both into one graph."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from milliwatt.errors import InputError
from milliwatt.importers.sklearn import import_estimator
from milliwatt.ir import Graph, Quant
from milliwatt.learn.classical.estimators import CLASSICAL
from milliwatt.learn.front_end import FrontEnd
from milliwatt.ops.dsp.standardize import Standardize
from milliwatt.ops.nn.reshape import Reshape

Int16 = npt.NDArray[np.int16]
Int64 = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A fitted estimator.

    Attributes:
        graph: from s16 ``[1, F]`` to s32 scores ``[1, K]``, or a distance ``[1, 1]``.
        scores: the library's own, float64 ``[N, K]`` of int16 ``[N, F]``; what the graph's integers
            are compared with.
        labelled: scores are of classes; otherwise the one score is a distance from what is normal.
    """

    graph: Graph
    scores: Callable[[Int16], Floats]
    labelled: bool


def flattened(front: FrontEnd) -> FrontEnd:
    """Return ``front`` with int16 features of all frames in one row, ``[1, F]``.

    The last step of a front end squeezes features of any size into 8 bits, for networks. Trees
    compare one feature at a time and take the 16 bits there were before.

    Raises:
        InputError: what remains gives no int16.
    """
    last = front.ops[-1][1]
    ops = front.ops[:-1] if isinstance(last, Standardize) else front.ops
    type_ = replace(front, ops=ops).output
    if type_.dtype.numpy != np.int16:
        raise InputError(f"the front end gives {type_}; classical models take int16 features")
    flat = ("flat", Reshape((1, type_.size)))
    return replace(front, ops=(*ops, flat))


def fit(
    kind: str,
    x: Int16,
    y: Int64 | None,
    *,
    seed: int,
    name: str,
    quant: Quant | None,
    options: Mapping[str, Any] | None = None,
) -> Fitted:
    """Fit an estimator of ``kind`` and import it.

    Args:
        kind: a name in `CLASSICAL`.
        x: int16 ``[N, F]``; only what is normal where the kind learns no labels.
        y: int64 ``[N]``, each class from 0 to the highest at least once; None without labels.
        seed: of everything random.
        name: of the graph.
        quant: what a step of a feature stands for, from the front end's output.
        options: of the kind.

    Raises:
        InputError: no such kind, labels absent or not all there, or options that it has not.
        NotAvailable: the library is not installed.
        UnsupportedOp: it grew larger than the device's operator holds.
    """
    if kind not in CLASSICAL:
        raise InputError(f"no classical model is called {kind!r}; there are {', '.join(CLASSICAL)}")
    found = CLASSICAL[kind]
    if x.dtype != np.int16 or x.ndim != 2 or not len(x):
        raise InputError(f"features are {x.dtype} {list(x.shape)}; wanted int16 [N, F], not empty")
    try:
        estimator = found.make(seed=seed, **(options or {}))
    except TypeError as e:
        raise InputError(f"{kind}: {e}") from None
    numbers = x.astype(np.float64)  # int16 squares would wrap inside a library
    if not found.labelled:
        estimator.fit(numbers)
        graph = import_estimator(estimator, name=name, quant=quant)
        return Fitted(graph, _away(estimator), labelled=False)
    if y is None or len(y) != len(x) or len(np.unique(y)) != y.max() + 1 or y.min() != 0:
        raise InputError(f"{kind} learns classes: wanted {len(x)} labels, every class among them")
    estimator.fit(numbers, y)
    graph = import_estimator(estimator, name=name, quant=quant)
    return Fitted(graph, _of_classes(estimator), labelled=True)


def _of_classes(estimator: Any) -> Callable[[Int16], Floats]:  # noqa: ANN401
    """Return what scores classes: shares of trees, or the raw sums of boosted ones."""

    def scores(x: Int16) -> Floats:
        numbers = x.astype(np.float64)
        if hasattr(estimator, "booster_"):
            said = estimator.predict(numbers, raw_score=True)
        elif hasattr(estimator, "decision_function"):
            said = estimator.decision_function(numbers)
        else:
            said = estimator.predict_proba(numbers)
        raw: Floats = np.asarray(said, np.float64)
        both: Floats = np.stack([-raw / 2, raw / 2], axis=1) if raw.ndim == 1 else raw
        return both

    return scores


def _away(estimator: Any) -> Callable[[Int16], Floats]:  # noqa: ANN401
    """Return what scores the distance from normal."""

    def scores(x: Int16) -> Floats:
        numbers = x.astype(np.float64)
        if hasattr(estimator, "score_samples"):
            away: Floats = -2 * np.asarray(estimator.score_samples(numbers), np.float64)
        else:
            away = np.square(np.asarray(estimator.transform(numbers), np.float64).min(axis=1))
        return away[:, None]

    return scores
