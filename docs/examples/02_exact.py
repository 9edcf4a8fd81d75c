"""The same matrix size, three populations, three right answers."""

import math

from critpoints import exact

table = exact(["goe", "isotropic:at=fixed", "isotropic"], [2])
print(table[["ensemble", "population", "probability"]].to_string(index=False))

# The closed forms.
print((2 - math.sqrt(2)) / 4, (1 - 1 / math.sqrt(3)) / 2, 1 / 4)

# No sampling is needed for numbers far below the smallest float that a sampler could see.
far = exact(["goe"], [20, 40])
print(far[["dim", "log10"]].to_string(index=False))
