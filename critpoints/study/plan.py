"""Which estimator serves a row: chosen here unless the user chooses."""

from __future__ import annotations

from critpoints.estimators import Estimator, Proportion, Weighted
from critpoints.estimators.base import EVENTS
from critpoints.protocols import Ensemble
from critpoints.validation import choice

METHODS = ("auto", "plain", "sieve", "pivots", "identity", "determinant")


def plan(ensemble: Ensemble, event: str, method: str = "auto") -> Estimator:
    """Return the estimator for one ensemble.

    ``plain`` draws matrices and counts; ``sieve`` (minima) and ``pivots`` (index) count on the
    ensemble's own faster law; ``determinant`` weights matrices by ``|det H|`` and ``identity``
    uses the ensemble's own weights. ``auto`` takes the fastest that fits the population.

    Raises
    ------
    ValueError
        If the method does not fit the event, or the ensemble lacks what it needs.
    """
    choice("event", event, EVENTS)
    choice("method", method, METHODS)
    if method == "auto":
        method = _fastest(ensemble, event)
    if method in ("identity", "determinant"):
        if not ensemble.kac_rice:
            raise ValueError(
                f"method {method!r} is for critical points of a field (Kac-Rice); the population "
                f"{ensemble.population!r} is counted: use plain or sieve"
            )
        if method == "identity":
            _require(ensemble, "index_weights", method)
        return Weighted(event, method)
    if ensemble.kac_rice:
        raise ValueError(
            f"method {method!r} counts samples, but the population {ensemble.population!r} "
            "weights them by |det H|: use identity or determinant"
        )
    if method == "plain":
        return Proportion(event, "dense")
    if {"sieve": "minima", "pivots": "index"}[method] != event:
        raise ValueError(f"method {method!r} does not estimate {event!r}: use auto or plain")
    _require(ensemble, "sample_minimum" if event == "minima" else "sample_index", method)
    return Proportion(event, "fast")


def _fastest(ensemble: Ensemble, event: str) -> str:
    if ensemble.kac_rice:
        return "identity" if ensemble.overrides("index_weights") else "determinant"
    if event == "minima":
        return "sieve" if ensemble.overrides("sample_minimum") else "plain"
    return "pivots" if ensemble.overrides("sample_index") else "plain"


def _require(ensemble: Ensemble, needed: str, method: str) -> None:
    if not ensemble.overrides(needed):
        raise ValueError(
            f"method {method!r} needs an ensemble with its own {needed}, which "
            f"{type(ensemble).__name__} has not: use auto"
        )
