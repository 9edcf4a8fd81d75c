"""Random saddles are remembered by their stream, and nothing that is drawn changes by it."""

from __future__ import annotations

from critpoints.escape import RandomProblem, drawn
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
    assert draw(RandomProblem(2, radius=0.3), 0)[0] is not first


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(drawn, "_KEPT", 2)
    drawn._RECENT.clear()
    saddles = [draw(RandomProblem(1), number)[0] for number in range(4)]
    assert len(drawn._RECENT) == 2
    assert draw(RandomProblem(1), 3)[0] is saddles[3]
    assert draw(RandomProblem(1), 0)[0] is not saddles[0]
