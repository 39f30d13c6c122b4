"""Every function of the mathematics with arguments for it, for tests of what JAX does with them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from jw2v import activations, gradients, losses

VOCAB, DIM = 5, 3
_rng = np.random.default_rng(12)
v_c, u_o = (_rng.normal(size=DIM).astype(np.float32) for _ in range(2))
V, U = (_rng.normal(size=(VOCAB, DIM)).astype(np.float32) for _ in range(2))
x = np.float32([-1.5, -0.25, 0.5, 2.0])
y, y_hat = np.float32([0.25, 0.5, 0.25]), np.float32([0.5, 0.25, 0.25])
o, negatives = np.array(2, np.int32), np.array([0, 2, 4, 0], np.int32)
outside, where = np.array([1, 9, 4, 4, 0, 2], np.int32), np.array([1, 0, 1, 1, 0, 1], bool)
draws = np.array([[0, 1], [9, 9], [4, 4], [3, 0], [-1, 0], [2, 1]], np.int32)
nodes = _rng.integers(0, 8, (VOCAB + 4, 7)).astype(np.int32)
ways = _rng.integers(-1, 2, nodes.shape).astype(np.int8)
theta = _rng.normal(size=(8, DIM)).astype(np.float32)
# No two sizes are equal, so that each has a name of its own where sizes are symbols.
SIZES = {VOCAB: "vocab", DIM: "dim", len(negatives): "K", len(outside): "n", draws.shape[1]: "k"}
SIZES |= {nodes.shape[0]: "words", nodes.shape[1]: "length", len(theta): "nodes"}


class Case(NamedTuple):
    """A function of arrays, and arrays for it."""

    function: Callable[..., Any]
    args: tuple[np.ndarray, ...]

    @property
    def real(self) -> tuple[int, ...]:
        """Which arguments are real numbers: what gradients are taken of."""
        return tuple(i for i, a in enumerate(self.args) if a.dtype.kind == "f")

    def of_reals(self, *reals: Any) -> Any:
        """The function of its real arguments, with concrete row numbers closed over."""
        given = dict(zip(self.real, reals, strict=True))
        return self.function(*(given.get(i, a) for i, a in enumerate(self.args)))

    @property
    def reals(self) -> tuple[np.ndarray, ...]:
        return tuple(self.args[i] for i in self.real)


def of_window(module: Any, name: str) -> Callable[..., Any]:
    """A window as a function of arrays alone."""

    def window(c: Any, outside: Any, V: Any, U: Any, where: Any, *draws: Any) -> Any:
        pair = getattr(module, name)
        return module.skip_gram(pair, c, outside, V, U, *draws, where=where)

    return window


def of_bag(module: Any, name: str) -> Callable[..., Any]:
    """A bag as a function of arrays alone."""

    def bag(o: Any, context: Any, V: Any, U: Any, where: Any, *draws: Any) -> Any:
        return module.cbow(getattr(module, name), o, context, V, U, *draws, where=where)

    return bag


def on_tree(module: Any) -> Callable[..., Any]:
    """A hierarchical softmax as a function of arrays alone."""

    def of_arrays(v_c: Any, o: Any, nodes: Any, ways: Any, theta: Any) -> Any:
        return module.hierarchical_softmax(v_c, o, (nodes, ways), theta)

    return of_arrays


_tree, _path = (v_c, o, nodes, ways, theta), (v_c, theta[:7], ways[1])
_pair, _window = (v_c, o), (np.array(3, np.int32), outside, V, U, where)


def of_both(module: Any) -> dict[str, Case]:
    """What losses and gradients have by the same name, with the same arguments."""
    return {
        "naive_softmax": Case(module.naive_softmax, (*_pair, U)),
        "negative_sampling": Case(module.negative_sampling, (*_pair, negatives, U)),
        "negative_sampling_rows": Case(module.negative_sampling_rows, (v_c, u_o, U)),
        "hierarchical_softmax": Case(on_tree(module), _tree),
        "hierarchical_softmax_rows": Case(module.hierarchical_softmax_rows, _path),
        "skip_gram": Case(of_window(module, "naive_softmax"), _window),
        "skip_gram, drawn": Case(of_window(module, "negative_sampling"), (*_window, draws)),
        "cbow": Case(of_bag(module, "naive_softmax"), _window),
        "cbow, drawn": Case(of_bag(module, "negative_sampling"), (*_window, negatives)),
    }


LOSSES = {"cross_entropy": Case(losses.cross_entropy, (y, y_hat)), **of_both(losses)}
GRADIENTS = of_both(gradients)
OTHERS = {
    "add_rows": Case(gradients.add_rows, (U, negatives, V[:4])),
    **{f.__name__: Case(f, (x,)) for f in (activations.sigmoid, activations.relu)},
    **{f"{f.__name__}'": Case(f, (x,)) for f in (gradients.sigmoid, gradients.relu)},
    "leaky_relu": Case(activations.leaky_relu, (x,)),
    "leaky_relu'": Case(gradients.leaky_relu, (x,)),
}
CASES = {
    **LOSSES,
    **{f"gradients.{name}": case for name, case in GRADIENTS.items()},
    **OTHERS,
}
