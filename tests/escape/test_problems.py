"""Problems: every one is a saddle, starts around it, and an exit that is not yet reached."""

from __future__ import annotations

import math
import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from critpoints import escapes
from critpoints.census import census
from critpoints.curvature import eigen
from critpoints.domains import Euclidean
from critpoints.escape import PROBLEMS, Problem, Saddle, from_saddle
from critpoints.escape.landscapes import WalledSaddle
from critpoints.escape.synthetic import OctopusProblem, QuadraticProblem
from critpoints.landscapes import InvertedWells, MonkeySaddle, from_callables
from critpoints.optimizers import (
    Adam,
    Cubic,
    Distance,
    Drop,
    Exit,
    GradientDescent,
    Outcome,
    SaddleFree,
    run,
)

NAMES = [name for name in PROBLEMS if name != "network-saddle"]  # it has a test of its own
DEGENERATE = {"monkey", "phase-retrieval", "autoencoder"}


def exits(saddle: Saddle) -> tuple[Exit, ...]:
    return (saddle.exit,) if isinstance(saddle.exit, Exit) else tuple(saddle.exit)


@pytest.mark.parametrize("name", NAMES)
def test_a_problem_starts_around_a_saddle(name: str) -> None:
    problem = PROBLEMS[name].cls(4)
    assert problem == PROBLEMS[name].cls(4)
    assert hash(problem) == hash(PROBLEMS[name].cls(4))
    assert pickle.loads(pickle.dumps(problem)) == problem  # noqa: S301 - our own bytes
    assert problem.name == name
    assert problem.population.startswith("runs ")
    saddle = problem.saddle(np.random.default_rng(1))
    point = saddle.point[None]
    assert np.abs(saddle.landscape.gradient(point)).max() < 1e-8
    values = eigen(saddle.landscape, point)[0][0]
    assert (values[0] < -1e-4) == (name != "monkey")
    assert (np.abs(values) < 1e-9).any() == (name in DEGENERATE)
    x = problem.start(saddle, np.random.default_rng(2), 2000)
    domain = saddle.landscape.domain
    assert x.shape == (2000, domain.ambient)
    assert domain.contains(x).all()
    gap = domain.distance(x, np.broadcast_to(saddle.point, x.shape))
    four_errors = 4 * math.sqrt(2 / gap.size / domain.dim)  # of a mean of squared normals
    assert np.mean(gap**2) == pytest.approx(problem.width**2 * domain.dim, rel=four_errors)
    state = GradientDescent().init(saddle.landscape, point)
    for event in exits(saddle):
        assert event.level(saddle.landscape, state)[0] < event.threshold


@pytest.mark.parametrize("name", NAMES)
def test_what_is_drawn_depends_on_the_generator_alone(name: str) -> None:
    problem = PROBLEMS[name].cls(2)
    one, same, other = (problem.saddle(np.random.default_rng(s)) for s in (1, 1, 2))
    assert np.array_equal(one.point, same.point)
    assert np.array_equal(one.point, other.point) == (not problem.random)
    if problem.random:
        x = one.landscape.domain.sample(np.random.default_rng(0), 3)
        assert not np.array_equal(one.landscape.value(x), other.landscape.value(x))


def test_the_octopus_is_left_below_its_last_saddle() -> None:
    problem = OctopusProblem(3)
    saddle = problem.saddle(np.random.default_rng(0))
    known = saddle.landscape.known()
    assert saddle.value == known.values.max() == 0
    last = known.values[known.index == 1].min()
    assert -last < saddle.exit.threshold < -known.values.min()


def test_the_learning_problems_are_left_near_the_next_value() -> None:
    saddle = PROBLEMS["factorisation"].cls(3).saddle(np.random.default_rng(0))
    known = saddle.landscape.known()
    assert saddle.value == pytest.approx(np.unique(known.values)[1])
    gap = np.unique(known.values)[1] - np.unique(known.values)[0]
    assert saddle.exit.threshold == pytest.approx(0.9 * gap)
    tensor = PROBLEMS["tensor"].cls(5, index=3).saddle(np.random.default_rng(0))
    assert (eigen(tensor.landscape, tensor.point[None])[0][0] < 0).sum() == 3
    assert tensor.value == pytest.approx(-1 / 4)
    assert tensor.exit.threshold == pytest.approx(0.9 * (1 / 3 - 1 / 4))


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"quadratic", "monkey"}))
def test_the_way_down_ends_below_the_exit(name: str) -> None:
    """What a run is out at can be reached: the lowest value found lies below it, but not far."""
    problem = PROBLEMS[name].cls(2)
    saddle = problem.saddle(np.random.default_rng(1))
    rule = Cubic()
    x = problem.start(saddle, np.random.default_rng(2), 200)
    found = run(rule, saddle.landscape, x, rng=np.random.default_rng(3), steps=3000)
    fallen = saddle.value - saddle.landscape.value(found.x)
    (event,) = exits(saddle)
    assert np.mean(fallen >= event.threshold) > 0.2
    if name in ("quartic", "plateau", "cliff", "valley", "phase-retrieval"):
        assert event.threshold == pytest.approx(0.9 * fallen.max(), rel=0.01)


@pytest.mark.parametrize("name", ["quartic", "valley", "phase-retrieval", "random", "tensor"])
def test_no_first_step_of_the_length_of_the_rate_is_an_escape(name: str) -> None:
    """At rate 1 Adam's first step is 1 along every axis: nearer the saddle it would be out."""
    problem = PROBLEMS[name].cls(4 if name != "random" else 2)
    saddle = problem.saddle(np.random.default_rng(1))
    x = problem.start(saddle, np.random.default_rng(2), 200)
    found = run(Adam(1.0), saddle.landscape, x, rng=np.random.default_rng(3), steps=1,
                stop=saddle.exit)  # fmt: skip
    assert (found.outcome == Outcome.ESCAPED).mean() < 0.25


@pytest.mark.parametrize(
    ("name", "dim", "keys", "what"),
    [
        ("quadratic", 2, {"width": -1.0}, "width"),
        ("quadratic", 2, {"width": float("nan")}, "width"),
        ("quadratic", 2, {"radius": 0.0}, "radius"),
        ("quadratic", 2, {"index": 0}, "index"),
        ("quadratic", 2, {"spectrum": (1.0, 2.0)}, "spectrum"),
        ("quadratic", 2, {"spectrum": (-1.0,)}, "spectrum"),
        ("quartic", 2, {"index": 3}, "index"),
        ("monkey", 1, {}, "dim"),
        ("monkey", 2, {"drop": 0.0}, "drop"),
        ("plateau", 2, {"softness": 1.0}, "softness"),
        ("cliff", 2, {"depth": 0.0}, "depth"),
        ("octopus", 2, {"tau": 0.0}, "tau"),
        ("valley", 1, {}, "dim"),
        ("phase-retrieval", 1, {}, "dim"),
        ("tensor", 2, {"index": 3}, "index"),
        ("factorisation", 2, {"index": 3}, "index"),
        ("autoencoder", 6, {"index": 4}, "index must be 1 or 2 or 3"),
        ("autoencoder", 3, {}, "dim"),
        ("random", 2, {"degree": 0}, "degree"),
        ("random", 2, {"width": -1.0}, "width"),
        ("spin", 2, {"p": 5}, "p must be"),
    ],
)
def test_bad_parameters(name: str, dim: int, keys: dict, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        PROBLEMS[name].cls(dim, **keys)


def test_starts_outside_the_domain_are_refused() -> None:
    problem = PROBLEMS["monkey"].cls(2, width=10.0)
    saddle = problem.saddle(np.random.default_rng(0))
    with pytest.raises(ValueError, match="width"):
        problem.start(saddle, np.random.default_rng(0), 10)


def test_a_problem_from_any_function_and_a_point_of_its_census() -> None:
    wells = InvertedWells(2)
    found = census(wells)
    place = np.flatnonzero(found.index == 1)[0]
    problem = from_saddle(wells, found.points[place], width=1e-4, radius=0.05)
    assert problem.name is None
    assert problem.label == "from_saddle:InvertedWells"
    saddle = problem.saddle(np.random.default_rng(0))
    (event,) = exits(saddle)
    assert isinstance(event, Distance)
    assert event.basis is not None
    assert event.basis.shape == (2, 1)
    x = problem.start(saddle, np.random.default_rng(0), 20)
    rule = SaddleFree(lr=0.5)
    result = run(rule, wells, x, rng=np.random.default_rng(1), stop=saddle.exit, tol=problem.tol)
    assert result.counts == {"escaped": 20}
    both = from_saddle(wells, found.points[place], radius=0.05, drop=0.001)
    assert [type(e) for e in exits(both.saddle(np.random.default_rng(0)))] == [Distance, Drop]


def test_without_a_hessian_the_distance_is_that_in_any_direction() -> None:
    hill = from_callables(
        lambda x: -(x**2).sum(axis=1), lambda x: -2 * x, domain=WalledSaddle(2).domain
    )
    problem = from_saddle(hill, [0.0, 0.0], radius=0.5)
    (event,) = exits(problem.saddle(np.random.default_rng(0)))
    assert isinstance(event, Distance)
    assert event.basis is None


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        ({}, "radius and drop"),
        ({"point": [0.0], "radius": 1.0}, "point"),
        ({"point": [[0.0, 0.0]], "radius": 1.0}, "point"),
        ({"point": [0.0, np.nan], "radius": 1.0}, "point"),
        ({"radius": 1.0, "width": -1.0}, "width"),
    ],
)
def test_from_saddle_refuses(keys: dict, what: str) -> None:
    given = {"point": [0.0, 0.0], **keys}
    with pytest.raises(ValueError, match=what):
        from_saddle(WalledSaddle(2), **given)


def test_a_minimum_is_no_saddle() -> None:
    with pytest.raises(ValueError, match="negative curvature, and the smallest is 1, not below"):
        from_saddle(WalledSaddle(2), [1.0, 0.0], radius=1.0)
    forced = from_saddle(WalledSaddle(2), [1.0, 0.0], radius=1.0, force=True)
    exit_ = forced.saddle(np.random.default_rng(0)).exit[0]  # type: ignore[index]
    assert isinstance(exit_, Distance)
    assert exit_.basis is None  # in any direction
    with pytest.raises(TypeError, match="force"):
        from_saddle(WalledSaddle(2), [1.0, 0.0], radius=1.0, force=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="landscape"):
        from_saddle(QuadraticProblem(2), [0.0, 0.0], radius=1.0)


@pytest.mark.parametrize("s", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("blind", [False, True])
def test_a_point_that_is_not_critical_is_no_saddle(s: float, blind: bool) -> None:
    """In units of the starts' gradients, whatever those of f: 1e-5 off is near, 1e-3 is not."""
    inner = WalledSaddle(2)
    landscape = from_callables(
        lambda x: s * inner.value(x), lambda x: s * inner.gradient(x),
        None if blind else lambda x: s * inner.hessian(x), domain=Euclidean(2),
    )  # fmt: skip
    for off in (1e-3, 0.3):
        with pytest.raises(ValueError, match=r"critical: \|∇f\| = .* at most .* is allowed"):
            from_saddle(landscape, [off, 0.0], drop=0.1 * s)
        with pytest.raises(ValueError, match="critical"):
            from_saddle(landscape, [0.0, off], drop=0.1 * s)
    assert from_saddle(landscape, [1e-5, 1e-5], drop=0.1 * s).width == 1e-3
    assert from_saddle(landscape, [1e-3, 0.0], drop=0.1 * s, width=0.1).width == 0.1
    assert from_saddle(landscape, [0.3, 0.0], drop=0.1 * s, force=True).force


def test_a_saddle_is_critical_to_within_rounding() -> None:
    """With starts on the point itself there is nothing but rounding to compare with."""
    waves = from_callables(
        lambda x: np.cos(x).sum(axis=1), lambda x: -np.sin(x),
        lambda x: -np.cos(x)[:, :, None] * np.eye(2), domain=Euclidean(2),
    )  # fmt: skip
    assert from_saddle(waves, [np.pi, 0.0], drop=0.1, width=0.0).width == 0
    with pytest.raises(ValueError, match="critical"):
        from_saddle(waves, [3.14159, 0.0], drop=0.1, width=0.0)


def test_a_degenerate_saddle_has_no_curvature_to_leave_by() -> None:
    with pytest.raises(ValueError, match="negative curvature"):
        from_saddle(MonkeySaddle(2), [0.0, 0.0], drop=0.1)
    monkey = from_saddle(MonkeySaddle(2), [0.0, 0.0], drop=0.1, width=0.1, force=True)
    assert escapes(monkey, None, ["gd:lr=.1"], runs=20)["escaped"].tolist() == [20]


def test_the_problem_of_a_user_is_one_method() -> None:
    @dataclass(frozen=True)
    class Mine(Problem):
        def saddle(self, rng: np.random.Generator) -> Saddle:
            return Saddle(WalledSaddle(self.dim), np.zeros(self.dim), Drop(0.1))

    problem = Mine(3, width=0.01)
    assert problem.exact_law() is None
    assert problem.start(
        problem.saddle(np.random.default_rng(0)), np.random.default_rng(0), 5
    ).any()
