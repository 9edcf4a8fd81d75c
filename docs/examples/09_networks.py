"""Where trainings of a small network end, and the critical points near which they pass."""

import numpy as np

from critpoints.census.spectrum import extreme_eigenvalues, large_index, spectral_density
from critpoints.census.trajectories import trajectory_census
from critpoints.landscapes.networks import Network
from critpoints.landscapes.training import train

network = Network(data="digits", width=(3,), loss="squared", inputs=6, samples=100, decay=0.02)
runs = train(network, "momentum", seeds=range(10), steps=100, rate=0.1, batch=20, records=50)
print(f"{network.dim} parameters, loss {runs.losses[:, -1].min():.3f} at the best end")

# Critical points: searches from random records of the trainings.
rng = np.random.default_rng(0)
found = trajectory_census(runs, rng, starts=24, noise=0.1, steps=150)
print(
    f"{found.small} of {found.starts} searches at a small gradient, {found.flat} rejected as flat"
)
order = found.losses.argsort()
for k in order[:: max(1, len(order) // 5)]:
    print(f"loss {found.losses[k]:.4f}, index {found.index[k]}, zero modes {found.zero_modes[k]}")

# The index of a network whose Hessian is never put together.
large = Network(data="digits", width=(60, 60))
point = large.initial(rng, 1)[0]
low, high = extreme_eigenvalues(large, point, 2)
spectrum = spectral_density(large, point, rng, steps=60, zero=0.02)
share, least, most = spectrum.index_fraction()
print(f"{large.dim} parameters, eigenvalues {low:.3f} to {high:.3f}")
print(f"share below {-spectrum.zero:.3f}: {share:.3f} ({least:.3f} to {most:.3f})")

# Where both can be had, they agree.
last = order[-1]
by_products = large_index(network, found.points[last], found.zero)
print(f"index {found.index[last]} from the whole Hessian, {by_products} from products")
