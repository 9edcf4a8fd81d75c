"""Minima so rare that counting would never see one, and an estimate that is refused."""

from critpoints import UnreliableEstimateError, exact, minima_fraction

# About one GOE matrix in 10^51 of dimension 20 is positive definite.
found = minima_fraction("goe", 20)
print(f"log10 P = {found.log10_value:.3f}, by {found.method}")
print(f"exactly   {exact(['goe'], [20])['log10'][0]:.3f}")

# Counting says what it can: not zero, but a bound.
print(minima_fraction("goe", 20, samples=10_000, method="plain"))

# Ordinary weights collapse in high dimension. That is noticed, and the value travels in the error.
try:
    minima_fraction("isotropic", 40, samples=2_000, method="determinant")
except UnreliableEstimateError as refused:
    print(refused)
    print(refused.estimate.status)
