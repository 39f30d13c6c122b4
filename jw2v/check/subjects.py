"""What can be checked: a record of each function, which the checker reads."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import Any

import numpy as np

from jw2v.check import hidden, positions, sampling, softmax, vectorised, windows
from jw2v.check.records import (
    Array,
    Example,
    Formula,
    Mistake,
    Parts,
    Remark,
    Subject,
    mistake,
)
from jw2v.choices import CheckedPair

__all__ = ["NAIVE_SOFTMAX", "NEGATIVE_SAMPLING", "SUBJECTS", "bags", "named", "skip_grams"]

# Small enough to follow by hand. The scores with v_c = [1, 2] are 1, -1.5, 1; then -8, 9, 2; then
# beyond what exp can hold, exact in single precision too.
_CENTER = (1.0, 2.0)
_SMALL = ((1.0, 0.0), (0.5, -1.0), (0.0, 0.5))
_ROWS = ((1.0, 2.0), (2.0, -0.5), (-1.0, 0.5))
# As many words as numbers in a vector, with the scores 1, -1.5 and 2.
_OF_THREE = (1.0, 2.0, -1.0)
_SQUARE = ((1.0, 0.0, 0.0), (0.5, -1.0, 0.0), (0.0, 0.5, -1.0))
_SQUARE_ROWS = (_OF_THREE, (2.0, -0.5, 0.0), (-1.0, 0.5, 1.0))
_LARGE = ((-4.0, -2.0), (4.0, 2.5), (0.0, 1.0))
_HUGE = ((-400.0, -300.0), (200.0, 400.0), (0.0, 1.0))
_ALIKE = ((1.0, 2.0),) * 3
_LOW = ((-600.0, -200.0), (-500.0, -200.0), (-350.0, -300.0))  # scores of -1000, -900 and -950
_LAST = ((0.0, -50.0), (20.0, 30.0), (200.0, 400.0))  # -100, 80 and 1000: the last by far
_TINY = ((20.0, 10.0), (-20.0, -10.0), (-10.0, -15.0))


def _pair(v_c: Any, o: int, U: Any, negatives: Any) -> dict[str, Any]:
    """Arguments of a pair loss; ``negatives`` may be None."""
    drawn = {} if negatives is None else {"negatives": np.array(negatives)}
    return {"v_c": np.array(v_c), "o": o, **drawn, "U": np.array(U)}


def _large_scores(rng: np.random.Generator, U: Array, v: Array) -> Array:
    """Rows moved along v so that their scores lie between 8 and 20, of both signs."""
    wanted = rng.uniform(8, 20, len(U)) * np.where(np.arange(len(U)) % 2, 1, -1)
    return U + np.outer((wanted - U @ v) / (v @ v), v)


def _pairs(seed: int, draws: bool) -> tuple[Example, ...]:
    def example(v_c: Any, o: int, U: Any, negatives: Any, round: bool = False) -> Example:
        return Example(_pair(v_c, o, U, negatives if draws else None), round)

    rng = np.random.default_rng(seed)
    v, U = rng.normal(size=3) + 0.3, rng.normal(size=(7, 3))
    a, b, c, d, e = (int(w) for w in rng.permutation(7)[:5])
    large = _large_scores(rng, U, v)
    w, W = rng.normal(size=5), rng.normal(size=(10, 5))
    few = rng.integers(0, 10, 9)
    return (
        example(_CENTER, 0, _SMALL, [1, 2], True),
        example(_CENTER, 0, _SMALL, [1, 1], True),
        example(_CENTER, 0, _SMALL, [0, 1], True),
        example(_CENTER, 0, _LARGE, [1, 2], True),
        example(_CENTER, 0, _HUGE, [1, 2], True),
        example(_CENTER, 1, _HUGE, [0, 2], True),
        example(_CENTER, 0, _SMALL, [1], True),
        example(_CENTER, 2, _SMALL, [1, 1, 1], True),
        example(_CENTER, 0, _LOW, [1, 2], True),
        example(_CENTER, 1, _LAST, [2, 0], True),
        example(_OF_THREE, 0, _SQUARE, [1, 1], True),
        example(_OF_THREE, 1, _SQUARE, [0, 2], True),
        example(v, a, U, [b, c, d, e]),
        example(v, a, U, [b, c, c, b]),
        example(v, a, U, [b, a, c, a]),
        example(v, a, large, [b, c, d, e]),
        example(v, b, large, [a, c, c, d]),
        # Other sizes, and as many words as numbers in a vector.
        example(w, 9, W, few),
        example(w, int(few[0]), W, [*few[1:4], few[1], few[1]]),
        example(w, 4, W[:5], [0, 3, 2]),
        example(v[:1], 0, U[:, :1], [6]),
        example(v, 2, U[:3], [0, 1, 1]),
        example(v, 0, large[:3], [1, 2, 0]),
    )


def _words(seed: int, draws: bool, center: str, around: str) -> tuple[Example, ...]:
    """Windows and bags: alike but for the names of their words."""

    def example(
        word: int, others: Any, V: Any, U: Any, negatives: Any, round: bool = False
    ) -> Example:
        drawn = {"negatives": np.array(negatives)} if draws else {}
        tables = {"V": np.array(V), "U": np.array(U)}
        return Example({center: word, around: np.array(others), **tables, **drawn}, round)

    rng = np.random.default_rng(seed)
    V, U = rng.normal(size=(2, 7, 3))
    V += 0.3
    a, b, c, d, e = (int(w) for w in rng.permutation(7)[:5])
    far = 3 * U
    bags = around == "context"
    small: Any
    others: Any
    drawn: Any
    small, others = ([0, 2], [1, 2]) if bags else ([[0, 2], [2, 0]], [[1, 2], [2, 1]])
    three: Any = [0, 2] if bags else [[0, 2], [2, 0], [2, 2]]
    drawn = [[b, c, d, e], [c, c, a, d], [e, a, b, b]]
    drawn = [d, d, a, e] if bags else drawn
    # Windows and bags of as many words as vectors have numbers would hide one taken for the other.
    T, X = rng.normal(size=(2, 9, 4))

    def drawn_for(n: int, K: int) -> Any:
        found = rng.integers(0, 9, (n, K))
        return found[0] if bags else found

    square = (
        example(0, [1, 2], _SQUARE_ROWS, _SQUARE, None, True),
        example(1, [0, 1, 0], _SQUARE_ROWS, _SQUARE, None, True),
        example(1, [2, 0, 2], V[:3], U[:3], None),
        example(0, [1, 2], V[:3], far[:3], None),
    )
    return (
        example(0, [1, 2], _ROWS, _SMALL, small, True),
        example(0, [1, 1], _ROWS, _SMALL, small, True),
        example(0, [1, 2, 1], _ROWS, _SMALL, three, True),
        example(0, [0, 1], _ROWS, _SMALL, small, True),
        example(0, [1, 2], _ALIKE, _LARGE, others, True),
        example(0, [2, 0], _ALIKE, _HUGE, others, True),
        example(1, [2, 2], _ALIKE, _HUGE, small, True),
        example(a, [b, c, d], V, U, drawn),
        example(a, [b, c, b], V, U, drawn),
        example(a, [b, a, c], V, U, drawn),
        example(b, [e, c, a], V, far, drawn),
        example(a, [e, e, e], V, far, drawn),
        example(8, [3], T, X, drawn_for(1, 3)),
        example(2, [7, 0, 7, 4, 7], T, X, drawn_for(5, 1)),
        example(5, [1, 8, 6, 0, 3, 2, 4], T, X, drawn_for(7, 5)),
        *(() if draws else square),
    )


def _vanished(got: Parts, right: Parts) -> bool:
    """Whether rows of a gradient are 0 that should not be."""
    return any(
        np.shape(got[part]) == right[part].shape
        and bool(np.any((got[part] == 0) & (right[part] != 0)))
        for part in ("v_c", "U")
        if part in got
    )


def _differs(got: Parts, right: Parts) -> bool:
    """Whether it has failed, or its results are others, in single precision."""
    return not got or not all(
        np.allclose(each, right[part], rtol=1e-5, atol=1e-5) for part, each in got.items()
    )


def _none_drawn(arguments: dict[str, Any]) -> Remark:
    return Remark(sampling.NONE_DRAWN, Example(arguments), _differs, beyond=True)


def _of_pair(v_c: Array, U: Array, **_: Any) -> dict[str, tuple[int, ...]]:
    return {"loss": (), "v_c": v_c.shape, "U": U.shape}


def _of_tables(V: Array, U: Array, **_: Any) -> dict[str, tuple[int, ...]]:
    return {"loss": (), "V": V.shape, "U": U.shape}


def _by_name(name: str, **arguments: Any) -> tuple[Any, ...]:
    """The loss and the gradients of jw2v of that name."""
    from jw2v import gradients, losses

    return getattr(losses, name)(**arguments), *getattr(gradients, name)(**arguments)


NEGATIVE_SAMPLING = Subject(
    name="negative_sampling",
    formulas={
        "loss": Formula("g1", "J = −log σ(u_oᵀv_c) − Σ_s log σ(−u_{w_s}ᵀv_c)"),
        "v_c": Formula("g1", "∂J/∂v_c = −(1 − σ(u_oᵀv_c)) u_o + Σ_s (1 − σ(−u_{w_s}ᵀv_c)) u_{w_s}"),
        "U": Formula(
            "h",
            "∂J/∂u_w = Σ_{s: w_s = w} (1 − σ(−u_wᵀv_c)) v_c, for w = o also −(1 − σ(u_oᵀv_c)) v_c",
        ),
    },
    right=partial(_by_name, "negative_sampling"),
    program=sampling.program,
    mistakes=sampling.MISTAKES,
    square=(sampling.IN_COLUMNS,),
    examples=partial(_pairs, draws=True),
    hidden=partial(hidden.pairs, draws=True),
    shapes=_of_pair,
    tables=frozenset({"U"}),
    remarks=(
        Remark(sampling.REMARK, Example(_pair(_CENTER, 0, _TINY, [1, 2])), _vanished),
        _none_drawn(_pair(_CENTER, 0, _SMALL, np.zeros(0, int))),
    ),
)

NAIVE_SOFTMAX = Subject(
    name="naive_softmax",
    formulas={
        "loss": Formula("a", "J = −log ŷ_o, with ŷ = softmax(Uᵀv_c)"),
        "v_c": Formula("b1", "∂J/∂v_c = U(ŷ − y) = −u_o + Σ_w ŷ_w u_w"),
        "U": Formula("d", "∂J/∂U = v_c(ŷ − y)ᵀ, whose columns are ∂J/∂u_w = (ŷ_w − y_w) v_c"),
    },
    right=partial(_by_name, "naive_softmax"),
    program=softmax.program,
    mistakes=softmax.MISTAKES,
    square=(softmax.TABLE_TRANSPOSED, sampling.IN_COLUMNS),
    examples=partial(_pairs, draws=False),
    hidden=partial(hidden.pairs, draws=False),
    shapes=_of_pair,
    tables=frozenset({"U"}),
)

_PAIRS: Mapping[CheckedPair, Subject] = {
    "negative-sampling": NEGATIVE_SAMPLING,
    "naive-softmax": NAIVE_SOFTMAX,
}


def _pair_subject(name: CheckedPair) -> Subject:
    if name not in _PAIRS:
        raise ValueError(f"pair_loss must be one of {', '.join(_PAIRS)}; got {name!r}.")
    return _PAIRS[name]


def _composed(
    own: tuple[Mistake, ...], pair: Subject, composition: Callable[..., Parts]
) -> dict[str, Any]:
    """What a composition shares with its pair loss, whose mistakes can be made in it too."""

    def program(*, negatives: Array | None = None, **arguments: Any) -> Parts:
        names = ("c", "outside", "o", "context", "V", "U")
        given = [arguments.pop(name) for name in names if name in arguments]
        draws = () if negatives is None else (negatives,)
        return composition(*given, *draws, pair=pair.program, **arguments)

    def without(center: str, around: str) -> Remark:
        """A window or a bag without negatives."""
        drawn = np.zeros((2, 0)[around == "context" :], int)
        tables = {"V": np.array(_ROWS), "U": np.array(_SMALL)}
        return _none_drawn({center: 0, around: np.array([1, 2]), **tables, "negatives": drawn})

    names = {each.name for each in own}
    place = ("c", "outside") if composition is windows.window else ("o", "context")
    return {
        "remarks": (without(*place),) if pair is NEGATIVE_SAMPLING else (),
        "program": program,
        "square": tuple(each for each in pair.square if each is softmax.TABLE_TRANSPOSED),
        "mistakes": (*own, *(each for each in pair.mistakes if each.name not in names)),
        "shapes": _of_tables,
        "tables": frozenset({"V", "U"}),
    }


@cache
def skip_grams(pair_loss: CheckedPair = "negative-sampling") -> Subject:
    """The window of a pair loss.

    Raises:
        ValueError: there is no such pair loss.

    >>> skip_grams("naive-softmax").parts
    ('loss', 'V', 'U')
    """
    pair = _pair_subject(pair_loss)
    vectorised_too = vectorised.MISTAKES if pair is NEGATIVE_SAMPLING else ()

    def right(c: Any, outside: Array, V: Array, U: Array, **draws: Array) -> tuple[Any, ...]:
        from jw2v import gradients, losses

        given: Any = (c, outside, V, U, *draws.values())
        loss = losses.skip_gram(getattr(losses, pair.name), *given)
        return loss, *gradients.skip_gram(getattr(gradients, pair.name), *given)

    return Subject(
        name=f"skip_gram of {pair.name}",
        formulas={
            "loss": Formula("i1", "J_sg = Σ_j J(v_c, w_{t+j}, U)"),
            "V": Formula("i2", "∂J_sg/∂v_c = Σ_j ∂J(v_c, w_{t+j}, U)/∂v_c, and 0 for w ≠ c (i3)"),
            "U": Formula("i1", "∂J_sg/∂U = Σ_j ∂J(v_c, w_{t+j}, U)/∂U"),
        },
        right=right,
        examples=partial(_words, draws=pair is NEGATIVE_SAMPLING, center="c", around="outside"),
        hidden=partial(hidden.words, draws=pair is NEGATIVE_SAMPLING, center="c", around="outside"),
        **_composed((*windows.WINDOW, *vectorised_too), pair, windows.window),
    )


@cache
def bags(pair_loss: CheckedPair = "negative-sampling", *, mean: bool = True) -> Subject:
    """The bag of words (CBOW) of a pair loss, by mean or by sum.

    Raises:
        ValueError: there is no such pair loss.

    >>> bags(mean=False).name
    'cbow of negative_sampling by sum'
    """
    pair = _pair_subject(pair_loss)

    def right(o: Any, context: Array, V: Array, U: Array, **draws: Array) -> tuple[Any, ...]:
        from jw2v import gradients, losses

        given: Any = (o, context, V, U, *draws.values())
        loss = losses.cbow(getattr(losses, pair.name), *given, mean=mean)
        return loss, *gradients.cbow(getattr(gradients, pair.name), *given, mean=mean)

    own = (*(windows.BY_MEAN if mean else windows.BY_SUM), *windows.BAG)
    return Subject(
        name=f"cbow of {pair.name} by {'mean' if mean else 'sum'}",
        formulas={
            "loss": Formula(
                "j1" if mean else "j2", f"J_cbow = J(h, o, U), h = {'(1/n) ' * mean}Σ_b v_b"
            ),
            "V": Formula(
                "j1" if mean else "j2",
                f"∂J_cbow/∂v_q = (count of q in the context{' / n' * mean}) ∂J/∂h",
            ),
            "U": Formula("j1" if mean else "j2", "∂J_cbow/∂U = ∂J(h, o, U)/∂U"),
        },
        right=right,
        examples=partial(_words, draws=pair is NEGATIVE_SAMPLING, center="o", around="context"),
        hidden=partial(hidden.words, draws=pair is NEGATIVE_SAMPLING, center="o", around="context"),
        **_composed(own, pair, partial(windows.bag, mean=mean)),
    )


def _elementwise(
    name: str,
    formula: Formula,
    right: Callable[..., Any],
    program: Callable[..., Array],
    mistakes: tuple[Mistake, ...],
    numbers: tuple[float, ...],
    remarks: tuple[Remark, ...] = (),
) -> Subject:
    def examples(seed: int) -> tuple[Example, ...]:
        rng = np.random.default_rng(seed)
        given = np.array(numbers, float)
        low, high = max(given.min(), -4), min(given.max(), 4)
        return (
            Example({"x": given}, round=True),
            Example({"x": rng.uniform(low, high, (2, 3))}),
        )

    def run(x: Array, of: Callable[[Array], Array] = program) -> Parts:
        return {"value": of(x)}

    return Subject(
        name=name,
        formulas={"value": formula},
        right=lambda x: (right(x),),
        program=run,
        mistakes=mistakes,
        examples=examples,
        hidden=partial(hidden.numbers, given=numbers),
        shapes=lambda x: {"value": x.shape},
        remarks=remarks,
    )


def _sigmoid(x: Array) -> Any:
    from jw2v import activations

    return activations.sigmoid(x)


def _sigmoid_gradient(x: Array) -> Any:
    from jw2v import gradients

    return gradients.sigmoid(x)


def _relu_gradient(x: Array) -> Any:
    from jw2v import gradients

    return gradients.relu(x)


def _slope(x: Array) -> Array:
    return sampling.sigmoid(x) * sampling.sigmoid(-x)


_WRONG_SIGN = mistake(
    "sigmoid with the wrong sign",
    "σ is computed as 1 / (1 + e^x); it is 1 / (1 + e^(−x)).",
    {"of": lambda x: sampling.sigmoid(-x)},
)
_OVERFLOWS = "e^x / (1 + e^x) is NaN where e^x overflows."

SIGMOID = _elementwise(
    "sigmoid",
    Formula("f", "σ(x) = 1 / (1 + e^(−x))"),
    _sigmoid,
    sampling.sigmoid,
    (
        _WRONG_SIGN,
        mistake(
            "exp overflows",
            _OVERFLOWS,
            {"of": lambda x: np.exp(x) / (1 + np.exp(x))},
            kind="rounding",
        ),
        mistake("derivative of the sigmoid", "This is σ'(x), not σ(x).", {"of": _slope}),
        mistake("tanh", "This is tanh(x); σ(x) = (1 + tanh(x/2))/2.", {"of": np.tanh}),
    ),
    (0, 1, -2, 20, -20, 1000, -1000),
)
SIGMOID_GRADIENT = _elementwise(
    "sigmoid_gradient",
    Formula("f", "σ'(x) = σ(x)(1 − σ(x))"),
    _sigmoid_gradient,
    _slope,
    (
        mistake(
            "x taken for σ(x)",
            "x(1 − x) is computed, as if x were σ(x) already: take σ first.",
            {"of": lambda x: x * (1 - x)},
        ),
        mistake("sigmoid itself", "This is σ(x), not its derivative.", {"of": sampling.sigmoid}),
        mistake(
            "σ taken twice",
            "σ is taken of σ(x) once more: with s = σ(x), s(1 − s) is all.",
            {"of": lambda x: _slope(sampling.sigmoid(x))},
        ),
        mistake(
            "slope of log sigmoid",
            "This is 1 − σ(x), the derivative of log σ(x).",
            {"of": lambda x: sampling.sigmoid(-x)},
        ),
        mistake("sign of the slope", "The sign is wrong.", {"of": lambda x: -_slope(x)}),
        mistake(
            "exp overflows",
            "e^(−x) / (1 + e^(−x))² is NaN where the exponential overflows.",
            {"of": lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2},
            {"of": lambda x: np.exp(x) / (1 + np.exp(x)) ** 2},
            kind="rounding",
        ),
    ),
    (0, 1, -2, 1000, -1000),
)
SIGMOID_GRADIENT_OF_VALUE = _elementwise(
    "sigmoid_gradient of σ(x)",
    Formula("f", "σ'(x) = s(1 − s), with s = σ(x) given"),
    lambda x: x * (1 - x),
    lambda x: x * (1 - x),
    (
        mistake(
            "σ taken twice",
            "σ is taken of what is σ(x) already: s(1 − s) is all.",
            {"of": _slope},
        ),
        mistake(
            "slope of log sigmoid", "This is 1 − s, that of log σ(x).", {"of": lambda x: 1 - x}
        ),
        mistake("sign of the slope", "The sign is wrong.", {"of": lambda x: x * (x - 1)}),
    ),
    (0.5, 0.25, 1),
)
RELU_GRADIENT = _elementwise(
    "relu_gradient",
    Formula("e", "β'(x) = 0 for x < 0, 1 for x > 0"),
    _relu_gradient,
    lambda x: (x > 0).astype(x.dtype),
    (
        mistake(
            "relu itself", "This is β(x), not its derivative.", {"of": lambda x: np.maximum(x, 0)}
        ),
        mistake("1 everywhere", "The slope is 1 for x < 0 too.", {"of": np.ones_like}),
        mistake("sides swapped", "0 and 1 are swapped.", {"of": lambda x: (x < 0).astype(x.dtype)}),
    ),
    (-2, -0.5, 0.5, 3),
    (
        Remark(
            mistake(
                "another slope at 0",
                "At 0 it is not 0. β has no derivative there; any number of [0, 1] will do, jw2v"
                " and JAX take 0.",
            ),
            Example({"x": np.zeros(1)}),
            lambda got, right: bool(np.any(got["value"] != 0)),
        ),
    ),
)

_WINDOW = "the words at t + j, −m ≤ j ≤ m, j ≠ 0, within the sentence"

WINDOW_WORDS = Subject(
    name="window_words",
    formulas={"words": Formula("i1", _WINDOW)},
    right=positions.right_words,
    program=positions.words_program,
    mistakes=positions.WORDS,
    examples=partial(positions.examples, one=True),
    hidden=partial(positions.hidden, one=True),
    shapes=lambda sentence, **_: {"words": (positions.size(sentence),)},
    counted=True,
)
WINDOW_PAIRS = Subject(
    name="window_pairs",
    formulas={"pairs": Formula("i1", f"of each word of the sentence, at t, with {_WINDOW}")},
    right=positions.right_pairs,
    program=positions.pairs_program,
    mistakes=positions.PAIRS,
    examples=partial(positions.examples, one=False),
    hidden=partial(positions.hidden, one=False),
    shapes=lambda sentence, **_: {"pairs": (positions.size(sentence),) * 2},
    counted=True,
)

SUBJECTS: Mapping[str, Callable[..., Subject]] = MappingProxyType(
    {
        "negative_sampling": lambda: NEGATIVE_SAMPLING,
        "naive_softmax": lambda: NAIVE_SOFTMAX,
        "skip_gram": skip_grams,
        "cbow": bags,
        "window_words": lambda: WINDOW_WORDS,
        "window_pairs": lambda: WINDOW_PAIRS,
        "sigmoid": lambda: SIGMOID,
        "sigmoid_gradient": lambda: SIGMOID_GRADIENT,
        "relu_gradient": lambda: RELU_GRADIENT,
    }
)
"""By the names of the functions that are checked, with the options they have by default."""


def named(name: str, pair_loss: CheckedPair = "negative-sampling", *, mean: bool = True) -> Subject:
    """The subject of a name; windows are of a pair loss, and bags too, by mean or by sum.

    Raises:
        ValueError: there is no such subject, or no such pair loss.

    >>> named("cbow", mean=False).name
    'cbow of negative_sampling by sum'
    """
    if name == "skip_gram":
        return skip_grams(pair_loss)
    if name == "cbow":
        return bags(pair_loss, mean=mean)
    if name not in SUBJECTS:
        raise ValueError(f"{name!r} is none of {', '.join(SUBJECTS)}.")
    return SUBJECTS[name]()
