from milliwatt.targets.cpu import Isa

__all__ = ["Isa"]
