"""Trees and anomaly scores on int16 features, learnt with scikit-learn or LightGBM."""

from milliwatt.learn.classical.estimators import CLASSICAL, Kind
from milliwatt.learn.classical.fit import Fitted, fit, flattened

__all__ = ["CLASSICAL", "Fitted", "Kind", "fit", "flattened"]
