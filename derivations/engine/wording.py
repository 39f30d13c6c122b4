r"""Words with symbols among them, such as "the slope of ŷ_w is ŷ_w (1 − ŷ_w)", set for a page.

Reasons, assumptions and sizes are written in Unicode, for the terminal. Here their symbols become
LaTeX. What is neither a word nor a symbol known here raises an error, so that nothing prints half
set. LaTeX can also be written as it is, between dollar signs.

>>> as_latex("statement b1; u_o is constant")
'\\text{statement b1; }u_o\\text{ is constant}'
>>> as_markdown("the slope of ŷ_w is ŷ_w (1 − ŷ_w)")
'the slope of $\\hat{y}_w$ is $\\hat{y}_w (1 - \\hat{y}_w)$'
"""

import re
from dataclasses import dataclass
from itertools import groupby

__all__ = ["as_latex", "as_markdown", "pieces"]

GREEK = (
    "α alpha β beta γ gamma δ delta ε varepsilon ϵ epsilon ζ zeta η eta θ theta κ kappa λ lambda "
    "μ mu ν nu ξ xi π pi ρ rho σ sigma τ tau φ varphi χ chi ψ psi ω omega Γ Gamma Δ Delta "
    "Θ Theta Λ Lambda Ξ Xi Π Pi Φ Phi Ψ Psi Ω Omega "
    "Υ Upsilon ι iota ϱ varrho ς varsigma ϑ vartheta ϖ varpi"
)
SYMBOLS = {
    **{letter: rf"\{name}" for letter, name in re.findall(r"(\S) (\S+)", GREEK)},
    **{"ŷ": r"\hat{y}", "ℓ": r"\ell", "½": r"\tfrac12", "¼": r"\tfrac14", "⅛": r"\tfrac18"},
    **{"∞": r"\infty", "Σ": r"\sum", "∂": r"\partial", "∇": r"\nabla"},
}
"""What may carry an index, beside the Latin letters."""
OPERATORS = {
    **{"=": "=", "<": "<", ">": ">", "+": "+", "−": "-", "/": "/", "·": r"\cdot ", "×": r"\times "},
    **{"≠": r"\ne ", "≤": r"\le ", "≥": r"\ge ", "∈": r"\in ", "→": r"\to ", "≈": r"\approx "},
    **{"⪯": r"\preceq ", "..": r"\ldots ", "±": r"\pm "},
}
RELATIONS = set("=<>≠≤≥∈⪯≈")
RAISED = {"²": "2", "³": "3", "ᵀ": r"\top", "ˢ": "s", "ˣ": "x", "⁻": "-", "¹": "1"}
FUNCTIONS = {"log", "exp", "max", "min"}
NAMES = {"u_negatives": "u_{w_r}", "U±": r"U_\pm", "U±ᵀ": r"U_\pm^\top", "Cov": r"\mathrm{Cov}"}
"""What prints otherwise than it is written."""

_INDEX = r"_(?:\{[^{}]*\}|[A-Za-z0-9]+)"
_BASE = f"[A-Za-z{''.join(SYMBOLS)}]"
_SYMBOL = rf"(?P<symbol>{_BASE}(?:'(?![a-z]))?(?:{_INDEX}|[{''.join(RAISED)}])*)"
SYMBOL = re.compile(_SYMBOL)
TOKEN = re.compile(
    r"\$(?P<latex>[^$]+)\$|(?P<code>`[A-Za-z0-9_. ()\[\],]+`)"
    rf"|(?P<name>{'|'.join(sorted(map(re.escape, NAMES), key=len, reverse=True))})(?![\w'’-])"
    r"|(?P<id>\b[Ss]tatements? [a-z]\d?\b(?:(?:, | and |–)[a-z]\d?\b)*|\b[a-z]\d\b)"
    rf"|(?P<function>(?:{'|'.join(FUNCTIONS)})(?:{_INDEX}|(?=\(| ?[{''.join(SYMBOLS)}])))"
    r"|(?P<word>[A-Za-z]{2,}(?:['’–-][A-Za-z]+)*(?![A-Za-z_²³ᵀ(])|[a-z]-[a-z]{2,})"
    rf"|(?![A-Za-z]{{2}}){_SYMBOL}"
    rf"|(?P<norm>‖[{''.join(RAISED)}]*)"
    rf"|(?P<bracket>[(\[]|[)\]](?:{_INDEX}|[{''.join(RAISED)}])*)"
    rf"|(?P<operator>{'|'.join(map(re.escape, OPERATORS))})"
    r"|(?P<number>\d+(?:[.,]\d+)*)"
    r"|(?P<space> +)"
    r"|(?P<mark>['’]s\b|[,;:.?!])"
)


@dataclass
class Token:
    """A part of the words: of which kind, what is written, and whether it is set as a formula."""

    kind: str
    text: str
    formula: bool


def pieces(words: str) -> list[tuple[bool, str]]:
    """Formulas, in LaTeX, and words in turn: whether it is a formula, and which.

    Raises:
        ValueError: a character that is no part of a word nor a symbol known here, or brackets that
            do not match.
    """
    tokens = _tokens(words)
    _settle_brackets(tokens, words)
    for at, token in enumerate(tokens):
        near = [_neighbour(tokens, at, step) for step in (-1, 1)]
        if token.kind == "number" and any(e and e.formula and e.kind != "latex" for e in near):
            token.formula = True
        if token.text in ("a", "A", "I") and near[1] and near[1].kind == "word":
            token.formula = bool(near[0] and near[0].kind == "operator")
    for at, token in enumerate(tokens):
        if token.kind == "space" and 0 < at < len(tokens) - 1:
            token.formula = tokens[at - 1].formula and tokens[at + 1].formula
    bars = [e for e in tokens if e.kind == "norm"][::2]
    found = []
    for formula, group in groupby(tokens, key=lambda token: token.formula):
        if formula:
            found.append((True, _joined([_latex(e, any(e is bar for bar in bars)) for e in group])))
        else:
            found.append((False, "".join(e.text for e in group)))
    return found


def _joined(parts: list[str]) -> str:
    """LaTeX, with a space where a command would swallow a letter."""
    joined = ""
    for part in parts:
        joined += " " * bool(re.search(r"\\[A-Za-z]+$", joined) and part[:1].isalpha()) + part
    return re.sub(" +", " ", joined)


def as_markdown(words: str) -> str:
    """The words, with their formulas between dollar signs."""
    return "".join(f"${text.strip()}$" if formula else text for formula, text in pieces(words))


def as_latex(words: str) -> str:
    """The words in LaTeX, to stand beside a formula."""
    printed = "".join(text if formula else rf"\text{{{text}}}" for formula, text in pieces(words))
    code = re.compile("`([^`]+)`")
    return code.sub(lambda found: rf"\texttt{{{found[1]}}}".replace("_", r"\_"), printed)


def _tokens(words: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(words):
        # Straight after a symbol a letter is one, too: eᵀHe
        beside = found and found[-1].kind == "symbol" and words[at].isalpha()
        match = (SYMBOL if beside else TOKEN).match(words, at)
        if match is None:
            raise ValueError(
                f"cannot set {words[at]!r} of {words!r}: expected words and the symbols of "
                "derivations/engine/wording.py; add it there, or write LaTeX between dollar signs"
            )
        kind = str(match.lastgroup)
        formula = kind in ("latex", "name", "function", "symbol", "norm", "operator")
        found.append(Token(kind, match[kind], formula))
        at = match.end()
    return found


def _settle_brackets(tokens: list[Token], words: str) -> None:
    """What is in brackets is a formula if it has no word, and so are its numbers and commas."""
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token.kind != "bracket":
            continue
        if token.text in "([":
            opened.append(at)
            continue
        if not opened or tokens[opened[-1]].text + token.text[0] not in ("()", "[]"):
            raise ValueError(f"brackets do not match in {words!r}")
        first = opened.pop()
        group = tokens[first : at + 1]
        if any(e.kind in ("word", "id") for e in group):
            continue
        # A remark, such as "for every w (V ≥ 2)", keeps its brackets outside
        apart = first and tokens[first - 1].kind == "space"
        remark = apart and any(e.text in RELATIONS for e in group)
        for e in group[1:-1] if remark else group:
            e.formula = True
    if opened or sum(e.kind == "norm" for e in tokens) % 2:
        raise ValueError(f"brackets do not match in {words!r}")


def _neighbour(tokens: list[Token], at: int, step: int) -> Token | None:
    """The token before or after, spaces apart."""
    at += step
    while 0 <= at < len(tokens) and tokens[at].kind == "space":
        at += step
    return tokens[at] if 0 <= at < len(tokens) else None


def _latex(token: Token, first_norm: bool) -> str:
    if token.kind in ("latex", "number", "mark", "space"):
        return token.text
    if token.kind == "name":
        return NAMES[token.text]
    if token.kind == "operator":
        return OPERATORS[token.text]
    if token.kind == "function":
        return rf"\{token.text[:3]}" + _decorations(token.text[3:])
    if token.kind == "norm":
        return (r"\lVert " if first_norm else r"\rVert") + _decorations(token.text[1:])
    if token.kind == "bracket":
        return token.text[0] + _decorations(token.text[1:])
    match = re.match(f"({_BASE})('?)(.*)", token.text)
    if match is None:
        raise ValueError(f"cannot set the symbol {token.text!r}")
    return SYMBOLS.get(match[1], match[1]) + match[2] + _decorations(match[3])


def _decorations(marks: str) -> str:
    """Indices, and what stands above, in LaTeX."""
    above = "".join(RAISED[e] for e in re.sub(_INDEX, "", marks))
    printed = ""
    for index in re.findall(_INDEX, marks):
        inside = index[1:].strip("{}")
        if re.fullmatch("[A-Za-z]{3,}", inside):
            inside = rf"\mathrm{{{inside}}}"
        elif "{" in index:
            inside = "".join(text for _, text in pieces(inside))
        printed += f"_{inside}" if len(inside) == 1 else f"_{{{inside}}}"
    if not above:
        return printed
    return f"{printed}^{above}" if len(above) == 1 or above == r"\top" else f"{printed}^{{{above}}}"
