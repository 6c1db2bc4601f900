"""What a user does with models: load, inspect, compile, run, verify; and the demo of it all."""

from milliwatt.project.compile import Compiled, build, compile  # noqa: A004  (the verb it is)
from milliwatt.project.infer import run
from milliwatt.project.model import Model, load
from milliwatt.project.optimize import Budget, Goal, Optimize
from milliwatt.project.verify import verify

__all__ = [
    "Budget",
    "Compiled",
    "Goal",
    "Model",
    "Optimize",
    "build",
    "compile",
    "load",
    "run",
    "verify",
]
