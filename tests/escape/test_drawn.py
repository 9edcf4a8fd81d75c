"""Random saddles are remembered by their stream, and nothing that is drawn changes by it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from critpoints.census import census
from critpoints.domains import Euclidean
from critpoints.escape import FunctionProblem, RandomProblem, drawn
from critpoints.escape.landscapes import WalledSaddle
from critpoints.landscapes import TorusPolynomial, from_callables
from critpoints.optimizers import GradientDescent, run
from critpoints.protocols import Landscape
from critpoints.seeding import stream


def draw(problem, *address):
    rng = stream("drawn", *address)
    saddle = problem.saddle(rng)
    return saddle, rng.random(3).tolist(), rng.spawn(1)[0].random()


def test_a_remembered_saddle_leaves_the_stream_as_a_drawn_one():
    problem = RandomProblem(2)
    drawn._RECENT.clear()
    first = draw(problem, 0)
    again = draw(problem, 0)
    assert again[0] is first[0]
    assert again[1:] == first[1:]
    drawn._RECENT.clear()
    afresh = draw(problem, 0)
    assert afresh[0] is not first[0]
    assert (afresh[0].point == first[0].point).all()
    assert afresh[1:] == first[1:]


def test_other_streams_and_problems_have_their_own():
    first = draw(RandomProblem(2), 0)[0]
    assert draw(RandomProblem(2), 1)[0] is not first
    assert draw(RandomProblem(2, degree=3), 0)[0] is not first
    assert draw(RandomProblem(2, width=0.3), 0)[0] is not first


@pytest.mark.parametrize("number", range(4))
def test_the_exit_lies_below_every_way_down(number):
    """From a census that lists all: nine tenths of the way to the highest of the lower minima."""
    saddle = draw(RandomProblem(2), number)[0]
    found = census(saddle.landscape, seed=1)
    assert found.complete
    minima = found.values[(found.index == 0) & (found.values < saddle.value)]
    assert saddle.exit.threshold == pytest.approx(0.9 * (saddle.value - minima.max()))
    starts = saddle.point + 1e-3 * np.random.default_rng(number).standard_normal((50, 2))
    ends = run(GradientDescent(0.01), saddle.landscape, saddle.landscape.domain.wrap(starts),
               rng=np.random.default_rng(0), stop=saddle.exit)  # fmt: skip
    assert ends.counts == {"escaped": 50}


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(drawn, "_KEPT", 2)
    drawn._RECENT.clear()
    saddles = [draw(RandomProblem(1), number)[0] for number in range(4)]
    assert len(drawn._RECENT) == 2
    assert draw(RandomProblem(1), 3)[0] is saddles[3]
    assert draw(RandomProblem(1), 0)[0] is not saddles[0]


def test_saddles_of_a_function_are_those_of_its_census():
    """Nine critical points, five of them saddles or the maximum; the minima are never drawn."""
    problem = FunctionProblem(2, law=WalledSaddle(2, index=2))
    assert problem.label == "critpoints.escape.landscapes:WalledSaddle:index=2"
    points = {tuple(np.round(draw(problem, k)[0].point, 8) + 0.0) for k in range(40)}
    assert points == {(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)}
    saddle = draw(problem, 0)[0]
    assert saddle.landscape is problem.law
    assert saddle.exit.threshold == 0.2


def test_saddles_of_a_law_are_those_of_many_functions():
    problem = FunctionProblem(1, law=TorusPolynomial(1, degree=3))
    assert problem.label == "torus:degree=3"
    functions = [draw(problem, k)[0].landscape for k in range(3)]
    assert len({float(f.value(np.zeros((1, 1)))[0]) for f in functions}) == 3


@dataclass
class Mutable(Landscape):
    """Equal ones are not known from one another."""

    dim: int
    domain = Euclidean(2)

    def value(self, x):
        return x[:, 0]

    def gradient(self, x):
        return np.ones_like(x)

    def hessian(self, x):
        return np.zeros((len(x), 2, 2))


@pytest.mark.parametrize(
    ("law", "error", "said"),
    [
        (None, TypeError, "law must be a Landscape or a RandomField"),
        (Mutable(2), TypeError, "law must be hashable"),
        (from_callables(lambda x: x @ x, lambda x: 2 * x, domain=Euclidean(2), batched=False),
         TypeError, "has neither hessian nor hvp"),
        (WalledSaddle(3), ValueError, "dim must be 3"),
    ],
)  # fmt: skip
def test_what_is_no_function_with_saddles_is_refused(law, error, said):
    with pytest.raises(error, match=said):
        FunctionProblem(2, law=law)
