"""Escape times: one optimizer on one problem, a row a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from critpoints import refs
from critpoints.escape.problem import Problem, Saddle, batch_size
from critpoints.estimate import Estimate
from critpoints.optimizers import OPTIMIZERS, GradientDescent
from critpoints.optimizers.loop import run
from critpoints.optimizers.result import Outcome
from critpoints.protocols import FloatArray, Landscape, Optimizer
from critpoints.rule import Rule
from critpoints.runs import Runs, ratio
from critpoints.tally import Tally
from critpoints.validation import integer

COLUMNS = (
    "outcome", "time", "index", "steps", "gradients", "products", "value", "gradient_norm",
)  # fmt: skip
"""What is kept of a run. ``outcome`` is a value of :class:`~critpoints.optimizers.Outcome`;
``time`` the crossing, interpolated between steps, for a run that escaped, else when it ended;
``index`` that of the point it converged to, else −1."""

_HESSIANS = 2**22  # numbers in the Hessians of runs that go together: 32 MiB


@dataclass(frozen=True)
class EscapeTimes(Runs):
    """The runs of one optimizer from the saddle of a problem.

    The starts come from the stream first, the optimizer's noise from a child of it, and the
    stream knows the problem, the seed and the batch, but not the optimizer: run number j starts at
    the same point whatever the optimizer.

    Parameters
    ----------
    optimizer : Optimizer
    steps : int
        Budget a run.
    gradients, products : int, optional
        Budgets of gradient evaluations and of Hessian-vector products per run.
    """

    optimizer: Optimizer = field(default_factory=GradientDescent)
    steps: int = 10_000
    gradients: int | None = None
    products: int | None = None

    name: ClassVar[str] = "escape"
    version: ClassVar[int] = 2  # raised when the ends of runs or their times change

    def __post_init__(self) -> None:
        if not isinstance(self.optimizer, Optimizer):
            raise TypeError(f"optimizer must be an Optimizer, got {self.optimizer!r}")
        object.__setattr__(self, "steps", integer("steps", self.steps, low=1))
        for key in ("gradients", "products"):
            value = getattr(self, key)
            if value is not None:
                object.__setattr__(self, key, integer(key, value, low=1))

    @property
    def method(self) -> str:
        """``escape``."""
        return self.name

    @property
    def ref(self) -> str:
        """Canonical reference of the optimizer."""
        return refs.describe(self.optimizer, OPTIMIZERS)

    @property
    def storable(self) -> bool:
        """Whether the optimizer has a name, a version, and numbers for hyper-parameters."""
        rule = self.optimizer
        plain = (str, int, float, tuple, type(None))
        return (
            rule.name is not None
            and rule.version is not None
            and all(isinstance(value, plain) for value in refs.fields(rule).values())
        )

    def settings(self) -> dict[str, Any]:
        """The optimizer, field by field, and the budgets."""
        cls, products = type(self.optimizer), self.products
        ours = any(entry.cls is cls for entry in OPTIMIZERS.values())
        return {
            "name": self.name,
            "version": self.version,
            "optimizer": cls.name if ours else refs.qualified(cls),
            "optimizer_version": cls.version,
            "hyper_parameters": list(refs.fields(self.optimizer).items()),
            "steps": self.steps,
            "gradients": self.gradients,
            **({} if products is None else {"products": products}),  # younger than stored data
        }

    def stream_settings(self) -> dict[str, Any]:
        """Nothing but the name: all optimizers start from the same points."""
        return {"name": self.name}

    def columns(self, dim: int) -> tuple[str, ...]:
        """As :data:`COLUMNS`."""
        return COLUMNS

    def batch_size(self, dim: int) -> int:
        """256 runs, or 32 in high dimension; a problem may say otherwise."""
        return batch_size(dim)

    def check(self, problem: Problem) -> None:
        """Refuse an optimizer that does not fit the problem, before any run.

        Raises
        ------
        TypeError, ValueError
            If it needs second derivatives that are not there, or a hyper-parameter does not fit.
        """
        if not problem.random:
            rng = np.random.default_rng(0)
            saddle = problem.saddle(rng)
            self.optimizer.init(saddle.landscape, problem.start(saddle, rng, 1))

    def rows(self, source: Any, rng: np.random.Generator, size: int) -> NDArray[np.float64]:
        """A row a run: shape (size, 8)."""
        saddle: Saddle = source.saddle(rng)
        start = source.start(saddle, rng, size)
        (noise,) = rng.spawn(1)
        pieces = np.array_split(start, self._pieces(saddle.landscape, size))
        return np.concatenate([self._drive(source, saddle, x, noise) for x in pieces])

    def estimate(self, tally: Tally, rule: Rule) -> list[Estimate]:
        """The fraction of runs that escaped."""
        escaped = (tally.data[:, 0] == Outcome.ESCAPED).astype(float)
        return [ratio(escaped, np.ones(len(escaped)), rule.level, self.method)]

    def _pieces(self, landscape: Landscape, size: int) -> int:
        """Whole Hessians of all runs at once may not fit."""
        if self.optimizer.order == 1:
            return 1
        return min(size, -(-size * landscape.domain.ambient**2 // _HESSIANS))

    def _drive(
        self, problem: Problem, saddle: Saddle, x: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        found = run(
            self.optimizer,
            saddle.landscape,
            x,
            rng=rng,
            steps=self.steps,
            gradients=self.gradients,
            products=self.products,
            stop=saddle.exit,
            tol=problem.tol,
            bound=problem.bound,
        )
        with np.errstate(all="ignore"):  # where a run overflowed, so does its value
            value = saddle.landscape.value(found.x)
        columns = (
            found.outcome, found.time, found.index, found.steps, found.gradients,
            found.products, value, found.gradient_norm,
        )  # fmt: skip
        return np.stack([np.asarray(c, dtype=np.float64) for c in columns], axis=1)
