"""From a frame to axes: a function takes an ``ax``, returns it and leaves global style alone."""

from critpoints.plot.index import index_law
from critpoints.plot.minima import minima_fraction

__all__ = ["index_law", "minima_fraction"]
