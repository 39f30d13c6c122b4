"""Another code for the functions of a module that is loaded, wherever they are held."""

import gc
import inspect
import sys
import types
from collections import defaultdict
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

__all__ = ["Exchange"]

Code = types.CodeType


class Exchange:
    """The functions of a module that live in this process, and how to change their code."""

    def __init__(self, root: Path, file: str) -> None:
        self._path = str(root / file)
        name = ".".join(Path(file).with_suffix("").parts).removesuffix(".__init__")
        loader = sys.modules[name].__loader__
        assert isinstance(loader, SourceFileLoader)
        self._loader = loader
        self._original = self._compiled(Path(self._path).read_text(encoding="utf-8"))
        places = {
            (name, code.co_firstlineno): (name, i)
            for name, codes in _functions(self._original).items()
            for i, code in enumerate(codes)
        }
        self._alive = [
            (thing, places[thing.__code__.co_qualname, thing.__code__.co_firstlineno])
            for thing in gc.get_objects()
            if isinstance(thing, types.FunctionType) and thing.__code__.co_filename == self._path
        ]

    def plan(self, source: str) -> list[tuple[types.FunctionType, Code]] | None:
        """Each function with its new code; None where that would not be the whole change."""
        changed = self._compiled(source)
        if _outside(changed) != _outside(self._original):
            return None
        codes = _functions(changed)
        planned = [(thing, codes[name][i]) for thing, (name, i) in self._alive]
        if any(thing.__code__.co_freevars != code.co_freevars for thing, code in planned):
            return None
        return planned

    def _compiled(self, source: str) -> Code:
        code: Code = self._loader.source_to_code(source.encode(), self._path)
        return code


def _functions(code: Code) -> dict[str, list[Code]]:
    """All code within a module's, by its qualified name, in order."""
    found: dict[str, list[Code]] = defaultdict(list)
    for part in code.co_consts:
        if isinstance(part, Code):
            found[part.co_qualname].append(part)
            for name, codes in _functions(part).items():
                found[name] += codes
    return found


def _outside(code: Code) -> tuple[Any, ...]:
    """What runs when a module is imported: its code and that of its classes."""
    parts = (
        (None if part.co_flags & inspect.CO_OPTIMIZED else _outside(part))
        if isinstance(part, Code)
        else repr(part)
        for part in code.co_consts
    )
    return code.co_code, code.co_names, *parts
