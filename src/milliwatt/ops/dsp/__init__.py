"""Signal processing operators: features, computed in the same graph as the network."""
