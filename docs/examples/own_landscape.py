"""A function of your own, an egg box; the bound of its third derivatives allows a proof."""

from dataclasses import dataclass

import numpy as np

from critpoints import Landscape, Torus, censuses


@dataclass(frozen=True)
class Egg(Landscape):
    dim: int
    name, version = "egg", 1
    domain = property(lambda self: Torus(self.dim))

    def value(self, x):
        return np.cos(2 * x).sum(axis=1)

    def gradient(self, x):
        return -2 * np.sin(2 * x)

    def hessian(self, x):
        return -4 * np.cos(2 * x)[:, :, None] * np.eye(self.dim)

    def third_bound(self, center, radius):  # of |∂i∂j∂k f|: 8 at most
        return np.full((1, 1, 1, 1), 8.0)


if __name__ == "__main__":
    print(censuses(Egg(2))[["object", "counts", "complete"]].to_string(index=False))
