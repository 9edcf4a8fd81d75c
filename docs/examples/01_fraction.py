"""What fraction of critical points are minima? An estimate, a law, a table."""

import critpoints

# Sampling stops when the 95% interval is within 10% of the estimate.
print(critpoints.minima_fraction("goe", 4))

# All indices at once: 0 negative eigenvalues, 1, 2, 3, and a degenerate Hessian.
law = critpoints.index_law("isotropic", 3, samples=100_000)
print([round(bin.value, 3) for bin in law])

# Several populations across dimensions, with the exact values and the 1/3^d model beside them.
table = critpoints.sweep(["goe", "isotropic"], dims="1-4")
columns = ["object", "dim", "estimate", "low", "high", "exact", "model_third"]
print(table[columns].to_string(index=False, float_format="%.4f"))
