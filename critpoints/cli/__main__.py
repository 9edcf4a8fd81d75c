"""``python -m critpoints.cli``."""

from critpoints.cli import main

main()
