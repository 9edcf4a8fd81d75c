"""Escape times from quadratics: closed forms, recursions, brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest

from critpoints.theory.escape import (
    METHODS,
    adagrad_time,
    escape_time,
    far_escape_time,
    predicted,
    recursion,
    stability_edge,
)

LR, GAMMA, BETA = 0.1, 0.7, 0.9
GROWTH = {
    "gd": recursion("gd", GAMMA, lr=LR),
    "momentum": recursion("momentum", GAMMA, lr=LR, momentum=BETA),
    "nesterov": recursion("nesterov", GAMMA, lr=LR, momentum=BETA),
    "saddle-free": recursion("saddle-free", GAMMA, lr=LR),
}


def test_gradient_descent_in_closed_form() -> None:
    found = escape_time(GROWTH["gd"], width=1e-6, radius=1.0)
    rate = math.log(1 + LR * GAMMA)
    mean = (math.log(1e6) + (np.euler_gamma + math.log(2)) / 2) / rate
    assert found.mean == pytest.approx(mean, rel=1e-12)
    assert found.variance == pytest.approx(math.pi**2 / 8 / rate**2, rel=1e-9)


def test_roots() -> None:
    roots = {name: growth.roots[0] for name, growth in GROWTH.items()}
    wanted = {"gd": 1.07, "momentum": 1.25, "nesterov": 1.281589, "saddle-free": 1.1}
    assert roots == pytest.approx(wanted, abs=5e-7)
    for growth in GROWTH.values():
        larger, smaller = growth.roots
        assert larger + smaller == pytest.approx(growth.p)
        assert larger * smaller == pytest.approx(growth.q, abs=1e-15)
    damped = recursion("saddle-free", GAMMA, lr=LR, damping=0.3)
    assert damped.roots[0] == pytest.approx(1 + LR * GAMMA / (GAMMA + 0.3))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("directions", [1, 2, 5])
def test_far_starts_meet_the_dominant_root_with_its_amplitude(method, directions) -> None:
    exact = escape_time(GROWTH[method], width=1e-12, radius=1.0, directions=directions)
    far = far_escape_time(GROWTH[method], width=1e-12, radius=1.0, directions=directions)
    assert exact.mean == pytest.approx(far.mean, rel=1e-10)
    assert exact.variance == pytest.approx(far.variance, rel=1e-6)
    near = escape_time(GROWTH[method], width=1.0, radius=1.0, directions=directions)
    off = far_escape_time(GROWTH[method], width=1.0, radius=1.0, directions=directions)
    assert abs(near.mean - off.mean) > 0.05


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("directions", "width"), [(1, 0.3), (3, 0.05)])
def test_against_brute_force_over_a_million_starts(method, directions, width) -> None:
    growth, runs = GROWTH[method], 10**6
    a = [1.0, growth.first]
    while a[-1] < 1e10:
        a.append(growth.p * a[-1] - growth.q * a[-2])
    rng = np.random.default_rng(3)
    chi = np.linalg.norm(rng.standard_normal((runs, directions)), axis=1)
    far = np.maximum(np.log(1 / (width * chi)), 0.0)
    times = np.interp(far, np.log(a), np.arange(len(a)))
    found = escape_time(growth, width=width, radius=1.0, directions=directions)
    assert abs(times.mean() - found.mean) < 4 * math.sqrt(found.variance / runs)
    spread = np.std((times - found.mean) ** 2) / math.sqrt(runs)
    assert abs(np.mean((times - found.mean) ** 2) - found.variance) < 4 * spread
    wrong = far_escape_time(growth, width=2 * width, radius=1.0, directions=directions)
    assert abs(times.mean() - wrong.mean) > 4 * math.sqrt(found.variance / runs)  # the control


def test_no_momentum_is_gradient_descent() -> None:
    plain = escape_time(GROWTH["gd"], width=1e-3, radius=1.0)
    for method in ("momentum", "nesterov"):
        growth = recursion(method, GAMMA, lr=LR, momentum=0.0)
        found = escape_time(growth, width=1e-3, radius=1.0)
        assert found.mean == pytest.approx(plain.mean, rel=1e-12)


def test_slow_and_no_growth() -> None:
    slow = recursion("momentum", 1e-8, lr=0.1, momentum=0.99)
    found = escape_time(slow, width=1e-3, radius=1.0)
    far = far_escape_time(slow, width=1e-3, radius=1.0)
    assert found.mean == pytest.approx(far.mean, rel=1e-3)
    assert escape_time(recursion("gd", 1e-20, lr=0.1), width=1e-3, radius=1.0) is None


@pytest.mark.parametrize("method", METHODS[:3])
@pytest.mark.parametrize("lr", [1e160, 1e300])
def test_a_step_beyond_all_bounds_is_a_small_part_of_a_step(method, lr) -> None:
    """Where squares overflow: out within the first step, at ln(1/(sχ))/ln a₁."""
    growth = recursion(method, 1.0, lr=lr, momentum=0.0 if method == "gd" else BETA)
    found = escape_time(growth, width=1e-3, radius=1.0)
    wanted = (math.log(1e3) + (np.euler_gamma + math.log(2)) / 2) / math.log(growth.first)
    assert found.mean == pytest.approx(wanted, rel=1e-9)
    assert escape_time(recursion(method, 10.0, lr=1e308), width=1e-3, radius=1.0) is None


def test_adagrad() -> None:
    assert adagrad_time(1e-200, 1.0) == math.inf
    assert math.ceil(adagrad_time(0.01, 1.0)) == 1263
    assert adagrad_time(0.01, 1.0) == pytest.approx(1 / (8 * 0.01**2), rel=0.011)
    assert adagrad_time(1e-4, 1.0) == 1 / (8 * 1e-4**2)
    assert adagrad_time(0.01, 1.0, 4) == pytest.approx(adagrad_time(0.01, 0.5))
    assert adagrad_time(0.1, 0.1) == 1.0


def test_edges_of_stability() -> None:
    assert stability_edge("gd", 4.0) == 0.5
    assert stability_edge("momentum", 4.0, 0.9) == pytest.approx(0.95)
    assert stability_edge("nesterov", 4.0, 0.9) == pytest.approx(3.8 / (2.8 * 4))
    for method in ("gd", "momentum", "nesterov"):  # a root of modulus one at the edge
        edge = stability_edge(method, 3.0, 0.0 if method == "gd" else BETA)
        for factor, stable in ((0.999, True), (1.001, False)):
            h, b = -3.0 * edge * factor, 0.0 if method == "gd" else BETA
            p, q = ((1 + b) * (1 + h), b * (1 + h)) if method == "nesterov" else (1 + b + h, b)
            assert (np.abs(np.roots([1, -p, q])).max() < 1) == stable


SETTINGS = {"lr": LR, "clip": None, "sigma": (0.0,)}
SADDLE = {"curvatures": (GAMMA,), "width": 1e-3, "radius": 1.0}


def test_predicted_knows_what_it_does_not_know() -> None:
    assert predicted("gd", SETTINGS, **SADDLE).exact
    assert not predicted("adagrad", SETTINGS, **SADDLE).exact
    for settings in ({"sigma": (0.1,)}, {"clip": 1.0}, {"lr": lambda _: LR}):
        assert predicted("gd", SETTINGS | settings, **SADDLE) is None
    for saddle in ({"curvatures": (1.0, 2.0)}, {"width": 0.0}):
        assert predicted("gd", SETTINGS, **SADDLE | saddle) is None
    for method in ("adam", "newton", "perturbed", None):
        assert predicted(method, SETTINGS, **SADDLE) is None
    assert predicted("adagrad", SETTINGS, **SADDLE | {"width": 0.1}) is None
    unequal = SADDLE | {"curvatures": (1.0, 2.0)}
    assert predicted("saddle-free", SETTINGS | {"damping": 0.1}, **unequal) is None
    blind = predicted("saddle-free", SETTINGS | {"damping": 0.0}, **unequal)
    assert blind == predicted("saddle-free", SETTINGS, **SADDLE | {"curvatures": (GAMMA, GAMMA)})


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: recursion("adam", 1.0, lr=0.1), "method"),
        (lambda: recursion("gd", 0.0, lr=0.1), "curvature"),
        (lambda: recursion("gd", 1.0, lr=-0.1), "lr"),
        (lambda: recursion("momentum", 1.0, lr=0.1, momentum=1.0), "momentum"),
        (lambda: escape_time(GROWTH["gd"], width=0.0, radius=1.0), "width"),
        (lambda: escape_time(GROWTH["gd"], width=1.0, radius=1.0, directions=0), "directions"),
        (lambda: stability_edge("adam", 1.0), "method"),
        (lambda: stability_edge("gd", 0.0), "largest"),
    ],
)
def test_bad_arguments(call, what) -> None:
    with pytest.raises(ValueError, match=what):
        call()
