"""A law of Hessians of your own: one method. Noise around a convex part."""

from dataclasses import dataclass

import numpy as np

from critpoints import Ensemble, sweep


@dataclass(frozen=True)
class Spiked(Ensemble):
    """GOE noise plus a multiple of the identity."""

    dim: int
    strength: float = 1.0

    population = "convex part plus noise"
    name, version = "spiked", 1

    def sample(self, rng, size):
        a = rng.standard_normal((size, self.dim, self.dim))
        return (a + a.transpose(0, 2, 1)) / 2 + self.strength * np.eye(self.dim)


if __name__ == "__main__":
    table = sweep([Spiked(1, strength=2.0)], "1-4", samples=20_000)
    print(table[["object", "dim", "estimate", "low", "high"]].to_string(index=False))
