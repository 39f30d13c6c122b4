"""The settings of a training run, with their defaults and what is wrong with wrong ones."""

import math
import operator
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from numbers import Real
from typing import Any, get_args, get_type_hints

from jw2v.choices import LEARNING_RATES, LOSSES, MODELS, DType, Loss, Model, Tokens, Which

__all__ = ["Config"]

_MOST = 2**31 - 1
_SMALLEST = 1e-8
"""Smaller steps change next to no number of a vector, of 7 digits. Larger ones may still be too
small for a text and its number of steps, which training finds and says in the end."""


def _setting(default: Any, help: str, *, panel: str, **limits: float) -> Any:
    """A field: its default, its help, where ``--help`` shows it, and the limits of its numbers.

    Limits are ``least`` and ``most``, ``above`` and ``below``. The choices of a ``Literal`` and
    whether ``None`` will do are read off the type.
    """
    return field(default=default, metadata={"help": help, "panel": panel, "limits": limits})


def _listed(what: str, choices: Mapping[Any, str]) -> str:
    return f"{what}. {'; '.join(f'{name!r}: {line}' for name, line in choices.items())}."


@dataclass(frozen=True, kw_only=True)
class Config:
    """How to train. The flags of ``jw2v train`` are these fields and say what each one means.

    Raises:
        ValueError: a setting is impossible; the message names it and says what was expected.

    >>> Config(dim=50).dim
    50
    >>> Config(window=0)
    Traceback (most recent call last):
    ValueError: window must be a whole number of at least 1; got 0.
    """

    dim: int = _setting(100, "Length of a word vector.", least=1, panel="Model")
    window: int = _setting(
        5, "Largest distance between a center and an outside word.", least=1, panel="Model"
    )
    shrink_window: bool = _setting(
        True,
        "Draw each window's radius from 1 to WINDOW, so that near words count more.",
        panel="Model",
    )
    negatives: int = _setting(5, "Noise words for each outside word (K).", least=0, panel="Model")
    ns_exponent: float = _setting(
        0.75,
        "Noise words are drawn in proportion to count^NS_EXPONENT, above -2 and below 2: beyond,"
        " most words, or most of the text, would hardly ever be noise, which keeps vectors apart.",
        above=-2,
        below=2,
        panel="Model",
    )
    subsample: float | None = _setting(
        None,
        "Thin out frequent words: of a word that makes up the share f of the text, √(t/f) + t/f"
        " stay, for this t, so that words above about 2.62 t are thinned out; 0 keeps all. By"
        " default 1e-4, and more for a text of less than 6 million words (0.25 / √words) or fewer"
        " than 10,000 different ones (1 / their number).",
        least=0,
        below=1,
        panel="Text",
    )
    min_count: int = _setting(5, "Leave out words that occur less often.", least=1, panel="Text")
    max_vocab: int | None = _setting(
        None, "Keep at most this many words, the most frequent.", least=2, panel="Text"
    )
    tokens: Tokens = _setting(
        "whitespace",
        "How text is split: 'whitespace' for text that is tokenised already, 'words' for prose"
        " (lower-cased, without punctuation: 3.14 becomes 3 14, e-mail e mail, and U.S. u s, where"
        " a sentence ends). Neither segments Chinese or Japanese.",
        panel="Text",
    )
    column: str | None = _setting(
        None,
        "Column of a table that is the text; .parquet and .arrow need none where only one can be.",
        panel="Text",
    )
    epochs: int = _setting(5, "Times to go through the text.", least=1, panel="Training")
    learning_rate: float | None = _setting(
        None,
        "Step size at the start; it falls linearly to 0. By default"
        f" {', '.join(f'{rate} for {model}' for model, rate in LEARNING_RATES.items())}.",
        least=_SMALLEST,
        below=10,
        panel="Training",
    )
    step_bound: float | None = _setting(
        None,
        "Largest step of a word in a batch, in units of 1 / curvature; by default 2, and of"
        " skip-gram with negative sampling more, up to 9.8, where WINDOW and NEGATIVES give a"
        " center more terms than 5 and 5 do with a radius that is drawn.",
        least=_SMALLEST,
        panel="Training",
    )
    batch_words: int | None = _setting(
        None,
        "Center words in a step; by default, and at the most, as many as the size of the text"
        " allows. Rounded down to whole runs of text, where a model takes those, of 8 words or"
        " more.",
        least=1,
        panel="Training",
    )
    model: Model = _setting(
        "skip-gram",
        _listed("What predicts a word", MODELS),
        panel="Model",
    )
    loss: Loss = _setting(
        "negative-sampling",
        _listed("How a word is predicted", LOSSES),
        panel="Model",
    )
    vectors: Which = _setting(
        "center",
        "Which vectors to keep of the two that training has for each word: of the word as a center,"
        " as an outside word, both side by side, or their mean.",
        panel="Model",
    )
    seed: int = _setting(
        0,
        "The same seed gives the same vectors on the same machine.",
        least=0,
        most=2**63 - 1,
        panel="Training",
    )
    dtype: DType = _setting("float32", "Floating-point numbers to compute with.", panel="Training")

    def __post_init__(self) -> None:
        types = get_type_hints(Config)
        for setting in fields(self):
            name, value = setting.name, getattr(self, setting.name)
            kinds = get_args(types[name]) or (types[name],)
            if value is None and type(None) in kinds:
                continue
            checked = _checked(name, value, kinds, setting.metadata["limits"])
            object.__setattr__(self, name, checked)


def _checked(name: str, value: Any, kinds: tuple[Any, ...], limits: dict[str, float]) -> Any:
    """A value as its type and its limits want it; ``kinds`` are types or the choices there are."""
    optional = type(None) in kinds
    if int in kinds:
        return _whole(name, value, optional=optional, **limits)
    if float in kinds:
        return _real(name, value, **limits)
    if bool in kinds and not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False; got {value!r}.")
    if str in kinds and not isinstance(value, str):
        raise ValueError(f"{name} must be a name{', or None' * optional}; got {value!r}.")
    if isinstance(kinds[0], str) and value not in kinds:
        raise ValueError(f"{name} must be one of {', '.join(kinds)}; got {value!r}.")
    return value


def _whole(name: str, value: Any, *, least: float, optional: bool, most: float = _MOST) -> int:
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or not least <= number <= most:
        limits = f"of at least {least}" if number is None or number < least else f"up to {most:,}"
        raise ValueError(
            f"{name} must be a whole number {limits}{', or None' if optional else ''};"
            f" got {reprlib.repr(value)}."
        )
    return number


def _real(
    name: str,
    value: Any,
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    below: float = math.inf,
) -> float:
    try:
        number = (
            math.nan if isinstance(value, bool) or not isinstance(value, Real) else float(value)
        )
    except OverflowError:  # a whole number or a fraction
        number = math.inf
    if not (math.isfinite(number) and number >= least and above < number < below):
        limits = {"at least": least, "above": above, "below": below}
        expected = " and ".join(f"{k} {v}" for k, v in limits.items() if math.isfinite(v))
        raise ValueError(
            f"{name} must be a finite number {expected}".rstrip() + f"; got {reprlib.repr(value)}."
        )
    return number
