"""The answer sheet: what prints is set throughout, fits the page, and its numbers are true."""

import inspect
import pkgutil
import re
from collections import Counter
from functools import cache
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy as sp
from sympy import KroneckerDelta as Delta

from derivations import Claim, statements
from derivations.engine import notation, sheet, variants
from derivations.engine.layout import PAGE, broken, chain, width
from derivations.engine.notation import U, V, c, d, i, j, k, l, m, o, softmax, total, unfold, v_c, w
from derivations.engine.overview import heading, linked, slug
from derivations.engine.printing import latex, text
from derivations.engine.variants import Instance, _equals, instances, refused
from derivations.engine.wording import as_latex, as_markdown
from jw2v.catalogue import COMPOSITIONS, OUTPUTS
from jw2v.studies import treebank

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CLAIMS = [(id, claim) for id, e in statements().items() for claim in e.claims]
NAMES = [f"{id}-{claim.name}" for id, claim in CLAIMS]
each_claim = pytest.mark.parametrize(("id", "claim"), CLAIMS, ids=NAMES)


@cache
def page() -> str:
    """The page of statements."""
    whole = (DOCS / "derivations.md").read_text(encoding="utf-8")
    return whole.split("\n# The programs, line by line\n")[0]


@cache
def sections() -> dict[str, str]:
    """The statements of the page by their headings."""
    parts = re.split(r"^(?=##? )", page() + "\n", flags=re.M)
    return {part.partition("\n")[0].removeprefix("## "): part.removesuffix("\n") for part in parts}


DECLARED = dict(notation.symbols)
"""The symbols of the page: tests declare some of their own."""

REWRITE = "run: python -m derivations --markdown docs/derivations.md"


def test_the_rest_of_the_sheet_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sections, each of which is held to what is written now below, are all there in order."""
    monkeypatch.setattr(notation, "symbols", DECLARED)
    monkeypatch.setattr(sheet, "_section", lambda derivation, _: sections()[heading(derivation)])
    assert sheet.sheet(statements().values(), DOCS) == page(), REWRITE
    assert all(f"## {id} · " in page() for id in [*statements(), "plot"])


# Words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("statement b1; u_o is constant", r"\text{statement b1; }u_o\text{ is constant}"),
        ("q_w = Σ_z r_zw", r"q_w = \sum_z r_{zw}"),
        ("eᵀHe, pair by pair", r"e^\top He\text{, pair by pair}"),
        ("ηL = 2 − τ: positive", r"\eta L = 2 - \tau\text{: positive}"),
        ("the log of a quotient", r"\text{the log of a quotient}"),
        ("the slope of log σ is 1 − σ", r"\text{the slope of }\log\sigma\text{ is }1 - \sigma"),
        ("for any a that stays fixed", r"\text{for any a that stays fixed}"),
        ("only the term a = 0 is left", r"\text{only the term }a = 0\text{ is left}"),
        ("o's own term", r"o\text{'s own term}"),
        ("a word w (V ≥ 2)", r"\text{a word }w\text{ (}V \ge 2\text{)}"),
        ("ŷ_w (u_w − Σ_x ŷ_x u_x)", r"\hat{y}_w (u_w - \sum_x \hat{y}_x u_x)"),
        ("ŷ(1 − ŷ) ≤ min(¼, ŷ eˢ)", r"\hat{y}(1 - \hat{y}) \le \min(\tfrac14, \hat{y} e^s)"),
        ("‖e‖ = 1 and ‖g‖²", r"\lVert e\rVert = 1\text{ and }\lVert g\rVert^2"),
        ("J_naive, w_{t+j}", r"J_{\mathrm{naive}}\text{, }w_{t+j}"),
        ("max_w ‖u_w‖", r"\max_w \lVert u_w\rVert"),
        ("as `jax.grad` does", r"\text{as \texttt{jax.grad} does}"),
        ("LaTeX as it is, $x^{n+1}$", r"\text{LaTeX as it is, }x^{n+1}"),
    ],
)
def test_symbols_among_words_are_formulas(words: str, expected: str) -> None:
    assert re.sub(r"log ?\\", r"log\\", as_latex(words)) == expected


@pytest.mark.parametrize("words", ["x @ y", "Uv_c", "softmax(z)", "(w", "‖e", "r_", "50 %", "x^2"])
def test_what_is_not_known_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"cannot set|brackets do not match"):
        as_latex(words)


def test_no_symbol_of_the_page_is_among_words() -> None:
    formula = r"```math.*?```|\$`.*?`\$|`[^`]*`|^#.*?$|\(#[^)]*\)"
    prose = re.sub(formula, "", page(), flags=re.M | re.S)
    assert not set(prose) & set("ŷσΣΠ∂∇βηθτμωξ≤≥≠−²³ᵀ‖δΔε∈±$_"), "a symbol is not set"
    upright = [set(words) for words in re.findall(r"\\text\{([^{}]*)\}", page())]
    assert all(max(words, default="") < "ƒ" or words & set("–’") for words in upright)
    assert "left out:* nothing" not in page()


# Formulas

UNEQUAL = 1 - Delta(j, 0)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (total(UNEQUAL * v_c[j], j), r"\sum_{j \ne 0} (v_c)_j"),
        (total((1 - Delta(w, o)) * softmax(w), w), r"\sum_{w \ne o} \hat{y}_w"),
        # Only exactly that factor, and only in a sum over everything
        (total(UNEQUAL**2 * v_c[j], j), r"\sum_j (1 - \delta_{j0})^2 (v_c)_j"),
        (total((2 - Delta(j, 0)) * v_c[j], j), r"\sum_j (2 - \delta_{j0}) (v_c)_j"),
        (total((1 - Delta(o, c)) * softmax(w), w), r"\sum_w \hat{y}_w (1 - \delta_{co})"),
        (sp.Sum(UNEQUAL * v_c[j], (j, 1, m)), r"\sum_{j=1}^m (1 - \delta_{j0}) (v_c)_j"),
        (-sp.log(softmax(o)), r"-\log \hat{y}_o"),
        (v_c[i] * (softmax(w) - 1), r"(\hat{y}_w - 1) (v_c)_i"),
        (U[w, i] ** 2 / 2, r"\frac{1}{2} (u_w)_i^2"),
        (total(v_c[k], k) ** 2 * V, r"V \Bigl(\sum_k (v_c)_k\Bigr)^2"),
        (V / d, r"\frac{V}{d}"),
        (sp.exp(-v_c[i]), r"\exp\bigl(-(v_c)_i\bigr)"),
        (total(U[w, i] - v_c[i], w), r"\sum_w \bigl((u_w)_i - (v_c)_i\bigr)"),
    ],
)
def test_formulas_print_like_a_paper(expr: sp.Expr, expected: str) -> None:
    assert latex(expr) in (
        expected,
        expected.replace(r"\frac{1}{2} (u_w)_i^2", r"\frac{(u_w)_i^2}{2}"),
    )


def test_what_a_sum_leaves_out_shows_in_the_terminal() -> None:
    assert text(total(UNEQUAL * v_c[i], j)).startswith("Σ_j≠0 (")
    assert "≠" not in text(total(v_c[i], j))


@each_claim
def test_the_window_of_a_statement_leaves_out_its_center(id: str, claim: object) -> None:
    """A sum that prints without bounds has no factor that leaves something out."""
    assert r"(1 - \delta_{j0})" not in latex(claim.left) + latex(claim.closed)


# Layout


def test_a_long_formula_breaks_where_it_is_least_deep() -> None:
    formula = " + ".join(rf"\bigl(x_{n} - \sum_{{k}} y_k\bigr)" for n in range(9))
    lines = broken(formula, 20)
    assert len(lines) > 1
    assert all(width(line) <= 20 for line in lines)
    assert all(line.count("(") == line.count(")") for line in lines)
    joined = " ".join(line.removeprefix(r"\quad {}") for line in lines)
    assert joined == formula
    with pytest.raises(ValueError, match="no place to break"):
        broken("x" * 100, 20)


def test_a_long_reason_does_not_widen_the_page() -> None:
    why = "what is said at great length, for x_i and for y_i alike, " * 4 + "ends"
    for formula in ("x", r"\sum_w \hat{y}_w + " * 6 + "1"):
        rows = chain("J", [(formula, "short"), (formula, why)]).splitlines()
        assert all(width(row.replace("&", "")) <= PAGE + 1 for row in rows[2:-2])
        assert sum(row.count(r"\text{") for row in rows) > 8
    assert "&&" in chain("J", [("x", "short")])
    # A long beginning stands above, where it is as wide as what follows
    beginning = r"\sum_w \hat{y}_w - " * 7 + "1"
    assert "&&" not in chain(beginning, [("x", "a reason that would stand beside it")])


# Variants


def assert_short(claim: object, shown: list[Instance]) -> None:
    """No number is large, no index that is summed over has a value, a label is 0 or 1."""
    ends = [claim.closed, *claim.wrong.values(), *claim.too_strong.values(), claim.left]
    free = {n.name for e in ends for n in unfold(claim.concrete(e)).free_symbols if n.is_Symbol}
    for at in shown:
        given = (*at.wrong.values(), *at.too_strong.values(), at.truth, *at.values.values())
        assert all(abs(e) < 1000 for values in given for e in np.ravel(values))
        summed = {n.name for n in (i, j, k, l, w, o, c)} - free
        told = " ".join(at.told)
        assert not [n for n in summed if re.search(rf"(?<![\w\\]){n} =", told)]
        assert {int(e) for e in np.ravel(at.values.get("labels", 0))} <= {0, 1}
        assert at.values.get("alpha", 0) <= 1


@pytest.mark.parametrize("id", statements())
def test_the_section_is_current(id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on the page is what is written now, and the numbers there refute every variant."""
    shown: dict[str, list[Instance]] = {}

    def kept(claim: Claim, id: str) -> list[Instance]:
        return shown.setdefault(claim.name, instances(claim, id))

    monkeypatch.setattr(variants, "instances", kept)
    derivation = statements()[id]
    assert sheet._section(derivation, DOCS) == sections()[heading(derivation)], REWRITE
    assert shown.keys() == {claim.name for claim in derivation.claims}
    for claim in derivation.claims:
        assert_refuted(claim, shown[claim.name])


def assert_refuted(claim: Claim, shown: list[Instance]) -> None:
    """Every variant by one of the instances, which are short and meet the assumptions."""
    assert_short(claim, shown)
    named = [name for at in shown for name in (*at.wrong, *at.too_strong)]
    assert Counter(named) == Counter({**claim.wrong, **claim.too_strong}.keys())
    for at in shown:
        assert all(abs(value - at.truth) > 0.01 for value in at.wrong.values())
        assert all(value < 0 for value in at.too_strong.values())
        with mpmath.workdps(30):
            values = {name: np.copy(e) if np.ndim(e) else e for name, e in at.values.items()}
            assert all(e.holds(values) for e in claim.given)
        for name, value in at.values.items():
            off = np.max(np.abs(np.asarray(values[name] - value, np.float64)), initial=0)
            assert off < 1e-12, "the instance does not meet the assumptions"


def test_what_is_printed_was_computed() -> None:
    """b1, by hand: u_0 = (1, 0), and so on, from the page's own numbers."""
    claim = statements()["b1"]["v_c"]
    (at,) = instances(claim, "b1")
    u, v = at.values["U"].astype(float), at.values["v_c"].astype(float)
    y_hat = np.exp(u @ v) / np.exp(u @ v).sum()
    y = np.eye(len(u))[at.values["o"]]
    entry = at.values["i"]
    assert float(at.truth) == pytest.approx((u.T @ (y_hat - y))[entry])
    assert float(at.wrong["missing term of the seen word"]) == pytest.approx((u.T @ y_hat)[entry])
    assert float(at.wrong["transposed"]) == pytest.approx(u[entry] @ (y_hat - y))
    printed = refused(claim, "b1")
    assert f"the truth is ${mpmath.nstr(at.truth, 3)}$" in printed
    assert r"\sum_w (\hat{y}_w - y_w) (u_i)_w" in printed


def test_the_sizes_of_empty_arrays_are_told() -> None:
    """A tree without steps, of four words whose probability is one each."""
    claim = statements()["k3"]["one word more"]
    (at,) = instances(claim, "k3")
    assert at.truth == 4
    assert {"V = 4", "H = 0"} <= set(at.told)
    assert len(set(at.told)) == len(at.told)


def test_what_a_computation_rounds_is_not_printed() -> None:
    noise = mpmath.mpf("1.23e-32")
    assert (_equals(noise), _equals(1 - noise), _equals(noise - 0.5)) == ("= 0", "= 1", "= -0.5")


# The table, the folds, the picture


def test_every_function_named_computes_its_statement() -> None:
    functions = {id: e.functions for id, e in statements().items()}
    for id, names in {**functions, "plot": ("studies.treebank.reproduce",)}.items():
        for name in names:
            found = pkgutil.resolve_name(f"jw2v.{name}")
            mention = rf"\b{id}\b|\(a–d\b" if id in "ad" else rf"\b{id}\b"
            assert re.search(mention, found.__doc__), f"{name} does not name {id}"
            (link,) = re.findall(r"\]\((.*)\)", linked(name))
            assert inspect.getsourcefile(inspect.unwrap(found)) == str((DOCS / link).resolve())


def test_the_table_has_every_statement_and_its_links_lead_somewhere() -> None:
    headings = {slug(title) for title in re.findall(r"^## (.*)$", page(), re.M)}
    links = re.findall(r"\(#([^)]*)\)", page())
    assert set(links) <= headings
    assert {slug(heading(e)) for e in statements().values()} <= set(links)
    for file in re.findall(r"\]\(((?:\.\./)?[\w./]+)\)", page()):
        assert (DOCS / file).is_file(), f"{file} is linked, but is not there"


def test_the_table_has_every_choice_of_the_catalogue_beside_its_gradients() -> None:
    """A record that names a statement which is not there, or no gradient, is told."""
    rows = {
        re.match(r"\| \[(\w+)\]", row)[1]: row for row in page().splitlines() if row[:3] == "| ["
    }
    outputs = {f"--loss {name}": tuple(e.statements.values()) for name, e in OUTPUTS.items()}
    models = {f"--model {name}": e.statements for name, e in COMPOSITIONS.items()}
    for choice, ids in (outputs | models).items():
        assert {id for id, row in rows.items() if f"`{choice}`" in row} == set(ids), choice
        assert any("[`gradients." in rows[id] for id in ids), f"{choice} has no gradient here"


def test_claims_that_are_folded_exist() -> None:
    for derivation in statements().values():
        assert set(derivation.folded) <= {claim.name for claim in derivation.claims}


def test_a_fold_leaves_blank_lines_around_its_formulas() -> None:
    """GitHub takes what follows an HTML line directly for HTML, formulas included."""
    fold = re.search(r"<details>\n<summary>.*</summary>\n\n(.*?)\n\n</details>\n\n", page(), re.S)
    assert fold
    assert fold[1].count("```math") >= 2 * len(statements()["g3"].folded)


def test_the_counts_of_the_picture(shared_data: Path) -> None:
    """What the page says of the treebank's words, and of the picture's first axis, is so."""
    sentences = treebank.read_sentences(shared_data / "sst")
    counts = Counter(word for sentence in sentences for word in sentence)
    section = page().split("## plot")[1].split("\n# ")[0]
    said = {"hail": 1, "tea": 3, "coffee": 5, "rain": 5, "snow": 14, "male": 14, "female": 28}
    said |= {"woman": 45, "sweet": 73, "man": 119, "great": 161}
    assert {word: counts[word] for word in said} == said
    flat = " ".join(section.split())
    for word, count in said.items():
        assert re.search(rf"\*{word}\*[^.]*\b{count if count > 1 else 'once'}\b", flat)
    for reading in treebank.READINGS:
        assert f"| {reading} |" in section


def test_markdown_and_latex_say_the_same() -> None:
    assert as_markdown("every V, d ≥ 1") == r"every $V$, $d \ge 1$"
