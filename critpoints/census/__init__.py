"""All critical points of one function: found, certified, classified, audited."""

from critpoints.census.door import census
from critpoints.census.result import Census

__all__ = ["Census", "census"]
