"""What is computed: a frozen value whose digest is the identity of the data."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from critpoints import refs
from critpoints.errors import StoreError
from critpoints.protocols import Estimator, Source
from critpoints.rule import Stop
from critpoints.seeding import stream
from critpoints.study.objects import registry_of
from critpoints.tally import Tally, Values
from critpoints.validation import integer


@dataclass(frozen=True)
class Spec:
    """One row of a study: a source, an estimator, a root seed and a batch size.

    Budget, confidence level and interval method are not part of it: asking for more extends the
    data that is there.

    Attributes
    ----------
    source : Ensemble, Landscape, RandomField, …
        What is sampled.
    estimator : Estimator
    seed : int
        Root seed, non-negative.
    batch : int
        Samples per batch; 0 lets the estimator choose from the dimension.
    """

    source: Source
    estimator: Estimator
    seed: int = 0
    batch: int = field(default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", integer("seed", self.seed, low=0))
        object.__setattr__(self, "batch", integer("batch", self.batch, low=0))
        if self.batch == 0:
            object.__setattr__(self, "batch", self.estimator.batch_size(self.source.dim))

    def __getstate__(self) -> dict[str, Any]:
        """With the identity settled: a worker has another ``__main__``."""
        return {**vars(self), "digest": self.digest, "address": self.address}

    @property
    def storable(self) -> bool:
        """Whether the source has an identity; one without runs in memory only.

        That is a name, a version, and fields that say all that decides its law; and an estimator
        that holds nothing nameless.
        """
        source = self.source
        if source.name is None or source.version is None or not self.estimator.storable:
            return False
        return dataclasses.is_dataclass(source) and all(
            _writable(value) for value in refs.fields(source).values()
        )

    @cached_property
    def ref(self) -> str:
        """Canonical reference of the source."""
        return refs.describe(self.source, registry_of(type(self.source)))

    def identity(self) -> dict[str, Any]:
        """Everything that decides which numbers are drawn, and what they mean."""
        return self._identity(self.estimator.settings())

    def _identity(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        source = self.source
        return {
            "object": _law(type(source)),
            "parameters": {k: _plain(v) for k, v in refs.fields(source).items()},
            "object_version": source.version,
            "dim": int(source.dim),
            "population": source.population,
            "estimator": {k: _plain(v) for k, v in settings.items()},
            "seed": self.seed,
            "batch": self.batch,
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of :meth:`identity`, in hexadecimal."""
        return _sha256(self.identity())

    @cached_property
    def address(self) -> str:
        """The root of the random streams: the digest, unless others are to share the draws."""
        return _sha256(self._identity(self.estimator.stream_settings()))

    def run(self, batch: int) -> Tally:
        """Tally of one batch: a pure function of the spec and the batch's number."""
        return self.estimator.tally(self.source, stream(self.address, batch), self.batch)

    def replay(self, batch: int, stop: Stop, recorded: Tally) -> Tally:
        """Tally of the part of a batch at which a rule stops.

        Raises
        ------
        StoreError
            If the whole batch is not what was recorded.
        """
        if isinstance(recorded, Values):  # kept raw: nothing to draw again
            return Values(self.estimator.cut(recorded.data, stop))
        rows = self.estimator.rows(self.source, stream(self.address, batch), self.batch)
        if not self.estimator.fold(rows, self.source.dim).agrees(recorded):
            raise StoreError(
                f"batch {batch} of {self.digest[:12]} is stored with another result: the sampler "
                "changed without a new version, or the store is damaged"
            )
        return self.estimator.fold(self.estimator.cut(rows, stop), self.source.dim)


def _sha256(identity: Mapping[str, Any]) -> str:
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _law(cls: type) -> str:
    """The name of a law of this package; elsewhere the class, since anyone may use any name."""
    if any(entry.cls is cls for entry in registry_of(cls).values()):
        return str(getattr(cls, "name", None))
    return refs.qualified(cls)


def _plain(value: Any) -> Any:
    """A value as JSON knows it; what JSON does not know is named, never addressed in memory."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int | float):
        return value
    named = value if hasattr(value, "__qualname__") else type(value)
    return refs.qualified(named)


def _writable(value: Any) -> bool:
    """Whether `_plain` loses nothing."""
    if isinstance(value, tuple | list):
        return all(_writable(item) for item in value)
    return value is None or isinstance(value, str | int | float | np.generic | np.ndarray)
