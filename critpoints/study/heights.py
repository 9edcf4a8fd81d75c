r"""Critical points by height and index: counted ones, and the exact laws beside them.

At a critical point of height u an isotropic field of unit variance and
:math:`\rho = e^{-r^2/2\ell^2}` has the Hessian :math:`\sqrt{8\rho''}(\mathrm{GOE}_d - u/\sqrt2)`,
so the expected numbers by index in a unit volume and of height in du are

.. math:: \Big(\frac{2\rho''}{\pi|\rho'|}\Big)^{d/2} \varphi(u)\, D_k(u/\sqrt2; d)\, du ,

and those of the spherical p-spin below an energy are known too.

References
----------
A. J. Bray and D. S. Dean, Phys. Rev. Lett. 98 (2007) 150201. A. Auffinger, G. Ben Arous and
J. Cerny, Comm. Pure Appl. Math. 66 (2013) 165.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from critpoints.landscapes import FourierField, SphericalSpin
from critpoints.runs import mean, ratio, standard_error
from critpoints.study.objects import build
from critpoints.theory import kac_rice, spin_glass
from critpoints.validation import real

Array = NDArray[np.float64]
ENOUGH = 10.0
"""A number is compared with the expected one where so many points are expected in all."""
_ORDER = 12
_FAR = 7.0  # standard deviations of a field: fewer than one point in 10^10 is further off


def by_height(functions: pd.DataFrame, edges: Sequence[float], level: float = 0.95) -> pd.DataFrame:
    """Numbers and fractions by height and index of one object, beside the exact ones.

    Parameters
    ----------
    functions : DataFrame
        Rows of one object and dimension of :func:`critpoints.censuses` with ``heights=edges``.
    edges : sequence of float
    level : float
        Confidence level; one function is the unit.

    Returns
    -------
    DataFrame
        ``quantity`` bin, a row a bin and index: low, high, index, draws, count and fraction of
        the bin with their limits, expected, fraction_expected, z; and ``quantity`` height, a row
        a bin: index_fraction with its limits, the mean of index/d, and index_fraction_expected,
        both with ``place``, the exact mean height in the bin.
    """
    real("level", level, above=0, below=1)
    name, dim = str(functions["object"].iloc[0]), int(functions["dim"].iloc[0])
    counts = np.array(functions["counts_by_height"].tolist(), dtype=float)
    cuts = [-math.inf, *edges, math.inf]
    rows: list[dict[str, Any]] = []
    for b, (low, high) in enumerate(pairwise(cuts)):
        theory, place = expected_between(name, dim, low, high)
        where = {"low": low, "high": high, "place": place, "draws": len(counts), "level": level}
        rows += [where | row for row in _by_index(counts[:, b], theory, level)]
        rows.append(where | _mean_index(counts[:, b], theory, level))
    return pd.DataFrame(rows).assign(object=name, dim=dim)


def expected_between(name: str, dim: int, low: float, high: float) -> tuple[Array, float]:
    """Expected numbers by index with a value in [low, high], and the mean height of all of them.

    Raises
    ------
    ValueError
        If the law of the object by height is not known.
    """
    rate, reach = _rates(name, dim)
    bottom, top = max(low, -reach), min(high, reach)
    node, weight = np.polynomial.legendre.leggauss(_ORDER)
    panels = np.linspace(bottom, top, 2 + math.ceil((top - bottom) / (reach / 8)))
    half = np.diff(panels)[:, None] / 2
    u = (panels[:-1, None] + half * (1 + node)).ravel()
    each = np.array([rate(float(x)) for x in u]) * (half * weight).ravel()[:, None]
    total = each.sum(axis=0)
    return total, float(u @ each.sum(axis=1) / total.sum())


def fractions_at(name: str, dim: int, height: float) -> Array:
    """Exact probabilities of index 0..d at a critical point of this height."""
    found = _rates(name, dim)[0](height)
    return np.asarray(found / found.sum())


def _rates(name: str, dim: int) -> tuple[Callable[[float], Array], float]:
    """Expected numbers by index a unit of height, and how far heights go."""
    source = build("landscape", name, dim)
    if isinstance(source, FourierField) and source.covariance == "squared-exponential":
        first, second = source.derivatives()
        scale = source.domain.volume * (2 * second / (math.pi * -first)) ** (dim / 2)
        return lambda u: scale * float(stats.norm.pdf(u)) * _measure(dim, u / math.sqrt(2)), _FAR
    if isinstance(source, SphericalSpin):
        n, p = dim + 1, source.p
        slope = math.sqrt(n * p / (2 * (p - 1)))
        log_all = spin_glass.log_total(dim, p) - kac_rice.log_total(
            dim, 0.0, spin_glass.variance(p)
        )
        scale = slope * math.exp(log_all) / math.sqrt(spin_glass.variance(p))
        spread = math.sqrt(spin_glass.variance(p))
        return (
            lambda u: scale * float(stats.norm.pdf(slope * u / spread)) * _measure(dim, slope * u),
            1.5 * spin_glass.threshold_energy(p) + _FAR / n,
        )
    raise ValueError(f"name must be a squared exponential field or a spin, got {name!r}")


def _measure(dim: int, shift: float) -> Array:
    return np.asarray(np.exp(kac_rice.log_index_measure(dim, shift, 0.0).log))


def _by_index(counts: Array, theory: Array, level: float) -> list[dict[str, Any]]:
    whole, rows = counts.sum(axis=1), []
    for k, expected in enumerate(theory):
        count, low, high = mean(counts[:, k], level)
        value, least, most = _ratio(counts[:, k], whole, level)
        error = standard_error(counts[:, k])
        enough = error > 0 and expected * len(counts) >= ENOUGH
        rows.append({
            "quantity": "bin", "index": str(k),
            "count": count, "count_low": max(low, 0.0), "count_high": high, "expected": expected,
            "fraction": value, "fraction_low": least, "fraction_high": most,
            "fraction_expected": expected / theory.sum(),
            "z": (count - expected) / error if enough else math.nan,
        })  # fmt: skip
    return rows


def _mean_index(counts: Array, theory: Array, level: float) -> dict[str, Any]:
    dim = len(theory) - 1
    weights = np.arange(dim + 1) / dim
    value, low, high = _ratio(counts @ weights, counts.sum(axis=1), level)
    return {
        "quantity": "height", "index": "",
        "index_fraction": value, "index_fraction_low": low, "index_fraction_high": high,
        "index_fraction_expected": float(theory @ weights / theory.sum()),
    }  # fmt: skip


def _ratio(part: Array, whole: Array, level: float) -> tuple[float, float, float]:
    """A ratio of sums over functions and its limits; missing in a bin without a point."""
    if not whole.any():
        return math.nan, math.nan, math.nan
    found = ratio(part, whole, level, "census")
    return found.value, found.low, found.high
