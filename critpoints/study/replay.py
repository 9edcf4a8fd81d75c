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
from critpoints.census.learning import NetworkPoints, Trainings
from critpoints.depth.runs import ProductRuns
from critpoints.errors import NotAllowedError, StoreError
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
_ESTIMATORS: dict[str, tuple[type[Estimator], str]] = {
    cls.name: (cls, kind)
    for kind, classes in {
        "ensemble": (Proportion, Weighted, Grown, Tilted, Splitting),
        "landscape": (CensusCounts, NetworkPoints, Trainings),
        "problem": (EscapeTimes,),
        "product": (ProductRuns,),
    }.items()
    for cls in classes
}
"""Estimators, and the kind of what they sample: a landscape and a problem may share a name."""
_CLASSES: dict[str, dict[str, type]] = {
    kind: {str(getattr(entry.cls, "name", None)): entry.cls for entry in registry.values()}
    for kind, (registry, _) in KINDS.items()
}
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
    NotAllowedError
        If a class is not allowed.
    StoreError
        If this version would draw other numbers.
    """
    try:
        spec = _spec(identity, allow)
        if batch_bytes(spec) > MAX_BYTES:
            raise ValueError(f"a batch of {spec.batch} samples does not fit into memory")
    except NotAllowedError:
        raise
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


def recompute(
    spec: Spec, numbers: Sequence[int], jobs: int = 1, backend: str = "loky"
) -> list[Batch]:
    """Run batches again, in order."""
    with ExitStack() as stack:
        return Workers(jobs, backend, stack)(spec, numbers, math.inf)


def _spec(identity: Any, allow: Sequence[str]) -> Spec:
    if not isinstance(identity, Mapping) or not isinstance(identity["parameters"], Mapping):
        raise ValueError("it has no identity")
    estimator, kind = _estimator(identity["estimator"], allow)
    cls = _class(identity["object"], kind, allow)
    source = cls(check_dim(identity["dim"]), **_values(identity["parameters"]))
    return Spec(source, estimator, identity["seed"], identity["batch"])


def _estimator(settings: Mapping[str, Any], allow: Sequence[str]) -> tuple[Estimator, str]:
    """The estimator, and the kind of what it samples."""
    if not isinstance(settings, Mapping) or settings["name"] not in _ESTIMATORS:
        raise ValueError("it has an estimator that this version does not know")
    cls, kind = _ESTIMATORS[settings["name"]]
    given = dict(settings)
    if "hyper_parameters" in given:
        rule = _class(given["optimizer"], "optimizer", allow)
        given["optimizer"] = rule(**_values(dict(given["hyper_parameters"])))
    names = {f.name for f in dataclasses.fields(cls) if f.init}
    return cls(**_values({k: v for k, v in given.items() if k in names})), kind


def _class(name: Any, kind: str, allow: Sequence[str]) -> type:
    if not isinstance(name, str):
        raise ValueError(f"{name!r} names no class")
    if name in _CLASSES[kind]:
        return _CLASSES[kind][name]
    if ":" not in name:
        raise ValueError(f"this version does not know {name!r}")
    if name not in allow:
        raise NotAllowedError(name)
    cls = refs.parse(name, {}, kind).cls
    if not issubclass(cls, KINDS[kind][1]):
        raise TypeError(f"{name!r} is no {kind}")
    return cls


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments; lists were tuples."""
    return {str(key): _tuples(value) for key, value in given.items()}


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
