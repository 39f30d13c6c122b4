"""What keeps the page from saying what was checked: labels, headlines, reasons.

``of_claim`` and ``of_derivation`` yield everything wrong, in words; :func:`derivations.failures`
refuses what they find. The page prints five kinds of things, and each has its guard.

- What is derived is printed from ``left``. It must be the unevaluated derivative of the named loss,
  or hold one, or the claim must say that it is a lemma.
- Formulas among words are objects, each of which is examined (:mod:`derivations.engine.formulas`),
  and what a claim proves stands beside everything that it assumes.
- Signs are those of the table of symbols, and a derivative moves all that is written alike. Of two
  numbers that print alike, x > 0 and x < 0, words say which one a formula is about. A named
  expression is written with all of its arguments. What is refused has the signs of its claim.
- Words are words: no digit, sign, Greek letter or single letter is among them, nor in the names of
  claims and of what they refuse.
- A statement that a reason names exists, and rests in no way on the one that names it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp

from derivations.engine.algebra import is_positive, is_zero
from derivations.engine.arrays import Array
from derivations.engine.assumptions import Assumption, shown_zero
from derivations.engine.formulas import Decision, name_of, of_formula
from derivations.engine.movement import held
from derivations.engine.naming import hides_an_argument, read_as_written
from derivations.engine.notation import Abbreviation, Index, bounds, c, o, symbols, unfold
from derivations.engine.open_functions import Open
from derivations.engine.printing import latex, outside_brackets, text
from derivations.engine.prose import NO_WORD, Defined, Prose, Proved, Signed
from derivations.engine.quantities import quantities, signed
from derivations.engine.signs import base, confused, free, nodes, redefined, unseen
from derivations.engine.symbols import expressions
from derivations.engine.twins import of_one_claim, unsaid_signs

__all__ = ["circles", "of_claim", "of_derivation", "of_words", "undeclared"]

MENTION = re.compile(
    r"\b[Ss]tatements? ((?:[a-z]\d?)(?:(?:, | and |, and )[a-z]\d?\b(?! \w*\{))*)\b"
)
"""A reference to other statements: ``statement b1``, ``statements b1 and d``."""
CODE = re.compile(r"`[A-Za-z_]+(?:\.[A-Za-z_]+)*`")
"""A name in the code, such as ``jax.grad``; no formula fits into it."""
SPELT = re.compile(r"\b(?:plus|minus|times|equals|squared|sigma|divided by)\b|\w+\(")
"""Formulas in words, and a name straight before a bracket."""
KEY = re.compile(r"(?:[a-z]+, )?[^\W\d_](?:_\w+)?", re.IGNORECASE)
"""A claim's key, such as ``u_w``: not printed, since what is derived stands in its place."""
LOOSE = re.compile(
    r"[+\-−=<>/]|\\(?:sum|prod|int|log|exp|le|ge|leq|geq|ne|neq|approx|cdot|times)\b"
)
"""What makes a term of names, or a claim."""
SENTENCE = re.compile(r"[.?!](?=\s|$)")
"""Where a sentence ends."""


def of_words(words: str, where: str) -> Iterator[str]:
    """Formulas that are written among words, where nothing checks them."""
    parts = words.words if isinstance(words, Prose) else (words,)
    for part in parts:
        rest = CODE.sub("", MENTION.sub("", part)).replace("'s ", " ")
        found = dict.fromkeys(e[0] for e in (*NO_WORD.finditer(rest), *SPELT.finditer(rest)))
        if found:
            signs = ", ".join(map(repr, found))
            yield f"{where}: {signs} among words, which nothing checks: {part.strip()!r}"


def mentions(words: str) -> set[str]:
    """The statements that words name."""
    parts = words.words if isinstance(words, Prose) else (words,)
    found = " ".join(e for part in parts for e in MENTION.findall(part))
    return set(re.split(r"\W+|\band\b", found)) - {""}


def of_claim(derivation: Any, claim: Any) -> Iterator[str]:
    """What is wrong with what a claim says it derives, and with its reasons."""
    yield from _left(derivation, claim)
    names = () if KEY.fullmatch(claim.name) else (claim.name,)
    for name in (*names, *claim.wrong, *claim.too_strong):
        yield from of_words(name, "a name")
    for step in claim.steps:
        yield from _prose(step.why, "a reason", claim.is_zero, claim.given, derivation)
        yield from _unsaid(step.why, "a reason", claim.given)
        yield from _named("a reason", _signs(step.why, "a reason", derivation))
    yield from _refused(claim)
    yield from of_one_claim([*_chain(claim), *_wrong(claim)])
    yield from held(_chain(claim), claim.given)
    if claim.positive and not is_positive(claim.closed):
        yield "the last step does not show that it is positive"


def _axes(claim: Any) -> Iterator[str]:
    """The axes are the indices that are left open; the last are those of the derivative, in turn.

    The words of the example, o and c, number no axis.
    """
    left = unfold(claim.left)
    held = left.replace(sp.Derivative, lambda e, *by: sp.Function("held")(e, *(n for n, _ in by)))
    free = {n for n in held.free_symbols if isinstance(n, Index)} - {o, c}
    variables = left.variables if isinstance(left, sp.Derivative) else ()
    places = sp.Tuple(*(n for by in variables for n in getattr(by, "indices", ())))
    last = [n for n in dict.fromkeys(sp.preorder_traversal(places)) if n in free]
    rest = len(claim.axes) - len(last)
    if len(claim.axes) != len(free) or set(claim.axes) != free or [*claim.axes[rest:]] != last:
        yield f"{claim.name}: {list(claim.axes)} are not its axes"


def _chain(claim: Any) -> list[sp.Basic]:
    """All that a claim prints."""
    among = (e for step in claim.steps for e in _expressions(step.why))
    relations = (e.relation for e in claim.given)
    return [claim.opened, *claim.written, *among, *relations]


def _wrong(claim: Any) -> list[sp.Basic]:
    """What a claim prints as refused."""
    return [*claim.wrong.values(), *claim.too_strong.values()]


def _refused(claim: Any) -> Iterator[str]:
    """What is refused is written with the arrays of its claim, each sign meaning one thing.

    With another array of the same sign, what is right could be refuted.
    """
    known = {e for e in nodes(_chain(claim)) if isinstance(e, sp.IndexedBase)}
    other = {e for e in nodes(_wrong(claim)) if isinstance(e, sp.IndexedBase)} - known
    for array in sorted(other, key=str):
        yield f"{text(array)} is in what is refused, and not in what is proved"
    yield from confused([*_chain(claim), *_wrong(claim)], claim.is_zero, apart=False)


def of_derivation(derivation: Any) -> Iterator[str]:
    """What is wrong with the words and formulas around the claims of a derivation."""
    for where, words in _texts(derivation).items():
        said = tuple(e for e in _formulas(words) if isinstance(e, Assumption))
        yield from _prose(words, where, is_zero, derivation.assumptions, derivation, said)
        yield from _unsaid(words, where, ())
        yield from _named(where, _signs(words, where, derivation))
        yield from _named(where, _twins(words, where, derivation))
        for at, formula in enumerate(_formulas(words)):
            given = formula.claim.given if isinstance(formula, Proved) else ()
            yield from _named(where, held(_printed(formula), (*_assumed(words, at), *given)))
    if not any(isinstance(e, Proved) for e in _formulas(derivation.statement)):
        yield "the headline states nothing that a claim proves"
    for claim in derivation.claims:
        if claim.axes or (isinstance(claim.left, sp.Derivative) and claim in derivation.tabled):
            yield from _axes(claim)
    names = [claim.name for claim in derivation.claims]
    for name in dict.fromkeys(e for e in names if names.count(e) > 1):
        yield f"two claims are called {name}"


def _named(where: str, problems: Iterator[str]) -> Iterator[str]:
    """Problems, among them what ends their examination."""
    try:
        yield from problems
    except ValueError as error:
        yield f"{where}: {error}"


def _assumed(words: Any, at: int) -> list[Any]:
    """What a text assumes where one of its formulas stands: in that sentence, and before."""
    ends = _sentences(words)
    pairs = zip(words.formulas, ends, strict=True)
    return [e for e, end in pairs if isinstance(e, Assumption) and end <= ends[at]]


def _sentences(words: Any) -> list[int]:
    """In which sentence of a text each of its formulas stands."""
    return [
        len(SENTENCE.findall("".join(words.words[: n + 1]))) for n in range(len(words.formulas))
    ]


def _unsaid(words: str, where: str, assumed: tuple[Any, ...]) -> Iterator[str]:
    """What a proved formula assumes must be said in the same text, unless it is assumed there."""
    formulas = _formulas(words)
    proved = [e.claim for e in formulas if isinstance(e, Proved)]
    given = [e for claim in proved for e in claim.given if e not in assumed]
    for assumption in dict.fromkeys(given):
        if assumption not in formulas:
            yield f"{where} does not say that it assumes: {assumption.text}"
    said = {base(e) for formula in formulas if isinstance(formula, Signed) for e in formula.of}
    for e in signed((), [e.relation for e in given]):
        if base(e) not in said:
            yield f"{where} does not say which sign it assumes of {text(e)}"


def _signs(words: str, where: str, derivation: Any) -> Iterator[str]:
    """A sign that a formula needs is said beside it, or by what the page says of the claims."""
    claims = [e for claim in derivation.claims for e in claim.written]
    relations = [e.relation for e in derivation.assumptions]
    said = {e for formula in _formulas(words) if isinstance(formula, Signed) for e in formula.of}
    known = set(map(base, (*signed(claims, relations), *said))) | quantities(claims, relations)
    printed = _expressions(words)
    numbers = {e for expr in printed for e in free(expr) if not isinstance(e, sp.Dummy)}
    whole = {e for e in numbers if e.is_integer and e.name not in bounds}
    for e in (*signed(printed), *sorted(whole, key=str)):
        if base(e) not in known:
            yield f"{where} does not say which sign it assumes of {text(e)}"


def _twins(words: str, where: str, derivation: Any) -> Iterator[str]:
    """Of numbers that print alike, the words say which one each formula is about."""
    formulas = _formulas(words)
    if not formulas:
        return
    said = list(zip(formulas, _sentences(words), map(_spoken, formulas), strict=True))
    everything = [e for claim in derivation.claims for e in _chain(claim)]
    everything += [e for other in (words, *_texts(derivation).values()) for e in _about(other)]
    for problem in unsaid_signs(said, everything):
        yield f"{where} {problem}"


def _about(words: str) -> list[sp.Basic]:
    """What the formulas among words print, and what the claims that they state are of."""
    return [e for formula in _formulas(words) for e in _spoken(formula)]


def _spoken(formula: Any) -> list[sp.Basic]:
    """What a formula prints; of a claim, its ends as well, of which a form may show less."""
    ends = [formula.claim.left, formula.claim.closed] if isinstance(formula, Proved) else []
    return [*_printed(formula), *ends]


def _texts(derivation: Any) -> dict[str, str]:
    """What is said around the claims, by where it stands."""
    texts = {"the heading": derivation.heading, "the headline": derivation.statement}
    texts |= {"the answer": derivation.answer, "the care": derivation.care}
    texts |= {"the title of the figure": derivation.figure[1]}
    return texts | {f"lemma {n}": words for n, words in enumerate(derivation.lemmas, 1)}


def _left(derivation: Any, claim: Any) -> Iterator[str]:
    """A claim about the loss differentiates it by its name, and nothing else."""
    if claim.closed == claim.left:
        yield "what is derived is its own closed form"
    known = [(type(e), not e.args) for e in derivation.losses if isinstance(e, Abbreviation)]
    about = False
    for e in sp.preorder_traversal(claim.left):
        if isinstance(e, sp.Derivative):
            about = about or any(isinstance(e.expr, kind) for kind, _ in known)
            if e.expr not in derivation.losses and not any(
                isinstance(e.expr, kind) and not whole for kind, whole in known
            ):
                yield f"it differentiates {e.expr}, which is not the loss"
        elif isinstance(e, Abbreviation) and any(isinstance(e, kind) for kind, _ in known):
            about = True
    if derivation.losses and not about and not claim.lemma:
        yield "what is derived is not about the loss, and no lemma"


def _prose(
    words: str,
    where: str,
    decide: Decision,
    given: tuple[Any, ...],
    derivation: Any,
    said: tuple[Any, ...] | None = None,
) -> Iterator[str]:
    """``said`` is what a formula may lean on to mean something: all that is given, or less."""
    yield from of_words(words, where)
    for formula in _formulas(words):
        known = formula in given
        problems = of_formula(formula, decide, given if said is None else said, derivation, known)
        yield from _named(where, (f"{where}: {problem}" for problem in problems))


def circles(derivations: Mapping[str, Any]) -> Iterator[str]:
    """Statements that are named but do not exist, or that rest on each other."""
    rests = {id: set().union(*map(mentions, _reasons(e))) for id, e in derivations.items()}
    for id, derivation in derivations.items():
        named = rests[id].union(*map(mentions, _texts(derivation).values()))
        for other in sorted(named - set(derivations)):
            yield f"{id} names statement {other}, which does not exist"
        reached, new = set[str](), rests[id]
        while new:
            reached |= new
            new = set[str]().union(*(rests.get(e, set()) for e in new)) - reached
        if id in reached:
            yield f"{id} rests on itself"


def _reasons(derivation: Any) -> list[str]:
    reasons = [step.why for claim in derivation.claims for step in claim.steps]
    return [*reasons, *derivation.lemmas]


def undeclared(derivation: Any) -> Iterator[str]:
    """What is printed by a sign that is not in the table of symbols, or of something else."""
    printed = {where: _expressions(words) for where, words in _texts(derivation).items()}
    printed |= {claim.name: [*_chain(claim), *_wrong(claim)] for claim in derivation.claims}
    for where, exprs in printed.items():
        parts = {e for expr in exprs for e in sp.preorder_traversal(expr)}
        parts = {e for e in parts if not isinstance(e, sp.Dummy)}  # the places of an array
        for name in sorted({name_of(e) for e in parts} - {""}):
            if name not in symbols or not symbols[name].words:
                yield f"{where}: {name} has no meaning in the table of symbols"
        for e in sorted((e for e in parts if isinstance(e, Abbreviation)), key=str):
            if not _own_sign(e):
                yield f"{where}: {type(e).__name__} is written {latex(e)}, with the sign of another"
            elif not e.symbol and not read_as_written(e):
                yield f"{where}: {type(e).__name__} is written {latex(e)}, which it need not be"
        for e in sorted((e for e in parts if isinstance(e, Abbreviation | Open)), key=str):
            if hides_an_argument(e):
                yield f"{where}: {latex(e)} is written without one of its arguments"
    everything = [e for exprs in printed.values() for e in exprs]
    told = {type(e.name) for e in _formulas(derivation.statement) if isinstance(e, Defined)}
    yield from redefined(everything, told)
    yield from confused(everything, lambda e: shown_zero(e, derivation.assumptions))
    yield from unseen(everything)


def _own_sign(e: Abbreviation) -> bool:
    """Whether a named expression is written with its own sign; or, if it has none, without one.

    It holds together like a name: outside all brackets it is no sum, and says nothing.
    """
    written = latex(e)
    if LOOSE.search(outside_brackets(written)):
        return False
    if e.symbol:
        sign, *around = latex(sp.Symbol(type(e).__name__)).split(r"\cdot")
        if around:  # as in the norm of anything, where the dot is
            return written == "".join([sign, *map(latex, e.args), *around])
        return written.lstrip("(").startswith(sign)
    return not any(
        re.search(rf"(?<![A-Za-z\\]){re.escape(symbols[name].latex)}(?![A-Za-z])", written)
        for name in expressions()
    )


def _formulas(words: str) -> tuple[Any, ...]:
    """The formulas among words; none if they are words alone."""
    return getattr(words, "formulas", ())


def _expressions(words: str) -> list[sp.Basic]:
    """The expressions that prose prints on its own."""
    return [e for formula in _formulas(words) for e in _printed(formula)]


def _printed(formula: Any) -> list[sp.Basic]:
    """The expressions that a formula among words prints; of an array, an entry.

    Of a relation they are its sides: with what its names stand for SymPy might decide it.
    """
    if isinstance(formula, Proved) and formula.form is None:
        return [formula.claim.left, formula.claim.closed]
    if isinstance(formula, Defined):
        return [formula.name, formula.name.definition()]
    plain = getattr(formula, "relation", getattr(formula, "form", formula))
    if isinstance(plain, Array):
        return [plain.entry(*sp.symbols("p q", cls=sp.Dummy, integer=True))]
    if isinstance(plain, sp.Rel):
        return [*plain.args]
    return [plain] if isinstance(plain, sp.Basic) else []
