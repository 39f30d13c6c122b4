"""Packages whose names are loaded when they are first used."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

__all__ = ["attach"]


def attach(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of a package: names from their homes, and its modules."""
    module = sys.modules[package]

    def modules() -> set[str]:
        """The public ones: those whose names begin with no underscore."""
        return {found.name for found in iter_modules(module.__path__) if found.name[0] != "_"}

    def getattribute(name: str) -> Any:
        if name in homes:
            value = getattr(import_module(homes[name]), name)
        elif name in modules():
            value = import_module(f"{package}.{name}")
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(module, name, value)
        return value

    def directory() -> list[str]:
        return sorted({*vars(module), *homes, *modules()})

    return getattribute, directory
