"""Random products as rows of a study: one network a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from critpoints.depth.product import COLUMNS
from critpoints.estimate import Estimate
from critpoints.rule import Rule
from critpoints.runs import Runs, ratio
from critpoints.tally import Tally
from critpoints.validation import choice

QUANTITIES = ("norms", "exponents")


@dataclass(frozen=True)
class ProductRuns(Runs):
    """Logarithms of signal and gradient (``norms``), or finite-time Lyapunov ``exponents``."""

    quantity: str = "norms"

    name: ClassVar[str] = "product"

    def __post_init__(self) -> None:
        choice("quantity", self.quantity, QUANTITIES)

    @property
    def method(self) -> str:
        """How a row is computed."""
        return "layer by layer" if self.quantity == "norms" else "QR"

    def columns(self, dim: int) -> tuple[str, ...]:
        """Names of the columns of a row."""
        if self.quantity == "norms":
            return COLUMNS
        return tuple(f"exponent_{k}" for k in range(1, dim + 1))

    def rows(self, source: Any, rng: np.random.Generator, size: int) -> NDArray[np.float64]:
        """A row a network."""
        draw = source.sample_logs if self.quantity == "norms" else source.sample_exponents
        found: NDArray[np.float64] = draw(rng, size)
        return found

    def estimate(self, tally: Tally, rule: Rule) -> list[Estimate]:
        """The share of networks that are alive."""
        alive = np.isfinite(tally.data[:, 0]).astype(float)
        return [ratio(alive, np.ones(len(alive)), rule.level, self.method)]

    def batch_size(self, dim: int) -> int:
        """Networks per batch: one 8 MB block of matrices."""
        return max(16, min(1024, 2**20 // dim**2))
