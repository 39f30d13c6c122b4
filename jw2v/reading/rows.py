"""The text in a column of a file of rows: JSON Lines, and values separated by commas or tabs."""

import csv
import io
import json
import reprlib
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from jw2v.reading import text
from jw2v.reading.text import AnyPath

__all__ = ["SUFFIXES", "is_rows", "of_file"]

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_OBJECTS = (".jsonl", ".ndjson")
SUFFIXES = (*_SEPARATORS, *_OBJECTS)
"""Those of files of rows, below that of their packing."""
_LONGEST = 1 << 28
"""Characters of a line or a value at the most."""


def is_rows(path: AnyPath) -> bool:
    """Whether a file is read as rows, by its suffix."""
    return text.suffix(path) in SUFFIXES


def of_file(path: AnyPath, column: str | None) -> Iterator[tuple[pa.Array, int]]:
    """The values of a column, strings or lists of strings, and how far into the file they reach.

    The first row of values that are separated names the columns. A JSON object that lacks the
    column is passed over, as one where it is null; one at least must have it.

    Raises:
        ValueError: no column is named, there is none of this name, or a row is not what the suffix
            of the file promises.
    """
    separated = text.suffix(path) in _SEPARATORS
    with text.unpacked(path) as (file, stream):
        decoded = io.TextIOWrapper(stream, "utf-8-sig", newline="" if separated else "\n")
        try:
            lines = _lines(decoded, path)
            values = _separated(lines, path, column) if separated else _objects(lines, path, column)
            for rows in _batches(values):
                yield rows, file.tell()
        except UnicodeError as error:
            raise ValueError(f"{path}: {error}: expected text in UTF-8") from None
        finally:
            decoded.detach()


def _lines(decoded: io.TextIOWrapper, path: AnyPath) -> Iterator[str]:
    while line := decoded.readline(_LONGEST):
        if len(line) == _LONGEST:
            raise ValueError(
                f"{path}: a line of more than {_LONGEST:,} characters: expected a row a line"
            )
        yield line


def _batches(values: Iterator[str | list[str]]) -> Iterator[pa.Array]:
    """Runs of values of one kind, about a chunk of memory each."""
    rows: list[str | list[str]] = []
    size = 0
    for value in values:
        if rows and (size >= text.CHUNK_BYTES or type(value) is not type(rows[0])):
            yield _array(rows)
            rows, size = [], 0
        rows.append(value)
        size += len(value) if isinstance(value, str) else 8 + sum(map(len, value))
    if rows:
        yield _array(rows)


def _array(rows: Sequence[str | list[str]]) -> pa.Array:
    kind = pa.large_string()
    return pa.array(rows, kind if isinstance(rows[0], str) else pa.large_list(kind))


def _separated(lines: Iterator[str], path: AnyPath, column: str | None) -> Iterator[str]:
    csv.field_size_limit(max(_LONGEST, csv.field_size_limit()))
    reader = csv.reader(lines, delimiter=_SEPARATORS[text.suffix(path)], strict=True)
    spread = 0
    try:
        filled = filter(None, reader)
        if not (names := next(filled, [])):
            return
        place = names.index(_chosen(names, path, column))
        for row in filled:
            if len(row) != len(names):
                raise ValueError(
                    f"{path}: line {reader.line_num} ends a row of {len(row)} values: expected"
                    f" {len(names)}, as the first row has. A value with the separator, a quote or"
                    ' a line end in it stands in quotes, "so"'
                )
            spread += "\t" in row[place] and "\n" in row[place]
            yield row[place]
    except csv.Error as error:
        raise ValueError(
            f"{path}: line {reader.line_num}: {error}: a value that begins with a quote must end"
            ' with one, and a quote in it be written twice, "so ""quoted"""'
        ) from None
    if spread and text.suffix(path) == ".tsv":
        warnings.warn(
            f"{path}: {spread:,} values begin with a quote and end with one in a later row: all"
            " between was read as one value. If quotes mean nothing in this file, cut out the"
            " column first (cut -f2)",
            UserWarning,
            stacklevel=2,
        )


def _objects(lines: Iterator[str], path: AnyPath, column: str | None) -> Iterator[str | list[str]]:
    names: dict[str, None] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            wrong = getattr(error, "msg", error)
            raise ValueError(f"{path}: line {number} is not JSON: {wrong}") from None
        if not isinstance(row, dict):
            raise ValueError(
                f"{path}: line {number} is {reprlib.repr(row)}: expected a JSON object a line, such"
                ' as {"text": "a sentence"}'
            )
        column = _chosen(list(row), path, None) if column is None else column
        if column not in row:
            names = names or dict.fromkeys(row)
            continue
        names = {column: None}
        if (value := row[column]) is not None:
            yield _text_or_tokens(value, column, number, path)
    if names and column is not None and column not in names:
        _chosen(list(names), path, column)


def _text_or_tokens(value: Any, column: str, line: int, path: AnyPath) -> str | list[str]:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    if isinstance(value, str):
        return value
    raise ValueError(
        f"{path}: line {line}: {column!r} is {reprlib.repr(value)}: expected a string, or a list of"
        " strings, which are tokens"
    )


def _chosen(names: Sequence[str], path: AnyPath, column: str | None) -> str:
    if column is not None and names.count(column) == 1:
        return column
    there = f"The columns are: {', '.join(map(repr, names))}"
    if column is not None:
        wrong = "several columns" if column in names else "no column"
        raise ValueError(
            f"{path}: {wrong} {column!r}. Expected column= the name of the text. {there}"
        )
    raise ValueError(
        f"{path}: which column is the text? Say column= its name: of the whole file its marks would"
        f" be learnt as words. {there}. (A plain text is read as it stands when it is named .txt.)"
    )
