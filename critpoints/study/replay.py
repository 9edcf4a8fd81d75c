"""A run again from its identity: nothing that a file names is imported unless the user names it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from critpoints import refs
from critpoints.census.counts import CensusCounts
from critpoints.depth.runs import ProductRuns
from critpoints.errors import StoreError
from critpoints.escape.times import EscapeTimes
from critpoints.estimators import Proportion, Weighted
from critpoints.estimators.grown import Grown
from critpoints.estimators.splitting import Splitting
from critpoints.estimators.tilted import Tilted
from critpoints.protocols import Estimator
from critpoints.study.memory import batch_bytes
from critpoints.study.objects import KINDS, check_dim
from critpoints.study.rows import Batch
from critpoints.study.spec import Spec
from critpoints.study.workers import Workers

MAX_BYTES = 8 * 2**30  # a file may ask for any batch size
_ESTIMATORS: dict[str, type[Estimator]] = {
    cls.name: cls
    for cls in (
        Proportion, Weighted, Grown, Tilted, Splitting, CensusCounts, ProductRuns, EscapeTimes,
    )
}  # fmt: skip


def _named(*kinds: str) -> dict[str, type]:
    entries = (entry for kind in kinds for entry in KINDS[kind][0].values())
    return {str(getattr(entry.cls, "name", None)): entry.cls for entry in entries}


_SOURCES = _named("ensemble", "landscape", "product")
_PROBLEMS = _named("problem")  # ``spin`` is a landscape and a problem: the estimator decides
_RULES = _named("optimizer")
_FAULTS = (TypeError, ValueError, KeyError, AttributeError, ArithmeticError, RecursionError)


def digest_of(identity: Any) -> str:
    """SHA-256 of the canonical JSON of an identity, as :attr:`Spec.digest`."""
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def rebuild(identity: Any, allow: Sequence[str] = ()) -> Spec:
    """Make the spec whose identity this is.

    Parameters
    ----------
    identity : dict
        What :meth:`Spec.identity` returned, read back from JSON.
    allow : sequence of str
        Classes ``package.module:Class`` that may be imported; those of this package always may.

    Raises
    ------
    StoreError
        If a class is not allowed, or this version would draw other numbers.
    """
    try:
        spec = _spec(identity, allow)
        if batch_bytes(spec) > MAX_BYTES:
            raise ValueError(f"a batch of {spec.batch} samples does not fit into memory")
    except _FAULTS as error:
        raise StoreError(
            f"the run cannot be recomputed: {error or type(error).__name__}"
        ) from error
    if spec.digest != digest_of(identity):
        mine = json.loads(json.dumps(spec.identity()))
        other = sorted(k for k in {*mine, *identity} if mine.get(k) != identity.get(k))
        raise StoreError(
            f"the run cannot be recomputed: this version differs in {', '.join(other)}"
        )
    return spec


def recompute(spec: Spec, numbers: Sequence[int], jobs: int = 1) -> list[Batch]:
    """Run batches again, in order."""
    with ExitStack() as stack:
        return Workers(jobs, "loky", stack)(spec, numbers, math.inf)


def _spec(identity: Any, allow: Sequence[str]) -> Spec:
    if not isinstance(identity, Mapping) or not isinstance(identity["parameters"], Mapping):
        raise ValueError("it has no identity")
    estimator = _estimator(identity["estimator"], allow)
    known = _PROBLEMS if isinstance(estimator, EscapeTimes) else _SOURCES
    cls = _class(identity["object"], known, allow)
    source = cls(check_dim(identity["dim"]), **_values(identity["parameters"]))
    return Spec(source, estimator, identity["seed"], identity["batch"])


def _estimator(settings: Mapping[str, Any], allow: Sequence[str]) -> Estimator:
    if not isinstance(settings, Mapping) or settings["name"] not in _ESTIMATORS:
        raise ValueError("it has an estimator that this version does not know")
    cls = _ESTIMATORS[settings["name"]]
    given = dict(settings)
    if "hyper_parameters" in given:
        rule = _class(given["optimizer"], _RULES, allow)
        given["optimizer"] = rule(**_values(dict(given["hyper_parameters"])))
    names = {f.name for f in dataclasses.fields(cls) if f.init}
    return cls(**_values({k: v for k, v in given.items() if k in names}))


def _class(name: Any, known: Mapping[str, type], allow: Sequence[str]) -> type:
    if not isinstance(name, str):
        raise ValueError(f"{name!r} names no class")
    if name in known:
        return known[name]
    if ":" not in name:
        raise ValueError(f"this version does not know {name!r}")
    if name not in allow:
        raise ValueError(f"{name!r} is not of this package: name it with --allow to import it")
    return refs.parse(name, {}, "class").cls


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments; lists were tuples."""
    return {str(key): _tuples(value) for key, value in given.items()}


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
