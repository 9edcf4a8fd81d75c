"""What the rules share that look at the spectrum of the Hessian."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from critpoints.curvature import EPS, eigen
from critpoints.protocols import FloatArray, Landscape, Optimizer, State


@dataclass(frozen=True)
class Frame:
    """Gradient and Hessian in the Hessian's eigenbasis.

    Attributes
    ----------
    values : ndarray, shape (runs, dim)
        Eigenvalues λ on the tangent space, ascending; NaN where the Hessian is not finite.
    vectors : ndarray, shape (runs, ambient, dim)
        Orthonormal eigenvectors.
    slopes : ndarray, shape (runs, dim)
        Components c of the gradient.
    """

    values: FloatArray
    vectors: FloatArray
    slopes: FloatArray

    def vector(self, coordinates: FloatArray) -> FloatArray:
        """From eigencoordinates (runs, dim) to vectors (runs, ambient)."""
        found: FloatArray = np.einsum("mad,md->ma", self.vectors, coordinates)
        return found


def frame(landscape: Landscape, state: State) -> Frame:
    """The frame at the points of a state."""
    values, vectors = eigen(landscape, state.x)
    return Frame(values, vectors, np.einsum("mad,ma->md", vectors, state.gradient))


def quotient(slopes: FloatArray, values: FloatArray) -> FloatArray:
    """``slopes / values``, 0 where a value cannot be told from zero (a pseudo-inverse)."""
    modulus = np.abs(values)
    small = modulus <= values.shape[1] * EPS * modulus.max(axis=1, keepdims=True)
    return np.asarray(np.divide(slopes, values, out=np.zeros_like(slopes), where=~small))


@dataclass(frozen=True)
class Spectral(Optimizer):
    """A rule for the components of a step along the eigenvectors; a Hessian a step."""

    order: ClassVar[int] = 2

    @abstractmethod
    def coordinates(self, values: FloatArray, slopes: FloatArray, step: int) -> FloatArray:
        """Eigencoordinates of the displacement from eigenvalues and components of g."""

    def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        """The state a step later."""
        seen = frame(landscape, state)
        move = seen.vector(self.coordinates(seen.values, seen.slopes, state.step))
        return state.moved(landscape, move, products=landscape.dim)
