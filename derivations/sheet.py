"""The answer sheet: every derivation in Markdown, its formulas in LaTeX that GitHub renders."""

import re
from collections.abc import Iterable
from pathlib import Path

from derivations.printing import latex
from derivations.proof import Claim, Derivation, Step
from derivations.prose import Prose

__all__ = ["sheet"]

INTRODUCTION = r"""# word2vec, derived

Every gradient that `jw2v` computes, from the definition of its loss to the closed form in the
code, and what its trainer relies on. `python -m derivations` proves all of it and
`python -m derivations --markdown docs/derivations.md` writes this page from the proofs, so the
formulas below are the ones that were checked.

**How a step is accepted.** Each line equals the line before: SymPy carries out the derivatives,
and the difference of the two is brought to a normal form that must be exactly 0, for symbolic
sizes, with nothing decided by trying. Sums are finite, so they are differentiated term by term.
Variants with a typical mistake, listed under each derivation, must be refused, each with an
instance that refutes it. Independently, both ends of each chain are evaluated with 50 digits on
random instances of random sizes, with numerical derivatives.

**Notation.** $V$ words, $d$ dimensions, $K$ negatives, window radius $m$. $v_c \in \mathbb{R}^d$
is the vector of the center word $c$, $u_w \in \mathbb{R}^d$ the outside vector of word $w$, and
$o$ the outside word that was seen. The $u_w$ are the *columns* of $U \in \mathbb{R}^{d \times V}$;
in code they are the *rows* of an array of shape `[V, d]`, so that gradients of tables are
transposed. $(u_w)_i$ is entry $i$ of $u_w$. $y$ is the one-hot vector of $o$,
$\hat{y} = \mathrm{softmax}(U^\top v_c)$, $\sigma$ the logistic function, and $\delta_{a,b}$ is 1
where $a = b$ and 0 elsewhere. A sum without bounds runs over everything its index can be: words
$w, x$, dimensions $i, k, l$, negatives $r, s$, offsets $j$. Indices count from 0. Losses are in
nats.
"""

PLOT = r"""## plot · The picture of trained vectors

Each word's center and outside vectors are set side by side, the vectors of the listed words are
centred, and each is drawn at its first two principal components. What brings two words together is
the gradients above: words seen in the same company are pulled by the same vectors.

What the handwritten answer reads from the picture: *woman*, *female* and *man* lie together, and so
do *amazing*, *wonderful* and *great*; *tea*, *coffee* and *sweet*; *rain* and *snow*. These share
their contexts: people, praise in film reviews, drink, weather. *male* and *hail* lie far from where
one expects them, beside *female* and beside *rain* and *snow*. The model knows no meanings, only
company, and for a rare word it has seen little of that: few windows have moved its vectors, and the
few need not be typical. Words of opposite meaning may lie together for the same reason, since they
stand in the same places of the same sentences.

*Where care is needed:* two components keep only a part of what distinguishes the vectors. Words
apart in the picture are apart; words that coincide in it may still differ in the directions it
drops. `jw2v sst` repeats the run, draws the picture, and prints each reading, whether it holds by
the distances in it, and the nearest neighbours that decide.
"""


def sheet(derivations: Iterable[Derivation], folder: Path) -> str:
    """The whole page; ``folder`` is where it will lie, and where its figures are looked for."""
    statements: list[str] = []
    trainer: list[str] = []
    for e in derivations:
        (trainer if e.id.startswith("t") else statements).append(_section(e, folder))
    parts = [
        _inline(INTRODUCTION),
        *statements,
        _inline(PLOT),
        "# What the trainer relies on\n",
        *trainer,
    ]
    return "\n".join(parts)


def _section(derivation: Derivation, folder: Path) -> str:
    lines = [
        f"## {derivation.id} · {derivation.heading}",
        "",
        derivation.statement,
        "",
        _basis(derivation),
        "",
    ]
    for claim in derivation.claims:
        if len(derivation.claims) > 1:
            lines += [f"*{_title(claim)}:*", ""]
        lines += [_chain(claim), ""]
    if derivation.answer:
        lines += [derivation.answer, ""]
    lines += _figure(derivation, folder)
    if not derivation.id.startswith("t"):
        left_out = derivation.care or "nothing."
        lines += [f"*What the handwritten answer left out:* {left_out}", ""]
    refused = dict.fromkeys(
        name for claim in derivation.claims for name in (*claim.wrong, *claim.too_strong)
    )
    lines += [f"*Refused variants:* {_symbols('; '.join(refused))}.", ""]
    return _inline("\n".join(lines))


def _basis(derivation: Derivation) -> str:
    """For which sizes, under which assumptions and with which lemmas it is proved."""
    basis = f"*Proved for* {derivation.sizes}"
    if derivation.lemmas:
        basis += f", *using:* {'; '.join(derivation.lemmas)}"
    return basis + "."


def _title(claim: Claim) -> str:
    given = f" (given: {'; '.join(e.text for e in claim.given)})" if claim.given else ""
    return _symbols(claim.name + given)


def _chain(claim: Claim) -> str:
    """The steps of a claim, one a line, each with what made it."""
    start = claim.label
    opened = claim.opened
    first = [Step(opened, "by definition")] if opened != claim.left else []
    lines = []
    for step in (*first, *claim.steps):
        lines.append(rf"{start} &= {latex(step.expr)} && \text{{{_symbols(step.why)}}}")
        start = ""
    if claim.nonnegative:
        lines.append(r"&\ge 0")
    body = " \\\\\n".join(lines)
    return f"```math\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n```"


def _symbols(words: str) -> str:
    """Sets the symbols among words as formulas; prose has its own."""
    if isinstance(words, Prose):
        return words
    words = re.sub(r"ŷ_(\w)", r"$\\hat{y}_\1$", words)
    words = re.sub(r"Σ_(\w)", r"$\\sum_\1$", words)
    words = re.sub(r"(?<![\w$])([A-Za-z])_(\w)\b", r"$\1_\2$", words)
    words = re.sub(r"(?<!\{)ŷ(?!_)", r"$\\hat{y}$", words)
    return (
        words.replace("U±", r"$U_\pm$")
        .replace("Δᵀ", r"$\Delta^\top$")
        .replace("eᵀHe", r"$e^\top H e$")
    )


def _inline(markdown: str) -> str:
    """Writes $...$ outside formula blocks as $`...`$, in which Markdown touches nothing."""
    blocks = re.split(r"(```math.*?```)", markdown, flags=re.DOTALL)
    return "".join(
        e if e.startswith("```") else re.sub(r"\$([^$`]+)\$", r"$`\1`$", e) for e in blocks
    )


def _figure(derivation: Derivation, folder: Path) -> list[str]:
    """The measured cost curve of g3, where there is one."""
    if derivation.id != "g3":
        return []
    for name in ("cost.svg", "cost.png"):
        if (folder / name).is_file():
            return [f"![Time of both losses' gradients against the vocabulary]({name})", ""]
    return []
