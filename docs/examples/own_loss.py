"""Your own loss as plain functions of one point: two linear layers of one unit, weight decay."""

import numpy as np

from critpoints import Box, from_callables
from critpoints.census import census

DECAY = 0.1


def loss(w):
    return (w[0] * w[1] - 1) ** 2 / 2 + DECAY * (w @ w) / 2


def gradient(w):
    return (w[0] * w[1] - 1) * w[::-1] + DECAY * w


def hessian(w):
    cross = 2 * w[0] * w[1] - 1
    return np.array([[w[1] ** 2 + DECAY, cross], [cross, w[0] ** 2 + DECAY]])


landscape = from_callables(loss, gradient, hessian, domain=Box(2, -3, 3), batched=False)
for record in census(landscape, starts=500).records():
    print(np.round(record["x"], 4), f"{record['value']:.4f} index {record['index']}")
