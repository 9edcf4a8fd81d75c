"""What do adaptive learning rates do on a plain?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.special import expit

from critpoints.domains import Euclidean
from critpoints.landscapes import from_callables
from critpoints.optimizers import optimizer, run
from critpoints.plot import escape as plot
from critpoints.plot.canvas import draw
from critpoints.protocols import FloatArray, Landscape
from critpoints.report import claims_paths, tables_escape
from critpoints.report.page import Table
from critpoints.seeding import stream
from critpoints.study.collect import Progress
from experiments.runner import Rendered

TITLE = "Adaptive learning rates on a plain"
QUESTION = "After a steep slope a plain, then the minimum: who still has the pace to cross?"

START, MINIMUM = -4.0, 5.0
POPULATION = "trajectories down a slope and across a plain"
OPTIMIZERS = (
    "gd:lr=.1",
    "adagrad:lr=.5",
    "rmsprop:lr=.01,beta=.9",
    "rmsprop:lr=.01,beta=.99",
    "rmsprop:lr=.01,beta=.999",
    "adam:lr=.01",
)


@dataclass(frozen=True)
class Budget:
    """Steps a trajectory at most."""

    steps: int


PRESETS = {"quick": Budget(6000), "paper": Budget(100_000)}


def slope_and_plain() -> Landscape:
    r""":math:`2\ln(1+e^{-5(x+1)}) - e^{-(x-5)^2/2}`: slope -10, a plain from -1, a well at 5."""

    def value(x: FloatArray) -> FloatArray:
        fall = 2 * np.logaddexp(0.0, -5 * (x + 1)) - np.exp(-((x - MINIMUM) ** 2) / 2)
        return np.asarray(fall[:, 0])

    def gradient(x: FloatArray) -> FloatArray:
        well = (x - MINIMUM) * np.exp(-((x - MINIMUM) ** 2) / 2)
        return np.asarray(well - 10 * expit(-5 * (x + 1)))

    def hessian(x: FloatArray) -> FloatArray:
        off = x - MINIMUM
        bend = 50 * expit(5 * (x + 1)) * expit(-5 * (x + 1))
        return np.asarray((bend + (1 - off**2) * np.exp(-(off**2) / 2))[:, :, None])

    return from_callables(value, gradient, hessian, domain=Euclidean(1, 6.0))


def collect(
    budget: Budget,
    store: str | Path | None,  # noqa: ARG001 - nothing is sampled
    jobs: int,  # noqa: ARG001
    progress: Progress | None,  # noqa: ARG001
) -> pd.DataFrame:
    """Steps of a trajectory an optimizer, with its effective rate; nothing is random."""
    plain = slope_and_plain()
    paths = [_path(plain, name, budget.steps) for name in OPTIMIZERS]
    return pd.concat(paths, ignore_index=True).assign(
        population=POPULATION, object="slope and plain"
    )


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the table."""
    figure = draw(lambda f: _paint(frame, f), (12.5, 5.2))
    shown = [Table("Effective rates", claims_paths.rate_table(frame), tables_escape.RATES)]
    return Rendered(
        figure, claims_paths.rate_alt(frame), claims_paths.rate_claims(frame), shown,
        claims_paths.METHOD,
    )  # fmt: skip


def _path(plain: Landscape, name: str, steps: int) -> pd.DataFrame:
    """Step over gradient is the effective rate; every step up to 100, then fewer and fewer."""
    found = run(
        optimizer(name), plain, [[START]], rng=stream("adaptive"), steps=steps, tol=0.0,
        record_every=1,
    )  # fmt: skip
    x = found.path[:, 0]
    gradient = plain.gradient(x)[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.abs(np.diff(x[:, 0], append=np.nan) / gradient)
    kept = np.unique(np.concatenate([np.arange(100), np.geomspace(100, steps, 300).astype(int)]))
    kept = kept[kept < len(x)]
    frame = pd.DataFrame(
        {
            "quantity": "path",
            "optimizer": name,
            "step": found.path_steps,
            "x": x[:, 0],
            "left": np.abs(x[:, 0] - MINIMUM),
            "f": plain.value(x),
            "rate": rate,
        }
    )
    return frame.iloc[kept]


def _paint(frame: pd.DataFrame, figure: Figure) -> None:
    left, right = figure.subplots(1, 2)
    plot.positions(frame, left)
    plot.rates(frame, right)
    left.legend(frameon=False, fontsize="small")
