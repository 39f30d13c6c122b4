"""The laws can fail: each mutant is a plausible mistake, and each law named with it refuses it.

The harness is ``laws.hold``, which the real functions pass in ``test_gradients.py``.
"""

import pytest

import laws
from mistakes import MUTANTS


@pytest.mark.parametrize(("law", "wrong"), MUTANTS)
def test_a_law_refuses_the_mutant(law, wrong):
    with pytest.raises(AssertionError):
        laws.hold(law, wrong, shrink=False)


def test_every_law_was_seen_to_fail():
    assert {case.values[0] for case in MUTANTS} == set(laws.LAWS)
