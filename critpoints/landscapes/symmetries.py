r"""Where a network's parameters are in a point, and in which directions the loss is constant.

If :math:`f(g_t \theta) = f(\theta)` for a group :math:`g_t`, then along
:math:`v = \dot g_0 \theta` the gradient vanishes, and at a critical point :math:`H v = 0`: a zero
mode that says nothing about the landscape and is therefore counted apart.

- relu: a unit's incoming weights and bias times c, its outgoing weights divided by c > 0;
- linear: an invertible matrix between layers (the above with any matrix), and a shift of a
  layer's biases undone by the next;
- cross-entropy: the same number added to all inputs of the softmax.

Weight decay breaks all but rotations between linear layers.
"""

from __future__ import annotations

import itertools

import numpy as np

from critpoints.protocols import FloatArray

Layers = list[tuple[FloatArray, FloatArray]]


def slices(layers: tuple[int, ...]) -> list[tuple[slice, slice, tuple[int, int]]]:
    """Where each layer's weights and biases are in a point, and the shape of the weights."""
    found, at = [], 0
    for rows, columns in itertools.pairwise(layers):
        weights = slice(at, at + rows * columns)
        at = weights.stop + columns
        found.append((weights, slice(weights.stop, at), (rows, columns)))
    return found


def directions(
    x: FloatArray, layers: tuple[int, ...], activation: str, loss: str, decayed: bool
) -> FloatArray:
    """Orthonormal basis of the directions in which the loss is constant at one point: (k, dim)."""
    places = slices(layers)
    parameters = [(x[w].reshape(shape), x[b]) for w, b, shape in places]
    found: list[FloatArray] = []
    for number in range(len(places) - 1):
        for mixed in _mixings(layers[number + 1], activation, decayed):
            found.append(_mix(parameters, number, mixed))
        if activation == "linear" and not decayed:
            found += [_shift(parameters, number, e) for e in np.eye(layers[number + 1])]
    if loss == "cross-entropy" and not decayed:
        found += _softmax(parameters)
    return _basis(found, len(x))


def _mixings(units: int, activation: str, decayed: bool) -> list[FloatArray]:
    """Generators of the group that acts between two layers."""
    one = np.eye(units)
    if activation == "relu" and not decayed:
        return [np.outer(e, e) for e in one]
    if activation == "linear" and decayed:
        return [
            np.outer(one[i], one[j]) - np.outer(one[j], one[i])
            for i, j in itertools.combinations(range(units), 2)
        ]
    if activation == "linear":
        return [np.outer(a, b) for a in one for b in one]
    return []


def _still(parameters: Layers) -> Layers:
    return [(np.zeros_like(w), np.zeros_like(b)) for w, b in parameters]


def _mix(parameters: Layers, number: int, mixed: FloatArray) -> FloatArray:
    """W → W (1 + tA), b → b (1 + tA) and (1 + tA)⁻¹ on the next weights."""
    moves = _still(parameters)
    weights, biases = parameters[number]
    moves[number] = (weights @ mixed, biases @ mixed)
    after = parameters[number + 1]
    moves[number + 1] = (-mixed @ after[0], np.zeros_like(after[1]))
    return _flat(moves)


def _shift(parameters: Layers, number: int, unit: FloatArray) -> FloatArray:
    """b → b + t e, undone by the next biases."""
    moves = _still(parameters)
    moves[number] = (moves[number][0], unit)
    moves[number + 1] = (moves[number + 1][0], -unit @ parameters[number + 1][0])
    return _flat(moves)


def _softmax(parameters: Layers) -> list[FloatArray]:
    """All columns of a row of the last weights, or all last biases, raised alike."""
    weights, biases = parameters[-1]
    found = []
    for row in range(len(weights) + 1):
        moves = _still(parameters)
        raised = np.zeros_like(weights)
        if row < len(weights):
            raised[row] = 1.0
        moves[-1] = (raised, np.full_like(biases, float(row == len(weights))))
        found.append(_flat(moves))
    return found


def _flat(moves: Layers) -> FloatArray:
    return np.concatenate([part.ravel() for layer in moves for part in layer])


def _basis(found: list[FloatArray], dim: int) -> FloatArray:
    if not found:
        return np.empty((0, dim))
    _, sizes, rows = np.linalg.svd(np.array(found), full_matrices=False)
    kept: FloatArray = rows[sizes > 1e-10 * max(sizes[0], 1e-300)]
    return kept
