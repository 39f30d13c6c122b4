"""The table at the top of the answer sheet: what is stated, its shape, and what computes it."""

import re
from collections.abc import Iterable, Sequence

from derivations.layout import broken, width
from derivations.notation import bounds, dims
from derivations.printing import latex
from derivations.proof import Claim, Derivation

__all__ = ["FUNCTIONS", "SHOWN", "heading", "overview", "slug"]

FUNCTIONS = {
    "a": ("losses.cross_entropy", "losses.naive_softmax"),
    "b1": ("gradients.naive_softmax",),
    "c": ("gradients.naive_softmax",),
    "d": ("gradients.naive_softmax",),
    "e": ("activations.relu", "gradients.relu"),
    "f": ("activations.sigmoid", "gradients.sigmoid"),
    "g1": ("gradients.negative_sampling_rows",),
    "g2": ("gradients.negative_sampling_rows",),
    "h": ("gradients.negative_sampling",),
    "i1": ("gradients.skip_gram",),
    "i2": ("gradients.skip_gram",),
    "i3": ("gradients.skip_gram",),
    "plot": ("sst.reproduce",),
    "t1": ("objectives.segments_at",),
    "t2": ("objectives.segments_at",),
    "t4": ("optimizers.curvature_bounded_sgd",),
    "t5": ("sampling.Noise.draw_spread", "objectives.segments_at"),
    "t6": ("sampling.pair_weights",),
}
"""What computes a statement in ``jw2v``, or rests on it; each names the statement's id."""

SHOWN = {
    "a": ("J",),
    "b3": ("Cauchy–Schwarz",),
    "e": ("x > 0", "x < 0"),
    "f": ("x", "reflection"),
    "g3": ("softmax, operations", "negatives, operations"),
    "t2": ("Hessian",),
    "t5": ("weights",),
    "t6": ("weighted",),
}
"""The claims to show, where they are not all that have axes, or else the first."""

WIDEST = 19.0
"""Em that a formula of the table may take before it goes on in another line."""


def overview(derivations: Iterable[Derivation]) -> str:
    """The table, in Markdown."""
    rows = [row for e in derivations for row in _rows(e)]
    lines = ["| | formula | on paper | in code | computed by |", "|---|---|---|---|---|", *rows]
    return "\n".join(lines)


def heading(derivation: Derivation) -> str:
    """The heading of a statement's section."""
    return f"{derivation.id} · {derivation.heading}"


def slug(title: str) -> str:
    """What GitHub makes of a heading, to link to it.

    >>> slug("b1 · naive softmax, by the center's vector")
    'b1--naive-softmax-by-the-centers-vector'
    """
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def shown(derivation: Derivation) -> Sequence[Claim]:
    """The claims that the table shows."""
    names = SHOWN.get(derivation.id, ())
    if names:
        return [derivation[name] for name in names]
    return [e for e in derivation.claims if e.axes] or derivation.claims[:1]


def _rows(derivation: Derivation) -> list[str]:
    link = f"[{derivation.id}](#{slug(heading(derivation))})"
    functions = ", ".join(map(_linked, FUNCTIONS.get(derivation.id, ())))
    rows = []
    for claim in shown(derivation):
        paper, code = _shapes(claim)
        rows.append(f"| {link} | {_formula(claim)} | {paper} | {code} | {functions} |")
        link = functions = ""
    return rows


def _formula(claim: Claim) -> str:
    """What the claim shows: its label and its closed form, in lines that fit a cell."""
    closed = r"\ge 0" if claim.nonnegative else f"= {latex(claim.closed)}"
    lines = [f"{claim.label} {closed}"]
    if width(lines[0]) > WIDEST:
        lines = [*broken(claim.label, WIDEST), *broken(closed, WIDEST)]
    # A bar would end the cell
    return "<br>".join(f"${line}$" for line in lines).replace(r"\|", r"\Vert ")


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


def _linked(name: str) -> str:
    """A function of ``jw2v``, linked to its file."""
    return f"[`{name}`](../jw2v/{name.split('.')[0]}.py)"
