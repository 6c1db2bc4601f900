"""Classical models on the features of a front end, as one graph."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="pip install 'milliwatt[learn]'")
pytest.importorskip("sklearn", reason="pip install 'milliwatt[learn]'")

from milliwatt.errors import InputError
from milliwatt.ir import Quant
from milliwatt.learn.classical import CLASSICAL, fit, flattened
from milliwatt.learn.front_ends import FRONT_ENDS
from milliwatt.project import build
from milliwatt.project.model import Model
from milliwatt.project.prove import prove
from milliwatt.run.reference import Reference

RATE, LENGTH = 50.0, 60
STEP = Quant((1.0,))
OPTIONS = {"frame_statistics": {}, "spectral": {"frame_ms": 640, "hop_ms": 560}}


@pytest.fixture(scope="module")
def windows():
    """Return shaking that differs in strength and axis, and what it was: 3 classes."""
    rng = np.random.default_rng(0)
    y = np.arange(240) % 3
    swing = (
        rng.normal(0, 1, (len(y), LENGTH, 3))
        * np.array([[300, 80, 80], [80, 500, 80], [80] * 3])[y][:, None]
    )
    return (swing + np.array([0, 0, 1000])).astype(np.int16), y


@pytest.fixture(scope="module", params=OPTIONS)
def front(windows, request):
    x, _ = windows
    return flattened(FRONT_ENDS[request.param](x, sample_rate_hz=RATE, **OPTIONS[request.param]))


@pytest.mark.parametrize("kind", CLASSICAL)
def test_scores_on_a_board_are_those_of_the_library(kind, windows, front):
    pytest.importorskip("lightgbm" if kind == "lightgbm" else "sklearn")
    x, y = windows
    features = front.compute(x).reshape(len(x), -1)
    assert features.dtype == np.int16
    fitted = fit(kind, features, y, seed=0, name="m", quant=front.output.quant)
    graph = front.before(fitted.graph)
    compiled = build(Model("m", graph), "nrf52840")
    prove(graph, compiled.runners, [(w[None],) for w in x[:8]])
    reference = Reference(graph)
    said = np.concatenate([reference.run((w[None],))[0] for w in x])
    library = fitted.scores(features)
    if fitted.labelled:
        assert (said.argmax(axis=1) == library.argmax(axis=1)).all()
        assert (said.argmax(axis=1) == y).mean() > 0.95
    else:
        order = np.corrcoef(said[:, 0], library[:, 0])[0, 1]
        assert said.shape[1] == 1
        assert order > 0.99


def test_the_same_seed_gives_the_same_model(windows, front):
    x, y = windows
    features = front.compute(x).reshape(len(x), -1)
    twice = [fit("random_forest", features, y, seed=3, name="m", quant=STEP) for _ in range(2)]
    first, second = (f.graph.nodes[0].inputs[1].data for f in twice)
    np.testing.assert_array_equal(first, second)


def test_what_cannot_be_fitted_is_refused(windows):
    x = np.zeros((4, 2), np.int16)
    with pytest.raises(InputError, match="no classical model is called 'svm'; there are decision_"):
        fit("svm", x, None, seed=0, name="m", quant=STEP)
    with pytest.raises(InputError, match="wanted 4 labels, every class among them"):
        fit("decision_tree", x, np.array([0, 2, 2, 0]), seed=0, name="m", quant=STEP)
    with pytest.raises(InputError, match=r"decision_tree: .*unexpected keyword argument 'depth'"):
        fit(
            "decision_tree", x, np.zeros(4, int), seed=0, name="m", quant=STEP, options={"depth": 3}
        )
    with pytest.raises(InputError, match=r"features are float64 \[4, 2\]; wanted int16"):
        fit("decision_tree", x.astype(float), np.zeros(4, int), seed=0, name="m", quant=STEP)
