"""Smaller and still right: calibration, quantisation in training, pruning, distillation."""
