"""Every record of the catalogue has all that belongs to it; what one lacks is named."""

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from derivations import statements
from jw2v import Config, catalogue, gradients, losses
from jw2v.catalogue import (
    CBOW,
    COMPOSITIONS,
    FAST,
    NEGATIVE_SAMPLING,
    OUTPUTS,
    Composition,
    Output,
)
from jw2v.choices import LEARNING_RATES, LOSSES, MODELS, Loss, Model
from mistakes import MUTANTS
from registry import BY_NAME, OF_COMPOSITIONS, OF_RECORDS

ROOT = Path(__file__).parents[2]
PARTS = ("v_c", "U")


def lacking(record: Output) -> list[str]:
    """What a record should have and has not."""
    name, proved = record.loss.__name__, statements()
    pair, *_ = OF_RECORDS.get(record.name, (None,))
    wrong = {case.values[1].name for case in MUTANTS}
    pages = {
        page: (ROOT / page).read_text("utf-8") for page in ("docs/models.md", "docs/derivations.md")
    }
    found = {
        f"no proof of the gradient by {part}": record.statements.get(part) in proved
        for part in PARTS
    }
    found |= {
        "no laws: tests/laws/registry.py": pair is not None and pair.record is record,
        "no mistakes of the pair: tests/laws/mistakes.py": name in wrong,
        "not in docs/models.md": record.name in pages["docs/models.md"],
        "no function beside its statement in docs/derivations.md": (
            f"`gradients.{name}`" in pages["docs/derivations.md"]
        ),
        "its loss does not name its statements": all(
            record.statements.get(part, "?")[0] in (record.loss.__doc__ or "") for part in PARTS
        ),
        "no description of one line": bool(record.description) and "\n" not in record.description,
    }
    return [what for what, there in found.items() if not there]


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_record_lacks_nothing(name: Loss) -> None:
    assert lacking(OUTPUTS[name]) == []


def function_of(record: Composition) -> str:
    """The name of its loss, which may be one with a choice made."""
    return getattr(record.loss, "func", record.loss).__name__


def lacking_of_composition(record: Composition) -> list[str]:
    """What a composition should have and has not."""
    named = OF_COMPOSITIONS.get(record.name, "")
    composed = {named.format(pair.name) for pair, *_ in OF_RECORDS.values()}
    documented = getattr(losses, function_of(record)).__doc__ or ""
    found = {
        "no proofs": bool(record.statements) and set(record.statements) <= set(statements()),
        "no laws by every output loss: tests/laws/registry.py": composed <= set(BY_NAME),
        "no mistakes: tests/laws/mistakes.py": bool(
            composed & {case.values[1].name for case in MUTANTS}
        ),
        "no learning rate: jw2v/choices.py": record.name in LEARNING_RATES,
        "not in docs/models.md": (
            f"--model {record.name}`" in (ROOT / "docs" / "models.md").read_text("utf-8")
        ),
        "no function beside its statement in docs/derivations.md": (
            f"`gradients.{function_of(record)}`"
            in (ROOT / "docs" / "derivations.md").read_text("utf-8")
        ),
        "its loss does not name its statements": all(
            re.search(rf"\b{family}\d?\b", documented) for family, *_ in record.statements
        ),
        "no description of one line": bool(record.description) and "\n" not in record.description,
    }
    return [what for what, there in found.items() if not there]


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_a_composition_lacks_nothing(name: Model) -> None:
    assert lacking_of_composition(COMPOSITIONS[name]) == []


@pytest.mark.usefixtures("unchecked")
def test_what_a_composition_lacks_is_named() -> None:
    new = replace(CBOW, name="glove", statements=("z9",), description="")
    assert lacking_of_composition(new) == [
        "no proofs",
        "no laws by every output loss: tests/laws/registry.py",
        "no mistakes: tests/laws/mistakes.py",
        "no learning rate: jw2v/choices.py",
        "not in docs/models.md",
        "its loss does not name its statements",
        "no description of one line",
    ]


@pytest.mark.usefixtures("unchecked")
def test_what_a_record_lacks_is_named() -> None:
    def hinge(v_c: object, o: object, U: object) -> None:
        """A loss that nobody has proved."""

    new = replace(
        NEGATIVE_SAMPLING, name="hinge", loss=hinge, statements={"v_c": "z9"}, description=""
    )
    found = lacking(new)
    assert len(found) == 8
    assert "no proof of the gradient by v_c" in found
    assert "no laws: tests/laws/registry.py" in found


def test_the_names_are_those_that_can_be_chosen() -> None:
    assert set(OUTPUTS) == set(LOSSES) == set(get_args(Loss))
    assert set(COMPOSITIONS) == set(MODELS) == set(LEARNING_RATES) == set(get_args(Model))
    for records in (OUTPUTS, COMPOSITIONS):
        assert all(record.name == name for name, record in records.items())
    assert all(model in COMPOSITIONS and loss in OUTPUTS for model, loss in FAST)


@pytest.mark.usefixtures("unchecked")
def test_an_unknown_name_is_an_error() -> None:
    known = {"loss": (catalogue.output, OUTPUTS), "model": (catalogue.composition, COMPOSITIONS)}
    for setting, (find, records) in known.items():
        for ask in (find, lambda name, setting=setting: Config(**{setting: name})):
            with pytest.raises(
                ValueError, match=f"{setting} must be one of {', '.join(records)}; got 'hinge'"
            ):
                ask("hinge")


def test_records_name_functions_of_the_library() -> None:
    for record in OUTPUTS.values():
        assert getattr(losses, record.loss.__name__) is record.loss
    for record in COMPOSITIONS.values():
        name = function_of(record)
        assert getattr(losses, name) is getattr(record.loss, "func", record.loss)
        assert getattr(gradients, name) is getattr(record.gradient, "func", record.gradient)
