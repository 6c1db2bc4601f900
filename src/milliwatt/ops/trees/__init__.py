"""Decision trees and distances on a few features, as scikit-learn and its kin learn them."""
