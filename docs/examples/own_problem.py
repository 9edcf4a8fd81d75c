"""An escape problem of your own: a saddle, and when a run has left it."""

from dataclasses import dataclass

import numpy as np

from critpoints import Problem, Saddle, escapes
from critpoints.landscapes import DoubleWell
from critpoints.optimizers import Drop


@dataclass(frozen=True)
class Top(Problem):
    """From the top between the wells until 0.1 below it."""

    name, version = "top", 1
    population = "runs from the top between wells"

    def saddle(self, rng):
        wells, top = DoubleWell(self.dim), np.zeros(self.dim)
        return Saddle(wells, top, Drop(0.1, float(wells.value(top[None])[0])))


if __name__ == "__main__":
    table = escapes(Top(2, width=0.01), None, ["gd:lr=.1", "adam:lr=.1"], runs=200)
    print(table[["problem", "optimizer", "escaped", "median", "mean"]].to_string(index=False))
