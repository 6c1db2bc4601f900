"""Which estimators are known, by the names of their classes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from milliwatt.errors import InputError, UnsupportedOp
from milliwatt.importers.sklearn.centres import gaussian_mixture, k_means, scaled_k_means
from milliwatt.importers.sklearn.forest import FEATURES, Trees, forest_graph
from milliwatt.importers.sklearn.trees import gradient_boosting, lightgbm, many_trees, one_tree
from milliwatt.ir import Graph, Quant

Rule = Callable[[Any, str, Quant | None], Graph]


def _sums(read: Callable[[Any], Trees]) -> Rule:
    return lambda estimator, name, quant: forest_graph(read(estimator), name, quant)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "DecisionTreeClassifier": _sums(one_tree),
        "DecisionTreeRegressor": _sums(one_tree),
        "ExtraTreesClassifier": _sums(many_trees),
        "ExtraTreesRegressor": _sums(many_trees),
        "GaussianMixture": gaussian_mixture,
        "GradientBoostingClassifier": _sums(gradient_boosting),
        "GradientBoostingRegressor": _sums(gradient_boosting),
        "KMeans": k_means,
        "LGBMClassifier": _sums(lightgbm),
        "LGBMRegressor": _sums(lightgbm),
        "MiniBatchKMeans": k_means,
        "Pipeline": scaled_k_means,
        "RandomForestClassifier": _sums(many_trees),
        "RandomForestRegressor": _sums(many_trees),
    }
)
"""Every estimator, sorted by the name of its class."""


def import_estimator(estimator: Any, *, name: str, quant: Quant | None = FEATURES) -> Graph:  # noqa: ANN401
    """Return a graph from s16 ``[1, F]`` to s32 scores ``[1, K]``.

    Args:
        estimator: fitted, on whole numbers within int16.
        name: of the graph.
        quant: what one step of a feature stands for; the estimator sees steps.

    Raises:
        InputError: it is not fitted.
        UnsupportedOp: no rule for it; lists those there are.
    """
    title = type(estimator).__name__
    if title not in RULES:
        raise UnsupportedOp(f"{title} has no rule; there are {', '.join(RULES)}")
    if not any(k.endswith("_") and not k.startswith("_") for k in vars(estimator)) and (
        title != "Pipeline"
    ):
        raise InputError(f"{title} is not fitted; call fit before importing it")
    return RULES[title](estimator, name, quant)
