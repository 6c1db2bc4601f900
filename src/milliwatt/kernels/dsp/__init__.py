"""Kernels of signal processing, a folder an operator."""
