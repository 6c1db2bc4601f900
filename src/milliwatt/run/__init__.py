"""Runners of compiled models: reference, this machine, emulated boards; and what they measure."""
