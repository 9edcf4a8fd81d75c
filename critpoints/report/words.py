"""Names of laws for people who do not know the references."""

from __future__ import annotations

_WORDS = {
    "independent": "independent axes",
    "independent:minimum=0.5,maximum=0.5": "independent axes without inflections",
    "goe": "random symmetric matrices (GOE)",
    "gue": "random Hermitian matrices (GUE)",
    "goi": "random symmetric matrices that share a random shift (GOI)",
    "isotropic": "the critical points of an isotropic Gaussian field",
    "isotropic:at=fixed": "any fixed point of an isotropic Gaussian field",
    "wishart": "convex functions (Wishart matrices)",
    "wigner:entries=rademacher": "random symmetric matrices of signs",
    "wigner:entries=uniform": "random symmetric matrices with uniform entries",
}


def words(name: str) -> str:
    """What a reference means; the reference itself where nothing is known of it."""
    return _WORDS.get(name, name)


def listed(names: list[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"
