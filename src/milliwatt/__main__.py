"""``python -m milliwatt``."""

from milliwatt.cli import main

main()
