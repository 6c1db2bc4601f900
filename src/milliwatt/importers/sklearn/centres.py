"""K-means and Gaussian mixtures to distances from the nearest centre."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from milliwatt.errors import UnsupportedOp
from milliwatt.importers.sklearn.forest import FEATURES
from milliwatt.ir import Builder, DType, Graph, Quant, TensorType
from milliwatt.ops.trees.nearest import UNIT_BITS, Nearest

Floats = npt.NDArray[np.float64]
UNIT = 1 << UNIT_BITS
LEAST_SHIFT, MOST_SHIFT = 1, 31


@dataclass(frozen=True, slots=True)
class Centres:
    """Where the centres are, and what counts as far from them.

    Attributes:
        centres: ``[K, F]``, within int16.
        deviations: ``[K, F]`` or ``[1, F]``, what counts as one.
        offsets: ``[K]``, in squared deviations.
    """

    centres: Floats
    deviations: Floats
    offsets: Floats


def k_means(estimator: Any, name: str, quant: Quant | None) -> Graph:  # noqa: ANN401
    """Return the squared distance to the nearest centre, features as they are."""
    centres = np.asarray(estimator.cluster_centers_, np.float64)
    found = Centres(centres, np.ones((1, centres.shape[1])), np.zeros(len(centres)))
    return centres_graph(found, name, quant)


def scaled_k_means(estimator: Any, name: str, quant: Quant | None) -> Graph:  # noqa: ANN401
    """Return the squared distance to the nearest centre, features standardised before.

    Raises:
        UnsupportedOp: the pipeline is something else than a StandardScaler and k-means.
    """
    steps = [step for _, step in estimator.steps]
    titles = [type(step).__name__ for step in steps]
    if titles not in (["StandardScaler", "KMeans"], ["StandardScaler", "MiniBatchKMeans"]):
        raise UnsupportedOp(f"a pipeline of {titles}; wanted StandardScaler and KMeans")
    scaler, means = steps
    width = np.ones(scaler.n_features_in_) if scaler.scale_ is None else scaler.scale_
    middle = np.zeros(scaler.n_features_in_) if scaler.mean_ is None else scaler.mean_
    centres = means.cluster_centers_ * width + middle
    return centres_graph(Centres(centres, width[None], np.zeros(len(centres))), name, quant)


def gaussian_mixture(estimator: Any, name: str, quant: Quant | None) -> Graph:  # noqa: ANN401
    """Return minus twice the logarithm of the likeliest component.

    Raises:
        UnsupportedOp: covariances are not diagonal.
    """
    if estimator.covariance_type not in ("diag", "spherical"):
        raise UnsupportedOp(
            f"a Gaussian mixture with covariance_type={estimator.covariance_type!r}; "
            "wanted 'diag' or 'spherical'"
        )
    centres = np.asarray(estimator.means_, np.float64)
    variances = np.asarray(estimator.covariances_, np.float64).reshape(len(centres), -1)
    variances = np.broadcast_to(variances, centres.shape)
    offsets = np.log(2 * math.pi * variances).sum(axis=1) - 2 * np.log(estimator.weights_)
    return centres_graph(Centres(centres, np.sqrt(variances), offsets), name, quant)


def centres_graph(found: Centres, name: str, quant: Quant | None = FEATURES) -> Graph:
    """Return a graph from s16 ``[1, F]`` to s32 ``[1, 1]``.

    A feature's scales get as many bits as the largest of them leaves room for in 16.
    """
    wanted = UNIT / np.maximum(found.deviations, 1.0 / UNIT)
    bits = np.floor(np.log2(DType.S16.limits[1] / wanted.max(axis=0))).astype(np.int64)
    shifts = np.clip(bits, LEAST_SHIFT, MOST_SHIFT)
    scales = np.rint(wanted * 2.0**shifts)
    b = Builder(name)
    features = found.centres.shape[1]
    x = b.input("features", TensorType((1, features), DType.S16, quant))
    operands = [
        b.constant(what, TensorType(a.shape, dtype), np.clip(a, *dtype.limits).astype(dtype.numpy))
        for what, a, dtype in (
            ("centres", np.rint(found.centres), DType.S16),
            ("scales", scales, DType.S16),
            ("offsets", np.rint(found.offsets * UNIT), DType.S32),
        )
    ]
    return b.build(b.node("distance", Nearest(tuple(map(int, shifts))), x, *operands))
