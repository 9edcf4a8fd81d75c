"""optax is the reference for update rules: a thousand steps of each, and its adapter."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import jax
import numpy as np
import optax
import pytest

from critpoints.optimizers import (
    AdaGrad,
    Adam,
    AdamW,
    AMSGrad,
    GradientDescent,
    HeavyBall,
    Nesterov,
    Outcome,
    RMSProp,
    run,
)
from critpoints.optimizers.optax import Optax
from critpoints.protocols import Optimizer
from tests.conformance.optimizers import Quadratic, Rayleigh, Well, check_optimizer, path, start

STEPS = 1000

# Where the two say the same thing differently: optax puts AdaGrad's eps inside the root and starts
# its sum at 0.1; it puts RMSProp's inside the root unless told otherwise.
PAIRS: dict[str, tuple[Optimizer, Any]] = {
    "gd": (GradientDescent(0.05), optax.sgd(0.05)),
    "clip": (
        GradientDescent(0.05, clip=0.3),
        optax.chain(optax.clip_by_global_norm(0.3), optax.sgd(0.05)),
    ),
    "momentum": (HeavyBall(0.05, momentum=0.9), optax.sgd(0.05, momentum=0.9)),
    "nesterov": (
        Nesterov(0.05, momentum=0.9),
        optax.sgd(0.05, momentum=0.9, nesterov=True),
    ),
    "adagrad": (
        AdaGrad(0.05, eps=0.0),
        optax.adagrad(0.05, initial_accumulator_value=0.0, eps=0.0),
    ),
    "rmsprop": (
        RMSProp(0.002, beta=0.9, eps=1e-3),
        optax.rmsprop(0.002, decay=0.9, eps=1e-3, eps_in_sqrt=False),
    ),
    "adam": (Adam(0.01), optax.adam(0.01)),
    "adamw": (AdamW(0.01, weight_decay=0.1), optax.adamw(0.01, weight_decay=0.1)),
    "amsgrad": (AMSGrad(0.01), optax.amsgrad(0.01)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_thousand_steps_of_optax(name: str) -> None:
    mine, theirs = PAIRS[name]
    well = Well()
    x = start(well, 5, runs=4)
    one, other = (path(rule, well, x, STEPS, 0) for rule in (mine, Optax(theirs)))
    gap = max(float(np.abs(a.x - b.x).max()) for a, b in zip(one, other, strict=True))
    assert gap < 1e-12


@pytest.mark.parametrize("name", PAIRS)
def test_a_thousand_steps_away_from_a_saddle(name: str) -> None:
    """Relative, where points grow by up to a hundred decades."""
    mine, theirs = PAIRS[name]
    saddle = Quadratic()
    x = 1e-3 * start(saddle, 5, runs=4)
    one, other = (path(rule, saddle, x, STEPS, 0) for rule in (mine, Optax(theirs)))
    gaps = [
        np.abs(a.x - b.x).max(axis=1) / np.linalg.norm(b.x, axis=1)
        for a, b in zip(one, other, strict=True)
    ]
    assert np.max(gaps) < 1e-12
    assert (np.abs(one[-1].x[:, 0]) > 3 * np.abs(x[:, 0])).all()


def test_another_meaning_of_eps_is_seen() -> None:
    """The control: optax's own default for RMSProp."""
    mine, _ = PAIRS["rmsprop"]
    well = Well()
    x = start(well, 5, runs=4)
    theirs = Optax(optax.rmsprop(0.002, decay=0.9, eps=1e-3))
    gap = np.abs(path(mine, well, x, 50, 0)[-1].x - path(theirs, well, x, 50, 0)[-1].x).max()
    assert gap > 1e-4


class Named(Optax):
    """With a name, as the suite asks for; optax's functions cannot be pickled."""

    name, version = "optax", 1


def test_the_adapter_obeys_the_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.conformance.optimizers.check_value", lambda *_: None)
    rule = optax.adam(0.01)
    check_optimizer(lambda: Named(rule))


def test_the_loop_drives_any_transformation() -> None:
    well = Well()
    x = start(well, 6)
    result = run(
        Optax(optax.lion(1e-3, weight_decay=0.0)),
        well,
        x,
        rng=np.random.default_rng(0),
        steps=50,
        record_every=10,
    )
    assert result.counts == {"out_of_budget": 6}
    assert result.path.shape == (6, 6, 3)
    assert np.allclose(np.abs(result.x - x), 0.05)  # 50 steps of ±0.001, no sign turned


def test_noise_of_optax_leaves_a_saddle_if_announced() -> None:
    rule = optax.noisy_sgd(0.1, eta=0.1, gamma=0.0, key=0)
    for noisy, outcome in ((True, Outcome.OUT_OF_BUDGET), (False, Outcome.NEVER_LEAVES)):
        result = run(
            Optax(rule, noisy), Well(), np.zeros((2, 3)), rng=np.random.default_rng(0), steps=5
        )
        assert (result.outcome == outcome).all()


def test_on_the_sphere_updates_are_tangent() -> None:
    landscape = Rayleigh()
    last = path(Optax(optax.sgd(0.05)), landscape, start(landscape, 1), 5, 0)[-1]
    own = path(GradientDescent(0.05), landscape, start(landscape, 1), 5, 0)[-1]
    np.testing.assert_allclose(last.x, own.x, atol=1e-14)


def test_no_setting_of_jax_is_changed() -> None:
    before = jax.numpy.ones(1).dtype
    path(Optax(optax.adam(0.01)), Well(), start(Well(), 1), 3, 0)
    assert jax.numpy.ones(1).dtype == before == np.float32


def test_something_else_is_refused() -> None:
    with pytest.raises(TypeError, match="GradientTransformation"):
        Optax("adam")


def test_without_jax_one_line_says_what_to_install() -> None:
    """The other optimizers do not import it."""
    code = (
        "import sys; sys.modules['jax'] = None\n"
        "from critpoints.optimizers import optimizer; optimizer('adam')\n"
        "from critpoints.optimizers.optax import Optax\n"
        "try: Optax(None)\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (
        done.stdout
        == "optax optimizers need JAX: pip install '.[networks]' in a checkout of critpoints\n"
    )
