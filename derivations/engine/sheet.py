"""The answer sheet: every derivation in Markdown, its formulas in LaTeX that GitHub renders."""

import re
from collections.abc import Iterable
from pathlib import Path

from derivations.engine.layout import chain
from derivations.engine.overview import heading, overview, symbols
from derivations.engine.printing import latex
from derivations.engine.proof import Claim, Derivation, Step
from derivations.engine.variants import refused
from derivations.engine.wording import as_markdown

__all__ = ["sheet"]

TEXTS = Path(__file__).parents[1]


def sheet(derivations: Iterable[Derivation], folder: Path, programs: str = "") -> str:
    """The whole page.

    Args:
        derivations: the statements.
        folder: where it will lie, and where its figures are looked for.
        programs: its last part, which shows programs line by line.
    """
    derivations = list(derivations)
    answers = [e for e in derivations if not e.for_trainer]
    trainer = [e for e in derivations if e.for_trainer]
    parts = [
        _inline(_introduction(derivations)),
        *(_section(e, folder) for e in answers),
        _inline(_text("plot")),
        "# What the trainer relies on\n",
        *(_section(e, folder) for e in trainer),
        *([_inline(programs)] if programs else []),
    ]
    return "\n".join(parts)


def _introduction(derivations: list[Derivation]) -> str:
    tables = {"TABLE": overview(derivations), "SYMBOLS": symbols()}
    return re.sub(r"^[A-Z]+$", lambda name: tables[name[0]], _text("introduction"), flags=re.M)


def _text(name: str) -> str:
    """A part of the page that is written, not derived."""
    return (TEXTS / f"{name}.md").read_text(encoding="utf-8")


def _section(derivation: Derivation, folder: Path) -> str:
    folded = derivation.folded
    lines = [f"## {heading(derivation)}", "", derivation.statement, "", _basis(derivation), ""]
    for claim in derivation.claims:
        if claim.name not in folded:
            lines += _claim(claim, derivation)
    if derivation.answer:
        lines += [derivation.answer, ""]
    if folded:
        lines += ["<details>", "<summary>The programs compute the gradients</summary>", ""]
        for name in folded:
            lines += _claim(derivation[name], derivation)
        lines += ["</details>", ""]
    lines += _figure(derivation, folder)
    if derivation.care:
        lines += [f"*What the handwritten answer left out:* {derivation.care}", ""]
    return _inline("\n".join(lines))


def _claim(claim: Claim, derivation: Derivation) -> list[str]:
    """A chain, under its name if it has neighbours, and what is refused beside it."""
    named = [f"*{_title(claim)}:*", ""] if len(derivation.claims) > 1 else []
    return [*named, _chain(claim), "", refused(claim, derivation.id), ""]


def _basis(derivation: Derivation) -> str:
    """For which sizes, under which assumptions and with which lemmas it is proved."""
    basis = f"*Proved for* {as_markdown(derivation.sizes)}"
    if derivation.lemmas:
        basis += f", *using:* {'; '.join(derivation.lemmas)}"
    return basis + "."


def _title(claim: Claim) -> str:
    given = "; ".join(f"${e.latex}$" for e in claim.assumed)
    return f"{claim.caption} (given: {given})" if given else claim.caption


def _chain(claim: Claim) -> str:
    """The steps of a claim, one below the other, each with what made it."""
    steps = [(latex(step.expr), step.why) for step in (*_beginning(claim), *claim.steps)]
    sign = "&> 0" if claim.positive else r"&\ge 0" if claim.nonnegative else ""
    return chain(claim.label, steps, sign)


def _beginning(claim: Claim) -> list[Step]:
    """What the label stands for, where it does not say so itself."""
    opened = claim.opened
    return [Step(opened, "by definition")] if opened != claim.left else []


def _inline(markdown: str) -> str:
    """Writes $...$ outside formula blocks as $`...`$, in which Markdown touches nothing."""
    blocks = re.split(r"(```math.*?```)", markdown, flags=re.DOTALL)
    return "".join(
        e if e.startswith("```") else re.sub(r"\$([^$`]+)\$", r"$`\1`$", e) for e in blocks
    )


def _figure(derivation: Derivation, folder: Path) -> list[str]:
    """Its picture, where there is one."""
    name, title = derivation.figure
    return [f"![{title}]({name})", ""] if name and (folder / name).is_file() else []
