"""Tests of agreement between laws, as p-values; the suites refuse below the two-sided |z| = 4."""

from __future__ import annotations

import numpy as np
from scipy import stats

P_LIMIT = float(2 * stats.norm.sf(4.0))
"""The chance of |z| > 4: a fixed seed that falls below it points at the code."""


def p_exact(counts: np.ndarray, law: np.ndarray, expected: float = 5.0) -> float:
    """Chi-square p-value of counts against a law; bins expecting less than 5 are joined.

    A hit in a bin of probability zero gives 0.
    """
    counts, law = np.asarray(counts, float), np.asarray(law, float)
    if len(counts) != len(law):
        raise ValueError(f"{len(counts)} counts for a law of {len(law)} bins")
    if counts[law <= 0].any():
        return 0.0
    rare = law * counts.sum() < expected
    pooled = np.append(counts[~rare], counts[rare].sum())
    wanted = np.append(law[~rare], law[rare].sum()) * counts.sum()
    keep = wanted > 0
    statistic = float(((pooled[keep] - wanted[keep]) ** 2 / wanted[keep]).sum())
    return float(stats.chi2.sf(statistic, keep.sum() - 1)) if keep.sum() > 1 else 1.0


def p_same(first: np.ndarray, second: np.ndarray, seen: float = 10.0) -> float:
    """Chi-square p-value that two vectors of counts share a law; bins seen rarely are joined."""
    table = np.array([first, second], float)
    rare = table.sum(axis=0) < seen
    pooled = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    pooled = pooled[:, pooled.sum(axis=0) > 0]
    if pooled.shape[1] < 2:
        return 1.0
    return float(stats.chi2_contingency(pooled, correction=False).pvalue)


def ratio_and_error(log_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Law of the bins and its standard errors (delta method) from log-weights (size, bins)."""
    weights = np.exp(log_weights - log_weights.max())
    total = weights.sum(axis=1, keepdims=True)
    law = weights.sum(axis=0) / total.sum()
    return law, np.sqrt(((weights - law * total) ** 2).sum(axis=0)) / total.sum()


def p_ratios(first: np.ndarray, second: np.ndarray) -> float:
    """Smallest two-sided p-value over the bins, times their number (Bonferroni)."""
    (a, error_a), (b, error_b) = ratio_and_error(first), ratio_and_error(second)
    spread = np.hypot(error_a, error_b)
    if (a[spread == 0] != b[spread == 0]).any():
        return 0.0
    z = np.abs(a - b)[spread > 0] / spread[spread > 0]
    return min(1.0, float(2 * stats.norm.sf(z.max()) * z.size)) if z.size else 1.0
