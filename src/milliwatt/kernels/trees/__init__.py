"""Kernels of decision trees and distances, a folder an operator."""
