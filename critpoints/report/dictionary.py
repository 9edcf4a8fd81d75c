"""The data dictionary: what every column of the data files means, and its unit.

One entry a column; where an experiment means something else by a name, it has an entry of its own
(:data:`OWN`). Types follow from the files themselves. A unit of "1" is a pure number; "" is text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """What a column holds, and its unit."""

    description: str
    unit: str = ""


_TEXT = {
    "object": "Canonical reference of the ensemble, landscape or family; builds it again",
    "population": "Which points the numbers are about",
    "event": "What is counted: minima, or the index",
    "index": "Number of negative eigenvalues of the Hessian; 'degenerate' where one is zero",
    "method": "How the value was computed or sampled",
    "interval": "How the interval was computed",
    "status": "Whether the row can be trusted: ok, or what is wrong with it",
    "doubt": "Why an unreliable estimate must not be trusted, and what to do",
    "why": "Why the method was chosen",
    "digest": "SHA-256 identity of what was sampled: object, estimator and seed",
    "version": "Version of critpoints that made the row",
    "accuracy_kind": "Whether the accuracy is relative or absolute",
    "quantity": "What the row holds, where an experiment has several kinds of rows",
    "panel": "The part of the figure the row belongs to",
    "series": "Line of the figure the row belongs to",
    "family": "Family of functions",
    "theory": "Name of the theory a curve comes from",
    "expected_method": "How the expected value was computed",
    "optimizer": "Canonical reference of the optimizer",
    "problem": "Landscape the optimizer runs on",
    "stage": "Part of the experiment the row belongs to",
    "setting": "Whether the optimizer ran as it comes, tuned, or while being tuned",
    "settings": "Canonical reference of the candidate tried",
    "end": "How most of the runs that did not escape ended",
    "outcome": "How the run ended",
    "varied": "The parameter that differs between rows of a series",
    "counts": "Numbers of critical points by index, from index 0 up",
}
_NUMBERS = {
    "undecided_volume": "Share of the domain that the undecided cells take",
    "dim": "Dimension d",
    "level": "Confidence level of the interval",
    "seed": "Root seed of the random numbers",
    "samples": "Number of independent samples: matrices, replicates or networks",
    "hits": "Number of samples in the event; missing where samples are weighted or are replicates",
    "effective": "Effective sample size of a weighted estimate, or effective number of replicates",
    "estimate": "Estimated probability",
    "low": "Lower end of the interval of the estimate",
    "high": "Upper end of the interval of the estimate",
    "log10_estimate": "Decimal logarithm of the estimate; reaches below the smallest float",
    "log10_low": "Decimal logarithm of the lower end",
    "log10_high": "Decimal logarithm of the upper end",
    "exact": "Exact value, where one is known",
    "log10_exact": "Decimal logarithm of the exact value",
    "z": "Distance to the exact or expected value in standard errors",
    "model_third": "The model 3^-d",
    "log10_model_third": "Decimal logarithm of the model 3^-d",
    "log10_ratio_third": "Decimal logarithm of the estimate over 3^-d",
    "z_third": "Distance to the model 3^-d in standard errors",
    "third": "The model 3^-d",
    "base_d": "Base b of the fit C b^-d",
    "base_d_low": "Lower end of the interval of base_d",
    "base_d_high": "Upper end of the interval of base_d",
    "base_d2": "Base b of the fit C b^-(d^2)",
    "base_d2_low": "Lower end of the interval of base_d2",
    "base_d2_high": "Upper end of the interval of base_d2",
    "accuracy": "Accuracy of the exact or expected value; an absolute one is of the sum over all",
    "asymptotic": "Asymptotic value for large d, to constant order where that is known",
    "log10_asymptotic": "Decimal logarithm of the asymptotic value",
    "log10_leading": "Decimal logarithm of the leading term alone",
    "log10_bound": "Decimal logarithm of what a value too small to be resolved is less than",
    "log10_count": "Decimal logarithm of the expected number of critical points",
    "degree": "Degree p of the spin glass",
    "mass": "Curvature of the confining parabola over its critical value",
    "energy": "Energy per spin, in units of the field's amplitude",
    "complexity": "Logarithm of the expected number per dimension, for large d",
    "rate": "Effective learning rate: length of the step over the norm of the gradient",
    "error": "True relative error of the other program",
    "coverage": "Share of the other program's intervals that hold the exact value",
    "draw": "Number of the function drawn",
    "draws": "Number of functions drawn",
    "critical_points": "Critical points found",
    "minima": "Minima found",
    "degenerate": "Critical points with an eigenvalue that may be zero",
    "euler": "Alternating sum of the numbers by index",
    "euler_expected": "What topology requires of the alternating sum",
    "distinct": "Whether all points found are proved to differ",
    "certified": "Whether every point is proved to exist",
    "complete": "Whether no point is missing, proved",
    "undecided": "Cells in which a critical point was neither excluded nor proven",
    "assumption": "What complete and certified take as given, empty if nothing",
    "audit_note": "Why there is no audit, if there is none",
    "starts": "Starts of a search",
    "start_law": "Law of the starts of a search",
    "nowhere": "Starts of a search that ended at no critical point",
    "unseen_mass": "Upper bound of the probability that one more start ends at no listed point",
    "smallest_share": "Least share of the start law whose basin was met, at the confidence level",
    "unseen_low": "Lower end of Chao's estimate of the number of points not seen",
    "unseen_high": "Upper end of Chao's estimate of the number of points not seen",
    "chao_low": "Lower end of Chao's estimate of the number of points not seen",
    "chao_high": "Upper end of Chao's estimate of the number of points not seen",
    "rejected": "Starts of a search that ended where the gradient is flat but not zero",
    "audit_rounds": "Further rounds of a search that the Euler sum asked for",
    "count": "Mean number of critical points of this index; the expected number in exact rows",
    "count_error": "Standard error of count",
    "count_low": "Lower end of the interval of count",
    "count_high": "Upper end of the interval of count",
    "fraction": "Share of the critical points that have this index",
    "fraction_low": "Lower end of the interval of fraction",
    "fraction_high": "Upper end of the interval of fraction",
    "fraction_expected": "Expected share of the critical points that have this index (Kac-Rice)",
    "log10_fraction": "Decimal logarithm of fraction",
    "expected": "Expected number of critical points of this index (Kac-Rice)",
    "index_fraction": "Share of the eigenvalues that are negative",
    "index_fraction_low": "Lower end of the interval of index_fraction",
    "index_fraction_high": "Upper end of the interval of index_fraction",
    "index_fraction_expected": "Expected share of the eigenvalues that are negative",
    "degenerate_family": "Whether the family has degenerate points by construction",
    "audit": "Whether the Euler sum is what topology requires; missing where that is not known",
    "known": "Number of critical points of this index that are known",
    "found": "Number of critical points found",
    "n": "Power of the matrix, or number of layers",
    "layers": "Number of layers",
    "k": "Number of the Lyapunov exponent, largest first; 0 in rows of norms",
    "alive": "Networks in which the signal is not zero",
    "alive_exact": "Exact probability that the signal is not zero",
    "variance": "Variance of the quantity between networks",
    "exact_variance": "Exact variance of the quantity between networks",
    "dy_da": "Derivative of the output with respect to a",
    "dy_db": "Derivative of the output with respect to b",
    "log10_y": "Decimal logarithm of the size of the output",
    "log10_dy_da": "Decimal logarithm of the size of the derivative with respect to a",
    "log10_dy_db": "Decimal logarithm of the size of the derivative with respect to b",
    "a": "First eigenvalue of the matrix",
    "b": "Second eigenvalue of the matrix",
    "width": "Width of the hidden layer",
    "data_size": "Number of targets in the training data",
    "run": "Number of the run",
    "runs": "Number of runs",
    "saddles": "Number of saddles that the runs left; 1 where it is always the same",
    "search": "Number of the search",
    "start_loss": "Training loss at the start",
    "loss": "Training loss",
    "test_loss": "Loss on the test data",
    "test_error": "Share of the test data classified wrongly",
    "gradient_norm": "Norm of the gradient",
    "flatness": "|Hg|/|g| over the typical norm of a Hessian: small where the gradient is flat",
    "zero_modes": "Number of eigenvalues below a stated share of the norm of a typical Hessian",
    "lowest": "Lowest eigenvalue of the Hessian",
    "small": "Whether the gradient is small enough",
    "accepted": "Whether the point is accepted as critical",
    "offset": "Fitted energy offset of a theory",
    "scale": "Fitted energy scale of a theory",
    "rms": "Root mean square residual of the fit",
    "lr": "Learning rate",
    "edge": "Largest learning rate that is stable",
    "escaped": "Number of runs that left the saddle",
    "converged_minimum": "Number of runs that ended at a minimum",
    "converged_saddle": "Number of runs that ended at a saddle",
    "converged_degenerate": "Number of runs that ended at a point whose kind cannot be told",
    "tail": "Number of runs that ended where f flattens towards infinity, without a critical point",
    "diverged": "Number of runs that diverged",
    "nonfinite": "Number of runs with a value that is not finite",
    "out_of_budget": "Number of runs stopped by the budget",
    "never_leaves": "Number of runs that provably never leave",
    "momentum": "Momentum of the optimizer",
    "escaped_low": "Lower end of the interval of the share of runs that escaped",
    "escaped_high": "Upper end of the interval of the share of runs that escaped",
    "final_index": "Most frequent index among the runs that ended at a critical point",
    "chosen": "Whether tuning chose this candidate",
    "grid_edge": "Whether its learning rate is the largest or smallest of those tried",
    "share": "Share of runs that escaped within the work given",
    "share_low": "Lower end of the interval of share",
    "share_high": "Upper end of the interval of share",
    "largest": "Largest eigenvalue of the Hessian",
    "stable": "Largest learning rate seen to converge",
    "unstable": "Smallest learning rate seen to diverge",
    "drop": "Relative fall of the loss below the saddle that counts as an escape",
    "group": "Number of the batch: its runs start at one saddle",
    "test_size": "Number of targets in the test data",
}
_HEIGHT = "standard deviation of the field, or energy per spin"
_UNITS = {
    "final_value": ("Median value of the function where runs ended", "of the landscape"),
    "mean": ("Mean time to escape; missing unless all runs escaped", "steps"),
    "seconds": ("Computing time; differs between machines and runs", "s"),
    "x": ("Horizontal coordinate of a curve or path", "of the landscape"),
    "y": ("Vertical coordinate of a path, or output of the product", "of the landscape"),
    "f": ("Value of the function", "of the landscape"),
    "value": ("Value of the function", "of the landscape"),
    "height": ("Value of the function", _HEIGHT),
    "place": ("Exact mean height of the critical points in the bin", _HEIGHT),
    "density": ("Critical points of this index per volume", "1/volume"),
    "density_low": ("Lower end of the interval of density", "1/volume"),
    "density_high": ("Upper end of the interval of density", "1/volume"),
    "volume": ("Volume of the domain", "volume"),
    "step": ("Step of the optimizer or search", "steps"),
    "left": ("Distance to the minimum", "of the landscape"),
    "median": ("Median time to escape over all runs; infinite if at most half escaped", "steps"),
    "mean_low": ("Lower end of the interval of the mean", "steps"),
    "mean_high": ("Upper end of the interval of the mean", "steps"),
    "predicted": ("Mean time to escape that theory predicts", "steps"),
    "budget": ("Most steps a run may take", "steps"),
    "steps": ("Most steps a run may take", "steps"),
    "time": ("Time to escape: the run's step, interpolated", "steps"),
    "work": ("Gradient evaluations and Hessian products that a run may take", "evaluations"),
    "work_low": ("Lower end of the interval of work", "evaluations"),
    "work_high": ("Upper end of the interval of work", "evaluations"),
    "cost": ("Gradient evaluations and products with the Hessian of the run", "evaluations"),
    "penalised": ("Mean work; a run that did not escape counts as ten budgets", "evaluations"),
    "score": ("Mean of penalised work over the starts; tuning takes the lowest", "evaluations"),
    "gradient_evaluations": ("Mean gradient evaluations of a run", "evaluations"),
    "hessian_products": ("Mean products with the Hessian of a run", "evaluations"),
}
DICTIONARY: Mapping[str, Entry] = {
    **{name: Entry(text) for name, text in _TEXT.items()},
    **{name: Entry(text, "1") for name, text in _NUMBERS.items()},
    **{name: Entry(*pair) for name, pair in _UNITS.items()},
}
"""Column to its entry."""

_WORK = {
    "escaped": Entry("Share of the runs that escaped within the budget", "1"),
    "median": Entry(
        "Median work to escape over all runs; infinite if at most half escaped", "evaluations"
    ),
    "budget": Entry(
        "Most gradient evaluations and products with the Hessian of a run", "evaluations"
    ),
}
_VARIED = {"value": Entry("Value of the parameter that differs between rows", "of the parameter")}
_COMPLEXITY = {
    "value": Entry("Logarithm of the expected number per dimension, for many dimensions", "1")
}
_Z = Entry("Distance of the mean to the predicted one in its standard errors", "1")
OWN: Mapping[str, Mapping[str, Entry]] = {
    "depth_gradients": {
        "mean": Entry(
            "Mean over the networks alive: of a Lyapunov exponent, or of the natural logarithm of "
            "a norm",
            "1",
        ),
        "low": Entry("Lower end of the interval of the mean", "1"),
        "high": Entry("Upper end of the interval of the mean", "1"),
        "exact": Entry("Exact mean, where it is known", "1"),
        "y": Entry("Output of the product", "1"),
    },
    "index_energy": {
        "low": Entry("Lower end of the bin of heights", _HEIGHT),
        "high": Entry("Upper end of the bin of heights", _HEIGHT),
        "value": Entry(
            "Exact share: of negative eigenvalues (alpha, limit), or of the critical points at a "
            "height that have this index (law, at threshold)",
            "1",
        ),
    },
    "network_index": {"step": Entry("Training step at which the search began", "steps")},
    "known_functions": {"value": Entry("Known critical value", "of the landscape")},
    "saddle_escape": {**_VARIED, "z": _Z},
    "octopus": {**_VARIED, "z": _Z},
    "network_escape": {"z": _Z},
    "race": _WORK,
    "learning_rate": _WORK,
    "spin_glass": _COMPLEXITY,
    "trivialisation": _COMPLEXITY,
}
"""Experiment to the columns by which it means something else."""


def explained(column: str, experiment: str = "") -> Entry | None:
    """Give the entry of a column in the data of an experiment; None if there is none."""
    return OWN.get(experiment, {}).get(column, DICTIONARY.get(column))
