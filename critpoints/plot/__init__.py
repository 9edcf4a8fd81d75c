"""From a frame to axes: a function takes an ``ax``, returns it and leaves global style alone."""

from critpoints.plot.counted import census
from critpoints.plot.escape import trajectories
from critpoints.plot.index import index_law
from critpoints.plot.minima import minima_fraction
from critpoints.plot.race import profile
from critpoints.plot.variance import index_variance

__all__ = [
    "census",
    "index_law",
    "index_variance",
    "minima_fraction",
    "profile",
    "trajectories",
]
