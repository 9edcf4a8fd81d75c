"""Small data sets for networks: real ones downscaled, a teacher's, or the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from critpoints.landscapes.autodiff import require
from critpoints.protocols import FloatArray
from critpoints.seeding import stream
from critpoints.validation import choice, integer

INPUTS = {"digits": 16, "breast_cancer": 10, "diabetes": 10, "teacher": 8}
"""Known data sets and their numbers of inputs unless told otherwise."""

_LARGEST = {"digits": 64, "breast_cancer": 30, "diabetes": 10, "teacher": 10_000}
_TEACHER_UNITS = 4
_TEST_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class DataSet:
    """Inputs and targets, for training and for testing.

    Attributes
    ----------
    inputs, targets : ndarray, shapes (n, p) and (n, k)
        Targets of a classification are indicators (one column a class).
    test_inputs, test_targets : ndarray
        Likewise, not used in training.
    classes : bool
        Whether targets are classes.

    Raises
    ------
    ValueError
        If the arrays do not fit each other, are empty, or hold NaN or infinity.
    """

    inputs: FloatArray
    targets: FloatArray
    test_inputs: FloatArray
    test_targets: FloatArray
    classes: bool

    def __post_init__(self) -> None:
        for name in ("inputs", "targets", "test_inputs", "test_targets"):
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.ndim != 2 or 0 in array.shape:
                raise ValueError(f"{name} must be of shape (samples, columns), got {array.shape}")
            if not np.isfinite(array).all():
                raise ValueError(f"{name} must be finite, got {(~np.isfinite(array)).sum()} NaN")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        for x, y in (("inputs", "targets"), ("test_inputs", "test_targets")):
            rows = len(getattr(self, x)), len(getattr(self, y))
            if rows[0] != rows[1]:
                raise ValueError(f"{x} and {y} must have equally many rows, got {rows}")
        for name in ("inputs", "targets"):
            columns = getattr(self, name).shape[1], getattr(self, f"test_{name}").shape[1]
            if columns[0] != columns[1]:
                raise ValueError(f"{name} and test_{name} must have equally many columns")
        if self.classes and not _indicators(self.targets, self.test_targets):
            raise ValueError("targets of classes must be rows with a single 1 and else 0")


def load(name: str, inputs: int | None = None, samples: int = 500, seed: int = 0) -> DataSet:
    """Load a data set by name, shuffled, split and standardised.

    Real sets ship with scikit-learn. Digits are averaged to 4 × 4 pixels (``inputs=16``), every
    other reduction is to the leading principal components, as small as those of [1]_. Columns
    are standardised, and targets of a regression too, by the training samples.

    Parameters
    ----------
    name : {"digits", "breast_cancer", "diabetes", "teacher"}
        10 classes, 2 classes, a regression; and a regression on the output of a random network of
        4 tanh units with standard normal inputs.
    inputs : int, optional
        Number of inputs.
    samples : int
        Training samples, cut to what there is; a fifth of a real set is for testing.
    seed : int
        Of the shuffle, or of the teacher.

    References
    ----------
    .. [1] Dauphin et al. (2014), Identifying and attacking the saddle point problem in
       high-dimensional non-convex optimization, NeurIPS 27: MNIST and CIFAR at 10 × 10 pixels.
    """
    choice("data", name, INPUTS)
    columns = INPUTS[name] if inputs is None else inputs
    columns = integer("inputs", columns, low=1, high=_LARGEST[name])
    samples = integer("samples", samples, low=1)
    rng = stream(f"data set {name}", integer("data_seed", seed, low=0))
    if name == "teacher":
        return _teacher(rng, columns, samples)
    x, y, classes = _read(name, columns)
    order = rng.permutation(len(x))
    held = int(len(x) * _TEST_SHARE)
    test, train = order[:held], order[held : held + samples]
    if x.shape[1] != columns:
        x = _principal(x, train, columns)
    x = _standard(x, train)
    if not classes:
        y = _standard(y, train)
    return DataSet(x[train], y[train], x[test], y[test], classes)


def _read(name: str, columns: int) -> tuple[FloatArray, FloatArray, bool]:
    found: Any = getattr(require("sklearn.datasets"), f"load_{name}")()
    x, y = np.asarray(found.data, float), found.target
    if name == "diabetes":
        return x, np.asarray(y, float)[:, None], False
    if name == "digits" and columns == 16:
        x = x.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16)
    return x, np.eye(y.max() + 1)[y], True


def _principal(x: FloatArray, train: Any, columns: int) -> FloatArray:
    """Coordinates along the leading principal axes of the standardised training samples."""
    x = _standard(x, train)
    axes = np.linalg.svd(x[train], full_matrices=False)[2]
    if len(axes) < columns:
        raise ValueError(f"inputs must be at most the {len(axes)} samples, got {columns}")
    found: FloatArray = x @ axes[:columns].T
    return found


def _standard(x: FloatArray, train: Any) -> FloatArray:
    """Mean 0 and variance 1 over the training samples; a constant column becomes 0."""
    spread = x[train].std(axis=0)
    found: FloatArray = (x - x[train].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return found


def _teacher(rng: np.random.Generator, columns: int, samples: int) -> DataSet:
    first = rng.standard_normal((columns, _TEACHER_UNITS)) / columns**0.5
    second = rng.standard_normal((_TEACHER_UNITS, 1))
    x = rng.standard_normal((2 * samples, columns))
    y = np.tanh(x @ first) @ second
    return DataSet(x[:samples], y[:samples], x[samples:], y[samples:], False)


def _indicators(*targets: FloatArray) -> bool:
    return all(((t == 0) | (t == 1)).all() and (t.sum(axis=1) == 1).all() for t in targets)
