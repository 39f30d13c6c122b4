"""What the command line says of words that belong to other programs, or to Python."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from jw2v.config import Config

__all__ = ["as_flags", "of_command", "of_first", "of_options", "plainly"]

_STEP = "the step size at the start is --learning-rate"
_TIMES = "the times to go through the text are --epochs"
_TEXTS = "texts are named without an option: jw2v train TEXT -o VECTORS"
_PARTS = "no vectors of parts of words are learnt"
_LABELS = "jw2v learns vectors of words, and no labels of texts"
_PROCESSORS = "all processors are used"
_DIM = "the dimension is --dim"
_RARE = "words are left out by --min-count"
_SAID = "what happens is said, unless --quiet is given"
_SAVED = "the file to write is -o"
_VOCAB = "a vocabulary that is given is --vocab"
_COUNTED = "nothing is counted beforehand: jw2v train TEXT -o VECTORS does all"
_SUFFIX = "the suffix of a file tells its format: .bin is binary, .txt is text"
_SUMS = "write sums of words: jw2v similar VECTORS king - man + woman"
_FIRST_WORDS = "the first, most frequent, words of a file are read by --limit"
_BEST = "the number of answers is --topn"

_NAMES = {
    "alpha": _STEP,
    "batch-size": "the center words in a step are --batch-words",
    "binary": _SUFFIX,
    "bucket": _PARTS,
    "cbow": "write --model cbow; skip-gram is the default",
    "cbow-mean": "--model cbow takes means, --model cbow-sum sums",
    "classes": "words are not put into classes",
    "compute-loss": "--plot-loss FILE draws how the loss fell",
    "corpus": _TEXTS,
    "corpus-file": _TEXTS,
    "debug": _SAID,
    "epoch": _TIMES,
    "eta": _STEP,
    "hs": "write --loss hierarchical-softmax",
    "input": _TEXTS,
    "input-file": _TEXTS,
    "iter": _TIMES,
    "iterations": _TIMES,
    "label": _LABELS,
    "lr": _STEP,
    "lr-update-rate": "the step size falls to 0 by itself",
    "max-final-vocab": "the number of words is limited by --max-vocab",
    "max-iter": _TIMES,
    "max-n": _PARTS,
    "max-vocab-size": "the number of words is limited by --max-vocab",
    "maxn": _PARTS,
    "memory": "the memory that is there is used",
    "min-alpha": "the step size falls to 0",
    "min-count-label": _LABELS,
    "min-n": _PARTS,
    "minn": _PARTS,
    "neg": "the noise words for each outside word are --negatives",
    "negative": "the noise words for each outside word are --negatives",
    "output-file": _SAVED,
    "pretrained-vectors": "vectors to go on from are --start",
    "read-vocab": _VOCAB,
    "sample": "frequent words are thinned out by --subsample",
    "save-file": _SAVED,
    "save-output": "write --vectors both",
    "save-vocab": "no vocabulary is written; one that is given is --vocab",
    "sentences": _TEXTS,
    "sg": "skip-gram is the default; for CBOW write --model cbow",
    "shrink-windows": "write --shrink-window",
    "size": _DIM,
    "sorted-vocab": "words are sorted by how often they occur",
    "t": "frequent words are thinned out by --subsample",
    "thread": _PROCESSORS,
    "threads": _PROCESSORS,
    "train": _TEXTS,
    "vector-size": _DIM,
    "verbose": _SAID,
    "vocab-file": _VOCAB,
    "vocab-min-count": _RARE,
    "window-size": "the largest distance of two words is --window",
    "word-ngrams": _PARTS,
    "workers": _PROCESSORS,
    "ws": "the largest distance of two words is --window",
    "x-max": "jw2v trains word2vec, which has no such weights",
}
"""Options for training of gensim, fastText, word2vec.c and GloVe, in small letters with hyphens."""
_OF_QUESTIONS = {
    "binary": _SUFFIX,
    "case-insensitive": "write --ignore-case",
    "dummy4unknown": "write --count-unknown",
    "input": "the file of vectors is named without an option",
    "k": _BEST,
    "negative": _SUMS,
    "output": "results go to standard output: write > FILE",
    "positive": _SUMS,
    "threshold": _FIRST_WORDS,
    "top-k": _BEST,
    "top-n": _BEST,
}
"""Those of commands that ask vectors."""
_COMMANDS = {
    "accuracy": "write jw2v evaluate",
    "analogies": "write jw2v analogy",
    "cbow": "write jw2v train --model cbow",
    "compute-accuracy": "write jw2v evaluate",
    "cooccur": _COUNTED,
    "distance": "write jw2v similar",
    "doesnt-match": "write jw2v similar",
    "dump": "write jw2v info",
    "glove": "jw2v trains word2vec: write jw2v train",
    "help": "write jw2v --help, or --help after a command",
    "most-similar": "write jw2v similar",
    "nn": "write jw2v similar",
    "predict": _LABELS,
    "predict-prob": _LABELS,
    "print-ngrams": _PARTS,
    "print-sentence-vectors": "WordVectors.sentence_vectors does that in Python",
    "print-word-vectors": "write jw2v convert VECTORS OUT.txt --only WORDS",
    "quantize": "numbers are made smaller by jw2v convert --dtype float16",
    "shuffle": _COUNTED,
    "skipgram": "write jw2v train",
    "supervised": _LABELS,
    "test": f"{_LABELS}; vectors are judged by jw2v evaluate",
    "test-label": _LABELS,
    "version": "write jw2v --version",
    "vocab-count": _COUNTED,
    "word-analogy": "write jw2v analogy",
    "word2phrase": "tokens may be phrases already, such as new_york",
    "word2vec": "write jw2v train",
}
_VALUES = {
    "cosadd": "add",
    "cosmul": "mul",
    "hs": "hierarchical-softmax",
    "neg": "negative-sampling",
    "ns": "negative-sampling",
    "sg": "skip-gram",
    "skipgram": "skip-gram",
    "softmax": "naive-softmax",
}
"""What other programs call the choices of an option."""


def _hyphened(name: str) -> str:
    """``-minCount``, ``--min_count`` and ``--min-count`` are one.

    >>> _hyphened("-minCount")
    'min-count'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", "-", name.lstrip("-")).lower()


def of_command(name: str) -> str | None:
    """The command that does what another program calls so; None where nobody knows it.

    >>> of_command("nn")
    "There is no command 'nn'; write jw2v similar."
    """
    known = _COMMANDS.get(_hyphened(name))
    return known and f"There is no command {name!r}; {known}."


def of_first(arg: str) -> str | None:
    """What to write in place of an option where a command is expected.

    >>> of_first("-train")
    'There is no -train; texts are named without an option: jw2v train TEXT -o VECTORS.'
    """
    if arg in ("-v", "-V"):
        return f"There is no {arg}; write --version."
    return of_options([arg], (), "train") if _is_option(arg) else None


def of_options(args: Sequence[str], known: Collection[str], command: str | None) -> str | None:
    """What to write in place of the first option that is another program's, or is spelt otherwise.

    >>> of_options(["a.txt", "-size", "100"], ["--dim"], "train")
    'There is no -size; the dimension is --dim.'
    >>> of_options(["-minCount", "3"], ["--min-count"], "train")
    'There is no -minCount; write --min-count.'
    >>> of_options(["-numbers"], ["--number"], "similar")
    'There is no -numbers; did you mean --number?'
    """
    names = _NAMES if command == "train" else _OF_QUESTIONS
    for arg in args:
        if arg == "--":
            return None
        name = arg.partition("=")[0]
        if name in known or not _is_option(name):
            continue
        plain = _hyphened(name)
        if f"--{plain}" in known:
            return f"There is no {name}; write --{plain}."
        if plain in names:
            return f"There is no {name}; {names[plain]}."
        if len(name) > 2 and not name.startswith("--") and name[:2] not in known:
            close = get_close_matches(f"--{plain}", known, n=1)
            return f"There is no {name}" + (f"; did you mean {close[0]}?" if close else ".")
    return None


def _is_option(name: str) -> bool:
    return re.fullmatch(r"--?[A-Za-z][\w-]*", name) is not None


_PLAIN = {
    r".*valid integer.*": "expected a whole number, got {value!r}",
    r".*valid number.*|.*valid float.*": "expected a number, got {value!r}",
    r"Option '(?P<name>\S+)' requires (an argument|\d+ arguments)\.": "{name} needs a value",
    r"Option '(?P<name>\S+)' does not take a value\.": "{name} takes no value",
    r"Got unexpected extra argument(\(s\)|s)? \((?P<name>.*)\)": "expected no more, got {name!r}",
}
"""The words of the library that reads options, and ours."""


def plainly(message: str, value: object) -> str:
    """What is wrong with a value, without the words of the library that found it.

    >>> plainly("Input should be a valid integer, unable to parse string as an integer", "x")
    "expected a whole number, got 'x'"
    >>> plainly("Value error, 'ns' is not one of 'a', 'negative-sampling'.", "ns")
    "'ns' is not one of 'a', 'negative-sampling'; did you mean negative-sampling?"
    >>> plainly("Option '--dim' requires an argument.", None)
    '--dim needs a value'
    """
    for pattern, plain in _PLAIN.items():
        if found := re.fullmatch(pattern, message):
            return plain.format(value=value, name=found["name"] if "name" in plain else "")
    message = message.removeprefix("Value error, ")
    choices = re.findall(r"'([^']*)'", message.partition("is not one of")[2])
    if choices:
        given = str(value).lower().lstrip("-3")
        meant = [each for each in (_VALUES.get(given),) if each in choices]
        meant = meant or get_close_matches(given, choices, n=1)
        return message.rstrip(".") + (f"; did you mean {meant[0]}?" if meant else ".")
    return message


def as_flags(message: str) -> str:
    """A message of the library with the flags of the command line for the names of Python.

    >>> as_flags("min_count must be a whole number of at least 1; got 0.")
    '--min-count must be a whole number of at least 1; got 0.'
    >>> as_flags("raise learning_rate (tokens='words' splits prose); see data/min_count.txt")
    'raise --learning-rate (--tokens words splits prose); see data/min_count.txt'
    >>> as_flags("--mesh data=2,model=4 is meant; got 'model=4', and 'min_count'")
    "--mesh data=2,model=4 is meant; got 'model=4', and 'min_count'"
    """
    for python, plain in _PYTHON.items():
        message = re.sub(python, plain, message)
    message = re.sub(rf"^({_ANY})(?= must be )", _flag, message)
    message = re.sub(rf"(?<![\w/.,'\"-])({_ANY})=(?:'([^']*)'|(?=\w))", _flag_and_value, message)
    message = re.sub(r"\bcolumn= ", "--column ", message)
    return re.sub(rf"(?<![\w/.\\'\"-])({_UNDERSCORED})(?![\w/\\-]|\.\w)", _flag, message)


_PYTHON = {
    r", or None(?=;)": "",
    r"\bNone for all\b": "without it all",
    r" ask `word in \.\.\.` first, or train": " train",
    r"vectors\.astype\('(\w+)'\), (?=jw2v)": "",
    r"(?<=got )b(?=['\"])": "",
}
"""What is said to those who write Python, and what to everybody."""
_FLAGS: Mapping[str, str] = {
    name: f"--{name.replace('_', '-')}"
    for name in (
        *(field.name for field in fields(Config)),
        *("checkpoint_dir", "checkpoint_every", "restrict_vocab", "min_similarity", "topn"),
        *("limit", "only", "duplicates", "encoding", "errors", "method", "vocab", "keep", "stop"),
        "samples",
    )
}
_ANY = "|".join(_FLAGS)
_UNDERSCORED = "|".join(name for name in _FLAGS if "_" in name)


def _flag(found: re.Match[str]) -> str:
    return _FLAGS[found[1]]


def _flag_and_value(found: Any) -> str:
    return f"{_FLAGS[found[1]]} {found[2] or ''}"
