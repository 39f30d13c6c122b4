"""What the command line says of words that belong to other programs, or to Python."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

from jw2v.config import Config

__all__ = ["as_flags", "of_command", "of_options", "plainly"]

_NAMES = {
    "alpha": "the step size at the start is --learning-rate",
    "binary": "the suffix of -o tells the format: .bin is binary, .txt is text",
    "bucket": "no vectors of parts of words are learnt",
    "cbow": "write --model cbow; skip-gram is the default",
    "compute-loss": "--plot-loss FILE draws how the loss fell",
    "corpus-file": "texts are named without an option: jw2v train TEXT -o VECTORS",
    "epoch": "the times to go through the text are --epochs",
    "hs": "write --loss hierarchical-softmax",
    "input": "texts are named without an option: jw2v train TEXT -o VECTORS",
    "iter": "the times to go through the text are --epochs",
    "lr": "the step size at the start is --learning-rate",
    "max-final-vocab": "the number of words is limited by --max-vocab",
    "maxn": "no vectors of parts of words are learnt",
    "min-alpha": "the step size falls to 0",
    "minn": "no vectors of parts of words are learnt",
    "neg": "the noise words for each outside word are --negatives",
    "negative": "the noise words for each outside word are --negatives",
    "pretrained-vectors": "vectors to go on from are --start",
    "read-vocab": "a vocabulary that is given is --vocab",
    "sample": "frequent words are thinned out by --subsample",
    "save-vocab": "no vocabulary is written; one that is given is --vocab",
    "sg": "skip-gram is the default; for CBOW write --model cbow",
    "size": "the dimension is --dim",
    "thread": "all processors are used",
    "threads": "all processors are used",
    "train": "texts are named without an option: jw2v train TEXT -o VECTORS",
    "vector-size": "the dimension is --dim",
    "verbose": "what happens is said, unless --quiet is given",
    "word-ngrams": "no vectors of parts of words are learnt",
    "workers": "all processors are used",
    "ws": "the largest distance of two words is --window",
}
"""Options of gensim, fastText and word2vec.c, in small letters and with hyphens."""
_COMMANDS = {
    "analogies": "analogy",
    "cbow": "train --model cbow",
    "compute-accuracy": "evaluate",
    "distance": "similar",
    "most-similar": "similar",
    "nn": "similar",
    "print-word-vectors": "convert",
    "skipgram": "train",
    "word-analogy": "analogy",
    "word2vec": "train",
}


def _hyphened(name: str) -> str:
    """``-minCount``, ``--min_count`` and ``--min-count`` are one.

    >>> _hyphened("-minCount")
    'min-count'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", "-", name.lstrip("-")).lower()


def of_command(name: str) -> str | None:
    """The command that does what another program calls so; None where nobody does.

    >>> of_command("nn")
    "There is no command 'nn'; write jw2v similar."
    """
    known = _COMMANDS.get(_hyphened(name))
    return known and f"There is no command {name!r}; write jw2v {known}."


def of_options(args: Sequence[str], known: Collection[str], command: str | None) -> str | None:
    """What to write in place of the first option that is another program's, or is spelt otherwise.

    >>> of_options(["a.txt", "-size", "100"], ["--dim"], "train")
    'There is no -size; the dimension is --dim.'
    >>> of_options(["-minCount", "3"], ["--min-count"], "train")
    'There is no -minCount; write --min-count.'
    """
    for arg in args:
        if arg == "--":
            return None
        name = arg.partition("=")[0]
        if name in known or not re.fullmatch(r"--?[A-Za-z][\w-]+", name):
            continue
        plain = _hyphened(name)
        if f"--{plain}" in known:
            return f"There is no {name}; write --{plain}."
        if command == "train" and plain in _NAMES:
            return f"There is no {name}; {_NAMES[plain]}."
    return None


_EXPECTED = {
    r".*valid integer.*": "expected a whole number",
    r".*valid number.*": "expected a number",
    r"Input should be greater than or equal to (\S+)": r"expected at least \1",
    r"Input should be greater than (\S+)": r"expected more than \1",
    r"Input should be less than or equal to (\S+)": r"expected at most \1",
    r"Input should be less than (\S+)": r"expected less than \1",
}


def plainly(message: str, value: object) -> str:
    """What is wrong with a value, without the words of the library that found it.

    >>> plainly("Input should be a valid integer, unable to parse string as an integer", "x")
    "expected a whole number, got 'x'"
    >>> plainly("Value error, 'x' is not one of 'a', 'b'.", "x")
    "'x' is not one of 'a', 'b'."
    """
    for pattern, expected in _EXPECTED.items():
        if found := re.fullmatch(pattern, message):
            return f"{found.expand(expected)}, got {value!r}"
    return message.removeprefix("Value error, ")


def as_flags(message: str) -> str:
    """A message of the library with the flags of the command line for the names of Python.

    >>> as_flags("min_count must be a whole number of at least 1; got 0.")
    '--min-count must be a whole number of at least 1; got 0.'
    >>> as_flags("raise learning_rate (tokens='words' splits prose); see data/min_count.txt")
    'raise --learning-rate (--tokens words splits prose); see data/min_count.txt'
    """
    message = re.sub(rf"^({_ANY})(?= must be )", _flag, message)
    message = re.sub(rf"(?<![\w/.-])({_ANY})=(?:'([^']*)'|(?=\w))", _flag_and_value, message)
    message = re.sub(r"\bcolumn= ", "--column ", message)
    return re.sub(rf"(?<![\w/.\\-])({_UNDERSCORED})(?![\w/\\-]|\.\w)", _flag, message)


_FLAGS: Mapping[str, str] = {
    name: f"--{name.replace('_', '-')}"
    for name in (*(field.name for field in fields(Config)), "checkpoint_dir", "checkpoint_every")
}
_ANY = "|".join(_FLAGS)
_UNDERSCORED = "|".join(name for name in _FLAGS if "_" in name)


def _flag(found: re.Match[str]) -> str:
    return _FLAGS[found[1]]


def _flag_and_value(found: Any) -> str:
    return f"{_FLAGS[found[1]]} {found[2] or ''}"
