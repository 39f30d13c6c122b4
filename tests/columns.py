"""A column with names, as pandas has it, without pandas."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Series"]


class Series:
    """Numbers by name: an array to NumPy, and no mapping to Python."""

    def __init__(self, numbers: Mapping[Any, float]) -> None:
        self._numbers = dict(numbers)

    def keys(self) -> Iterable[Any]:
        return self._numbers.keys()

    def items(self) -> Iterable[tuple[Any, float]]:
        return self._numbers.items()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array([*self._numbers.values()], dtype)
