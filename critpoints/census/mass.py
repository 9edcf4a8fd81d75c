r"""What share of the start law ends at points that a search has not listed.

A search cannot say how many points it has missed, since a basin may be as small as it likes. It can
bound the **mass** of what it missed: the probability that one more start would end at no listed
point. The bound comes from confirmation: n starts made after a list was closed are independent of
it, so the number k of them that end elsewhere is binomial, and the mass is at most the upper
Clopper–Pearson limit,

.. math:: 1 - \alpha^{1/n} \approx 3/n \text{ at 95\% for } k = 0.

Starts that end nowhere (lost, gradient-flat, in a tail) count as ends elsewhere. If k shows that
the list was too short, it is completed, and the next confirmation spends what is left of
:math:`\alpha`: nine tenths go to the first one, nine tenths of the rest to the second, and so on.
All bounds hold together with probability :math:`1-\alpha`; as lists only grow, the smallest holds
for the last.

References
----------
Good (1953), Biometrika 40, 237 (the mass of the unseen). McAllester & Schapire (2000), COLT (that
the rate of new points estimates it; their bound, for starts that also make the list, is wider:
:math:`O(n^{-1/2})`). Clopper & Pearson (1934), Biometrika 26, 404.
"""

from __future__ import annotations

import math

from scipy.special import betaincinv

_FIRST = 0.9  # of the error probability that is left, for each confirmation


def spent(alpha: float, confirmation: int) -> float:
    """The error probability of a confirmation, numbered from 0; the sum of all is ``alpha``."""
    return float(alpha * _FIRST * (1 - _FIRST) ** confirmation)


def upper_limit(elsewhere: int, starts: int, alpha: float) -> float:
    """Clopper-Pearson upper limit of the mass at error probability ``alpha``."""
    if elsewhere >= starts:
        return 1.0
    return float(betaincinv(elsewhere + 1, starts - elsewhere, 1 - alpha))


def starts_for(mass: float, alpha: float) -> int:
    """Starts of a confirmation that bounds the mass by ``mass`` if all end at listed points."""
    return math.ceil(math.log(alpha) / math.log1p(-mass)) if mass < 1 else 1


def smallest_share(starts: int, alpha: float) -> float:
    """A basin of at least this share of the start law was hit with probability ``1 - alpha``."""
    return -math.expm1(math.log(alpha) / starts) if starts else 1.0
