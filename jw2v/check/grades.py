"""What submissions get: points for each part, for people, as JSON and as JUnit XML."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from jw2v.check.report import Report, title
from jw2v.storage.files import replacing_together

__all__ = ["NOT_RETURNED", "Grade", "Mark", "check_destinations", "number", "save_grades"]

NOT_RETURNED = "not returned"
"""What is said of a part that a function does not return."""


@dataclass(frozen=True)
class Mark:
    """What one part of a function gets."""

    subject: str
    """what the function is, such as ``negative_sampling``"""
    part: str
    """``loss``, or what the gradient is by, such as ``U``"""
    statement: str
    """the id of the statement that says what it should be"""
    points: float
    possible: float
    says: str
    """"right", or the names of the mistakes"""
    trouble: str = ""
    """why the function cannot be checked, in a sentence"""

    @property
    def right(self) -> bool:
        """Whether all points are given."""
        return self.says == "right"

    def __str__(self) -> str:
        given = f"{number(self.points)} of {number(self.possible)}"
        return f"{self.subject}: {title(self.part)} ({self.statement}): {given}: {self.says}"


@dataclass(frozen=True)
class Grade:
    """What one submission gets; ``str`` of it is for people."""

    student: str
    marks: tuple[Mark, ...]
    reports: Mapping[str, Report] = field(default_factory=dict, repr=False)
    """by the names of the subjects, with the hidden examples"""

    @property
    def points(self) -> float:
        """The sum of its points."""
        return sum(mark.points for mark in self.marks)

    @property
    def possible(self) -> float:
        """The sum of all points that there are."""
        return sum(mark.possible for mark in self.marks)

    @property
    def right(self) -> bool:
        """Whether every part is right."""
        return all(mark.right for mark in self.marks)

    @property
    def trouble(self) -> str:
        """The first reason why a function cannot be checked; else empty."""
        return next((mark.trouble for mark in self.marks if mark.trouble), "")

    def mark(self, subject: str, part: str) -> Mark:
        """The mark of a part.

        Raises:
            KeyError: there are no points for it.
        """
        for each in self.marks:
            if (each.subject, each.part) == (subject, part):
                return each
        raise KeyError(f"there are no points for {part} of {subject}")

    def told(self, show_examples: bool = False) -> dict[str, Report]:
        """Its reports, without the hidden examples unless they are to be shown."""
        if show_examples:
            return dict(self.reports)
        hidden: dict[str, Any] = {"example": None, "results": {}, "expected": {}}
        return {name: replace(report, **hidden) for name, report in self.reports.items()}

    def __str__(self) -> str:
        whose = f"{self.student}: " if self.student else ""
        lines = [f"{whose}{number(self.points)} of {number(self.possible)} points"]
        lines += [f"  {mark}" for mark in self.marks]
        for name, report in self.told().items():
            if report.trouble:
                lines.append(f"  {name} cannot be checked: {report.trouble}.")
        return "\n".join(lines)

    def to_dict(self, show_examples: bool = False) -> dict[str, Any]:
        """The grade for a machine, of what JSON can hold."""
        return {
            "student": self.student,
            "points": self.points,
            "possible": self.possible,
            "right": self.right,
            "marks": [vars(mark) | {"right": mark.right} for mark in self.marks],
            "reports": {
                name: report.to_dict() for name, report in self.told(show_examples).items()
            },
        }


def number(value: float) -> str:
    """Points as people write them.

    >>> number(2.0), number(2 / 3), number(0.0)
    ('2', '0.67', '0')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def check_destinations(*paths: Path | str) -> None:
    """Refuse files that are neither .json nor .xml, and files of one name.

    Raises:
        ValueError: one is.
    """
    for path in paths:
        if Path(path).suffix not in _WRITERS:
            raise ValueError(f"grades are written to .json or .xml (JUnit); got {path}.")
    if len({os.path.realpath(path) for path in paths}) < len(paths):
        raise ValueError("two files of grades have one name.")


def save_grades(grades: Sequence[Grade], *paths: Path | str, show_examples: bool = False) -> None:
    """Write grades, to ``.json`` or to ``.xml`` of JUnit: all files whole, or none.

    The hidden examples, and what was expected there, are in the JSON if ``show_examples``.

    Raises:
        ValueError: a name ends otherwise.
        OSError: a file cannot be written.
    """
    check_destinations(*paths)
    texts = [_WRITERS[Path(path).suffix](grades, show_examples) for path in paths]
    with replacing_together(*paths) as files:
        for file, text in zip(files, texts, strict=True):
            file.write(text)


def _json(grades: Sequence[Grade], show_examples: bool) -> bytes:
    told = [grade.to_dict(show_examples) for grade in grades]
    # Names of files may hold what no text can, so ASCII.
    return (json.dumps(told, indent=2, allow_nan=False) + "\n").encode("ascii")


def _junit(grades: Sequence[Grade], show_examples: bool) -> bytes:
    """A suite for each submission, a case for each part; points are properties."""
    root = ElementTree.Element("testsuites", name="jw2v grade")
    for grade in grades:
        troubled = [mark for mark in grade.marks if mark.trouble]
        wrong = [mark for mark in grade.marks if not mark.right and not mark.trouble]
        counts = {"tests": grade.marks, "failures": wrong, "errors": troubled}
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            {"name": _of_xml(grade.student)} | {k: str(len(v)) for k, v in counts.items()},
        )
        _properties(suite, points=grade.points, possible=grade.possible)
        for mark in grade.marks:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=_of_xml(f"{grade.student}.{mark.subject}"),
                name=f"{title(mark.part)} ({mark.statement})",
            )
            _properties(case, points=mark.points, possible=mark.possible)
            if not mark.right:
                kind = "error" if mark.trouble else "failure"
                said = ElementTree.SubElement(case, kind, message=_of_xml(mark.says))
                said.text = _of_xml(mark.trouble or str(grade.told()[mark.subject]))
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _properties(element: ElementTree.Element, **points: float) -> None:
    inside = ElementTree.SubElement(element, "properties")
    for name, value in points.items():
        ElementTree.SubElement(inside, "property", name=name, value=str(value))


def _of_xml(text: str) -> str:
    """A text without the characters that XML cannot hold, which are told by their numbers."""
    return re.sub(
        "[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]",
        lambda found: f"\\x{ord(found[0]):02x}",
        text,
    )


_WRITERS = {".json": _json, ".xml": _junit}
