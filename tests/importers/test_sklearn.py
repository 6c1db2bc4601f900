"""Estimators of scikit-learn and LightGBM: what the graph says is what the library says."""

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="pip install 'milliwatt[learn]'")

from sklearn.cluster import KMeans
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from milliwatt.errors import InputError, UnsupportedOp
from milliwatt.importers.sklearn import RULES, import_estimator
from milliwatt.importers.sklearn.forest import Leaf, Split, Trees, forest_graph
from milliwatt.ops.trees.nearest import UNIT_BITS
from milliwatt.project import build
from milliwatt.project.model import Model
from milliwatt.project.prove import prove
from milliwatt.project.samples import sample_inputs
from milliwatt.run.reference import Reference

RNG = np.random.default_rng(0)
X = RNG.integers(-3000, 3000, (400, 9)).astype(np.int16)
THREE = (X[:, 0] > 0).astype(int) + (X[:, 1].astype(int) + X[:, 2] > 300)
TWO = THREE > 0
NUMBER = 0.3 * X[:, 0] + X[:, 1]


def scores(graph, x=X):
    """Return what the graph says of each row, in real numbers."""
    reference = Reference(graph)
    said = np.concatenate([reference.run((row[None],))[0] for row in x])
    return said * graph.outputs[0].type.scale


def rounding(graph):
    """Return how far a score can be off: half a step for each tree, half for the bias."""
    (node,) = graph.nodes
    return (len(node.op.roots) + 1) / 2 * graph.outputs[0].type.scale


def lightgbm(name, **options):
    module = pytest.importorskip("lightgbm", reason="pip install lightgbm")
    return getattr(module, name)(n_estimators=15, verbose=-1, n_jobs=1, **options)


@pytest.mark.parametrize("y", [TWO, THREE], ids=["two", "three"])
@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeClassifier(random_state=0),
        ExtraTreesClassifier(8, max_depth=6, random_state=0),
        RandomForestClassifier(12, random_state=0),
    ],
    ids=lambda e: type(e).__name__,
)
def test_shares_of_classes(estimator, y):
    graph = import_estimator(estimator.fit(X, y), name="m")
    wanted = estimator.predict_proba(X)
    assert np.abs(scores(graph) - wanted).max() <= rounding(graph)


@pytest.mark.parametrize("y", [TWO, THREE], ids=["two", "three"])
@pytest.mark.parametrize("library", ["sklearn", "lightgbm"])
def test_boosted_classes(library, y):
    if library == "sklearn":
        estimator = GradientBoostingClassifier(n_estimators=15, random_state=0).fit(X, y)
        raw = estimator.decision_function(X)
    else:
        estimator = lightgbm("LGBMClassifier").fit(X, y)
        raw = estimator.predict(X, raw_score=True)
    graph = import_estimator(estimator, name="m")
    wanted = np.stack([-raw / 2, raw / 2], axis=1) if raw.ndim == 1 else raw
    assert np.abs(scores(graph) - wanted).max() <= rounding(graph)


@pytest.mark.parametrize(
    "name",
    ["tree", "forest", "boosted", "lightgbm"],
)
def test_numbers(name):
    estimator = {
        "tree": lambda: DecisionTreeRegressor(max_depth=8),
        "forest": lambda: RandomForestRegressor(8, random_state=0),
        "boosted": lambda: GradientBoostingRegressor(n_estimators=15),
        "lightgbm": lambda: lightgbm("LGBMRegressor"),
    }[name]().fit(X, NUMBER)
    graph = import_estimator(estimator, name="m")
    assert np.abs(scores(graph)[:, 0] - estimator.predict(X)).max() <= rounding(graph)


def test_k_means_behind_a_scaler():
    pipeline = make_pipeline(StandardScaler(), KMeans(4, n_init=1, random_state=0)).fit(X)
    graph = import_estimator(pipeline, name="m")
    wanted = pipeline.transform(X).min(axis=1) ** 2
    # centres are rounded by half a count, z by half of 1 / 256, scales by 2**-14 of themselves
    z = np.sqrt(wanted)
    off = 0.5 / pipeline[0].scale_.min() + 0.5 / 2**UNIT_BITS + z.max() * 2**-14
    bound = X.shape[1] * (2 * z.max() * off + off**2) + 1 / 2**UNIT_BITS
    assert np.abs(scores(graph)[:, 0] - wanted).max() <= bound


def test_a_mixture_is_its_likeliest_component():
    x = X.astype(np.float64)
    mixture = GaussianMixture(3, covariance_type="diag", random_state=0).fit(x)
    distance = scores(import_estimator(mixture, name="m"))[:, 0]
    above = distance + 2 * mixture.score_samples(x)
    assert above.min() >= -0.1  # rounding, as for k-means: far below what follows
    assert above.max() <= 2 * np.log(3) + 0.1


@pytest.mark.parametrize("board", ["nrf52840", "rp2040", "esp32c3"])
def test_forests_and_centres_on_boards(board):
    forest = RandomForestClassifier(5, max_depth=4, random_state=0).fit(X, THREE)
    centres = make_pipeline(StandardScaler(), KMeans(3, n_init=1, random_state=0)).fit(X)
    for estimator in (forest, centres):
        graph = import_estimator(estimator, name="m")
        compiled = build(Model("m", graph), board)
        prove(graph, compiled.runners, [*sample_inputs(graph, 4, 1), *((x[None],) for x in X[:20])])


def test_thresholds_out_of_reach_are_not_compared():
    leaf = {v: Leaf((float(v),)) for v in range(3)}
    always_left = Split(0, 40000.0, leaf[1], leaf[0])
    tree = Split(1, -40000.0, leaf[0], Split(0, 7.5, always_left, leaf[2]))
    graph = forest_graph(Trees(2, (tree,), (0.0,)), "m")
    (node,) = graph.nodes
    assert node.inputs[1].data[:, 0].tolist() == [0, -1, -1], "one comparison is left"
    said = scores(graph, np.array([[7, 0], [8, 0], [-32768, -32768]], np.int16))
    np.testing.assert_allclose(said[:, 0], [1, 2, 1], atol=rounding(graph))


def test_what_has_no_rule_is_refused():
    with pytest.raises(UnsupportedOp, match="SVC has no rule; there are DecisionTreeClassifier, "):
        import_estimator(SVC(), name="m")
    with pytest.raises(InputError, match="KMeans is not fitted"):
        import_estimator(KMeans(), name="m")
    with pytest.raises(UnsupportedOp, match="covariance_type='full'; wanted 'diag'"):
        import_estimator(GaussianMixture(2).fit(X), name="m")
    deep = RandomForestRegressor(90, random_state=0).fit(X, RNG.random(len(X)))
    with pytest.raises(UnsupportedOp, match=r"m: \d+ nodes in 90 trees; at most 32767 fit"):
        import_estimator(deep, name="m")


def test_rules_are_sorted():
    assert list(RULES) == sorted(RULES)
