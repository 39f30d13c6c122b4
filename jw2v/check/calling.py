"""Calling a learner's function: what it is handed, and how what it returns is understood.

Only NumPy is needed here, so that a process of its own starts quickly.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jw2v.choices import Handed, Layout

__all__ = ["Outcome", "Reading", "call", "one_line"]

_NAMES = {
    "loss": {"loss", "j", "cost"},
    "v_c": {"vc", "v", "center", "centervec", "centerword", "gradcenter"},
    "V": {"v", "vs", "center", "centers", "centervecs", "centervectors", "centerwordvectors"},
    "U": {"u", "us", "outside", "outsidevecs", "outsidevectors", "outsidewordvectors", "uw"},
    "value": {"value", "y", "s", "out"},
}
"""What parts are called in a dict, without underscores, and without "grad" or "d" before them."""


@dataclass(frozen=True)
class Reading:
    """How results are to be understood, for one example."""

    shapes: Mapping[str, tuple[int, ...]]
    """of each part, by its name"""
    tables: frozenset[str]
    layout: Layout = "rows"
    arrays: Handed = "numpy"
    counted: bool = False
    """whether the result is a list of words, or of pairs of them, to be counted"""


@dataclass(frozen=True)
class Outcome:
    """What came of one call."""

    parts: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    trouble: str = ""
    """why there are no parts, in a sentence"""
    changed: tuple[str, ...] = ()
    """arguments that it changed"""
    repeats: bool = True
    """whether a second call gave the same"""


class _Trouble(Exception):
    """What comes back cannot be understood."""


def call(function: Callable[..., Any], arguments: Mapping[str, Any], reading: Reading) -> Outcome:
    """Call it twice, and see what comes back."""
    try:
        parts, changed = _once(function, arguments, reading)
        again, _ = _once(function, arguments, reading)
    except _Trouble as trouble:
        return Outcome(trouble=str(trouble))
    repeats = parts.keys() == again.keys() and all(
        np.allclose(parts[name], again[name], rtol=1e-4, atol=1e-4, equal_nan=True)
        if parts[name].shape == again[name].shape
        else False
        for name in parts
    )
    return Outcome(parts, changed=changed, repeats=repeats)


def one_line(error: BaseException) -> str:
    """An error in one line that can be printed: its kind and the beginning of what it says.

    >>> one_line(KeyError("v_c")), one_line(ValueError("half: \\ud800")), one_line(ValueError())
    ("KeyError: 'v_c'", 'ValueError: half: ?', 'ValueError')
    """
    said = " ".join(str(error).split())[:300].encode("utf-8", "replace").decode()
    return f"{type(error).__name__}{': ' * bool(said)}{said}"


def _once(
    function: Callable[..., Any], arguments: Mapping[str, Any], reading: Reading
) -> tuple[dict[str, NDArray[Any]], tuple[str, ...]]:
    before = {name: _turned(name, value, reading) for name, value in arguments.items()}
    given = {name: _handed(value, reading.arrays) for name, value in before.items()}
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = function(*given.values())
            if reading.counted and isinstance(
                result, Iterator
            ):  # whose own code runs as it is read
                result = list(result)
    except (Exception, SystemExit) as error:
        raise _Trouble(f"it raised {one_line(error)}") from error
    changed = tuple(name for name in before if not _same(before[name], given[name]))
    parts = _parts(result, reading)
    return {name: _turned(name, part, reading) for name, part in parts.items()}, changed


def _turned(name: str, value: Any, reading: Reading) -> Any:
    """A table in the other layout, where columns are asked for; the same brings it back."""
    if reading.layout == "columns" and name in reading.tables and np.ndim(value) == 2:
        return np.ascontiguousarray(np.transpose(value))
    return value


def _handed(value: Any, arrays: Handed) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    if arrays == "list":
        return value.tolist()
    if arrays == "jax":
        import jax.numpy as jnp

        return jnp.asarray(value)
    return value.copy()


def _same(before: Any, given: Any) -> bool:
    """Whether an argument holds what it held, in the precision in which it was handed over."""
    try:
        after = np.asarray(given)
    except ValueError:  # a list of lists that have lost their shape
        return False
    return np.array_equal(after, np.asarray(before).astype(after.dtype))


def _parts(result: Any, reading: Reading) -> dict[str, NDArray[Any]]:
    """The parts of what a function returned, by their names."""
    names = list(reading.shapes)
    if result is None:
        raise _Trouble("it returned None, as a function without a return statement does")
    if reading.counted:
        [(name, shape)] = reading.shapes.items()
        return {name: _counts(result, name, shape)}
    if isinstance(result, Mapping | tuple) and not result:
        raise _Trouble(f"it returned {result!r}, in which there is nothing")
    if isinstance(result, Mapping):
        return _of_mapping(result, names)
    arrays = [_array(part) for part in _flat(result, reading)]
    if len(arrays) == len(names):
        return dict(zip(names, arrays, strict=True))
    return _by_shapes(arrays, reading)


def _counts(result: Any, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """How often each word is in a result, or each pair of words."""
    wanted = f"expected a list of {name}, such as {[1, 2] if len(shape) == 1 else [(1, 2)]}"
    try:
        if isinstance(result, Mapping | str | bytes):
            raise TypeError("no list")
        listed = np.array(result.tolist() if hasattr(result, "tolist") else list(result))
        if listed.size and listed.dtype.kind not in "iuf":
            raise TypeError("no numbers")
        found = listed.astype(float)
        if not np.array_equal(found, np.trunc(np.clip(found, -1e9, 1e9))):  # nan is never equal
            raise ValueError("no whole numbers")
        rows = found.astype(int).reshape(-1, len(shape))
        if found.size and found.shape != (len(rows), 2)[: len(shape)]:
            raise ValueError("another shape")
    except (TypeError, ValueError) as error:
        raise _Trouble(f"it returned {_briefly(result)}; {wanted}") from error
    for word in rows.flat:
        if not 0 <= word < shape[0]:
            raise _Trouble(f"it returned {word}, which is no word of the sentence; {wanted}")
    counts = np.zeros(shape)
    np.add.at(counts, tuple(rows.T), 1)
    return counts


def _briefly(result: Any) -> str:
    said = " ".join(repr(result).split()).encode("utf-8", "replace").decode()
    return said if len(said) <= 60 else f"{said[:57]}..."


def _of_mapping(result: Mapping[Any, Any], names: Sequence[str]) -> dict[str, NDArray[Any]]:
    found = {}
    for key, value in result.items():
        plain = str(key).replace("_", "").lower()
        spellings = {plain, plain.removeprefix("grad"), plain.removeprefix("d")}
        [*fits] = (name for name in names if spellings & _NAMES[name])
        exact = [name for name in names if str(key).removeprefix("d").removeprefix("_") == name]
        if len(exact or fits) != 1:
            raise _Trouble(f"it returned a dict with the key {key!r}; known are {', '.join(names)}")
        found[(exact or fits)[0]] = _array(value)
    return found


def _flat(result: Any, reading: Reading) -> Iterator[Any]:
    """The arrays in a result: tuples are taken apart, and lists that are no arrays."""
    if isinstance(result, list) and (_ragged(result) or _of_parts(result, reading)):
        result = tuple(result)
    if isinstance(result, tuple):
        for part in result:
            yield from _flat(part, reading)
    else:
        yield result


def _ragged(parts: list[Any]) -> bool:
    """Whether a list holds results, rather than numbers."""
    if len({np.shape(part) for part in parts if not isinstance(part, list)}) > 1:
        return True
    try:
        return np.asarray(parts).dtype == object
    except ValueError:
        return True


def _of_parts(result: list[Any], reading: Reading) -> bool:
    """Whether a list is no part itself, and all that is in it are parts: [dV, dU] of one shape."""
    shapes = set(_wanted(reading).values())
    inside = {np.shape(part) for part in result}
    return np.shape(result) not in shapes and () not in inside and inside <= shapes


def _array(value: Any) -> NDArray[Any]:
    """A result as an array: of NumPy, JAX, PyTorch, or lists of numbers."""
    value = value.detach() if callable(getattr(value, "detach", None)) else value
    try:
        array = np.array(value)  # a copy: the next call may write where it lies
        if array.dtype == object and hasattr(value, "__dlpack__"):
            array = np.array(np.from_dlpack(value))
    except Exception as error:
        raise _Trouble(
            f"it returned a {type(value).__name__}, of which no array can be made"
        ) from error
    if array.dtype.kind in "bui":
        return array.astype(np.float64)
    if array.dtype not in (np.float32, np.float64, np.longdouble):
        raise _Trouble(
            f"it returned a {type(value).__name__} of {array.dtype}; expected real numbers in"
            " single or double precision"
        )
    return array


def _by_shapes(arrays: list[NDArray[Any]], reading: Reading) -> dict[str, NDArray[Any]]:
    """Fewer results than there are parts: their shapes tell which they are."""
    names, wanted = list(reading.shapes), _wanted(reading)
    found: dict[str, NDArray[Any]] = {}
    for array in arrays:
        fits = [name for name in names if name not in found and wanted[name] == array.shape]
        alike = sum(each.shape == array.shape for each in arrays)
        if not 0 < len(fits) <= alike or len(arrays) > len(names):
            raise _Trouble(
                f"it returned {len(arrays)} result{'s' * (len(arrays) != 1)} of"
                f" {_shapes(each.shape for each in arrays)}; expected {', '.join(names)} of"
                f" {_shapes(wanted.values())}, or some of them"
            )
        found[fits[0]] = array
    return found


def _wanted(reading: Reading) -> dict[str, tuple[int, ...]]:
    """The shapes of the parts as they are handed back: tables may lie in columns."""
    return {
        name: shape[::-1] if reading.layout == "columns" and name in reading.tables else shape
        for name, shape in reading.shapes.items()
    }


def _shapes(shapes: Any) -> str:
    said = [str(list(shape)) for shape in shapes]
    return f"shape{'s' * (len(said) != 1)} {' and '.join(said)}"
