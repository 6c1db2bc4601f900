"""Trained estimators of scikit-learn and LightGBM to graphs of int16 features.

What is learnt on whole numbers is computed on whole numbers: a comparison of a feature with a
threshold never differs from the library's. Sums of leaves are rounded, see `forest`.
"""

from milliwatt.importers.sklearn.rules import RULES, import_estimator

__all__ = ["RULES", "import_estimator"]
