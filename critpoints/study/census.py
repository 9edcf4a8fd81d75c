"""The critical points of many functions: a row a function, and what they say together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from critpoints._version import __version__
from critpoints.census.counts import NOTES, SUMMARY, CensusCounts
from critpoints.census.door import MAX_CELLS
from critpoints.census.multistart import MASS, STARTS, start_law
from critpoints.census.result import Census
from critpoints.domains import Domain
from critpoints.estimate import LN10
from critpoints.landscapes import FourierField, KnownLandscape, SphericalSpin, TorusPolynomial
from critpoints.protocols import Landscape, RandomField
from critpoints.rule import Rule
from critpoints.runs import mean, ratio, standard_error
from critpoints.seeding import stream
from critpoints.study.collect import Outcome, Progress, collect
from critpoints.study.objects import KINDS, build, parse_dims, several
from critpoints.study.spec import Spec
from critpoints.theory import spin_glass, stationary
from critpoints.theory.result import Exact
from critpoints.validation import integer, real

_NULLABLE = ("euler", "euler_expected", "starts", "nowhere", "rejected")
_MEASURES = ("undecided_volume", "unseen_mass", "smallest_share", "chao_low", "chao_high")
ASSUMED = "the bounds of derivatives and rounding that the function states are taken as given"
"""What ``complete`` and ``certified`` rest on, where they rest on anything."""
Object = str | Landscape | RandomField | type


def censuses(
    landscapes: Sequence[Object],
    dims: str | Iterable[int] | None = None,
    *,
    draws: int = 1,
    seconds: float | None = None,
    method: str = "auto",
    heights: Sequence[float] = (),
    max_cells: int = MAX_CELLS,
    starts: int = STARTS,
    unseen_mass: float = MASS,
    seed: int = 0,
    jobs: int = 1,
    backend: str = "loky",
    store: str | Path | None = None,
    progress: Progress | None = None,
    max_memory: int | str | None = None,
) -> pd.DataFrame:
    """Draw functions and take the census of each.

    Parameters
    ----------
    landscapes : sequence of str, RandomField, Landscape or class
    dims : str or integers, optional
        As in :func:`~critpoints.sweep`; may be left out for instances.
    draws : int
        Functions per object and dimension; a fixed function needs one.
    seconds : float, optional
        No function is begun after this wall-clock time; one under way is finished.
    method : {"auto", "subdivision", "multistart"}
    heights : sequence of float
        Edges of bins of the value, in which points are counted by index too.
    max_cells : int
        Cells that subdivision may examine; ``max_memory`` counts them as all kept.
    starts : int
        Starts that a search may make.
    unseen_mass : float
        The bound of the mass of the unseen that a search aims at:
        :func:`~critpoints.census.multistart.multistart`.
    seed, jobs, backend, store, progress, max_memory
        As in :func:`~critpoints.minima_fraction`.

    Returns
    -------
    DataFrame
        One row per function: object, population, dim, draw, critical_points, minima, counts (a list
        by index), degenerate, euler, euler_expected, audit, audit_note, distinct, certified,
        complete, assumption, undecided, undecided_volume, starts, start_law, nowhere, rejected,
        unseen_mass, smallest_share, chao_low, chao_high, method, audit_rounds, volume, seconds,
        seed, digest, version; counts_by_height where asked for.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range; the message names it.

    Examples
    --------
    >>> from critpoints import censuses
    >>> censuses(["torus:degree=1"], [1], draws=2)["euler"].tolist()
    [0, 0]
    """
    rule = Rule(None, integer("draws", draws, low=1, high=10**9), seconds)
    rows_wanted = specs(
        landscapes, dims,
        CensusCounts(method, tuple(heights), max_cells, starts, unseen_mass), seed,
    )  # fmt: skip
    outcomes = collect(
        rows_wanted, rule, store=store, jobs=jobs, backend=backend, progress=progress,
        max_memory=max_memory,
    )  # fmt: skip
    rows = [row for outcome in outcomes for row in _rows(outcome)]
    return pd.DataFrame(rows).astype(dict.fromkeys(_NULLABLE, "Int64"))


def draw(
    landscape: Object, dim: int | None = None, number: int = 0, *,
    method: str = "auto", seed: int = 0,
) -> Census:  # fmt: skip
    """The census of one draw of :func:`censuses`, with its points.

    Parameters
    ----------
    landscape : str, RandomField, Landscape or class
    dim : int, optional
        May be left out for an instance.
    number : int
        Which draw, from 0: the column ``draw``.
    method, seed
        As in :func:`censuses`.

    Returns
    -------
    Census
    """
    (spec,) = specs([landscape], None if dim is None else [dim], CensusCounts(method), seed)
    return one(spec, number)


def one(spec: Spec, number: int) -> Census:
    """Take one census of a row again."""
    source, estimator = spec.source, spec.estimator
    if not isinstance(estimator, CensusCounts) or not isinstance(source, Landscape | RandomField):
        raise TypeError(f"{spec!r} takes no census")
    return estimator.one(source, stream(spec.address, number))


def by_index(frame: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Counts, fractions and densities by index over the draws of each object.

    One function is the unit of every interval: its critical points are not independent.

    Parameters
    ----------
    frame : DataFrame
        What :func:`censuses` returns.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        object, population, dim, index, draws, count (per function), count_low, count_high,
        fraction, fraction_low, fraction_high, density (per unit of volume), density_low,
        density_high, status, level.
    """
    real("level", level, above=0, below=1)
    rows = [
        _index_row(part, counts, k, level)
        for _, part in frame.groupby(["object", "dim"], sort=False)
        for counts in [np.array(part["counts"].tolist(), dtype=float)]
        for k in range(counts.shape[1])
    ]
    return pd.DataFrame(rows)


def expected(landscape: Object, dim: int | None = None) -> Exact | None:
    """Logarithms of the expected numbers of critical points by index, where theory has them.

    Kac-Rice for fields with spectral moments (trigonometric polynomials, fields of fixed waves)
    and the spherical p-spin; the numbers themselves for functions whose points are all known.

    Parameters
    ----------
    landscape : str, RandomField, Landscape or class
    dim : int, optional
        May be left out for an instance.

    Returns
    -------
    Exact or None
        Shape (dim + 1,); None where no law is known.
    """
    source = build("landscape", landscape, dim)
    if isinstance(source, KnownLandscape):
        with np.errstate(divide="ignore"):
            return Exact(np.log(np.array(source.known_counts(), float)), "all points known", 0.0)
    if isinstance(source, SphericalSpin):
        return spin_glass.log_counts(source.dim, source.p)
    if isinstance(source, FourierField) and source.waves:
        found = stationary.log_density(*source.fixed_waves().moments())
    elif isinstance(source, TorusPolynomial):
        found = stationary.log_density(*source.moments())
    else:
        return None
    return replace(found, log=found.log + math.log(source.domain.volume), value=np.empty(0))


def with_expected(table: pd.DataFrame) -> pd.DataFrame:
    """Add to :func:`by_index` what theory expects: ``expected``, its ``accuracy``, and ``z``.

    z is the distance of the mean count to the expected one in its standard errors; missing where
    all draws have one count. Only registered names are looked up, never a class named in a file.
    """
    parts = [
        _beside(rows, _expected(str(rows["object"].iloc[0]), int(rows["dim"].iloc[0])))
        for _, rows in table.groupby(["object", "dim"], sort=False)
    ]
    return pd.concat(parts, ignore_index=True)


def _expected(name: str, dim: int) -> Exact | None:
    registered = name.partition(":")[0] in KINDS["landscape"][0]
    return expected(name, dim) if registered else None


def _beside(rows: pd.DataFrame, theory: Exact | None) -> pd.DataFrame:
    if theory is None:
        return rows.assign(expected=np.nan, accuracy=np.nan, z=np.nan)
    value = theory.value[rows["index"].to_numpy(int)]
    error = rows["count_error"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (rows["count"].to_numpy(float) - value) / error
    off = np.where(np.isfinite(z), z, np.nan)
    return rows.assign(
        expected=value, expected_method=theory.method, accuracy=theory.accuracy, z=off
    )


def specs(
    landscapes: Sequence[Object],
    dims: str | Iterable[int] | None,
    estimator: CensusCounts,
    seed: int,
) -> list[Spec]:
    """One specification per object and dimension."""
    given = several("landscapes", landscapes, (Landscape, RandomField))
    wanted = [None] if dims is None else parse_dims(dims)
    rows = [Spec(build("landscape", f, d), estimator, seed) for f in given for d in wanted]
    return list({spec.digest: spec for spec in rows}.values())


def _rows(outcome: Outcome) -> list[dict[str, Any]]:
    spec, dim = outcome.spec, outcome.spec.source.dim
    domain: Domain = spec.source.domain  # type: ignore[attr-defined]
    common = {"object": spec.ref, "population": spec.source.population, "dim": dim}
    ends = {
        "volume": domain.volume,
        "seed": spec.seed,
        "digest": spec.digest,
        "version": __version__,
    }
    columns = spec.estimator.columns(dim)  # type: ignore[attr-defined]
    return [
        common
        | _row(dict(zip(columns, row, strict=True)), k, dim, domain)
        | {"seconds": seconds}
        | ends
        for k, (row, seconds) in enumerate(
            zip(outcome.tally.data.tolist(), outcome.seconds, strict=True)
        )
    ]


def _row(found: dict[str, float], number: int, dim: int, domain: Domain) -> dict[str, Any]:
    counts = [int(found[f"index_{k}"]) for k in range(dim + 1)]
    said = {name: _whole(found[name]) for name in SUMMARY}
    assumed, note, rounds = (int(found[name]) for name in ("assumed", "note", "rounds"))
    for name in ("assumed", "note", "rounds", "reach"):
        del said[name]
    flags = {name: bool(said[name]) for name in ("distinct", "certified", "complete")}
    record: dict[str, Any] = {
        "draw": number,
        "critical_points": sum(counts) + int(found["degenerate"]),
        "minima": counts[0],
        "counts": counts,
        **said,
        **flags,
        "assumption": ASSUMED if assumed else "",
        "start_law": "" if said["starts"] is None else start_law(domain, found["reach"]),
        "audit_note": NOTES[note],
        "audit": None if said["degenerate"] else _audit(said["euler"], said["euler_expected"]),
        **{name: found[name] for name in _MEASURES},
        "method": "subdivision" if rounds > 0 else "multistart",
        "audit_rounds": max(-rounds, 0),
    }
    heights = [value for name, value in found.items() if name.startswith("height_")]
    if heights:
        record["counts_by_height"] = np.reshape(heights, (-1, dim + 1)).astype(int).tolist()
    return record


def _audit(euler: float | None, wanted: float | None) -> bool | None:
    return None if euler is None or wanted is None else euler == wanted


def _whole(value: float) -> int | float | None:
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() else value


def _index_row(
    part: pd.DataFrame, counts: np.ndarray[Any, np.dtype[np.float64]], k: int, level: float
) -> dict[str, Any]:
    first = part.iloc[0]
    count, low, high = mean(counts[:, k], level)
    fraction = ratio(counts[:, k], counts.sum(axis=1), level, "census")
    volume = float(first["volume"]) or math.nan  # zero where it underflows: no density
    return {
        "object": first["object"],
        "population": first["population"],
        "dim": int(first["dim"]),
        "index": k,
        "draws": len(part),
        "count": count,
        "count_low": max(low, 0.0),
        "count_high": high,
        "count_error": standard_error(counts[:, k]),
        "fraction": fraction.value,
        "fraction_low": fraction.low,
        "fraction_high": fraction.high,
        "log10_fraction": fraction.log_value / LN10,
        "density": count / volume,
        "density_low": max(low, 0.0) / volume,
        "density_high": high / volume,
        "status": fraction.status,
        "level": level,
    }
