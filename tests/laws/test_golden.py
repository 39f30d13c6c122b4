"""Whole windows against the losses and gradients of an independent numpy program."""

import numpy as np
import pytest

import laws
from registry import BY_NAME
from tolerances import close

pytestmark = pytest.mark.machine_code

PUBLISHED = {11.16610900153398, 9.87714910003414}


def arguments(case: dict) -> tuple:
    V, U = (np.array(case[table]) for table in ("center_vectors", "outside_vectors"))
    draws = [np.array(case["negatives"])] if any(case["negatives"]) else []
    everything = np.ones(len(case["outside"]), bool)
    return case["center"], np.array(case["outside"]), V, U, everything, *draws


@pytest.mark.parametrize("number", range(6))
def test_window(x64, golden_windows, number):
    case = golden_windows[number]
    window = BY_NAME[f"skip_gram of {case['objective']}"]
    args = arguments(case)
    loss, gradient = laws.both(window, *args)
    expected = [np.array(case[table]) for table in ("grad_center_vectors", "grad_outside_vectors")]
    close(loss, np.array(case["loss"]), "rounding", args)
    close(gradient, expected, "rounding", args)
    close(laws.autodiff(window)(*args), expected, "rounding", args)


def test_no_window_is_left_out(golden_windows):
    assert len(golden_windows) == 6
    assert {case["objective"] for case in golden_windows} == {"naive_softmax", "negative_sampling"}


def test_the_published_figures_are_among_them(golden_windows):
    losses_found = [case["loss"] for case in golden_windows]
    for figure in PUBLISHED:
        assert np.isclose(losses_found, figure, rtol=1e-15, atol=0).any()
