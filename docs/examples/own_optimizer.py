"""An update rule of your own: one method; what it remembers goes into slots."""

from dataclasses import dataclass

import numpy as np

from critpoints import Optimizer, escapes


@dataclass(frozen=True)
class SignDescent(Optimizer):
    """Signs of an averaged gradient: m ← βm + (1−β)g, θ ← θ − lr sign(m)."""

    lr: float = 0.01
    beta: float = 0.9

    name, version = "sign", 1
    slots = ("m",)

    def step(self, landscape, state, rng):
        m = self.beta * state.slots["m"] + (1 - self.beta) * state.gradient
        return state.moved(landscape, -self.lr * np.sign(m), m=m)


if __name__ == "__main__":
    table = escapes("quadratic", "2", [SignDescent(), "gd:lr=.01"], runs=200)
    print(table[["optimizer", "escaped", "median", "mean"]].to_string(index=False))
