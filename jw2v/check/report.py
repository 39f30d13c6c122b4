"""What the checker says of a function."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from jw2v.check.records import Example, Formula, Mistake

__all__ = ["Report", "title"]

_LISTED = ("words", "pairs")
"""Parts that are lists, of which is counted what is in them."""


@dataclass(frozen=True)
class Report:
    """What the checker says; ``str`` of it is for people, :meth:`to_dict` for machines."""

    subject: str
    """what was checked"""
    right: bool = False
    """whether every part is right on every example"""
    mistakes: tuple[Mistake, ...] = ()
    """those that give these results on every example"""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """by the name of a mistake, the parts that it explains"""
    remarks: tuple[Mistake, ...] = ()
    """what could be better in a function that may be right"""
    unknown: bool = False
    """whether something is wrong that no known mistake explains"""
    trouble: str = ""
    """why nothing can be said, in a sentence"""
    precision: Literal["double", "single"] = "double"
    """in which results were compared"""
    parts: Mapping[str, bool] = field(default_factory=dict)
    """whether each part of the result is right"""
    example: Example | None = None
    """the smallest on which something wrong shows"""
    results: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """what the function gave there, of the parts that are wrong there"""
    expected: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """what is right there"""
    formula: Formula | None = None
    """the first that differs"""

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        if self.trouble:
            lines = [f"{self.subject}: cannot be checked: {self.trouble}."]
            return lines + (
                ["It was called with", *_arguments(self.example)] if self.example else []
            )
        if self.right:
            said = f"{', '.join(map(title, self.parts))} {_verb(self.parts)}"
            single = ", in single precision" if self.precision == "single" else ""
            lines = [f"{self.subject}: right ({said}{single})."]
            return lines + [f"  but: {each.name}. {each.says}" for each in self.remarks]
        lines = [f"{self.subject}: not right."]
        for each in self.mistakes:
            parts = self.where.get(each.name, ())
            place = f" (in {', '.join(map(title, parts))})" if parts else ""
            lines.append(f"  {each.name}{place}: {each.says}")
        if self.unknown:
            known = {part for parts in self.where.values() for part in parts}
            left = [title(p) for p, right in self.parts.items() if not right and p not in known]
            lines.append(f"  unknown (in {', '.join(left)}): no known mistake gives these results.")
        if fine := [part for part, right in self.parts.items() if right]:
            lines.append(f"  {', '.join(map(title, fine))} {_verb(fine)} right.")
        if self.example:
            lines += ["For example, with", *_arguments(self.example)]
            for part in self.results:
                mine, right = (
                    _number(_listed(part, found[part])) for found in (self.results, self.expected)
                )
                lines += [
                    f"    {title(part)} should be {right}",
                    f"    {f'yours {_verb([part])}':>{len(title(part)) + 10}} {mine}",
                ]
        if self.formula:
            lines.append(f"The first formula that differs is ({self.formula.statement}):")
            lines.append(f"    {self.formula.text}")
        lines += [f"Also: {each.name}. {each.says}" for each in self.remarks]
        return lines

    def to_dict(self) -> dict[str, Any]:
        """The report for a machine, of what JSON can hold: numbers that are not finite are texts.

        >>> Report("sigmoid", right=True, parts={"value": True}).to_dict()["right"]
        True
        """
        return {
            "subject": self.subject,
            "right": self.right,
            "mistakes": [
                {
                    "name": each.name,
                    "says": each.says,
                    "kind": each.kind,
                    "parts": list(self.where.get(each.name, ())),
                }
                for each in self.mistakes
            ],
            "remarks": [{"name": each.name, "says": each.says} for each in self.remarks],
            "unknown": self.unknown,
            "trouble": self.trouble,
            "precision": self.precision,
            "parts": dict(self.parts),
            "example": _plain(self.example.arguments) if self.example else None,
            "results": _plain({p: _listed(p, found) for p, found in self.results.items()}),
            "expected": _plain({p: _listed(p, found) for p, found in self.expected.items()}),
            "statement": self.formula.statement if self.formula else None,
            "formula": self.formula.text if self.formula else None,
        }


def title(part: str) -> str:
    """What people call a part of the result."""
    own = ("loss", "value", *_LISTED)
    return f"the {part}" if part in own else f"the gradient by {part}"


def _verb(parts: Iterable[str]) -> str:
    one, *more = parts
    return "are" if more or one in _LISTED else "is"


def _listed(part: str, array: NDArray[Any]) -> NDArray[Any]:
    """Words and pairs that were counted, as a list of them."""
    if part not in _LISTED:
        return array
    places = np.argwhere(array)
    rows = np.repeat(places, array[tuple(places.T)].astype(int), axis=0)
    return rows[:, 0] if part == "words" else rows


def _arguments(example: Example) -> list[str]:
    return [f"    {name} = {_number(value)}" for name, value in example.arguments.items()]


def _number(value: Any) -> str:
    """Numbers as people write them: [1, 2] and [0.5, -1]."""
    if np.ndim(value):
        return f"[{', '.join(_number(each) for each in value)}]"
    return f"{float(value):.4g}"


def _plain(arrays: Mapping[str, Any]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(each) for each in value]
        return value if isinstance(value, int) or np.isfinite(value) else str(value)

    return {name: plain(np.asarray(value).tolist()) for name, value in arrays.items()}
