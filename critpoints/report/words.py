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

_OPTIMIZERS = {
    "gd": "gradient descent",
    "sgd": "stochastic gradient descent",
    "momentum": "heavy-ball momentum",
    "nesterov": "Nesterov momentum",
    "adagrad": "AdaGrad",
    "rmsprop": "RMSProp",
    "adam": "Adam",
    "adamw": "AdamW",
    "amsgrad": "AMSGrad",
    "perturbed": "perturbed descent",
    "langevin": "Langevin dynamics",
    "newton": "Newton's method",
    "saddle-free": "saddle-free Newton",
    "cubic": "cubic regularisation",
    "trust-region": "the trust-region method",
    "lbfgs": "L-BFGS",
    "newton-cg": "Newton-CG",
}
"""As they stand within a sentence."""


def rule(reference: str) -> str:
    """An optimizer as it is called within a sentence, with its settings: ``Adam (lr=.01)``."""
    name, colon, settings = reference.partition(":")
    if name not in _OPTIMIZERS:  # a class of the user's
        return reference
    return _OPTIMIZERS[name] + (f" ({settings.replace(',', ', ')})" if colon else "")


def words(name: str) -> str:
    """What a reference means; the reference itself where nothing is known of it."""
    return _WORDS.get(name, name)


def listed(names: list[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"
