"""How far every loss and gradient is from the truth, over the whole range of float32.

    pip install -c constraints.txt '.[bench]'
    python benchmarks/accuracy.py

Compares results in float32 with mpmath (``exact.py``), for the very same float32 arguments.

*Ulp* is the forward error in units in the last place of the true value, *relative* the forward
error as a part of it. A result that is a difference of larger numbers cannot have many right
digits, whoever computes it: in a product of two vectors the rounding of the terms is what is left
where they cancel, and a gradient inherits the error of its logits. So the last column is the error
over eps = 2^-23 times the *scale*, the size of the terms and what an error of eps in each logit
does to the result to first order (its condition number times its size). A few units there is all
that can be asked for; sums of n terms may have up to n, and have about the root of n.

The first part has exact logits: one dimension, in which one of the factors is 1. What it shows is
the error of the functions themselves. The second has real dimensions, with random vectors whose
logits have the size given.

*tiny* counts true values below 2^-126, the smallest normal number. XLA on a CPU takes them, as
arguments and as results, for 0: they are left out of the errors, and the largest absolute error
among them is given. True values beyond the largest number must come out infinite. *wrong* counts
what is NaN, and what is infinite though its scale is in range. Both columns are empty where there
are none.
"""

import argparse
from collections.abc import Iterable
from typing import Any, NamedTuple

import cases
import jax
import numpy as np
from cases import EPS, TINY, Array
from exact import Exact, number


class Errors(NamedTuple):
    """Where results differ from true values: absolute errors, and what they are held against."""

    got: Array
    value: Array
    scale: Array
    absolute: Array


def compare(pairs: Iterable[tuple[Any, Exact]]) -> Errors:
    """Results against true values, entry by entry. Infinity counts as 2^128, the next number."""
    found = []
    for result, (value, scale) in pairs:
        got = np.clip(np.asarray(result, np.float64), -(2.0**128), 2.0**128).ravel()
        true = np.clip(np.ravel(value), -(2.0**128), 2.0**128)
        with np.errstate(invalid="ignore"):
            error = [float(abs(number(g) - t)) for g, t in zip(got, true, strict=True)]
        found.append((got, true.astype(np.float64), np.ravel(scale), np.array(error)))
    return Errors(*map(np.concatenate, zip(*found, strict=True)))


def line(errors: Errors, at: Array | None = None) -> list[str]:
    """The columns of the table."""
    got, value, scale, absolute = errors
    size = np.maximum(abs(value), scale)
    wrong = np.isnan(got) | ((abs(got) == 2.0**128) & (size < 2.0**127))
    tiny = np.maximum(abs(value), EPS * scale) < TINY
    flushed = f"{tiny.sum()} ({absolute[tiny & ~wrong].max(initial=0):.0e})" if tiny.any() else ""
    lost = str(wrong.sum() or "")
    judged = ~tiny & ~wrong
    large = judged & (abs(value) >= TINY)
    if not large.any():
        return [str(got.size), *[""] * 4, flushed, lost, ""]
    unit = np.exp2(np.floor(np.log2(abs(value[large]))) - 23)
    share = np.where(judged, absolute / (EPS * np.maximum(size, TINY)), -1)
    worst = int(share.argmax())
    return [
        str(got.size),
        f"{np.median(absolute[large] / unit):.1f}",
        f"{(absolute[large] / unit).max():.3g}",
        f"{(absolute[large] / abs(value[large])).max():.1e}",
        f"{share.max():.2f}",
        flushed,
        lost,
        f"{got[worst]:.7g} for {value[worst]:.7g}"
        + (f" at {at[worst]:.7g}" if at is not None else ""),
    ]


HEADS = ("function", "inputs", "numbers", "ulp: median", "largest", "relative", "/ eps scale")
MORE = ("tiny (error)", "wrong", "where the last is largest")
WIDTHS = (28, 27, 8, 12, 9, 9, 12, 15, 6, 0)
LEFT, RATIO = (0, 1, 9), 6


def show(row: Iterable[str]) -> None:
    """Print a line of the table."""
    cells = [
        f"{cell:<{width}}" if i in LEFT else f"{cell:>{width}}"
        for i, (cell, width) in enumerate(zip(row, WIDTHS, strict=True))
    ]
    print(" ".join(cells).rstrip(), flush=True)


def main() -> None:
    """Measure and print, and then the worst line of each function again."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, default=2000, help="numbers in a line, roughly")
    arguments = parser.parse_args()
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}, float32, eps = 2^-23")
    show((*HEADS, *MORE))
    worst: dict[str, list[str]] = {}
    for function, inputs, pairs, at in cases.all_cases(arguments.points):
        row = [function, inputs, *line(compare(pairs), at)]
        show(row)
        if row[RATIO] and float(row[RATIO]) >= float(worst.get(row[0], row)[RATIO]):
            worst[row[0]] = row
    print("\nthe worst line of each function")
    for row in worst.values():
        show(row)


if __name__ == "__main__":
    main()
