"""Sentences computed from the data: they change when the data change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from critpoints.report.numbers import factor, interval, number
from critpoints.report.words import listed, words
from critpoints.study.frame import fit_bases

LIMIT = 4.0
"""Agreement is |z| below this."""


@dataclass(frozen=True)
class Claims:
    """What a page says under its figure.

    Attributes
    ----------
    answer : str
        The answer in one or two sentences.
    details : list of str
        One sentence an object.
    warnings : list of str
        What contradicts known values, must not be trusted, or is missing.
    notes : list of str
        Where what is said ends: precision that was not reached, limits that were not.
    short : str
        The answer for the front page, in plain words; the answer itself where it is empty.
    """

    answer: str
    details: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    short: str = ""

    @property
    def lead(self) -> str:
        """What the front page says."""
        return self.short or self.answer


def minima_claims(frame: pd.DataFrame) -> Claims:
    """Is the fraction of minima 3^-d? And do the samples agree with the exact values?"""
    frame = numeric(frame)
    fits = fit_bases(frame)
    bases = {str(f["object"]): f for f in fits[fits["power"] == "d"].to_dict("records")}
    groups = [(str(name), rows) for name, rows in frame.groupby("object", sort=False)]
    verdicts = {name: _verdict(rows) for name, rows in groups}
    details = [
        f"{name}: {verdicts[name].sentence}{_base_sentence(bases[name])}." for name, rows in groups
    ]
    return Claims(
        f"{_model_answer(verdicts, _span(frame))} {exact_answer(frame)}",
        details,
        warnings(frame),
        notes(frame),
        _short(frame, verdicts),
    )


TOLD = ("independent", "isotropic", "goe")
"""Laws whose fraction the front page tells."""


def _short(frame: pd.DataFrame, verdicts: Mapping[str, _Verdict]) -> str:
    judged = {name: v.side for name, v in verdicts.items() if v.side}
    agree = [words(name) for name, side in judged.items() if side == "agrees"]
    said = f"No law agrees with 1/3^d of {len(judged)} that were tried."
    if agree:
        said = f"Of {len(judged)} laws 1/3^d agrees with {len(agree)}: {listed(agree)}."
    d = frame["dim"].max()
    rows = frame[(frame["dim"] == d) & (frame["status"] != "unreliable")]
    values = {str(row["object"]): _best_value(row) for row in rows.to_dict("records")}
    told = [f"{values[name]} for {words(name)}" for name in TOLD if name in values]
    if not told:
        return said
    return (
        f"{said} In d = {d} dimensions, where 1/3^d is {number(-d * math.log10(3), 3)}, the "
        f"fraction of minima is {'; '.join(told)}."
    )


def exact_answer(frame: pd.DataFrame) -> str:
    """Whether the samples agree with the exact values where these are known."""
    known = frame[frame["z"].notna()]
    if not len(known):
        return "No exact value is known here to compare with."
    off = int((known["z"].abs() >= LIMIT).sum())
    largest = f"largest |z| = {known['z'].abs().max():.1f}"
    if off:
        return f"{off} of {len(known)} comparisons with exact values disagree ({largest})."
    return f"All {len(known)} comparisons with exact values agree within |z| < 4 ({largest})."


def warnings(frame: pd.DataFrame) -> list[str]:
    """Rows that contradict the exact value, or are unreliable."""
    found = [
        f"{_where(row)}: the samples contradict the exact value (z = {row.z:+.1f}): "
        "the sampler or the law is wrong."
        for row in frame[frame["z"].abs() >= LIMIT].itertuples()
    ]
    found += [
        f"{_where(row)}: unreliable, and left out of every statement."
        for row in frame[frame["status"] == "unreliable"].itertuples()
    ]
    return found


def notes(frame: pd.DataFrame) -> list[str]:
    """Rows that missed the precision asked for."""
    short = frame[frame["status"].isin(["incomplete", "bound"])]
    if not len(short):
        return []
    return [
        f"{len(short)} of {len(frame)} rows used up their samples before the precision asked for "
        "was reached; their intervals are as wide as drawn."
    ]


def minima_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    frame = numeric(frame)
    ends = []
    for name, rows in frame.groupby("object", sort=False):
        row = _last(rows)
        ends.append(f"{name} {_value(row)} at d = {row['dim']}")
    return (
        f"Logarithm of the fraction of minima against dimension, {_span(frame)}, with intervals, "
        f"beside the models 3^-d and 2^-d. Last values: {'; '.join(ends)}."
    )


def numeric(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with None turned into NaN in the columns that are compared."""
    names = ["z", "z_third", "log10_exact", "log10_ratio_third"]
    known = {c: pd.to_numeric(frame[c]).astype(float) for c in names if c in frame}
    return frame.assign(**known)


@dataclass(frozen=True)
class _Verdict:
    """What an object's rows say of 1/3^d; ``side``: ``agrees``, ``high``, ``low`` or empty."""

    side: str
    sentence: str


def _verdict(rows: pd.DataFrame) -> _Verdict:
    judged = rows[(rows["status"] != "unreliable") & rows["z_third"].notna()]
    if not len(judged):
        return _Verdict("", "too few hits to compare with 1/3^d")
    wrong = judged[judged["z_third"].abs() >= LIMIT]
    if not len(wrong):
        largest = judged["z_third"].abs().max()
        return _Verdict("agrees", f"agrees with 1/3^d (largest |z| = {largest:.1f})")
    row = _last(wrong)
    bound = row["log10_estimate"] == -math.inf
    ratio = row["log10_high"] - row["log10_model_third"] if bound else row["log10_ratio_third"]
    side = "high" if row["z_third"] < 0 else "low"
    size = f"{'at least ' if bound else ''}{factor(ratio)}"
    sentence = (
        f"at d = {row['dim']} the fraction is {_value(row)}, and 1/3^d is too {side} by a factor "
        f"of {size} (z = {row['z_third']:+.1f})"
    )
    return _Verdict(side, sentence)


def _model_answer(verdicts: dict[str, _Verdict], span: str) -> str:
    judged = {name: v for name, v in verdicts.items() if v.side}
    agree = [name for name, v in judged.items() if v.side == "agrees"]
    if not judged:
        return f"Over {span} the model 1/3^d cannot be judged."
    parts = [f"Over {span} the model 1/3^d agrees with {len(agree)} of {len(judged)} laws"]
    parts[0] += f" ({listed(agree)})" if agree else ""
    for side in ("high", "low"):
        off = [v for v in judged.values() if v.side == side]
        if off:
            parts.append(f"it is too {side} for {len(off)}")
    return "; ".join(parts) + "."


def _base_sentence(fit: Mapping[Any, Any]) -> str:
    if math.isnan(fit["base"]):
        return f"; no base fitted ({fit['note']})"
    logs = (math.log10(fit[key]) for key in ("base", "low", "high"))
    return f"; fitted to C·b^(−d), b = {interval(*logs)}, {fit['note']}"


def _last(rows: pd.DataFrame) -> Mapping[Any, Any]:
    return rows.sort_values("dim").to_dict("records")[-1]


def _value(row: Mapping[Any, Any]) -> str:
    return interval(row["log10_estimate"], row["log10_low"], row["log10_high"])


def _best_value(row: Mapping[Any, Any]) -> str:
    """The exact value where no sample hit: it says more than the bound."""
    if row["log10_estimate"] == -math.inf and math.isfinite(row["log10_exact"]):
        return f"{number(row['log10_exact'], 2)} (exact)"
    return _value(row)


def _span(frame: pd.DataFrame) -> str:
    return f"d = {frame['dim'].min()}–{frame['dim'].max()}"


def _where(row: object) -> str:
    return f"{row.object}, d = {row.dim}"  # type: ignore[attr-defined]
