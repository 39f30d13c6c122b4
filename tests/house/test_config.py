"""Impossible settings are refused, by name."""

import math
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

from jw2v import Config

IMPOSSIBLE = [
    ("dim", 0),
    ("dim", 2.5),
    ("dim", True),
    ("dim", "100"),
    ("window", 0),
    ("negatives", -1),
    ("min_count", 0),
    ("max_vocab", 1),
    ("epochs", 0),
    ("batch_words", 0),
    ("seed", -1),
    ("learning_rate", math.nan),
    ("learning_rate", math.inf),
    ("learning_rate", 0),
    ("learning_rate", -0.1),
    ("learning_rate", 1e-40),
    ("learning_rate", 10),
    ("learning_rate", 1e6),
    ("step_bound", 0),
    ("subsample", -1e-3),
    ("subsample", 1),
    ("ns_exponent", math.nan),
    ("ns_exponent", 1e300),
    ("ns_exponent", 19),
    ("ns_exponent", -19),
    ("learning_rate", 1e-9),
    ("step_bound", 1e-12),
    ("loss", "glove"),
    ("tokens", "bytes"),
    ("dtype", "float16"),
    ("shrink_window", 1),
    ("column", 3),
]


@pytest.mark.parametrize(("name", "value"), IMPOSSIBLE)
@pytest.mark.usefixtures("unchecked")
def test_impossible_settings(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"{name} must be .*; got ") as caught:
        Config(**{name: value})
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("name", ["dim", "epochs", "seed", "learning_rate", "ns_exponent"])
def test_numbers_too_large_for_a_machine(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be .*; got 1000.*000.$") as caught:
        Config(**{name: 10**400})
    assert len(str(caught.value)) < 200
    assert Config(seed=2**63 - 1).seed == 2**63 - 1


@pytest.mark.usefixtures("unchecked")
def test_numbers_may_come_from_numpy() -> None:
    config = Config(dim=np.int64(7), learning_rate=np.float32(0.5), subsample=0)
    assert (config.dim, config.learning_rate, config.subsample) == (7, 0.5, 0.0)
    assert [type(config.dim), type(config.learning_rate), type(config.subsample)] == [
        int,
        float,
        float,
    ]


def test_settings_cannot_be_changed_but_replaced() -> None:
    config = Config()
    with pytest.raises(FrozenInstanceError):
        config.dim = 3
    assert replace(config, dim=3).dim == 3
    with pytest.raises(ValueError, match="dim"):
        replace(config, dim=0)


def test_every_setting_is_explained() -> None:
    assert all(len(field.metadata["help"]) > 10 for field in fields(Config))
