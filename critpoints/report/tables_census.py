"""Columns of the tables of counted critical points."""

from __future__ import annotations

from critpoints.report.columns import between, plain, text, whole

_WHO = [text("family"), text("object"), whole("d", "dim")]
MINIMA = [
    *_WHO,
    between("fraction of minima", "fraction"),
    plain("Kac–Rice", "fraction_expected", ".4f"),
    plain("1/3^d", "third", ".4f"),
    plain("z of 1/3^d", "z_third", "+.1f"),
    whole("functions", "draws"),
]
"""Columns of a table of fractions of minima."""

COUNTS = [
    *_WHO,
    whole("index", "index"),
    between("counted, a function", "count"),
    plain("expected", "expected", ".4f"),
    plain("z", "z", "+.1f"),
    text("expected_method"),
]
"""Columns of a table of numbers by index."""

PROOFS = [
    *_WHO,
    whole("functions", "functions"),
    whole("critical points", "points"),
    whole("all certified", "certified"),
    whole("complete", "complete"),
    whole("Euler sum right", "euler_right"),
    whole("of", "euler_known"),
    whole("degenerate", "degenerate"),
]
"""Columns of a table of how sure the counts are (:func:`claims_census.proofs`)."""
