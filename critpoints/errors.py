"""Errors and warnings that a caller may want to tell apart.

Bad arguments raise the built-in ``ValueError`` or ``TypeError``; only what has no built-in name
is defined here.
"""

from __future__ import annotations

from typing import Any


class EvaluationError(ValueError):
    """A function given by the user raised an error, which is its ``__cause__``."""


class ContradictionError(ArithmeticError):
    """A census whose proof and Euler sum contradict each other; it travels in ``census``."""

    def __init__(self, message: str, census: Any) -> None:
        super().__init__(message)
        self.census = census

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.census)


class InvalidBatchError(ValueError):
    """A sampler returned something that is not a batch of real symmetric matrices."""


class UnreliableEstimateError(RuntimeError):
    """An estimate that must not be trusted; what was found travels in ``estimate``."""

    def __init__(self, message: str, estimate: Any) -> None:
        super().__init__(message)
        self.estimate = estimate

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.estimate)


class StoreError(ValueError):
    """A result store that cannot be opened, is foreign, or contradicts what was computed."""


class NotAllowedError(StoreError):
    """A run of a class that may not be imported, since nobody named it; it is in ``name``."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the run cannot be recomputed: {name!r} is not of this package: name it with --allow "
            "to import it"
        )
        self.name = name

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.name,)


class AccuracyError(ArithmeticError):
    """A numerical evaluation whose own check found a defect above its stated bound."""


class RangeWarning(UserWarning):
    """A result outside its verified range, or that means less than it seems."""
