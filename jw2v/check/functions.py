"""What a learner calls: one function for each thing that can be checked."""

from collections.abc import Callable
from typing import Any, Literal

from jw2v.check import subjects
from jw2v.check.calling import call
from jw2v.check.judging import judge, questions
from jw2v.check.records import Subject
from jw2v.check.report import Report
from jw2v.choices import CheckedPair, Handed, Layout

__all__ = [
    "cbow",
    "naive_softmax",
    "negative_sampling",
    "relu_gradient",
    "sigmoid",
    "sigmoid_gradient",
    "skip_gram",
    "window_pairs",
    "window_words",
]

Function = Callable[..., Any]


def _checked(subject: Subject, mine: Function, **how: Any) -> Report:
    if not callable(mine):
        raise ValueError(f"{subject.name}: expected a function; got {type(mine).__name__}.")
    asked = questions(subject, **how)
    outcomes = [call(mine, example.arguments, reading) for example, reading in asked]
    return judge(subject, outcomes, how.get("seed", 0))


def negative_sampling(
    mine: Function, *, layout: Layout = "rows", arrays: Handed = "numpy", seed: int = 0
) -> Report:
    """Check negative sampling of one pair, ``mine(v_c, o, negatives, U)``.

    Args:
        mine: returns the loss, the gradients by v_c and by U, or all of them: ``(loss, dv_c, dU)``,
            ``(loss, (dv_c, dU))``, a dict such as ``{"loss": ..., "v_c": ..., "U": ...}``, or some
            of them. Arrays may be NumPy's, JAX's, PyTorch's, or lists.
        layout: whether a word is a row or a column of U, and of the gradient by U.
        arrays: what ``mine`` is handed.
        seed: of the random examples.

    Returns:
        Whether it is right, and which mistakes give its results. The loss and its gradient are
        those of statements g1 and h.

    >>> import numpy as np
    >>> def mine(v_c, o, negatives, U):
    ...     return np.logaddexp(0, -U[o] @ v_c) + np.logaddexp(0, U[set(negatives), :] @ v_c).sum()
    >>> negative_sampling(mine).right
    False
    >>> def mine(v_c, o, negatives, U):
    ...     return np.logaddexp(0, -U[o] @ v_c) + np.logaddexp(0, U[negatives] @ v_c).mean()
    >>> [each.name for each in negative_sampling(mine).mistakes]
    ['mean over the negatives']
    """
    return _checked(subjects.NEGATIVE_SAMPLING, mine, layout=layout, arrays=arrays, seed=seed)


def naive_softmax(
    mine: Function, *, layout: Layout = "rows", arrays: Handed = "numpy", seed: int = 0
) -> Report:
    """Check the naive softmax of one pair, ``mine(v_c, o, U)``: statements a, b1 and d.

    The arguments are those of :func:`negative_sampling`.

    >>> import numpy as np
    >>> def mine(v_c, o, U):
    ...     z = U @ v_c
    ...     return np.log(np.exp(z - z.max()).sum()) + z.max() - z[o]
    >>> naive_softmax(mine).right
    True
    """
    return _checked(subjects.NAIVE_SOFTMAX, mine, layout=layout, arrays=arrays, seed=seed)


def skip_gram(
    mine: Function,
    *,
    pair_loss: CheckedPair = "negative-sampling",
    layout: Layout = "rows",
    arrays: Handed = "numpy",
    seed: int = 0,
) -> Report:
    """Check a skip-gram window, ``mine(c, outside, V, U, negatives)``: statements i1, i2 and i3.

    ``negatives`` has a row for each outside word; with the naive softmax it is left out. Results
    are the loss and the gradients by V and by U. The other arguments are those of
    :func:`negative_sampling`.

    >>> skip_gram(lambda c, outside, V, U: 0 * V[c, 0], pair_loss="naive-softmax").mistakes[0].name
    'everything is zero'
    """
    subject = subjects.skip_grams(pair_loss)
    return _checked(subject, mine, layout=layout, arrays=arrays, seed=seed)


def cbow(
    mine: Function,
    *,
    pair_loss: CheckedPair = "negative-sampling",
    mean: bool = True,
    layout: Layout = "rows",
    arrays: Handed = "numpy",
    seed: int = 0,
) -> Report:
    """Check a bag of words, ``mine(o, context, V, U, negatives)``: statements j1 and j2.

    With the naive softmax ``negatives`` is left out. ``mean`` says whether vectors are averaged or
    added. The other arguments are those of :func:`negative_sampling`.

    >>> cbow(lambda o, context, V, U, negatives: 0.0).right
    False
    """
    subject = subjects.bags(pair_loss, mean=mean)
    return _checked(subject, mine, layout=layout, arrays=arrays, seed=seed)


def window_words(mine: Function, *, arrays: Handed = "numpy", seed: int = 0) -> Report:
    """Check which words lie in a window, ``mine(sentence, position, window)``: statement i1.

    ``sentence`` is a list of words, which are whole numbers, and ``position`` a place in it, from
    0. The result is a list of the words that are at most ``window`` places away, in any order,
    without the one at ``position``. With ``arrays="jax"`` the sentence is an array.

    >>> def mine(sentence, position, window):
    ...     return sentence[position - window : position] + sentence[position + 1 :][:window]
    >>> [each.name for each in window_words(mine).mistakes]
    ['negative index wraps around']
    """
    return _checked(subjects.WINDOW_WORDS, mine, arrays=arrays, seed=seed)


def window_pairs(mine: Function, *, arrays: Handed = "numpy", seed: int = 0) -> Report:
    """Check the pairs of a sentence, ``mine(sentence, window)``: statement i1.

    The result is a list of pairs, a word and one of those around it, in any order: for each place
    of the sentence as many as there are words in its window. ``sentence`` and words are as in
    :func:`window_words`.

    >>> def mine(sentence, window):
    ...     places = list(enumerate(sentence))
    ...     return [(c, o) for i, c in places for j, o in places if i < j <= i + window]
    >>> [each.name for each in window_pairs(mine).mistakes]
    ['one side only']
    """
    return _checked(subjects.WINDOW_PAIRS, mine, arrays=arrays, seed=seed)


def sigmoid(mine: Function, *, arrays: Handed = "numpy", seed: int = 0) -> Report:
    """Check the logistic function, ``mine(x)`` of an array, elementwise: statement f.

    >>> import numpy as np
    >>> sigmoid(lambda x: 1 / (1 + np.exp(-x))).right
    True
    """
    return _checked(subjects.SIGMOID, mine, arrays=arrays, seed=seed)


def sigmoid_gradient(
    mine: Function, *, of: Literal["x", "value"] = "x", arrays: Handed = "numpy", seed: int = 0
) -> Report:
    """Check the derivative of the logistic function, elementwise: statement f.

    ``of`` says what ``mine`` is handed: x, or the value σ(x).

    >>> [each.name for each in sigmoid_gradient(lambda x: x * (1 - x)).mistakes]
    ['x taken for σ(x)']
    >>> sigmoid_gradient(lambda s: s * (1 - s), of="value").right
    True
    """
    subject = subjects.SIGMOID_GRADIENT if of == "x" else subjects.SIGMOID_GRADIENT_OF_VALUE
    return _checked(subject, mine, arrays=arrays, seed=seed)


def relu_gradient(mine: Function, *, arrays: Handed = "numpy", seed: int = 0) -> Report:
    """Check the derivative of the rectified linear unit, elementwise: statement e.

    >>> relu_gradient(lambda x: x > 0).right
    True
    """
    return _checked(subjects.RELU_GRADIENT, mine, arrays=arrays, seed=seed)
