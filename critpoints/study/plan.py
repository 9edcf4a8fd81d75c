"""Which estimator serves a row: chosen here unless the user chooses."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from critpoints import refs
from critpoints.estimators import EventEstimator, Grown, Proportion, Splitting, Tilted, Weighted
from critpoints.estimators.base import EVENTS
from critpoints.estimators.grown import hermite_form
from critpoints.estimators.replicates import (
    FIRST_LOOK,
    MARGIN,
    MIN_EFFECTIVE,
    MIN_REPLICATES,
    Replicate,
)
from critpoints.estimators.tilted import tiltable
from critpoints.protocols import Ensemble
from critpoints.rule import Rule
from critpoints.seeding import stream
from critpoints.study.spec import Spec
from critpoints.validation import choice

COUNTING = ("plain", "sieve", "pivots", "identity", "determinant")
RARE = {
    "grown": refs.Entry(Grown, {"event": "minima"}),
    "tilted": refs.Entry(Tilted, {"event": "minima"}),
    "splitting": refs.Entry(Splitting, {"event": "minima"}),
}
"""Methods that take settings: ``grown:particles=16384``."""
Rare = Grown | Tilted | Splitting
METHODS = ("auto", *COUNTING, *RARE)

MIN_HITS = 10
"""A pilot with fewer hits says only that minima are rare."""
CHEAP = 1.0
"""Seconds; counting that needs no more is not compared with anything."""
LIGHT = 0.25
"""Tail index of the weights of identity up to which nothing else is tried; isotropic fields and
spin glasses have less than 0.1, confined fields more from a mass of 1.5 on."""
CROWD = 2**15
"""Particles of a filter over rows where the usual number is too few: it has no look-ahead."""
PILOT_SECONDS = 0.15
"""A replicate that is predicted to take longer is not tried: a choice must cost next to nothing."""
REPLICATE_SECONDS = 20.0
REPLICATE_BYTES = 320 * 2**20
"""A method of which a replicate is predicted to take longer, or a batch more memory, is not chosen:
all of a process fits into 500 MB."""
SPLITTING_VARIANCE = 0.012
"""Relative variance of a replicate, a dimension: measured on GOE from d = 4 to 12."""
SHARE = 0.1
"""Nor is one whose fewest replicates take more than this part of the seconds of the whole run."""
_SECONDS: dict[str, Callable[[int], float]] = {
    "sieve": lambda d: 1e-7 * d**0,
    "plain": lambda d: 1e-7 * d**2 + 1e-8 * d**3,
    "determinant": lambda d: 1e-7 * d**2 + 1e-8 * d**3,
    "identity": lambda d: 1e-7 * d**2,
    "grown": lambda d: 1e-3 * d,
    "rows": lambda d: 2e-5 * d**3,
    "tilted": lambda d: 2e-3 * d,
    "splitting": lambda d: 3e-7 * d**6,
}
"""Seconds a sample or replicate, to an order of magnitude: they only decide between methods, and
are constants so that the choice does not depend on the machine."""


@dataclass(frozen=True)
class Plan:
    """An estimator, and why it was chosen."""

    estimator: EventEstimator
    why: str


def plan(
    ensemble: Ensemble,
    event: str,
    method: str = "auto",
    rel_error: float | None = None,
    seconds: float | None = None,
) -> Plan:
    """Choose the estimator for one ensemble.

    ``plain`` draws matrices and counts; ``sieve`` (minima) and ``pivots`` (index) count on the
    ensemble's own faster law; ``determinant`` weights matrices by ``|det H|`` and ``identity``
    uses the ensemble's own weights. For rare minima, ``grown`` filters growing matrices and
    ``tilted`` the pivots behind the spectrum identity, and ``splitting`` walks from level to
    level on any ensemble that is a map of normals.

    ``auto`` counts, by the fastest law that fits the population (of the two laws of weights by the
    one that a pilot says gives more reliable bins), unless a relative error is asked for and a
    pilot sample says that counting costs more work than a method for rare minima: work
    is the relative variance of one sample or replicate times its cost. Filters are tried once,
    where that costs no more than :data:`PILOT_SECONDS`; the variance of splitting is predicted. A
    method too dear for the time allowed (:data:`REPLICATE_SECONDS`, :data:`SHARE`) or the memory
    (:data:`REPLICATE_BYTES`) is passed over: where none is left, counting gives a bound.

    Parameters
    ----------
    ensemble : Ensemble
    event : {"minima", "index"}
    method : str
        One of :data:`METHODS`; those for rare minima take settings (``grown:particles=16384``).
    rel_error : float, optional
        What is asked for; without it ``auto`` counts.
    seconds : float, optional
        What the whole run may take.

    Raises
    ------
    ValueError
        If the method does not fit the event, or the ensemble lacks what it needs.
    """
    choice("event", event, EVENTS)
    if method != "auto":
        return Plan(_build(ensemble, event, method), "asked for")
    counting, why = _counting(ensemble, event)
    if event != "minima" or rel_error is None:
        return Plan(counting, why)
    return _compared(ensemble, counting, rel_error, seconds)


def _compared(
    ensemble: Ensemble, counting: EventEstimator, rel_error: float, seconds: float | None
) -> Plan:
    """Least work first; a pilot of its own stream for every method that is cheap to try."""
    needed = (float(stats.norm.isf(0.025)) / rel_error) ** 2
    variance, seen = _pilot(ensemble, counting)
    works = {counting: _SECONDS[counting.method](ensemble.dim) * variance * needed}
    if works[counting] <= CHEAP:
        return Plan(counting, f"counting needs about {variance * needed:.2g} samples")
    fitting, dear = _affordable(ensemble, seconds)
    if (
        len(fitting) == 1
        and not math.isfinite(works[counting])
        and not _by_rows(ensemble, *fitting)
    ):
        # nothing to compare: no pilot
        only = f"only {fitting[0].method} fits: a pilot of counting saw {seen}{dear}"
        return Plan(fitting[0], only)
    for rare in fitting:
        looks = max(FIRST_LOOK, _variance(ensemble, rare) * needed)
        works[rare] = _replicate_seconds(ensemble, rare) * looks
    best = min(works, key=lambda e: works[e])
    if not math.isfinite(works[best]):
        return Plan(counting, f"a pilot saw {seen}, and no method for rare minima fits{dear}")
    said = [f"{_named(e)} {works[e]:.2g} s" for e in works if math.isfinite(works[e])]
    ending = "" if math.isfinite(works[counting]) else f"; a pilot of counting saw {seen}"
    return Plan(best, f"predicted work {', '.join(said)}{ending}{dear}")


def _counting(ensemble: Ensemble, event: str) -> tuple[EventEstimator, str]:
    """The estimator that counts or weighs samples, and why it."""
    if not ensemble.kac_rice:
        return _build(ensemble, event, _fastest(ensemble, event)), "counts samples"
    if not ensemble.overrides("index_weights"):
        return Weighted(event, "determinant"), "weighs samples"
    identity, determinant = (Weighted(event, route) for route in ("identity", "determinant"))
    own = _reliable(ensemble, identity)
    if -own[1] > LIGHT and _reliable(ensemble, determinant) > own:
        return determinant, "the weights of identity have heavier tails"
    return identity, "weighs samples"


def _reliable(ensemble: Ensemble, route: Weighted) -> tuple[int, float]:
    """How many bins a pilot of one batch finds reliable, and how light the tail of their sum is."""
    size = route.batch_size(ensemble.dim)
    tally = route.tally(ensemble, _stream(ensemble, route), size)
    return sum(e.status == "ok" for e in route.bins(tally)), -route.tails(tally)[0]


def _named(estimator: EventEstimator) -> str:
    """The method, with its particles where it walks with so many more than by default."""
    crowd = isinstance(estimator, Grown) and estimator.particles == CROWD
    return f"{estimator.method} with {CROWD} particles" if crowd else estimator.method


def _affordable(ensemble: Ensemble, seconds: float | None) -> tuple[list[Rare], str]:
    """Methods for rare minima that can be run, and what is said of those that cannot."""
    longest = REPLICATE_SECONDS
    if seconds is not None:
        longest = min(longest, SHARE * seconds / MIN_REPLICATES)
    fitting, dear = [], []
    for rare in _rare(ensemble):
        each = _replicate_seconds(ensemble, rare)
        size = rare.memory(ensemble, rare.batch_size(ensemble.dim))
        if each <= longest and size <= REPLICATE_BYTES:
            fitting.append(rare)
        else:
            dear.append(f"{rare.method} ({each:.2g} s a replicate, {size / 2**20:.0f} MB)")
    return fitting, f"; too dear: {', '.join(dear)}" if dear else ""


def _pilot(ensemble: Ensemble, counting: EventEstimator) -> tuple[float, str]:
    """Relative variance of one sample, ``inf`` if too little was seen to tell, and what was."""
    size = counting.batch_size(ensemble.dim)
    tally = counting.tally(ensemble, _stream(ensemble, counting), size)
    found = counting.preview(tally, Rule(None, size, None))
    kind = "hits" if found.effective is None else "effective samples"
    count = found.hits if found.effective is None else found.effective
    seen = f"{count or 0:.3g} {kind} in {size} samples"
    if found.status == "ok" and (found.hits is None or found.hits >= MIN_HITS):
        return size * (found.rel_error / float(stats.norm.isf(0.025))) ** 2, seen
    return math.inf, seen


def _variance(ensemble: Ensemble, rare: Rare) -> float:
    """Relative variance of one replicate; infinite where it fails, or is not known cheaply.

    A filter of the usual number of particles is run once: of a larger one the variance is
    smaller, and the particles that it rests on are more, in proportion. They have to be several
    times what the estimate needs, since they differ between replicates. Splitting is predicted.
    """
    if isinstance(rare, Splitting):
        return SPLITTING_VARIANCE * ensemble.dim
    usual = replace(rare, particles=min(rare.particles, type(rare)().particles))
    if _replicate_seconds(ensemble, usual) > PILOT_SECONDS:
        return math.inf
    found = Replicate(*usual.rows(ensemble, _stream(ensemble, usual), 1)[0].tolist())
    larger = rare.particles / usual.particles
    rests_on = found.effective * larger
    healthy = math.isfinite(found.log_estimate) and rests_on >= MARGIN * MIN_EFFECTIVE
    return found.variance / larger if healthy else math.inf


def _stream(ensemble: Ensemble, estimator: EventEstimator) -> np.random.Generator:
    return stream(f"pilot of {Spec(ensemble, estimator).digest}")


def _by_rows(ensemble: Ensemble, rare: Rare) -> bool:
    """Whether it is a filter without a look-ahead, which fails in high dimension."""
    return isinstance(rare, Grown) and hermite_form(ensemble) is None


def _replicate_seconds(ensemble: Ensemble, rare: Rare) -> float:
    if isinstance(rare, Grown) and _by_rows(ensemble, rare):
        return _SECONDS["rows"](ensemble.dim) * rare.particles / Grown().particles
    return _SECONDS[rare.method](ensemble.dim)


def _rare(ensemble: Ensemble) -> list[Rare]:
    """Methods for rare minima that fit the ensemble; where pivots do, nothing does better."""
    if ensemble.kac_rice and tiltable(ensemble) is not None:
        return [Tilted()]
    if not ensemble.kac_rice and hermite_form(ensemble) is not None:
        return [Grown()]
    by_rows = not ensemble.kac_rice and ensemble.overrides("sample_row")
    mapped = ensemble.normals is not None and ensemble.overrides("from_normals")
    filters = [Grown(), Grown(particles=CROWD)] if by_rows else []
    return [*filters, *([Splitting()] if mapped else [])]


def _build(ensemble: Ensemble, event: str, reference: str) -> EventEstimator:
    method, colon, settings = str(reference).partition(":")
    choice("method", method, METHODS)
    if method in RARE:
        return _rarely(ensemble, event, refs.parse(reference, RARE, "method"))
    if colon:
        raise ValueError(f"method {method!r} has no settings, got {settings!r}")
    if method in ("identity", "determinant"):
        if not ensemble.kac_rice:
            raise ValueError(
                f"method {method!r} is for critical points of a field (Kac-Rice); the population "
                f"{ensemble.population!r} is counted: use plain or sieve"
            )
        if method == "identity":
            _require(ensemble, "index_weights", method)
        return Weighted(event, method)
    _refuse_weights(ensemble, method)
    if method == "plain":
        return Proportion(event, "dense")
    if {"sieve": "minima", "pivots": "index"}[method] != event:
        raise ValueError(f"method {method!r} does not estimate {event!r}: use auto or plain")
    _require(ensemble, "sample_minimum" if event == "minima" else "sample_index", method)
    return Proportion(event, "fast")


def _rarely(ensemble: Ensemble, event: str, asked: refs.Ref) -> EventEstimator:
    method, settings = asked.name, asked.keys
    if event != "minima":
        raise ValueError(f"method {method!r} does not estimate {event!r}: use auto")
    if method == "splitting":
        _require(ensemble, "from_normals", method)
        if ensemble.normals is None:
            raise ValueError(
                f"method 'splitting' needs a map of normals, which {ensemble!r} has not"
            )
        return Splitting(event, **settings)
    if method == "tilted":
        if tiltable(ensemble) is None:
            raise ValueError(
                "method 'tilted' is for critical points whose Hessians are GOI(c) with c > 0 and "
                f"the spectrum identity; the population is {ensemble.population!r}: use grown"
            )
        return Tilted(event, **settings)
    _refuse_weights(ensemble, method)
    if hermite_form(ensemble) is None:
        _require(ensemble, "sample_row", method)
    return Grown(event, **settings)


def _refuse_weights(ensemble: Ensemble, method: str) -> None:
    if ensemble.kac_rice:
        raise ValueError(
            f"method {method!r} counts samples, but the population {ensemble.population!r} "
            "weights them by |det H|: use identity, determinant or tilted"
        )


def _fastest(ensemble: Ensemble, event: str) -> str:
    if event == "minima":
        return "sieve" if ensemble.overrides("sample_minimum") else "plain"
    return "pivots" if ensemble.overrides("sample_index") else "plain"


def _require(ensemble: Ensemble, needed: str, method: str) -> None:
    if not ensemble.overrides(needed):
        raise ValueError(
            f"method {method!r} needs an ensemble with its own {needed}, which "
            f"{type(ensemble).__name__} has not: use auto"
        )
