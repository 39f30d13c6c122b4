"""The table at the top of the answer sheet: what is stated, its shape, and what computes it."""

import re
from collections.abc import Iterable

from derivations.engine import notation
from derivations.engine.layout import broken, width
from derivations.engine.notation import bounds, dims
from derivations.engine.printing import latex
from derivations.engine.proof import Claim, Derivation
from derivations.engine.prose import Proved
from jw2v.catalogue import COMPOSITIONS, OUTPUTS

__all__ = ["chosen_by", "heading", "overview", "shown", "slug", "symbols"]

HOMES = {
    ("objectives", "segments_at"): "objectives/segments",
    ("optimizers", "curvature_bounded_sgd"): "steps/optimizers",
    ("sampling", "draw_spread"): "objectives/noise",
    ("sampling", "pair_weights"): "feeding/subsampling",
    ("softmax", "evaluate"): "objectives/softmax",
    ("studies", "reproduce"): "studies/treebank",
    ("vectors", "procrustes"): "vectors/spaces",
}
"""Where a function is defined that another module offers."""

WIDEST = 19.0
"""Em that a formula of the table may take before it goes on in another line."""


def overview(derivations: Iterable[Derivation]) -> str:
    """The table, in Markdown."""
    rows = [row for e in derivations for row in _rows(e)]
    lines = [
        "| | formula | on paper | in code | computed by, from t1 on used by; chosen by |",
        "|---|---|---|---|---|",
        *rows,
    ]
    return "\n".join(lines)


def symbols() -> str:
    """The table of what every symbol means, in Markdown."""
    found = {(e.latex, e.words): e for e in notation.symbols.values() if e.words}
    # In an order that does not depend on which file was imported first
    meanings = [found[key] for key in sorted(found, key=lambda e: (e[0].lstrip("\\").lower(), e))]
    # Names of the code, such as pair_v, stand in no formula of the page
    written = [
        e for e in meanings if not re.fullmatch(r"[A-Za-z]+_\w+", e.latex) or len(e.latex) < 4
    ]
    rows = [f"| ${_without_bars(e.latex)}$ | {e.words} |" for e in written]
    return "\n".join(["| | |", "|---|---|", *rows])


def heading(derivation: Derivation) -> str:
    """The heading of a statement's section."""
    return f"{derivation.id} · {derivation.heading}"


def slug(title: str) -> str:
    """What GitHub makes of a heading, to link to it.

    >>> slug("b1 · naive softmax, by the center's vector")
    'b1--naive-softmax-by-the-centers-vector'
    """
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def shown(derivation: Derivation) -> list[tuple[Claim, str]]:
    """The claims that a headline states, the gradients or else the first, with their formulas."""
    stated = [e for e in getattr(derivation.statement, "formulas", ()) if isinstance(e, Proved)]
    formulas = dict[str, str]()
    for e in stated or map(Proved, derivation.claims):
        formulas.setdefault(e.claim.name, e.latex)
    return [(claim, formulas[claim.name]) for claim in derivation.tabled]


def _rows(derivation: Derivation) -> list[str]:
    link = f"[{derivation.id}](#{slug(heading(derivation))})"
    functions = ", ".join([*map(linked, derivation.functions), *chosen_by(derivation.id)])
    rows = []
    for claim, formula in shown(derivation):
        paper, code = _shapes(claim)
        rows.append(
            f"| {link} | {_cell(formula)}{_conditions(claim)} | {paper} | {code} | {functions} |"
        )
        link = functions = ""
    return rows


def chosen_by(id: str) -> list[str]:
    """The choices of ``jw2v train`` whose record in the catalogue names a statement.

    >>> chosen_by("i1"), chosen_by("h")
    (['`--model skip-gram`'], ['`--loss negative-sampling`'])
    """
    losses = [f"`--loss {e.name}`" for e in OUTPUTS.values() if id in e.statements.values()]
    models = [f"`--model {e.name}`" for e in COMPOSITIONS.values() if id in e.statements]
    return losses + models


def _cell(formula: str) -> str:
    """A formula in lines that fit a cell."""
    lines = [formula]
    if width(formula) > WIDEST:
        left, sign, right = re.split(r" (=|>|\\geq?) ", formula, maxsplit=1)
        lines = [*broken(left, WIDEST), *broken(f"{sign} {right}", WIDEST)]
    return "<br>".join(f"${_without_bars(line)}$" for line in lines)


def _conditions(claim: Claim) -> str:
    """What a claim assumes: without it, its formula would say too much."""
    signs = [e for e in claim.assumed if e not in claim.given]
    short = [e.latex for e in (*signs, *claim.given) if width(e.latex) <= WIDEST]
    words = [f"if ${_without_bars(e)}$" for e in short]
    words += ["under what its section names"] * (len(short) < len(claim.assumed))
    return "".join(f"<br>{e}" for e in words)


def _without_bars(formula: str) -> str:
    """The same formula; GitHub would take a bar for the end of the cell."""
    return formula.replace(r"\|", r"\Vert ")


def _shapes(claim: Claim) -> tuple[str, str]:
    """The shape on paper, where words are columns, and in code, where they are rows."""
    sizes = [bounds[n.name][1] - bounds[n.name][0] + 1 for n in claim.axes]
    if not sizes:
        return "number", "$[\\,]$"
    code = f"$[{', '.join(map(latex, sizes))}]$"
    entries = [e for e in claim.axes if bounds[e.name] == dims]
    columns = [size for n, size in zip(claim.axes, sizes, strict=True) if n not in entries]
    paper = r" \times ".join(latex(e) for e in [dims[1] + 1] * len(entries) + columns)
    return rf"$\mathbb{{R}}^{{{paper}}}$", code


def linked(name: str) -> str:
    """A function of ``jw2v``, linked to the file that defines it."""
    module, *_, function = name.split(".")
    place = HOMES.get((module, function), module)
    return f"[`{name}`](../jw2v/{place}.py)"
