"""Neural network operators, one file each."""
