"""The lines of programs on the answer sheet: they are what is proved, and the page has them."""

import re
from dataclasses import replace
from pathlib import Path

import jax
import pytest
import sympy as sp

from derivations.engine.layout import PAGE as WIDTH
from derivations.engine.layout import width
from derivations.engine.printing import latex
from derivations.engine.sheet import sheet
from derivations.programs.claims import claims
from derivations.programs.lines import Line, alike, rows
from derivations.programs.listing import listing, listings
from derivations.programs.losses import claims_of_losses
from derivations.programs.proof import same
from jw2v import losses

PAGE = Path(__file__).parents[2] / "docs" / "derivations.md"
FEW = ["activations.relu", "losses.naive_softmax", "gradients.negative_sampling"]


@pytest.mark.slow
def test_the_lines_on_the_page_are_current():
    _, found, shown = PAGE.read_text(encoding="utf-8").partition("# The programs, line by line\n")
    if f"JAX {jax.__version__} writes" not in shown:
        pytest.skip("the page shows the programs of another version of JAX")
    written = sheet([], PAGE.parent, listings())
    assert written.endswith(found + shown), (
        "run: python -m derivations --markdown docs/derivations.md"
    )


def test_the_page_names_every_program_of_a_loss():
    shown = PAGE.read_text(encoding="utf-8").partition("# The programs, line by line\n")[2]
    for claim in claims_of_losses():
        assert f"<code>{claim.name}</code>" in shown or f"`{claim.name}`, " in shown


@pytest.mark.parametrize("name", FEW)
def test_both_sides_of_a_line_are_one_number(name):
    found, ends = rows(claims()[name])
    assert found
    for row in found:
        if not latex(row.entry).startswith("unknown"):
            assert alike(row.entry, row.name)
        if row.known is not None:
            assert alike(row.known, row.name)
    for end, (_, expected) in zip(ends, claims()[name].results, strict=True):
        assert alike(end[0], expected)


@pytest.mark.parametrize("name", FEW)
def test_the_names_stand_for_what_is_proved(name):
    claim = claims()[name]
    for (end, _), (_, expected) in zip(rows(claim)[1], claim.results, strict=True):
        assert end.has(Line)
        assert same(end, expected)


def test_a_line_is_written_by_those_before_it():
    for name in FEW:
        seen = set()
        for row in rows(claims()[name])[0]:
            assert {e.number for e in row.entry.atoms(Line)} <= seen
            seen.add(row.name.number)


def test_no_line_is_wider_than_a_page():
    shown = PAGE.read_text(encoding="utf-8").partition("# The programs, line by line\n")[2]
    blocks = re.findall(r"begin{aligned}\n(.*?)\n.end{aligned}", shown, re.S)
    assert len(blocks) > 30
    for lines in blocks:
        cells = [re.split(" ?&&? ?", line.removesuffix(" \\\\")) for line in lines.splitlines()]
        columns = zip(*(row + [""] * (3 - len(row)) for row in cells), strict=True)
        assert sum(max(map(width, column)) for column in columns) < WIDTH


def test_the_softmax_is_recognised():
    lines = listing(claims()["gradients.naive_softmax"])
    assert (
        r"\langle 1 \rangle_w &= \sum_k (u_w)_k (v_c)_k = u_w^\top v_c && \texttt{dot\_general}"
        in lines
    )
    assert r"\langle 2 \rangle &= \text{any number} && \texttt{reduce\_max}" in lines
    assert r"\frac{\langle 4 \rangle_w}{\langle 5 \rangle} = \hat{y}_w && \texttt{div}" in lines
    assert r"\langle 6 \rangle_w - \delta_{ow} = \hat{y}_w - y_w && \texttt{sub}" in lines


def test_another_program_is_not_recognised():
    """Its entries are told by the rules, and not by what is claimed of it."""
    claim = claims()["losses.naive_softmax"]
    wrong = replace(claim, program=lambda v, o, U: -losses.naive_softmax(v, o, U))
    assert r"J_{\mathrm{naive}}" in listing(claim)
    assert r"J_{\mathrm{naive}}" not in listing(wrong)
    twice = replace(claim, program=lambda v, o, U: losses.naive_softmax(2 * v, o, U))
    assert r"\hat{y}" in listing(claim)
    assert r"\hat{y}" not in listing(twice)


def test_one_letter_means_one_sum():
    """A sum in the term of another has a letter of its own."""
    for row in rows(claims()["gradients.negative_sampling"])[0]:
        for e in row.entry.atoms(sp.Sum):
            inner = {n for f in e.function.atoms(sp.Sum) for n in f.variables}
            assert not inner & {*e.variables}
            assert not row.name.free_symbols & {*e.variables} & set(row.name.args)
