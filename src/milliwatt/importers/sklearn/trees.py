"""The trees of scikit-learn and LightGBM estimators, read from their public attributes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from milliwatt.errors import UnsupportedOp
from milliwatt.importers.sklearn.forest import Leaf, Split, Tree, Trees

Estimator = Any
"""An object of a library that is not imported here: what it holds is all that is used."""


def one_tree(estimator: Estimator) -> Trees:
    """Return a decision tree: shares of classes, or a number."""
    return averaged([estimator], estimator)


def many_trees(estimator: Estimator) -> Trees:
    """Return a random forest or extra trees: the mean of what the trees say."""
    return averaged(list(estimator.estimators_), estimator)


def averaged(members: list[Estimator], whole: Estimator) -> Trees:
    """Return trees whose mean is the answer."""
    if whole.n_outputs_ != 1:
        raise UnsupportedOp(f"{_title(whole)} predicts {whole.n_outputs_} things; wanted one")
    shares = hasattr(whole, "classes_")

    def value(row: np.ndarray[Any, Any]) -> tuple[float, ...]:
        total = row.sum() if shares else 1.0
        return tuple(float(v / total / len(members)) for v in row)

    trees = tuple(_tree(m.tree_, lambda t, i: value(t.value[i, 0])) for m in members)
    outputs = len(whole.classes_) if shares else 1
    return Trees(whole.n_features_in_, trees, (0.0,) * outputs)


def gradient_boosting(estimator: Estimator) -> Trees:
    """Return boosted trees of scikit-learn: raw scores, whose softmax are probabilities."""
    stages, rate = estimator.estimators_, float(estimator.learning_rate)
    columns = stages.shape[1]
    classes = len(estimator.classes_) if hasattr(estimator, "classes_") else 1
    origin = np.zeros((1, estimator.n_features_in_))
    raw = estimator.decision_function if classes > 1 else estimator.predict
    start = np.asarray(raw(origin), np.float64).reshape(-1)
    for column in range(columns):  # what the score at the origin is without its trees
        start[column] -= rate * sum(float(m.predict(origin)[0]) for m in stages[:, column])

    def leaf(of: Callable[[float], tuple[float, ...]]) -> Callable[[Any, int], tuple[float, ...]]:
        return lambda tree, i: of(rate * float(tree.value[i, 0, 0]))

    if classes == 2:
        trees = tuple(_tree(m.tree_, leaf(_two)) for m in stages[:, 0])
        return Trees(estimator.n_features_in_, trees, _two(float(start[0])))
    trees = tuple(_tree(m.tree_, leaf(lambda v: (v,))) for stage in stages for m in stage)
    targets = tuple(range(columns)) * len(stages)
    return Trees(estimator.n_features_in_, trees, tuple(map(float, start)), targets)


def lightgbm(estimator: Estimator) -> Trees:
    """Return boosted trees of LightGBM, raw scores as for `gradient_boosting`."""
    dumped = estimator.booster_.dump_model()
    columns = int(dumped["num_tree_per_iteration"])
    classes = int(estimator.n_classes_) if hasattr(estimator, "n_classes_") else 1
    of: Callable[[float], tuple[float, ...]] = _two if classes == 2 else lambda v: (v,)
    trees = tuple(_dumped(t["tree_structure"], of) for t in dumped["tree_info"])
    if classes == 2:
        return Trees(estimator.n_features_, trees, (0.0, 0.0))
    targets = tuple(i % columns for i in range(len(trees)))
    return Trees(estimator.n_features_, trees, (0.0,) * columns, targets)


def _two(score: float) -> tuple[float, float]:
    """Return the scores of two classes: their softmax is the sigmoid of ``score``."""
    return -score / 2, score / 2


def _tree(tree: Any, value: Callable[[Any, int], tuple[float, ...]]) -> Tree:  # noqa: ANN401
    """Return one tree of scikit-learn; children come after their parents there."""
    made: dict[int, Tree] = {}
    for i in reversed(range(tree.node_count)):
        left, right = int(tree.children_left[i]), int(tree.children_right[i])
        made[i] = (
            Leaf(value(tree, i))
            if left < 0
            else Split(int(tree.feature[i]), float(tree.threshold[i]), made[left], made[right])
        )
    return made[0]


def _dumped(node: dict[str, Any], of: Callable[[float], tuple[float, ...]]) -> Tree:
    """Return one tree of LightGBM; it is as deep as its ``max_depth`` or ``num_leaves`` allow."""
    if "leaf_value" in node:
        return Leaf(of(float(node["leaf_value"])))
    if node["decision_type"] != "<=":
        raise UnsupportedOp(
            f"a LightGBM tree compares by {node['decision_type']!r} (a categorical feature); "
            "wanted '<='"
        )
    left, right = (_dumped(node[child], of) for child in ("left_child", "right_child"))
    return Split(int(node["split_feature"]), float(node["threshold"]), left, right)


def _title(estimator: Estimator) -> str:
    return type(estimator).__name__
