"""What fresh starts end at: what a census says of its missing mass, measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from critpoints.census import Census
from critpoints.census.catalogue import NOWHERE, Catalogue
from critpoints.census.units import legible
from critpoints.domains import Euclidean


def ends_elsewhere(found: Census, starts: int, seed: int) -> int:
    """How many fresh starts of a census's start law end at no point that it lists, or nowhere."""
    unit = legible(found.landscape)
    catalogue = Catalogue(unit.landscape)
    catalogue.search(unit.inside(found.points), counted=False)
    listed = len(catalogue)
    domain = unit.landscape.domain
    if isinstance(domain, Euclidean):
        radius = float(found.start_law.split("radius ")[1].split()[0])
        domain = replace(domain, reach=float(unit.inside(np.array(radius))))
    batch = domain.sample(np.random.default_rng([seed, 1]), starts)
    entry = catalogue.canonical(catalogue.search(batch, counted=True).entry)
    return int(((entry == NOWHERE) | (entry >= listed)).sum())
