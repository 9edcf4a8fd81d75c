"""How much memory a batch takes, asked before it starts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from critpoints.study.spec import Spec
from critpoints.validation import integer

PROCESS = 192 * 2**20  # Python with numpy, scipy and this package, measured: 150 to 190 MB
COPIES = 4  # of the matrices of a batch, measured with tracemalloc: 2.0 to 4.0
WORKSPACE = 32 * 2**20  # of a census, a filter or splitting beside matrices, measured: to 21 MB
FAST = 4  # numbers a sample where no matrix is made, measured: up to 2.5
_SUFFIXES = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def batch_bytes(spec: Spec) -> int:
    """Bytes that one batch takes at its peak, roughly: the order, not the last digit.

    An estimator with a method ``memory(source, size) -> int`` is asked. Else a batch holds
    ``COPIES`` arrays of ``size`` matrices of 8 d² bytes; one that counts on an ensemble's own
    faster law holds a few numbers a sample and one matrix.
    """
    estimator, dim, size = spec.estimator, spec.source.dim, spec.batch
    own = getattr(estimator, "memory", None)
    if callable(own):
        return int(own(spec.source, size))
    if getattr(estimator, "route", None) == "fast":
        return 8 * (FAST * size + COPIES * dim**2)
    return 8 * COPIES * size * dim**2


def run_bytes(spec: Spec, jobs: int, kind: str) -> int:
    """Bytes of a run with so many workers; those of a cluster are not on this machine."""
    batch = max(batch_bytes(spec), WORKSPACE)
    if kind == "dask":
        return PROCESS + batch
    processes = 1 if jobs == 1 or kind == "threading" else jobs + 1
    return processes * PROCESS + jobs * batch


def check_memory(specs: Iterable[Spec], allowed: int, jobs: int, kind: str) -> None:
    """Refuse a run of which some row would not fit.

    Raises
    ------
    ValueError
        With what would fit: fewer workers, or as much memory as one needs.
    """
    for spec in specs:
        needed = run_bytes(spec, jobs, kind)
        if needed > allowed:
            fitting = [n for n in range(1, jobs) if run_bytes(spec, n, kind) <= allowed]
            least = run_bytes(spec, 1, kind)
            way_out = f"--jobs {fitting[-1]}" if fitting else f"{_written(least)} and one worker"
            raise ValueError(
                f"max_memory {_written(allowed)} is too little: {spec.ref} d={spec.source.dim} "
                f"with {jobs} workers needs about {_written(needed)}; {way_out} would fit"
            )


def parse_bytes(name: str, value: int | str) -> int:
    """Bytes from an integer, or text such as ``500M`` or ``2G`` (powers of 1024).

    Raises
    ------
    ValueError, TypeError
        If it is no positive number of bytes.
    """
    if isinstance(value, str):
        match = re.fullmatch(r"([0-9]{1,15})([KMGT]?)B?", value.strip().upper(), re.ASCII)
        if match is None:
            raise ValueError(f"{name} must be a number of bytes such as 500M or 2G, got {value!r}")
        value = int(match[1]) * _SUFFIXES[match[2]]
    return integer(name, value, low=1)


def _written(amount: int) -> str:
    return f"{-(-amount // 2**20)}M"
