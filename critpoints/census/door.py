"""The one way in: find, certify, classify and audit the critical points of one function."""

from __future__ import annotations

from dataclasses import replace

from critpoints.census.cost import predicted_cells
from critpoints.census.euler import Audit
from critpoints.census.multistart import MASS, STARTS, multistart
from critpoints.census.result import Census
from critpoints.census.subdivision import subdivide
from critpoints.domains import Domain, Sphere
from critpoints.landscapes.derivatives import check_derivatives
from critpoints.protocols import Landscape, RandomField
from critpoints.seeding import stream
from critpoints.validation import choice, integer, real

METHODS = ("auto", "subdivision", "multistart")
MAX_CELLS = 2_000_000
_FACE_MASS = 1e-2  # of the unseen on a face of a box, of which there are up to 80


def census(
    landscape: Landscape,
    *,
    method: str = "auto",
    seed: int = 0,
    starts: int = STARTS,
    unseen_mass: float = MASS,
    level: float = 0.95,
    max_cells: int = MAX_CELLS,
    audit: bool = True,
    check: bool = True,
) -> Census:
    """Find the critical points of a function and say which are minima.

    Parameters
    ----------
    landscape : Landscape
        One function.
    method : {"auto", "subdivision", "multistart"}
        ``subdivision`` proves that no point is missing; it needs a box or a torus and a
        ``third_bound``. ``multistart`` searches any domain and bounds the mass of what it missed.
        ``auto`` proves what it can prove within ``max_cells``, and searches else; what a proof
        that was begun has left undecided is stated nevertheless.
    seed : int
        Of the random starts.
    starts : int
        How many a search may make.
    unseen_mass : float
        The bound of the mass of the unseen that a search aims at: see
        :func:`~critpoints.census.multistart.multistart`.
    level : float
        Confidence level of that bound.
    max_cells : int
        How many cells subdivision may examine; about 10 µs each.
    audit : bool
        Whether to take the Euler sum, which on a box means searching its faces too, up to
        dimension 4. A search whose sum is wrong goes on to the limit of its ``starts``: see
        :func:`~critpoints.census.multistart.multistart` for what the audit is worth then.
    check : bool
        Whether to hold the derivatives against differences first
        (:func:`~critpoints.landscapes.check_derivatives`).

    Returns
    -------
    Census

    Raises
    ------
    TypeError
        If ``landscape`` is the law of a random function instead of one, or has no Hessian.
    ValueError
        If a method of the landscape contradicts another, a number is out of range, or subdivision
        is asked for where it does not apply.
    ContradictionError
        If nothing is missing by the proof, but the Euler sum is wrong; it carries the census.

    Examples
    --------
    >>> import numpy as np
    >>> from critpoints.census import census
    >>> from critpoints.landscapes.trigonometric import TorusPolynomial
    >>> found = census(TorusPolynomial(2, degree=2).sample(np.random.default_rng(0)))
    >>> found.complete, found.audit, found.counts.tolist()
    (True, True, [4, 5, 1])
    """
    choice("method", method, METHODS)
    seed = integer("seed", seed, low=0)
    starts = integer("starts", starts, low=1)
    unseen_mass = real("unseen_mass", unseen_mass, above=0, below=1)
    level = real("level", level, above=0, below=1)
    max_cells = integer("max_cells", max_cells, low=1)
    if not isinstance(audit, bool):
        raise TypeError(f"audit must be True or False, got {audit!r}")
    if not isinstance(check, bool):
        raise TypeError(f"check must be True or False, got {check!r}")
    _check(landscape)
    if check:
        check_derivatives(landscape, stream("census"))

    def search(function: Landscape, judge: Audit | None = None) -> Census:
        left = {}
        feasible = method == "auto" and predicted_cells(function) <= max_cells
        if feasible or method == "subdivision":
            proven = subdivide(function, max_cells=max_cells)
            if proven.complete or method == "subdivision":
                return judge(proven) if judge else proven
            left = {n: getattr(proven, n) for n in ("undecided", "undecided_volume")}
        face = function is not landscape
        found = multistart(
            function, seed=seed, starts=starts, level=level, audit=judge,
            unseen_mass=max(unseen_mass, _FACE_MASS) if face else unseen_mass,
        )  # fmt: skip
        return replace(found, **left)

    return search(landscape, Audit(landscape, search) if audit else None)


def _check(landscape: Landscape) -> None:
    """Refuse what has no critical points to count, or has no Hessian."""
    if isinstance(landscape, RandomField):
        raise TypeError(f"landscape is the law of a random function: draw one, {landscape}.sample")
    if not isinstance(landscape, Landscape):
        raise TypeError(f"landscape must be a Landscape, got {landscape!r}")
    domain = landscape.domain
    if not isinstance(domain, Domain):
        raise TypeError(f"landscape must live on a Domain, got {domain!r}")
    if landscape.dim != domain.dim:
        raise ValueError(f"dim must be that of the domain, {domain.dim}, got {landscape.dim}")
    # The volume of a sphere in hundreds of dimensions is below the smallest float.
    if not (isinstance(domain, Sphere) or domain.volume > 0):
        raise ValueError(f"domain must have a positive volume, got {domain}")
    if not landscape.second_order:
        raise TypeError(f"{type(landscape).__name__} must have a hessian or hvp")
