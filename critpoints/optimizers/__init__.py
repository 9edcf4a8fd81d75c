"""Update rules, a family a file, and the one loop that drives them."""

from critpoints.optimizers.adam import Adam, AdamW, AMSGrad
from critpoints.optimizers.adaptive import AdaGrad, RMSProp
from critpoints.optimizers.clipped import Clipped
from critpoints.optimizers.exits import Distance, Drop, Exit
from critpoints.optimizers.first_order import covariance_sigma
from critpoints.optimizers.gradient import GradientDescent, StochasticGradientDescent
from critpoints.optimizers.guarded import Cubic, TrustRegion
from critpoints.optimizers.lbfgs import LBFGS
from critpoints.optimizers.loop import run
from critpoints.optimizers.momentum import HeavyBall, Nesterov
from critpoints.optimizers.newton import Newton, SaddleFree
from critpoints.optimizers.newton_cg import NewtonCG
from critpoints.optimizers.noisy import Langevin, Perturbed
from critpoints.optimizers.result import Outcome, Result
from critpoints.protocols import Optimizer
from critpoints.refs import Entry, parse

OPTIMIZERS: dict[str, Entry] = {
    "gd": Entry(GradientDescent),
    "sgd": Entry(StochasticGradientDescent),
    "momentum": Entry(HeavyBall),
    "nesterov": Entry(Nesterov),
    "adagrad": Entry(AdaGrad),
    "rmsprop": Entry(RMSProp),
    "adam": Entry(Adam),
    "adamw": Entry(AdamW),
    "amsgrad": Entry(AMSGrad),
    "perturbed": Entry(Perturbed),
    "langevin": Entry(Langevin),
    "newton": Entry(Newton),
    "saddle-free": Entry(SaddleFree),
    "cubic": Entry(Cubic),
    "trust-region": Entry(TrustRegion),
    "lbfgs": Entry(LBFGS),
    "newton-cg": Entry(NewtonCG),
}
"""Names of the optimizers in references."""


def optimizer(reference: str) -> Optimizer:
    """Build an optimizer from its reference, such as ``momentum:lr=.1,momentum=.5``.

    Raises
    ------
    ValueError
        If the name, a key or a value does not fit.
    TypeError
        If a class of the user's is no optimizer.
    """
    found = parse(reference, OPTIMIZERS, "optimizer")
    if not issubclass(found.cls, Optimizer):
        raise TypeError(f"optimizer {reference!r} is a {found.cls.__name__}, not an Optimizer")
    built: Optimizer = found.cls(**found.preset, **found.keys)
    return built


__all__ = [
    "LBFGS",
    "OPTIMIZERS",
    "AMSGrad",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Clipped",
    "Cubic",
    "Distance",
    "Drop",
    "Exit",
    "GradientDescent",
    "HeavyBall",
    "Langevin",
    "Nesterov",
    "Newton",
    "NewtonCG",
    "Optimizer",
    "Outcome",
    "Perturbed",
    "RMSProp",
    "Result",
    "SaddleFree",
    "StochasticGradientDescent",
    "TrustRegion",
    "covariance_sigma",
    "optimizer",
    "run",
]
