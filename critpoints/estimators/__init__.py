"""From samples to a probability with an interval, one method a file."""

from critpoints.estimators.base import Estimator
from critpoints.estimators.proportion import Proportion
from critpoints.estimators.weighted import Weighted

__all__ = ["Estimator", "Proportion", "Weighted"]
