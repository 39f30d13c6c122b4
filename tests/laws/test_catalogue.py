"""Every record of the catalogue has all that belongs to a loss; what one lacks is named."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from derivations import statements
from jw2v import Config, catalogue, losses
from jw2v.catalogue import NEGATIVE_SAMPLING, OUTPUTS, Output
from jw2v.choices import Loss
from mistakes import MUTANTS
from registry import OF_RECORDS

ROOT = Path(__file__).parents[2]
PARTS = ("v_c", "U")


def lacking(record: Output) -> list[str]:
    """What a record should have and has not."""
    name, proved = record.loss.__name__, statements()
    pair, *_ = OF_RECORDS.get(record.name, (None, None))
    wrong = {case.values[1].name for case in MUTANTS}
    pages = {
        page: (ROOT / page).read_text("utf-8") for page in ("README.md", "docs/derivations.md")
    }
    found = {
        f"no proof of the gradient by {part}": record.statements.get(part) in proved
        for part in PARTS
    }
    found |= {
        "no laws: tests/laws/registry.py": pair is not None and pair.loss is record.loss,
        "no mistakes of the pair: tests/laws/mistakes.py": name in wrong,
        "not in README.md": record.name in pages["README.md"],
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
    assert set(OUTPUTS) == set(get_args(Loss))
    assert all(record.name == name for name, record in OUTPUTS.items())


@pytest.mark.usefixtures("unchecked")
def test_an_unknown_name_is_an_error() -> None:
    for ask in (catalogue.output, lambda name: Config(loss=name)):
        with pytest.raises(
            ValueError, match="loss must be one of negative-sampling, naive-softmax"
        ):
            ask("hinge")


def test_records_name_functions_of_the_library() -> None:
    for record in OUTPUTS.values():
        assert getattr(losses, record.loss.__name__) is record.loss
