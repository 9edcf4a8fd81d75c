"""A search proves each point, not that there is no other: it says how much it may have missed."""

import numpy as np

from critpoints import SphericalSpin
from critpoints.census import census

# The 3-spin energy on the unit sphere of R^5: critical points come in pairs x, -x.
function = SphericalSpin(4, p=3).sample(np.random.default_rng(0))
found = census(function, starts=2_000, seed=1)

print(found.method, len(found), "points; by index", found.counts.tolist())
print("certified:", int(found.certified.sum()), " complete:", found.complete)
print("unseen, 95%:", found.unseen)
print(
    "Euler sum",
    found.euler,
    "of",
    found.euler_expected,
    "after",
    found.audit_rounds,
    "extra rounds",
)
