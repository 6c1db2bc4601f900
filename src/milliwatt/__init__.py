"""Machine learning in a milliwatt: models compiled to C, proven on an emulated chip."""

__version__ = "0.1.0"
