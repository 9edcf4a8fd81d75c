"""Why do gradients vanish or explode in deep networks?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from critpoints.depth import RandomProduct
from critpoints.plot import depth as plot
from critpoints.plot.canvas import draw
from critpoints.report import claims_depth, tables_depth
from critpoints.report.page import Table
from critpoints.study.collect import Progress
from critpoints.study.depth import powers, products
from experiments.runner import Drawing, Rendered

TITLE = "Gradients vanish or explode with depth"
QUESTION = "How do the signal and its gradient grow through many layers, and what helps?"

EXAMPLES = ((1.0, 2.0), (0.5, 0.9))
"""W = diag(a, b): the first explodes, the second vanishes."""
WIDTHS = (2, 4, 8, 16)
SPREAD_WIDTHS = (8, 32)
REMEDY_WIDTH = 16
REMEDIES: Mapping[str, Mapping[str, object]] = {
    "Gaussian, σ = 0.8": {"sigma": 0.8},
    "Gaussian, σ = 1": {},
    "Gaussian, σ = 1.25": {"sigma": 1.25},
    "σ = 1.25, clipped at 1": {"sigma": 1.25, "clip": 1.0},
    "ReLU, σ = 1": {"activation": "relu"},
    "ReLU, He": {"product": "he", "activation": "relu"},
    "residual, s = 0.1": {"residual": 0.1},
    "orthogonal": {"product": "orthogonal"},
}


@dataclass(frozen=True)
class Budget:
    """Networks a row, and the depths."""

    powers: tuple[int, ...]
    exponent_layers: int
    exponent_samples: int
    ratios: tuple[float, ...]
    layers: tuple[int, ...]
    samples: int


PRESETS = {
    "quick": Budget(tuple(range(1, 101)), 200, 200, (0.25, 0.5, 1, 2, 4), (5, 10, 20, 40), 1000),
    "paper": Budget(
        tuple(range(1, 201)), 1000, 2000, (0.25, 0.5, 1, 2, 4, 8, 16),
        (5, 10, 20, 40, 80, 160), 20_000,
    ),
}  # fmt: skip


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """A row a depth of the two examples, an exponent, and a norm of random networks."""
    parts = [
        pd.DataFrame(powers(a, b, budget.powers)).assign(
            panel="power", a=a, b=b, object=f"diag({a:g}, {b:g})", population="one matrix", dim=2
        )
        for a, b in EXAMPLES
    ]
    networks = [RandomProduct(d, budget.exponent_layers) for d in WIDTHS]
    parts.append(
        products(
            networks, samples=budget.exponent_samples, quantity="exponents",
            jobs=jobs, store=store, progress=progress,
        ).assign(panel="exponents")
    )  # fmt: skip
    networks = [
        RandomProduct(d, n)
        for d in SPREAD_WIDTHS
        for n in dict.fromkeys(max(1, round(r * d)) for r in budget.ratios)
    ]
    parts.append(
        products(
            networks, samples=budget.samples, jobs=jobs, store=store, progress=progress
        ).assign(panel="spread")
    )
    for name, keys in REMEDIES.items():
        networks = [RandomProduct(REMEDY_WIDTH, n, **keys) for n in budget.layers]  # type: ignore[arg-type]
        found = products(
            networks, samples=budget.samples, jobs=jobs, store=store, progress=progress
        )
        parts.append(found.assign(panel="remedy", series=name))
    return pd.concat(parts, ignore_index=True)


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the tables."""
    rows = frame[frame["panel"] != "power"]
    shown = [
        Table(
            "Gradients of random networks",
            rows[(rows["panel"] == "remedy") & (rows["quantity"] == "log_gradient")],
            tables_depth.NORMS,
        ),
        Table("Lyapunov exponents", rows[rows["panel"] == "exponents"], tables_depth.EXPONENTS),
        Table("Signals", claims_depth.signals(frame), tables_depth.SPREAD),
        Table("One matrix", claims_depth.sparse(frame), tables_depth.POWERS),
    ]
    claims = claims_depth.depth_claims(frame)
    figure = draw(lambda f: _paint(frame, f), (12.5, 4.6))
    remedies = Drawing(
        "remedies",
        "Typical gradient of random networks of width 16 against depth: mean of the logarithm; "
        "bars are one standard deviation from network to network.",
        draw(lambda f: plot.remedies(frame, f.subplots()), (9.0, 4.8)),
        claims_depth.remedy_alt(frame),
    )
    return Rendered(
        figure, claims_depth.depth_alt(frame), claims, shown,
        method=claims_depth.methods(frame), more=[remedies],
    )  # fmt: skip


def _paint(frame: pd.DataFrame, figure: Figure) -> None:
    left, middle, right = np.ravel(figure.subplots(1, 3))
    plot.powers(frame, left)
    plot.exponents(frame, middle)
    plot.spread(frame, right)
