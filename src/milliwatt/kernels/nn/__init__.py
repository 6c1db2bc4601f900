"""Kernels of neural networks, a folder an operator."""
