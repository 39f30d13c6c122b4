"""Settings that change nothing, said before training."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from jw2v import catalogue
from jw2v.choices import LEARNING_RATES
from jw2v.config import Config
from jw2v.training.planning import Plan
from jw2v.training.recipe import Overrides

__all__ = ["complaint", "of_a_text", "too_small"]

_DEFAULTS = {field.name: field.default for field in fields(Config)}


def complaint(
    config: Config, overrides: Overrides, silent: Mapping[str, str] = MappingProxyType({})
) -> str | None:
    """Settings that are not the default and yet change nothing, each with the reason.

    Args:
        config: the settings as they were given, not yet settled.
        overrides: what stands in the place of the default loss and step rule.
        silent: further settings that say nothing here, with the reasons.

    >>> complaint(Config(loss="naive-softmax", negatives=15), Overrides(None, None, "tables", None))
    "negatives=15 changes nothing: the loss 'naive-softmax' draws none."
    >>> complaint(Config(), Overrides(None, None, "tables", None))
    """
    given = {name: value for name, value in vars(config).items() if value != _DEFAULTS[name]}
    if config.learning_rate == LEARNING_RATES[config.model]:  # the default, settled
        given.pop("learning_rate")
    if overrides.update != "tables":
        given["update"] = overrides.update
    if overrides.noise is not None:
        given["noise"] = overrides.noise
    reasons = {**dict(_unread(config, overrides)), **silent}
    wrong = [
        f"{name if name == 'noise' else f'{name}={given[name]!r}'} changes nothing: {reason}"
        for name, reason in reasons.items()
        if name in given
    ]
    return f"{'; '.join(wrong)}." if wrong else None


def _unread(config: Config, overrides: Overrides) -> Iterator[tuple[str, str]]:
    """The names of settings that are not read, with the reasons."""
    if overrides.loss is not None:
        yield "loss", "a loss of your own is in its place"
    if overrides.loss is None and catalogue.output(config.loss).draws != "negatives":
        reason = f"the loss {config.loss!r} draws none"
        yield from _of_noise(f"it is of negatives, and {reason}")
        if config.negatives:  # none are what it draws
            yield "negatives", reason
    elif not config.negatives:
        yield from _of_noise("it is of negatives, and there are none")
    elif overrides.noise is not None:
        yield "ns_exponent", "a noise of your own is in its place"
    if overrides.optimizer is not None:
        yield "step_bound", "it is of the default step rule, and an optimizer of your own has none"
        yield "learning_rate", "an optimizer of your own has its own"
    else:
        yield "update", "it is of an optimizer of your own, and there is none"
    if overrides.schedule is not None:
        yield "learning_rate", "the schedule is in its place"
    if config.window == 1:
        yield "shrink_window", "a window of 1 has no smaller radius"


def of_a_text(config: Config, settings: Mapping[str, Any]) -> str | None:
    """Settings of reading that are not those that a text was read with, nor the default.

    Args:
        config: the settings as they were given.
        settings: of the text that was read before, by name.

    >>> of_a_text(Config(min_count=1), {"min_count": 5, "tokens": "whitespace"})
    'min_count=1 changes nothing: the text was read before, with min_count=5.'
    >>> of_a_text(Config(), {"min_count": 1})
    """
    others = [
        name
        for name, value in settings.items()
        if getattr(config, name) not in (value, _DEFAULTS[name])
    ]
    if not others:
        return None
    given = ", ".join(f"{name}={getattr(config, name)!r}" for name in others)
    read = ", ".join(f"{name}={settings[name]!r}" for name in others)
    return f"{given} changes nothing: the text was read before, with {read}."


def _of_noise(reason: str) -> Iterator[tuple[str, str]]:
    yield from ((name, reason) for name in ("ns_exponent", "noise"))


def too_small(config: Config, planned: Plan) -> str | None:
    """What to say of steps that were asked to be smaller than any can be."""
    length = planned.shape.length
    if config.batch_words is None or config.batch_words >= length:
        return None
    return (
        f"batch_words={config.batch_words} is taken for {length}: the words of a step are whole"
        f" runs of text, of {length} words each."
    )
