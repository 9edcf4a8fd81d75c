"""How many steps until an optimizer has left a saddle, measured and predicted."""

from critpoints import escapes

table = escapes(
    "quadratic:curvature=.7",
    "2",
    ["gd:lr=.1", "momentum:lr=.1", "nesterov:lr=.1", "newton"],
    runs=400,
    steps=1_000,
)
columns = ["optimizer", "escaped", "converged_saddle", "median", "mean", "predicted", "z", "status"]
print(table[columns].to_string(index=False, float_format="%.2f"))
