"""From samples to a probability with an interval, one method a file."""

from critpoints.estimators.base import EventEstimator
from critpoints.estimators.grown import Grown
from critpoints.estimators.proportion import Proportion
from critpoints.estimators.replicates import Replicates
from critpoints.estimators.splitting import Splitting
from critpoints.estimators.tilted import Tilted
from critpoints.estimators.weighted import Weighted

__all__ = [
    "EventEstimator",
    "Grown",
    "Proportion",
    "Replicates",
    "Splitting",
    "Tilted",
    "Weighted",
]
