"""A run is kept, extended, and equal to one that was never interrupted."""

import tempfile
from pathlib import Path

from critpoints import minima_fraction
from critpoints.study.store import Store

with tempfile.TemporaryDirectory() as folder:
    store = Path(folder) / "store.sqlite"
    rough = minima_fraction("goe", 4, rel_error=0.2, store=store)
    fine = minima_fraction("goe", 4, rel_error=0.05, store=store)  # goes on from there
    with Store.reading(store) as kept:
        print([(entry.digest[:12], entry.batches) for entry in kept.entries()])

print(rough)
print(fine)
print("as if done at once:", fine == minima_fraction("goe", 4, rel_error=0.05, jobs=2))
