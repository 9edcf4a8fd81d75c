"""Random streams as addresses: where a stream is used decides what it is."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(root: str, *address: int) -> np.random.Generator:
    """Return the generator that lives at ``address`` below ``root``.

    The stream is a pure function of its address: it holds no state between calls, so a result
    cannot depend on how many workers there were, in which order batches ran, or whether the run
    was resumed.

    Parameters
    ----------
    root : str
        Any text, as a rule the digest of a :class:`~critpoints.study.spec.Spec`.
    *address : int
        Non-negative integers, e.g. the number of the batch.

    Returns
    -------
    numpy.random.Generator
        PCG64DXSM seeded by ``SeedSequence(words of SHA-256(root), spawn_key=address)``.

    References
    ----------
    O'Neill, M. E. (2015), "Developing a seed_seq alternative"; NumPy, "Parallel random number
    generation".
    """
    words = np.frombuffer(hashlib.sha256(root.encode()).digest(), dtype="<u4")
    sequence = np.random.SeedSequence([int(w) for w in words], spawn_key=address)
    return np.random.Generator(np.random.PCG64DXSM(sequence))
