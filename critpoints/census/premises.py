"""Whether an Euler sum can be used: poles and kinks void it.

Neither is seen by sampling alone. A singular place is hunted: from the largest Hessians of a
sample a search climbs, with steps that halve whenever they lead no further up. About a smooth
maximum ‖H‖ settles while the steps shrink; towards a pole, a cusp or a cone it grows with every
one. A kink, where the gradient jumps, separates regions: it is cornered on chords, by halving to
the part over which the gradient changes most, where the change of a smooth function halves too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from critpoints.landscapes.differences import widths
from critpoints.protocols import BoolArray, FloatArray, Landscape
from critpoints.validation import shown

_SAMPLE = 512
_WHOLE = 32  # dimension up to which ‖H‖ is that of the whole matrix
_CLIMBERS = 16
_RANDOM = 10  # tries of a step, besides those along the gradient
_ALONG = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)  # steps along the gradient, in that of the search
_ROUNDS = 200
_FIRST, _MIDDLE, _LAST = -3, -16, -28  # steps as powers of two of the domain's width
_GROWTH = 8.0  # of ‖H‖ between the last two: |x|^-1/4 and steeper
_SETTLED = -10  # steps at which a climber is given up that grows no more
_CHORDS = 64
_HALVINGS = 26
_TAIL = 12  # the last halvings, over which a smooth gradient's change falls by 2^12
_FALL = 2.0**9
_ROUNDED = 1e-9  # of a gradient: a smaller jump may be rounding
_JUMP = 1e-6  # of the change over the whole chord, which a jump must keep


def obstacle(landscape: Landscape, seed: int = 0) -> str:
    """Why no Euler sum applies to a function, empty if nothing is in the way.

    A function of proven bounds is smooth and not examined.
    """
    rng = np.random.default_rng(seed)
    x = landscape.domain.sample(rng, _SAMPLE)
    if landscape.bounds_proven or landscape.lagrangian(x[:1]) is not None:
        return ""
    with np.errstate(all="ignore"):
        place = _singular(landscape, x, rng)
        if place is not None:
            return f"the function or a derivative is unbounded or undefined near x = {shown(place)}"
        place = _kink(landscape, x)
        return "" if place is None else f"the gradient jumps near x = {shown(place)}"


def jumps(landscape: Landscape, points: FloatArray, seed: int = 0) -> BoolArray:
    """Where the Hessian jumps by as much as its smallest eigenvalue: shape (m,).

    Such a critical point has no index; ``x |x|`` has one at 0.
    """
    rng = np.random.default_rng(seed)
    domain = landscape.domain
    way = widths(domain) * rng.choice([-1.0, 1.0], points.shape)
    changes = []
    with np.errstate(all="ignore"):
        for share in (2.0**-18, 2.0**-24):
            move = domain.tangent(points, share * way)
            ends = [_moved(landscape, points, sign * move) for sign in (-1, 1)]
            gap = np.subtract(*(_safely(landscape.hessian, x) for x in ends))
            changes.append(np.linalg.norm(gap, axis=(1, 2)))
        basis = domain.basis(points)
        whole = basis.swapaxes(1, 2) @ _safely(landscape.hessian, points) @ basis
        smallest = np.full(len(points), np.nan)
        usable = np.isfinite(whole).all(axis=(1, 2))
        smallest[usable] = np.abs(np.linalg.eigvalsh(whole[usable])).min(axis=1)
        smooth = (changes[1] < smallest / 2) | (changes[1] < changes[0] / 8)
    return ~np.asarray(smooth)


def _singular(landscape: Landscape, x: FloatArray, rng: np.random.Generator) -> FloatArray | None:
    """A place about which ‖H‖ grows as long as steps can be told apart, or None."""
    size, gradient = _size(landscape, x)
    at = np.argsort(-size, kind="stable")[:_CLIMBERS]
    climb = _Climb(landscape, x[at], size[at], gradient[at])
    for _ in range(_ROUNDS):
        if not np.isfinite(climb.size).all():
            return np.asarray(climb.x[np.argmin(np.isfinite(climb.size))])
        climb.round(rng)
        climb.drop()
        if not len(climb.x):
            return None
        grown = (climb.power <= _LAST) & (climb.size >= _GROWTH * climb.middle)
        if grown.any():
            return np.asarray(climb.x[np.argmax(grown)])
    return None


@dataclass
class _Climb:
    """Searches uphill on ‖H‖, all at once.

    ``settled`` and ``middle`` are the sizes at which the steps came down to 2^-6 and 2^-16 of the
    domain's width.
    """

    landscape: Landscape
    x: FloatArray
    size: FloatArray
    gradient: FloatArray

    def __post_init__(self) -> None:
        self.power = np.full(len(self.x), _FIRST)
        self.settled = np.full(len(self.x), np.nan)
        self.middle = np.full(len(self.x), np.nan)
        self.width = widths(self.landscape.domain)

    def round(self, rng: np.random.Generator) -> None:
        """Try steps; take the best, or halve."""
        count, ambient = self.x.shape
        length = np.linalg.norm(self.gradient / self.width, axis=1, keepdims=True)
        toward = np.nan_to_num(self.gradient / self.width / np.where(length > 0, length, 1.0))
        ways = np.concatenate(
            [
                np.array(_ALONG)[:, None, None] * toward,
                rng.uniform(-1, 1, (_RANDOM, count, ambient)),
            ]
        )
        moves = ways * self.width * 2.0 ** self.power[:, None].astype(float)
        tries = np.concatenate([_moved(self.landscape, self.x, move) for move in moves])
        size, gradient = _size(self.landscape, tries)
        best = size.reshape(len(ways), count).argmax(axis=0) * count + np.arange(count)
        up = size[best] > 1.05 * self.size
        self.x = np.where(up[:, None], tries[best], self.x)
        self.gradient = np.where(up[:, None], gradient[best], self.gradient)
        self.size = np.where(up, size[best], self.size)
        self.power = self.power - ~up
        self.settled = np.where(~up & (self.power == _SETTLED + 4), self.size, self.settled)
        self.middle = np.where(~up & (self.power == _MIDDLE), self.size, self.middle)

    def drop(self) -> None:
        """Give up where ‖H‖ has settled, or steps are lost in the rounding of x."""
        lost = 2.0 ** self.power.astype(float) * self.width.min() < 64 * np.spacing(
            np.abs(self.x).max(axis=1)
        )
        flat = (self.power <= _SETTLED) & ~(self.size > 1.5 * self.settled)
        flat |= (self.power <= _LAST) & ~(self.size >= _GROWTH * self.middle)
        keep = ~(lost | flat)
        for name in ("x", "size", "gradient", "power", "settled", "middle"):
            setattr(self, name, getattr(self, name)[keep])


def _kink(landscape: Landscape, x: FloatArray) -> FloatArray | None:
    """A place where the gradient changes over no distance, or None."""
    domain = landscape.domain
    low, high = x[:_CHORDS], x[_CHORDS : 2 * _CHORDS]
    start, end = (_gradient(landscape, y) for y in (low, high))
    changes = [np.linalg.norm(end - start, axis=1)]
    for _ in range(_HALVINGS):
        middle = domain.wrap((low + high) / 2)
        here = _gradient(landscape, middle)
        below = np.linalg.norm(here - start, axis=1)
        above = np.linalg.norm(end - here, axis=1)
        lower = (below >= above)[:, None]
        low, start = np.where(lower, low, middle), np.where(lower, start, here)
        high, end = np.where(lower, middle, high), np.where(lower, here, end)
        changes.append(np.linalg.norm(end - start, axis=1))
    kept = changes[-1] * _FALL > changes[-1 - _TAIL]
    jump = kept & (changes[-1] > _JUMP * np.max(changes, axis=0))
    # Numbers next to each other have gradients that differ by rounding.
    size = np.maximum(np.linalg.norm(start, axis=1), np.linalg.norm(end, axis=1))
    jump &= changes[-1] > _ROUNDED * size
    return np.asarray(high[np.argmax(jump)]) if jump.any() else None


def _moved(landscape: Landscape, x: FloatArray, move: FloatArray) -> FloatArray:
    """Points moved, held inside a box."""
    domain = landscape.domain
    reached = domain.retract(x, domain.tangent(x, move))
    ends = getattr(domain, "ends", None)
    return reached if ends is None else np.clip(reached, *ends)


def _size(landscape: Landscape, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """‖H‖, infinite where anything is not finite, and gradients.

    In many dimensions of a few products only, one of them with the gradient.
    """
    value, gradient = _safely(landscape.value, x), _gradient(landscape, x)
    if x.shape[1] <= _WHOLE or not landscape.matrix_free:
        bent = _safely(landscape.hessian, x).reshape(len(x), -1)
    else:
        length = np.linalg.norm(gradient, axis=1, keepdims=True)
        rng = np.random.default_rng(0)
        ways = [gradient / np.where(length > 0, length, 1.0)]
        ways += [np.broadcast_to(w, x.shape) for w in rng.standard_normal((2, x.shape[1]))]
        bent = np.hstack([_safely(landscape.hvp, x, way) for way in ways])
    scale = np.abs(bent).max(axis=1)
    scale = np.where(scale > 0, scale, 1.0)
    size = np.linalg.norm(bent / scale[:, None], axis=1) * scale
    finite = np.isfinite(value) & np.isfinite(gradient).all(axis=1) & np.isfinite(size)
    return np.where(finite, size, np.inf), gradient


def _gradient(landscape: Landscape, x: FloatArray) -> FloatArray:
    return _safely(landscape.gradient, x)


def _safely(function: Callable[..., FloatArray], *batches: FloatArray) -> FloatArray:
    """A function of points, NaN at those where it raises an error."""
    try:
        return function(*batches)
    except (ArithmeticError, ValueError):
        count = len(batches[0])
        if count == 1:
            return _nothing(function, *batches)
    half = count // 2
    parts = (tuple(b[:half] for b in batches), tuple(b[half:] for b in batches))
    return np.concatenate([_safely(function, *part) for part in parts])


def _nothing(function: Callable[..., FloatArray], x: FloatArray, *_: FloatArray) -> FloatArray:
    """NaN in the shape that a method of a landscape returns for one point."""
    shape = {"value": (1,), "hessian": (1, x.shape[1], x.shape[1])}
    return np.full(shape.get(function.__name__, x.shape), np.nan)
