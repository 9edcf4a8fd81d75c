"""Signals and gradients that vanish or explode with depth."""

from critpoints.depth import records
from critpoints.study.depth import products

# y = a^n x1 + b^n x2: (1, 2) explodes and (.5, .9) vanishes.
for a, b in [(1.0, 2.0), (0.5, 0.9)]:
    for record in records(a, b, [1, 30, 60]):
        print(a, b, record["n"], f"y = {record['y']:.4g}, dy/db = {record['dy_db']:.4g}")

# Random layers of width 4: the mean of ln|h_n| is known exactly.
table = products(["ginibre:n=50", "he-relu:n=50"], "4", samples=2_000)
columns = ["object", "quantity", "samples", "alive", "mean", "low", "high", "exact"]
print(table[columns].to_string(index=False, float_format="%.3f"))
