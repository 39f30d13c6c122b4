"""A setting that changes nothing is said, and one that is left at its default is not."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optax
import pytest

import jw2v
from jw2v import Config, losses
from jw2v.choices import Model
from jw2v.reading import corpus
from jw2v.training import unused
from jw2v.training.checkpoints import seconds_between
from jw2v.training.planning import plan
from jw2v.training.recipe import Overrides
from topics import two_topics

COUNTS = np.full(2, 1000)
NOTHING = Overrides(None, None, "tables", None)
ADAM = NOTHING._replace(optimizer=optax.adam(0.1))
PAIR_LOSS = ADAM._replace(pair_loss=losses.naive_softmax)
SCHEDULE = NOTHING._replace(schedule=optax.constant_schedule(0.1))

UNUSED: dict[str, tuple[dict[str, Any], Overrides, str]] = {
    "negatives": (
        {"loss": "naive-softmax", "negatives": 77},
        NOTHING,
        "'naive-softmax' draws none",
    ),
    "exponent": (
        {"loss": "naive-softmax", "ns_exponent": -1.5},
        NOTHING,
        "it is of negatives, and",
    ),
    "exponent of none": ({"negatives": 0, "ns_exponent": 1}, PAIR_LOSS, "it is of negatives, and"),
    "loss": (
        {"loss": "naive-softmax"},
        ADAM._replace(pair_loss=losses.negative_sampling),
        "a loss of your own is in its place",
    ),
    "step bound": ({"step_bound": 1.0}, ADAM, "it is of the default step rule, and an optimizer"),
    "learning rate": ({"learning_rate": 0.1}, ADAM, "an optimizer of your own has its own"),
    "rate of a schedule": ({"learning_rate": 0.1}, SCHEDULE, "the schedule is in its place"),
    "update": ({}, NOTHING._replace(update="rows"), "it is of an optimizer of your own"),
    "radius": ({"window": 1, "shrink_window": False}, NOTHING, "a window of 1 has no smaller"),
}
USED: dict[str, tuple[dict[str, Any], Overrides]] = {
    "nothing": ({}, NOTHING),
    "all defaults": ({"loss": "naive-softmax"}, NOTHING),
    "no negatives where none are drawn": ({"loss": "naive-softmax", "negatives": 0}, NOTHING),
    "negatives": ({"negatives": 7, "ns_exponent": 1, "model": "cbow"}, NOTHING),
    "negatives of a pair loss": (
        {"negatives": 7, "ns_exponent": 1},
        ADAM._replace(pair_loss=losses.negative_sampling),
    ),
    "none of a pair loss": ({"negatives": 0}, PAIR_LOSS),
    "step rule": ({"loss": "naive-softmax", "step_bound": 1, "learning_rate": 0.1}, NOTHING),
    "rows": ({"negatives": 7}, ADAM._replace(update="rows")),
    "schedule": ({"step_bound": 1.0}, SCHEDULE),
    "a window of 1": ({"window": 1}, NOTHING),
    "a fixed window": ({"window": 2, "shrink_window": False}, NOTHING),
    "the default rate, settled": ({"learning_rate": 0.05}, ADAM),
}


@pytest.mark.parametrize("name", UNUSED)
def test_what_changes_nothing_is_said(name: str) -> None:
    given, own, reason = UNUSED[name]
    setting, value = list(given.items())[-1] if given else ("update", "rows")
    said = unused.complaint(Config(**given), own)
    assert said is not None
    assert said.startswith(f"{setting}={value!r} changes nothing: ") or isinstance(value, int)
    assert reason in said
    assert said.count("changes nothing") == 1


@pytest.mark.parametrize("name", USED)
def test_what_is_read_is_passed_over_in_silence(name: str) -> None:
    given, own = USED[name]
    assert unused.complaint(Config(**given), own) is None


@pytest.mark.parametrize(("words", "said"), [(None, False), (1, True), (31, True), (32, False)])
def test_a_step_below_a_run_of_text_is_said(words: int | None, said: bool) -> None:
    config = Config(batch_words=words, subsample=0)
    planned = plan(config, COUNTS, layout="segments", fast=True)
    message = unused.too_small(config, planned)
    expected = f"batch_words={words} is taken for 32: the words of a step are whole runs of text,"
    assert (message or "").startswith(expected) == said
    assert said or message is None
    planned = plan(config, COUNTS, layout="windows", fast=False)
    assert unused.too_small(config, planned) is None


@pytest.mark.parametrize("model", ["skip-gram", "cbow"])
def test_training_says_it_where_it_was_called(model: Model) -> None:
    config = Config(dim=4, min_count=1, epochs=1, subsample=0, model=model, batch_words=7)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        jw2v.train(two_topics(30), config, update="rows")
    ours = [each for each in seen if each.category is UserWarning]
    first, second = (str(each.message) for each in ours)
    assert "update='rows' changes nothing" in first
    assert "batch_words=7 is taken for 32" in second
    home = Path(jw2v.__file__).parent
    assert all(home not in Path(each.filename).parents for each in ours), "it points at who called"


def test_settings_that_a_text_was_not_read_with() -> None:
    text = corpus.read(two_topics(30), min_count=2, max_vocab=7)
    config = Config(dim=4, epochs=1, subsample=0)
    said = "min_count=1, max_vocab=9 changes nothing: the text was read before, with min_count=2,"
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        jw2v.train(text, replace(config, min_count=1, max_vocab=9))
        jw2v.train(text, config)  # the default is nothing that was asked for
        jw2v.train(text, replace(config, min_count=2, max_vocab=7))
    ours = [str(each.message) for each in seen if each.category is UserWarning]
    assert [each[: len(said)] for each in ours] == [said]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"config": {"dim": 4}}, "config must be a jw2v.Config"),
        ({"start": "vectors.safetensors"}, r"start must be vectors, such as WordVectors\.load"),
    ],
)
def test_what_is_given_for_something_else(given: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        jw2v.train(two_topics(30), **given)


def test_the_command_says_it_once(run: Callable, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("\n".join(map(" ".join, two_topics(30))), encoding="utf-8")
    flags = ("--dim", 4, "--min-count", 1, "--epochs", 1, "--loss", "naive-softmax")
    given = ("train", path, "-o", tmp_path / "v.txt", *flags, "--negatives", 7)
    code, _, err = run(*given)
    assert code == 0
    assert err.count("warning: --negatives 7 changes nothing: the loss 'naive-softmax' draws") == 1


@pytest.mark.parametrize("every", [float("nan"), -1, True, "600", 1j])
def test_seconds_between_checkpoints_are_a_number(every: Any, unchecked: None) -> None:
    said = "checkpoint_every must be a number of seconds, 0 or more, or None; got"
    with pytest.raises(ValueError, match=said):
        jw2v.train("nowhere", checkpoint_dir="here", checkpoint_every=every)


@pytest.mark.parametrize("every", [0, 600, float("nan")])
def test_they_need_a_folder(every: float) -> None:
    with pytest.raises(ValueError, match="checkpoint_every needs checkpoint_dir"):
        jw2v.train("nowhere", checkpoint_every=every)
    assert seconds_between(None, None) == seconds_between(None, "here") == 600
