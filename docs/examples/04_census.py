"""All critical points of one random function, proven complete."""

import numpy as np

from critpoints import Census, TorusPolynomial
from critpoints.census import census

function = TorusPolynomial(2, degree=2).sample(np.random.default_rng(1))
found: Census = census(function)

print(len(found), "critical points; by index", found.counts.tolist())
print("each is proven to be one:", bool(found.certified.all()))
print("there is no other:", found.complete)
print("Euler sum", found.euler, "and what it must be", found.euler_expected)
for record in found.records()[:3]:
    print(np.round(record["x"], 3), round(record["value"], 3), "index", record["index"])
