"""All that a reference can name, and how an object of given dimension is made from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from critpoints import refs
from critpoints.depth import PRODUCTS, RandomProduct
from critpoints.ensembles import ENSEMBLES
from critpoints.escape import PROBLEMS, FunctionProblem, Problem
from critpoints.landscapes import LANDSCAPES
from critpoints.optimizers import OPTIMIZERS, optimizer
from critpoints.protocols import Ensemble, Landscape, Optimizer, RandomField
from critpoints.refs import Entry
from critpoints.validation import integer

MAX_DIM = 2000
KINDS: Mapping[str, tuple[Mapping[str, Entry], tuple[type, ...]]] = {
    "ensemble": (ENSEMBLES, (Ensemble,)),
    "landscape": (LANDSCAPES, (RandomField, Landscape)),
    "problem": (PROBLEMS, (Problem,)),
    "optimizer": (OPTIMIZERS, (Optimizer,)),
    "product": (PRODUCTS, (RandomProduct,)),
}
"""Registry and base classes by the kind of object."""


def registry_of(cls: type) -> Mapping[str, Entry]:
    """The registry that holds a class; an empty one for a class of somebody else's."""
    for registry, _ in KINDS.values():
        if any(entry.cls is cls for entry in registry.values()):
            return registry
    return {}


def build(kind: str, given: Any, dim: int | None) -> Any:
    """Make an object of dimension ``dim`` from a reference, an instance or a class.

    A landscape given as a problem stands for its saddles, found by a census.

    Raises
    ------
    ValueError, TypeError
        If the reference does not parse, ``dim`` is out of range or missing, or what is made is
        not of this kind.
    """
    registry, bases = KINDS[kind]
    if isinstance(given, bases):
        own: Any = given
        return own if dim is None else replace(own, dim=check_dim(dim))
    if dim is None:
        raise TypeError(f"dim is needed with {given!r}")
    if isinstance(given, type):
        refs.check_dim_first(kind, given)
    make = given if isinstance(given, type) else refs.parse(given, registry, kind)
    made = make(check_dim(dim))
    if kind == "problem" and isinstance(made, Landscape | RandomField):
        made = FunctionProblem(made.dim, law=made)
    if not isinstance(made, bases):
        names = " or ".join(f"critpoints.{base.__name__}" for base in bases)
        raise TypeError(f"{kind} {given!r} is not a subclass of {names}")
    return made


def build_optimizer(given: Any) -> Optimizer:
    """Make an optimizer, which has no dimension, from a reference, an instance or a class.

    Raises
    ------
    ValueError, TypeError
        If the reference does not parse, a hyper-parameter is out of range, or what is made is no
        optimizer.
    """
    made = given() if isinstance(given, type) else given
    return made if isinstance(made, Optimizer) else optimizer(made)


def several(name: str, given: Any, kinds: tuple[type, ...]) -> Sequence[Any]:
    """What a question is about: one object, which is a reference, of ``kinds`` or a class, or many.

    Raises
    ------
    ValueError
        If there is none.
    """
    found: Sequence[Any] = [given] if isinstance(given, (str, type, *kinds)) else list(given)
    if not found:
        raise ValueError(f"{name} must name at least one {name.removesuffix('s')}, got none")
    return found


def parse_dims(dims: str | Iterable[int]) -> list[int]:
    """Dimensions from ``"1-8"``, ``"2,4,6"`` or integers, without repeats, in the order given.

    Raises
    ------
    ValueError, TypeError
        If one is not an integer in 1..2000, or a range runs backwards.
    """
    if isinstance(dims, str):
        return parse_range("dims", dims, MAX_DIM)
    found = [check_dim(d) for d in (dims if isinstance(dims, Iterable) else [dims])]
    if not found:
        raise ValueError("dims must name at least one dimension, got none")
    return list(dict.fromkeys(found))


def parse_range(name: str, text: str, highest: int) -> list[int]:
    """Integers in 1..highest from ``"1-8"`` or ``"2,4,6"``, without repeats."""
    found = [n for part in text.split(",") for n in _range(name, part, text, highest)]
    return list(dict.fromkeys(found))


def check_dim(dim: int) -> int:
    """Refuse what is not an integer in 1..2000."""
    return integer("dims", dim, low=1, high=MAX_DIM)


def _range(name: str, part: str, text: str, highest: int) -> range:
    first, dash, last = part.strip().partition("-")
    if not part.isascii() or not first.isdigit() or (dash and not last.isdigit()):
        raise ValueError(
            f"{name} must be like 1-8 or 2,4,6 with integers in 1..{highest}, got {text!r}"
        )
    low = integer(name, int(first), low=1, high=highest)
    high = integer(name, int(last), low=1, high=highest) if dash else low
    if high < low:
        raise ValueError(f"{name} must run upwards, got {text!r}")
    return range(low, high + 1)
