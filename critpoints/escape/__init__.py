"""Escape from saddles: problems, and the runs of optimizers on them."""

from critpoints.escape.drawn import DrawnProblem, FunctionProblem, RandomProblem, SpinProblem
from critpoints.escape.given import SaddleProblem, from_saddle
from critpoints.escape.learning import (
    AutoencoderProblem,
    FactorisationProblem,
    KnownProblem,
    PhaseProblem,
    TensorProblem,
)
from critpoints.escape.networks import NetworkProblem
from critpoints.escape.problem import Problem, Saddle
from critpoints.escape.synthetic import (
    CliffProblem,
    MonkeyProblem,
    OctopusProblem,
    PlateauProblem,
    QuadraticProblem,
    QuarticProblem,
    ValleyProblem,
)
from critpoints.escape.times import COLUMNS, EscapeTimes
from critpoints.refs import Entry

PROBLEMS: dict[str, Entry] = {
    "quadratic": Entry(QuadraticProblem),
    "quartic": Entry(QuarticProblem),
    "monkey": Entry(MonkeyProblem),
    "plateau": Entry(PlateauProblem),
    "octopus": Entry(OctopusProblem),
    "valley": Entry(ValleyProblem),
    "cliff": Entry(CliffProblem),
    "factorisation": Entry(FactorisationProblem),
    "phase-retrieval": Entry(PhaseProblem),
    "tensor": Entry(TensorProblem),
    "autoencoder": Entry(AutoencoderProblem),
    "random": Entry(RandomProblem),
    "spin": Entry(SpinProblem),
    "network-saddle": Entry(NetworkProblem),
}
"""Names of the problems in references."""

__all__ = [
    "COLUMNS",
    "PROBLEMS",
    "AutoencoderProblem",
    "CliffProblem",
    "DrawnProblem",
    "EscapeTimes",
    "FactorisationProblem",
    "FunctionProblem",
    "KnownProblem",
    "MonkeyProblem",
    "NetworkProblem",
    "OctopusProblem",
    "PhaseProblem",
    "PlateauProblem",
    "Problem",
    "QuadraticProblem",
    "QuarticProblem",
    "RandomProblem",
    "Saddle",
    "SaddleProblem",
    "SpinProblem",
    "TensorProblem",
    "ValleyProblem",
    "from_saddle",
]
