"""A loss of your own, (w·w'/2 - 1)²/2 + decay |w|²/2, where w' is w backwards."""

from dataclasses import dataclass

from critpoints import Box, Landscape, censuses


@dataclass(frozen=True)
class Loss(Landscape):
    dim: int
    decay: float = 0.1
    name, version = "loss", 1
    domain = property(lambda self: Box(self.dim, -3, 3))

    def error(self, w):
        return (w * w[:, ::-1]).sum(axis=1, keepdims=True) / 2 - 1

    def value(self, w):
        return (self.error(w)[:, 0] ** 2 + self.decay * (w**2).sum(axis=1)) / 2

    def gradient(self, w):
        return self.error(w) * w[:, ::-1] + self.decay * w

    def hvp(self, w, v):
        slope = (w[:, ::-1] * v).sum(axis=1, keepdims=True)
        return slope * w[:, ::-1] + self.error(w) * v[:, ::-1] + self.decay * v


if __name__ == "__main__":
    print(censuses(Loss(2))[["object", "counts", "audit"]].to_string(index=False))
