"""From a frame to axes: a function takes an ``ax``, returns it and leaves global style alone."""

from critpoints.plot.index import index_law
from critpoints.plot.minima import minima_fraction
from critpoints.plot.variance import index_variance

__all__ = ["index_law", "index_variance", "minima_fraction"]
