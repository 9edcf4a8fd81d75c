"""critpoints."""
