"""Networks through the store: critical points, trainings, and what theory draws beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import least_squares

from critpoints import refs
from critpoints._version import __version__
from critpoints.census.learning import NetworkPoints, Trainings
from critpoints.landscapes import LANDSCAPES
from critpoints.landscapes.autodiff import require
from critpoints.landscapes.networks import Network
from critpoints.rule import Rule
from critpoints.runs import Runs
from critpoints.study.collect import Outcome, Progress, collect
from critpoints.study.objects import build, several
from critpoints.study.spec import Spec
from critpoints.theory import network as pennington
from critpoints.theory.field import index_fraction_at_height
from critpoints.validation import integer

FloatArray = NDArray[np.float64]

Object = str | Network

_WHOLE = ("step", "index", "zero_modes")


def require_networks() -> None:
    """Say at once, and in one sentence, if what networks need is not installed.

    Raises
    ------
    ImportError
        Naming the package that is missing and how to install it.
    """
    for module in ("jax", "optax", "sklearn"):
        require(module)


def network_points(
    networks: Sequence[Object],
    estimator: NetworkPoints | Mapping[str, Any] | None = None,
    *,
    searches: int = 100,
    seed: int = 0,
    jobs: int = 1,
    backend: str = "loky",
    store: str | Path | None = None,
    progress: Progress | None = None,
    max_memory: int | str | None = None,
) -> pd.DataFrame:
    """Search for critical points of networks: a row a search.

    Parameters
    ----------
    networks : sequence of Network or str
        Smooth ones; a reference such as ``"network-loss:width=8,samples=100"``.
    estimator : NetworkPoints or mapping of its fields, optional
        How searches begin.
    searches : int
        A network.
    seed, jobs, backend, store, progress, max_memory
        As in :func:`~critpoints.minima_fraction`.

    Returns
    -------
    DataFrame
        object, population, dim, width, data_size, search, then what
        :data:`~critpoints.census.learning.POINT_COLUMNS` names, index_fraction, method, seed,
        digest, version. ``small`` is acceptance by the gradient alone, ``accepted`` by the
        gradient-flat rule too.
    """
    how = estimator if isinstance(estimator, NetworkPoints) else NetworkPoints(**estimator or {})
    return _table(
        networks, how, integer("searches", searches, low=1), "search",
        seed, jobs, backend, store, progress, max_memory,
    )  # fmt: skip


def trainings(
    networks: Sequence[Object],
    estimator: Trainings | Mapping[str, Any] | None = None,
    *,
    runs: int = 100,
    seed: int = 0,
    jobs: int = 1,
    backend: str = "loky",
    store: str | Path | None = None,
    progress: Progress | None = None,
    max_memory: int | str | None = None,
) -> pd.DataFrame:
    """Train networks from many starts: a row a training.

    Parameters
    ----------
    networks : sequence of Network or str
        As in :func:`network_points`; units with kinks too.
    estimator : Trainings or mapping of its fields, optional
        How.
    runs : int
        A network.
    seed, jobs, backend, store, progress, max_memory
        As in :func:`~critpoints.minima_fraction`.

    Returns
    -------
    DataFrame
        object, population, dim, width, data_size, run, then what
        :data:`~critpoints.census.learning.TRAINING_COLUMNS` names, method, seed, digest, version.
    """
    how = estimator if isinstance(estimator, Trainings) else Trainings(**estimator or {})
    return _table(
        networks, how, integer("runs", runs, low=1), "run",
        seed, jobs, backend, store, progress, max_memory,
    )  # fmt: skip


def index_curves(frame: pd.DataFrame, points: int = 101) -> pd.DataFrame:
    r"""Theories of the index against the energy, each with the scale that fits the points best.

    A theory knows the shape of the curve, not the units of a network's loss, so the points are
    least-squares fitted by :math:`\alpha((L - a)/b)`: for Pennington and Bahri with a = 0, for
    Gaussian fields (Bray and Dean; the spherical p-spin has the same curve) with both.

    Parameters
    ----------
    frame : DataFrame
        Accepted rows of :func:`network_points` of one network.
    points : int
        Of each curve.

    Returns
    -------
    DataFrame
        A row a point: theory, loss, index_fraction, offset (a), scale (b), rms (of the residuals),
        correlation (of index and loss, Spearman, the same in all rows).
    """
    rows = frame[frame["accepted"]]
    if len(rows) < 3:
        return pd.DataFrame()
    loss, share = rows["loss"].to_numpy(float), rows["index_fraction"].to_numpy(float)
    ratio = float(rows["dim"].iloc[0] / rows["data_size"].iloc[0])
    grid = np.linspace(loss.min(), loss.max(), points)
    found = []
    for name, (curve, free) in theories(ratio).items():
        offset, scale = _fitted(curve, loss, share, free)
        residual = curve((loss - offset) / scale) - share
        found.append(
            pd.DataFrame(
                {
                    "theory": name,
                    "loss": grid,
                    "index_fraction": curve((grid - offset) / scale),
                    "offset": offset,
                    "scale": scale,
                    "rms": float(np.sqrt(np.mean(residual**2))),
                }
            )
        )
    return pd.concat(found, ignore_index=True)


def theories(ratio: float) -> Mapping[str, tuple[Callable[[FloatArray], FloatArray], bool]]:
    """Index fraction as a function of the energy in each theory's units; is the offset free?"""

    def bahri(energy: FloatArray) -> FloatArray:
        return pennington.index_fraction(np.maximum(energy, 0.0), ratio)

    def bray(energy: FloatArray) -> FloatArray:
        # In units of the threshold: t of index_fraction_at_height with d = 1 and κ = 1, twice.
        return index_fraction_at_height(2 * energy, 1, 1.0)

    return {"Pennington–Bahri": (bahri, False), "Bray–Dean field, p-spin": (bray, True)}


def _fitted(
    curve: Callable[[FloatArray], FloatArray], loss: FloatArray, share: FloatArray, free: bool
) -> tuple[float, float]:
    """Offset and scale of least squares, from the best of a few scales to begin with."""

    def residual(p: FloatArray) -> FloatArray:
        offset = float(p[1]) if free else 0.0
        return curve((loss - offset) / np.exp(p[0])) - share

    spread = float(np.ptp(loss)) or 1.0
    size = spread if free else float(loss.mean())
    starts = [
        np.array([np.log(size * f), float(loss.max()) + g * spread][: 1 + free])
        for f in (0.3, 1.0, 3.0, 10.0)
        for g in ((0.0, 1.0, 3.0) if free else (0.0,))
    ]
    best = min((least_squares(residual, s) for s in starts), key=lambda r: float(r.cost))
    return (float(best.x[1]) if free else 0.0), float(np.exp(best.x[0]))


def _table(
    networks: Sequence[Object], estimator: Runs, count: int, unit: str, seed: int, jobs: int,
    backend: str, store: str | Path | None, progress: Progress | None,
    max_memory: int | str | None,
) -> pd.DataFrame:  # fmt: skip
    require_networks()
    given = [_network(n) for n in several("networks", networks, (Network,))]
    specs = [Spec(build("landscape", n, None), estimator, seed) for n in given]
    outcomes = collect(
        specs, Rule(None, count), store=store, jobs=jobs, backend=backend, progress=progress,
        max_memory=max_memory,
    )  # fmt: skip
    return pd.concat([_rows(outcome, unit) for outcome in outcomes], ignore_index=True)


def _network(given: Object) -> Network:
    """The network of a reference: its number of parameters follows from the keys."""
    if isinstance(given, str):
        parsed = refs.parse(given, LANDSCAPES, "landscape")
        if issubclass(parsed.cls, Network):
            return cast("Network", parsed(None))  # type: ignore[arg-type]  # dim is optional here
    if not isinstance(given, Network):
        raise TypeError(f"networks must be like network-loss:width=8 or a Network, got {given!r}")
    return given


def _rows(outcome: Outcome, unit: str) -> pd.DataFrame:
    spec, network, estimator = outcome.spec, outcome.spec.source, outcome.spec.estimator
    if not isinstance(network, Network) or not isinstance(estimator, Runs):
        raise TypeError(f"{spec!r} is no network")
    columns = list(estimator.columns(network.dim))
    found = pd.DataFrame(outcome.tally.data, columns=columns)
    found = found.astype({c: "int64" for c in _WHOLE if c in found})
    found = found.astype({c: "bool" for c in ("small", "accepted") if c in found})
    if "index" in found:
        found["index_fraction"] = found["index"] / network.dim
    head: dict[str, Any] = {
        "object": spec.ref,
        "population": network.population,
        "dim": network.dim,
        "width": network.width[0] if network.width else 0,
        "data_size": network.set.targets.size,
        unit: np.arange(len(found)),
    }
    for place, (name, value) in enumerate(head.items()):
        found.insert(place, name, value)
    return found.assign(
        method=estimator.method, seed=spec.seed, digest=spec.digest, version=__version__
    )
