"""One grammar for every object: ``REF = NAME | package.module:Class``, then ``[:key=value,…]``.

The dimension is swept and never a key. Values take the type of the field that they set; a list
is written with slashes (``spectrum=-.7/1/1``).
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from critpoints.validation import nearest


@dataclass(frozen=True)
class Entry:
    """A named object: a class with some of its fields preset."""

    cls: type
    preset: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Ref:
    """A parsed reference: ``ref(dim)`` builds the object."""

    name: str
    cls: type
    preset: Mapping[str, Any]
    keys: Mapping[str, Any]
    kind: str = "object"

    def __call__(self, dim: int) -> Any:
        """Build the object in dimension ``dim``; its own validation speaks."""
        check_dim_first(self.kind, self.cls)
        return self.cls(dim, **self.preset, **self.keys)

    def __str__(self) -> str:
        return canonical(self.name, self.cls, self.keys)


def parse(text: str, registry: Mapping[str, Entry], kind: str) -> Ref:
    """Parse a reference against the registry of its kind.

    Raises
    ------
    ValueError
        If the name or a key is unknown (nearest names are given), or a value does not fit.
    """
    if not isinstance(text, str):
        raise TypeError(
            f"{kind} must be a reference such as {next(iter(registry))!r}, got {text!r}"
        )
    name, keys_text = _split(text, registry)
    entry = _lookup(name, registry, kind)
    allowed = {k: t for k, t in parameters(entry.cls).items() if k not in entry.preset}
    keys: dict[str, Any] = {}
    for item in filter(None, keys_text.split(",")):
        key, equals, value = item.partition("=")
        key = key.strip()
        if not equals:
            raise ValueError(f"{kind} {text!r}: {item!r} is not key=value")
        if not allowed:
            raise ValueError(f"{kind} {name!r} has no keys, got {key!r}")
        if key not in allowed:
            raise ValueError(f"{kind} {name!r} has no key {key!r}{nearest(key, allowed)}")
        if key in keys:
            raise ValueError(f"{kind} {text!r}: key {key!r} is given twice")
        keys[key] = _convert(f"{kind} {name!r}: {key}", value.strip(), allowed[key])
    return Ref(name, entry.cls, entry.preset, keys, kind)


def check_dim_first(kind: str, cls: type) -> None:
    """Refuse a class that cannot be made in any dimension asked for.

    Raises
    ------
    TypeError
        If the first argument of its constructor is not ``dim``.
    """
    if next(iter(_arguments(cls)), None) != "dim":
        raise TypeError(
            f"{kind} {cls.__qualname__} cannot be made in a dimension: it must be a frozen "
            "dataclass whose first field is dim"
        )


def parameters(cls: type) -> dict[str, Any]:
    """Constructor fields and their types, the dimension left out."""
    if not dataclasses.is_dataclass(cls):
        names = [p for p in _arguments(cls) if p != "dim"]
        return dict.fromkeys(names, str)
    hints = typing.get_type_hints(cls)
    return {f.name: hints[f.name] for f in dataclasses.fields(cls) if f.init and f.name != "dim"}


def canonical(name: str, cls: type, keys: Mapping[str, Any]) -> str:
    """Reference with its non-default keys in the order of the fields."""
    defaults = (
        {f.name: f.default for f in dataclasses.fields(cls)}
        if dataclasses.is_dataclass(cls)
        else {}
    )
    shown = [
        f"{key}={_text(keys[key])}"
        for key in parameters(cls)
        if key in keys and keys[key] != defaults.get(key, dataclasses.MISSING)
    ]
    return name + (":" + ",".join(shown) if shown else "")


def describe(obj: Any, registry: Mapping[str, Entry]) -> str:
    """Canonical reference of an instance: the registered name that fits it best."""
    cls, values = type(obj), fields(obj)
    fitting = [
        (len(entry.preset), name, entry)
        for name, entry in registry.items()
        if entry.cls is cls and all(values.get(k) == v for k, v in entry.preset.items())
    ]
    if not fitting:
        return canonical(qualified(cls), cls, values)
    _, name, entry = max(fitting, key=lambda item: item[0])
    return canonical(name, cls, {k: v for k, v in values.items() if k not in entry.preset})


def qualified(named: Any) -> str:
    """``module:Class``, and for what the script that is run defines what importing it would say.

    So a class is the same whether its file is run or imported. At a prompt, where there is no
    file, the module stays ``__main__``.
    """
    module = str(named.__module__)
    if module == "__main__":
        main = sys.modules["__main__"]
        spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
        module = spec.name if spec else Path(file).stem if file else module
    return f"{module}:{named.__qualname__}"


def fields(obj: Any) -> dict[str, Any]:
    """The values of the constructor's fields, the dimension left out."""
    if not dataclasses.is_dataclass(obj):
        return {}
    return {
        f.name: getattr(obj, f.name) for f in dataclasses.fields(obj) if f.init and f.name != "dim"
    }


def _arguments(cls: type) -> list[str]:
    """Names of the constructor's arguments; none where Python does not know them."""
    try:
        return list(inspect.signature(cls).parameters)
    except ValueError:  # int, and what else is written in C
        return []


def _split(text: str, registry: Mapping[str, Entry]) -> tuple[str, str]:
    """Name and keys; a first token that is no name is a module, and the next its class."""
    first, colon, rest = text.partition(":")
    attribute, _, keys = rest.partition(":")
    if first not in registry and colon and attribute.isidentifier():
        return f"{first}:{attribute}", keys
    return first, rest


def _lookup(name: str, registry: Mapping[str, Entry], kind: str) -> Entry:
    if ":" in name:
        return Entry(_load(name, kind))
    if name not in registry:
        raise ValueError(f"unknown {kind} {name!r}{nearest(name, registry)}")
    return registry[name]


def _load(name: str, kind: str) -> type:
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # importing runs a stranger's code: anything may be raised
        raise ValueError(f"cannot import {kind} {name!r}: {error}") from error
    if not isinstance(found, type):
        raise ValueError(f"{kind} {name!r} is not a class")
    return found


def _convert(label: str, text: str, hint: Any) -> Any:
    readers: dict[Any, Callable[[str], Any]] = {float: float, int: int, str: str, bool: _boolean}
    if typing.get_origin(hint) is tuple:
        item = typing.get_args(hint)[0]
        return tuple(_convert(label, part, item) for part in text.split("/"))
    for option in typing.get_args(hint) or (hint,):
        if option in readers:
            try:
                return readers[option](text)
            except ValueError:
                wanted = option.__name__
                raise ValueError(
                    f"{label} must be a value of type {wanted}, got {text!r}"
                ) from None
    return text


def _boolean(text: str) -> bool:
    values = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    return values[text.lower()] if text.lower() in values else _refuse(text)


def _refuse(text: str) -> bool:
    raise ValueError(text)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return "/".join(_text(v) for v in value)
    return str(value)
