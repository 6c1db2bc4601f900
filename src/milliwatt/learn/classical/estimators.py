"""Estimators by name, with defaults that suit a microcontroller: shallow trees, few centres.

Each takes int16 features ``[N, F]``, so that what is learnt is compared in the device's own
numbers. scikit-learn and LightGBM are imported when one is asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any

from milliwatt.errors import NotAvailable


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of estimator.

    Attributes:
        make: from a seed and options to an estimator that is not fitted yet.
        labelled: learns classes from labels; otherwise it learns what is normal, and its one score
            grows with the distance from that.
    """

    make: Callable[..., Any]
    labelled: bool = True


def decision_tree(*, seed: int, max_depth: int = 6, min_samples_leaf: int = 4) -> Any:  # noqa: ANN401
    """One tree, the smallest and most readable of all."""
    tree = _module("sklearn.tree")
    return tree.DecisionTreeClassifier(
        max_depth=max_depth,
        min_samples_leaf=min_samples_leaf,
        class_weight="balanced",
        random_state=seed,
    )


def extra_trees(
    *, seed: int, trees: int = 20, max_depth: int = 7, min_samples_leaf: int = 4
) -> Any:  # noqa: ANN401
    """A forest with thresholds drawn at random, often steadier than a random forest."""
    ensemble = _module("sklearn.ensemble")
    return ensemble.ExtraTreesClassifier(
        trees,
        max_depth=max_depth,
        min_samples_leaf=min_samples_leaf,
        class_weight="balanced",
        random_state=seed,
    )


def gaussian_mixture(*, seed: int, components: int = 4) -> Any:  # noqa: ANN401
    """What is normal as a few Gaussians, features independent within each."""
    mixture = _module("sklearn.mixture")
    return mixture.GaussianMixture(components, covariance_type="diag", random_state=seed)


def gradient_boosting(
    *, seed: int, trees: int = 30, max_depth: int = 3, learning_rate: float = 0.2
) -> Any:  # noqa: ANN401
    """Boosted trees of scikit-learn: small ones, each correcting those before."""
    ensemble = _module("sklearn.ensemble")
    return ensemble.GradientBoostingClassifier(
        n_estimators=trees, max_depth=max_depth, learning_rate=learning_rate, random_state=seed
    )


def k_means(*, seed: int, centres: int = 8) -> Any:  # noqa: ANN401
    """What is normal as a few centres of standardised features."""
    return _module("sklearn.pipeline").make_pipeline(
        _module("sklearn.preprocessing").StandardScaler(),
        _module("sklearn.cluster").KMeans(centres, n_init=4, random_state=seed),
    )


def lightgbm(*, seed: int, trees: int = 30, leaves: int = 8, learning_rate: float = 0.1) -> Any:  # noqa: ANN401
    """Boosted trees of LightGBM, which grow where they help most."""
    return _module("lightgbm").LGBMClassifier(
        n_estimators=trees,
        num_leaves=leaves,
        learning_rate=learning_rate,
        class_weight="balanced",
        random_state=seed,
        n_jobs=1,
        deterministic=True,
        force_row_wise=True,
        verbose=-1,
    )


def random_forest(
    *, seed: int, trees: int = 20, max_depth: int = 7, min_samples_leaf: int = 4
) -> Any:  # noqa: ANN401
    """Trees on random halves of the question, averaged: hard to get wrong."""
    ensemble = _module("sklearn.ensemble")
    return ensemble.RandomForestClassifier(
        trees,
        max_depth=max_depth,
        min_samples_leaf=min_samples_leaf,
        class_weight="balanced",
        random_state=seed,
    )


CLASSICAL: Mapping[str, Kind] = MappingProxyType(
    {
        "decision_tree": Kind(decision_tree),
        "extra_trees": Kind(extra_trees),
        "gaussian_mixture": Kind(gaussian_mixture, labelled=False),
        "gradient_boosting": Kind(gradient_boosting),
        "k_means": Kind(k_means, labelled=False),
        "lightgbm": Kind(lightgbm),
        "random_forest": Kind(random_forest),
    }
)
"""Every kind of estimator, sorted by name."""


def _module(name: str) -> Any:  # noqa: ANN401
    package = {"sklearn": "scikit-learn"}.get(name.partition(".")[0], name)
    try:
        return import_module(name)
    except ImportError:
        raise NotAvailable(f"{package} is not installed: pip install 'milliwatt[learn]'") from None
