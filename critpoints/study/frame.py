"""Rows as records and data frames: here, and only here, estimates meet exact values."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from critpoints._version import __version__
from critpoints.errors import RangeWarning
from critpoints.estimate import LN10, Estimate
from critpoints.estimators import EventEstimator
from critpoints.protocols import Ensemble
from critpoints.study.collect import Outcome
from critpoints.study.spec import Spec
from critpoints.theory import laws

LOG_THIRD = -math.log(3.0)
REFUTED = 4.0
"""A reduced chi-square above this says that a law does not hold."""


def records(
    outcomes: Iterable[Outcome], why: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """One record a row (minima), or one a bin (index law), exact values beside.

    ``why`` says by digest why a method was chosen.
    """
    reasons = why or {}
    return [
        record | {"why": reasons.get(outcome.spec.digest)}
        for outcome in outcomes
        for record in _records(outcome)
    ]


def frame(outcomes: Iterable[Outcome], why: Mapping[str, str] | None = None) -> pd.DataFrame:
    """:func:`records` as a data frame, with the fitted bases of every object in it."""
    table = pd.DataFrame(records(outcomes, why))
    return with_bases(table) if len(table) and table["event"].iloc[0] == "minima" else table


def with_bases(table: pd.DataFrame) -> pd.DataFrame:
    """Add ``base_d`` and ``base_d2`` with their limits, the same for all rows of an object."""
    fits = [fit for _, rows in table.groupby("object", sort=False) for fit in _fits(rows)]
    for power in ("d", "d2"):
        columns = [f"base_{power}", f"base_{power}_low", f"base_{power}_high"]
        chosen = pd.DataFrame(
            [(f["object"], f["base"], f["low"], f["high"]) for f in fits if f["power"] == power],
            columns=["object", *columns],
        )
        table = table.merge(chosen, on="object", how="left")
    return table


def fit_bases(table: pd.DataFrame) -> pd.DataFrame:
    r"""Fit :math:`P \approx C\,b^{-d}` and :math:`P \approx C\,b^{-d^2}` to each object's rows.

    Least squares of :math:`\ln P` on d (or :math:`d^2`), weighted by the intervals; when the
    residuals are larger than those allow, the law is not a power of that form in this range and
    the interval is widened by the root of the reduced chi-square. The base is that of the
    dimensions swept, not of the limit; ``note`` says so.

    Parameters
    ----------
    table : DataFrame
        Minima records of :func:`frame`.

    Returns
    -------
    DataFrame
        object, power (``d`` or ``d2``), base, low, high, chi2_reduced, dims, note.

    Raises
    ------
    TypeError
        If ``table`` is no such table.
    """
    if not isinstance(table, pd.DataFrame) or not {"object", "dim", "estimate"} <= {*table.columns}:
        raise TypeError(f"table must be records of minima as sweep returns them, got {table!r}")
    fits = [fit for _, rows in table.groupby("object", sort=False) for fit in _fits(rows)]
    return pd.DataFrame(fits)


def describe_bases(table: pd.DataFrame) -> list[str]:
    """Say what :func:`fit_bases` found, a sentence a fit; no base of a law that does not hold."""
    fits = [fit for _, rows in table.groupby("object", sort=False) for fit in _fits(rows)]
    return [_sentence(fit) for fit in fits if not math.isnan(fit["base"])]


def _sentence(fit: dict[str, Any]) -> str:
    law = "base^-d" if fit["power"] == "d" else "base^-(d^2)"
    if fit["chi2_reduced"] > REFUTED:
        return (
            f"{fit['object']}: P ~ C {law} does not hold over these dimensions "
            f"(reduced chi-square {fit['chi2_reduced']:.0f}): no base"
        )
    limits = f"{fit['base']:.4g} [{fit['low']:.4g}, {fit['high']:.4g}]"
    return f"{fit['object']}: P ~ C {law} with base {limits}; {fit['note']}"


def _records(outcome: Outcome) -> list[dict[str, Any]]:
    spec, event = outcome.spec, _event(outcome.spec)
    exact = _exact(spec)
    common = {
        "object": spec.ref,
        "population": spec.source.population,
        "dim": spec.source.dim,
        "event": event,
        "seed": spec.seed,
        "digest": spec.digest,
        "version": __version__,
    }
    bins = range(len(outcome.estimates))
    return [
        common | _bin(event, k, spec.source.dim) | _estimate(e) | _beside(e, exact[k], spec)
        for k, e in zip(bins, outcome.estimates, strict=True)
    ]


def _bin(event: str, k: int, dim: int) -> dict[str, Any]:
    return {} if event == "minima" else {"index": k if k <= dim else "degenerate"}


def _estimate(e: Estimate) -> dict[str, Any]:
    return {
        "method": e.method,
        "interval": e.interval,
        "status": e.status,
        "doubt": e.doubt,
        "level": e.level,
        "samples": e.samples,
        "hits": e.hits if e.effective is None else None,  # else survivors among replicates
        "effective": e.effective,
        "estimate": e.value,
        "low": e.low,
        "high": e.high,
        "log10_estimate": e.log10_value,
        "log10_low": e.log10_low,
        "log10_high": e.log10_high,
    }


def _beside(e: Estimate, log_exact: float | None, spec: Spec) -> dict[str, Any]:
    """The exact value and, for minima, the model 3^-d; z-scores against both."""
    found: dict[str, Any] = {
        "exact": None if log_exact is None else math.exp(log_exact),
        "log10_exact": None if log_exact is None else log_exact / LN10,
        "z": None if log_exact is None else z_score(e, log_exact),
    }
    if _event(spec) == "minima":
        log_model = spec.source.dim * LOG_THIRD
        found |= {
            "model_third": math.exp(log_model),
            "log10_model_third": log_model / LN10,
            "log10_ratio_third": (e.log_value - log_model) / LN10,
            "z_third": z_score(e, log_model),
        }
    return found


def z_score(e: Estimate, log_reference: float) -> float | None:
    """Distance to a reference in standard errors, on the side of the interval that faces it.

    The score statistic where samples are counted, not replicates, and at least 5 hits and 5 misses
    are expected, else from the half-width of the interval on the logarithm; infinite when what is
    impossible was seen or what is certain was missed; None when the interval has no width on that
    side.
    """
    counted = e.hits is not None and e.effective is None
    if counted and e.samples and log_reference > -math.inf:
        reference = math.exp(log_reference)
        spread = math.sqrt(e.samples * reference * (1 - reference))
        if spread > 0 and e.samples * min(reference, 1 - reference) >= 5:
            return (e.value - reference) * e.samples / spread
    if log_reference == -math.inf < e.log_value:
        return math.inf  # what is said to be impossible was seen
    if log_reference == 0.0 and e.hits is not None and e.hits < e.samples:
        return -math.inf  # what is said to be certain was missed
    side = e.log_high - e.log_value if log_reference > e.log_value else e.log_value - e.log_low
    if not math.isfinite(side) or side <= 0 or not math.isfinite(log_reference):
        return None
    return (e.log_value - log_reference) / side * float(stats.norm.isf((1 - e.level) / 2))


def _event(spec: Spec) -> str:
    if not isinstance(spec.estimator, EventEstimator):
        raise TypeError(f"{spec.estimator!r} does not estimate an event of an ensemble")
    return spec.estimator.event


def _exact(spec: Spec) -> Sequence[float | None]:
    """Natural logarithms of the exact values, one a bin; None where no law resolves or has it."""
    event, dim = _event(spec), spec.source.dim
    unknown = [None] * (1 if event == "minima" else dim + 2)
    law = spec.source.exact_law() if isinstance(spec.source, Ensemble) else None
    if law is None:
        return unknown
    name, parameters = law
    door = laws.minimum if event == "minima" else laws.index_law
    with warnings.catch_warnings():
        warnings.simplefilter("error", RangeWarning)
        try:
            found = door(name, dim, **parameters)
        except (RangeWarning, ArithmeticError, ValueError):
            return unknown  # what theory cannot give must not cost the sample
    logs = zip(found.log, found.drowned, strict=True)
    return [None if drowned else float(log) for log, drowned in logs]


def _fits(rows: pd.DataFrame) -> list[dict[str, Any]]:
    usable = rows[
        np.isfinite(rows["log10_estimate"])
        & np.isfinite(rows["log10_low"])
        & (rows["log10_high"] > rows["log10_low"])
        & rows["status"].isin(["ok", "incomplete"])
    ]
    return [_fit(rows["object"].iloc[0], usable, power) for power in ("d", "d2")]


def _fit(name: str, rows: pd.DataFrame, power: str) -> dict[str, Any]:
    empty = {"base": math.nan, "low": math.nan, "high": math.nan, "chi2_reduced": math.nan}
    dims = sorted({int(d) for d in rows["dim"]})
    fit: dict[str, Any] = {"object": name, "power": power, **empty, "dims": len(dims)}
    if len(dims) < 3:
        return fit | {"note": "fewer than 3 dimensions with an interval: no fit"}
    z = stats.norm.isf((1 - rows["level"].iloc[0]) / 2)
    x = rows["dim"].to_numpy(float) ** (1 if power == "d" else 2)
    y = rows["log10_estimate"].to_numpy(float) * LN10
    error = (rows["log10_high"] - rows["log10_low"]).to_numpy(float) * LN10 / (2 * z)
    design = np.stack([np.ones_like(x), x], axis=1) / error[:, None]
    coefficients, _, _, _ = np.linalg.lstsq(design, y / error, rcond=None)
    residual = y / error - design @ coefficients
    reduced = float(residual @ residual) / (len(x) - 2)
    slope_error = math.sqrt(np.linalg.inv(design.T @ design)[1, 1] * max(1.0, reduced))
    half = float(stats.t.isf((1 - rows["level"].iloc[0]) / 2, len(x) - 2)) * slope_error
    slope = -float(coefficients[1])
    note = f"local to d = {dims[0]}..{dims[-1]}: a base at finite d is not the limit"
    if reduced > REFUTED:
        note += f"; the points bend away from this law (reduced chi-square {reduced:.0f})"
    values = {"base": slope, "low": slope - half, "high": slope + half}
    bases = {key: math.exp(min(value, 709.0)) for key, value in values.items()}
    return fit | bases | {"chi2_reduced": reduced, "note": note}
