"""Columns of the tables of critical points by height."""

from __future__ import annotations

from critpoints.report.columns import between, plain, small, text, whole

_WHO = [text("family"), whole("d", "dim"), plain("from", "low", ".2f"), plain("to", "high", ".2f")]
HEIGHTS = [
    *_WHO,
    between("mean index / d", "index_fraction"),
    small("exact", "index_fraction_expected"),
    between("fraction of minima", "fraction"),
    small("exact", "fraction_expected"),
    whole("functions", "draws"),
]
"""Columns of a table of heights (:func:`claims_heights.summary`); open ends are empty."""

BINS = [
    *_WHO,
    whole("index", "index"),
    between("counted, a function", "count"),
    small("expected", "expected"),
    plain("z", "z", "+.1f"),
]
"""Columns of a table of numbers by height and index."""
