"""A search proves each point, not that there is no other: it bounds what it may have missed."""

import numpy as np

from critpoints import SphericalSpin
from critpoints.census import census

# The 3-spin energy on the unit sphere of R^5: critical points come in pairs x, -x.
function = SphericalSpin(4, p=3).sample(np.random.default_rng(0))
found = census(function, seed=1)

print(found.method, len(found), "points; by index", found.counts.tolist())
print("certified:", int(found.certified.sum()), " complete:", found.complete)
print(f"{found.starts} starts, {found.start_law}")
print(f"of further starts at most {found.unseen_mass:.2g} end elsewhere ({found.level:.0%})")
print("Euler sum", found.euler, "of", found.euler_expected)
