"""The operations of both losses' gradients, counted by running their programs (g3)."""

from typing import Any

import jax
import numpy as np
import pytest
import sympy as sp

from derivations import evaluate, statements
from derivations.engine import notation
from derivations.engine.notation import V, d
from derivations.statements import counting
from jw2v import gradients


class Counted(float):
    """A number that counts the operations it takes part in; a change of sign is none."""

    operations = 0

    @classmethod
    def count(cls, value: float) -> "Counted":
        cls.operations += 1
        return cls(value)

    def __add__(self, other: float) -> "Counted":
        return self.count(float(self) + float(other))

    def __radd__(self, other: float) -> "Counted":
        # sum() starts from the integer 0
        return self if isinstance(other, int) and other == 0 else self + other

    def __mul__(self, other: float) -> "Counted":
        return self.count(float(self) * float(other))

    def __rsub__(self, other: float) -> "Counted":
        return self.count(float(other) - float(self))

    def __sub__(self, other: float) -> "Counted":
        return self.count(float(self) - float(other))

    def __truediv__(self, other: float) -> "Counted":
        return self.count(float(self) / float(other))

    def __rtruediv__(self, other: float) -> "Counted":
        return self.count(float(other) / float(self))

    def __neg__(self) -> "Counted":
        return Counted(-float(self))

    __rmul__ = __mul__


def execute(program: counting.Program, values: dict[str, Any]) -> None:
    """Runs a program on counted numbers, adding what it computes to the values."""
    functions = [{"exp": lambda x: Counted.count(np.exp(float(x)))}, "math"]
    sizes = {e: values[e.name] for e in (V, d, notation.K)}
    for line in program:
        expr = notation.unfold(line.expr)
        names = {e.name: e for e in expr.free_symbols if not isinstance(e, sp.Indexed)}
        names |= {e.name: e for e in expr.atoms(sp.IndexedBase)}
        run = sp.lambdify(list(names.values()), expr, functions)
        shape = tuple(int(e.subs(sizes)) for e in line.entry.base.shape)
        result, before = np.empty(shape, dtype=object), Counted.operations
        for place in np.ndindex(shape):
            here = values | {str(e): at for e, at in zip(line.entry.indices, place, strict=True)}
            result[place] = Counted(run(*(here[name] for name in names)))
        if isinstance(line.expr, notation.Abbreviation):  # reads; its signs are products here
            Counted.operations = before
        values[line.entry.base.name] = result


@pytest.mark.parametrize(("V_", "d_", "K_"), [(1, 1, 0), (4, 3, 2), (7, 2, 5)])
def test_the_operations_are_counted_right(V_: int, d_: int, K_: int) -> None:
    """g3: the programs run on numbers that count, and compute the gradients of the code."""
    random = np.random.default_rng(0)
    v, table = random.normal(size=d_), random.normal(size=(V_, d_))
    drawn, o = random.integers(V_, size=K_), 0
    counted = np.vectorize(Counted, otypes=[object])
    sizes = {"V": V_, "d": d_, "K": K_}
    start = sizes | {"v_c": counted(v), "U": counted(table), "o": o, "negatives": drawn}
    with jax.enable_x64(True):
        naive = gradients.naive_softmax(v, o, table)
        negative = gradients.negative_sampling_rows(v, table[o], table[drawn])
    rows = np.concatenate([np.asarray(negative.u_o)[None], negative.u_negatives])
    g3 = statements()["g3"]
    for name, program, wanted in (
        ("softmax", counting.NAIVE, {"by_v": naive.v_c, "by_U": naive.U}),
        ("negatives", counting.NEGATIVE, {"by_center": negative.v_c, "by_columns": rows}),
    ):
        values, Counted.operations = dict(start), 0
        execute(program, values)
        formula = g3.closed[f"{name}, operations"]
        assert Counted.operations == evaluate(formula, sizes)
        for entry, expected in wanted.items():
            np.testing.assert_allclose(values[entry].astype(float), expected, atol=1e-12)
