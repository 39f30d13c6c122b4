"""Word vectors as folders that other libraries load: sentence encoders, and spaCy pipelines.

A folder appears whole or not at all, and replaces only an empty one or one written this way before.
"""

import json
import os
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias, get_args

import numpy as np

from jw2v.choices import Tokens
from jw2v.formats import safetensors
from jw2v.formats._shared import encoded
from jw2v.formats.word2vec import NOT_IN_WORDS
from jw2v.storage import files
from jw2v.vectors.words import WordVectors

__all__ = ["FOLDERS", "spacy", "static_embedding"]

Path: TypeAlias = str | os.PathLike[str]


_UNKNOWN = "[UNK]"


def static_embedding(vectors: WordVectors, folder: Path, *, tokens: Tokens | None = None) -> None:
    """Write a folder for model2vec and for the ``StaticEmbedding`` of Sentence Transformers.

    There the vector of a text is the mean of the vectors of its words. Words are told apart as in
    training: at white space, or for ``tokens="words"`` as the lower-cased words of prose. Unknown
    words are left out by model2vec; for Sentence Transformers they count as zero vectors, which
    shortens the mean and leaves its direction. Load it by ``StaticModel.from_pretrained(folder)``
    or ``SentenceTransformer(folder)``.

    Args:
        vectors: what to export.
        folder: where to.
        tokens: how to tell words apart; None for what the metadata say, and else white space.

    Raises:
        ValueError: a word is empty, holds white space or is not valid Unicode, so that it could
            never be found in a text. There is no such way to tell words apart.
        OSError: the folder cannot be written.

    >>> import tempfile
    >>> vectors = WordVectors(("ice", "tea"), np.eye(2, dtype=np.float32))
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     static_embedding(vectors, parent + "/encoder")
    ...     sorted(os.listdir(parent + "/encoder"))[:3]
    ['config.json', 'jw2v-files.txt', 'model.safetensors']
    """
    if tokens is not None and tokens not in get_args(Tokens):
        raise ValueError(f"tokens must be one of {', '.join(get_args(Tokens))}, got {tokens!r}")
    encoded(vectors.words, *NOT_IN_WORDS)
    unknown = _UNKNOWN
    while unknown in vectors:
        unknown = f"[{unknown}]"
    table = np.concatenate([np.zeros_like(vectors.vectors[:1]), vectors.vectors])
    table = np.ascontiguousarray(table)  # by rows, as the file has it
    config = {
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "hidden_dim": vectors.dim,
        "embedding_dtype": str(table.dtype),
        "normalize": False,
        "max_length": None,
        "jw2v": dict(vectors.metadata),
    }
    module = {
        "idx": 0,
        "name": "0",
        "path": ".",
        "type": "sentence_transformers.models.StaticEmbedding",
    }
    with files.replacing_folder(folder) as inside:
        with open(os.path.join(inside, "model.safetensors"), "wb") as file:
            safetensors.write(file, {"embeddings": table}, {"format": "np"})
        tokenizer = _tokenizer(vectors, tokens or _tokens_of(vectors), unknown)
        for name, content in {
            "tokenizer.json": tokenizer,
            "config.json": config,
            "modules.json": [module],
        }.items():
            _write_json(os.path.join(inside, name), content)


def _tokens_of(vectors: WordVectors) -> Tokens:
    """How training told words apart, and white space where nothing says so."""
    return "words" if vectors.settings.get("tokens") == "words" else "whitespace"


def _tokenizer(vectors: WordVectors, tokens: Tokens, unknown: str) -> dict[str, Any]:
    """A tokenizer of Hugging Face, whose ids are the rows."""
    normalizer: dict[str, Any] | None = None
    splitter: dict[str, Any] = {"type": "WhitespaceSplit"}
    if tokens == "words":  # as jw2v.reading.text tells the words of prose
        apostrophe = {"type": "Replace", "pattern": {"String": "’"}, "content": "'"}
        # The one letter that is two characters in lower case, and one in training.
        dotted = {"type": "Replace", "pattern": {"String": "İ"}, "content": "i"}
        steps = [dotted, {"type": "Lowercase"}, apostrophe]
        normalizer = {"type": "Sequence", "normalizers": steps}
        letters = r"[\p{L}\p{M}\p{N}]+"
        splitter = {
            "type": "Split",
            "pattern": {"Regex": f"{letters}(?:'{letters})*"},
            "behavior": "Removed",
            "invert": True,
        }
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": normalizer,
        "pre_tokenizer": splitter,
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word: row for row, word in enumerate((unknown, *vectors.words))},
            "unk_token": unknown,
        },
    }


def spacy(vectors: WordVectors, folder: Path, *, language: str = "xx") -> None:
    """Write a spaCy pipeline that has the vectors and no components, as ``spacy init vectors``.

    Load it by ``spacy.load(folder)``, name it as ``vectors`` in the ``[initialize]`` block of a
    training configuration, or take only the table, ``nlp.vocab.vectors.from_disk(folder +
    "/vocab")``. Vectors of lower-cased words (``tokens="words"``) are found by the lower case of a
    token, but for words with İ or with Σ at the end, whose lower case is another in Python than in
    training.

    Args:
        vectors: what to export.
        folder: where to.
        language: whose tokenizer to use, by its code; ``xx`` for any.

    Raises:
        ImportError: spaCy is not installed. Without it: save ``.txt``, and where it is installed
            run ``spacy init vectors``.
        ValueError: the vectors are float64, spaCy has no such language, or a word is empty or not
            valid Unicode.
        OSError: the folder cannot be written.
    """
    try:
        from spacy import blank
        from spacy.vectors import Vectors
    except ImportError as error:
        raise ImportError(
            "this needs spaCy: pip install spacy; or write .txt vectors here, and where spaCy is "
            "installed: spacy init vectors LANGUAGE VECTORS FOLDER"
        ) from error
    if vectors.vectors.dtype != np.float32:
        raise ValueError(
            f"spaCy holds float32, got {vectors.vectors.dtype}: round first (jw2v convert --dtype "
            f"float32)"
        )
    encoded(vectors.words, *NOT_IN_WORDS)
    files.check_folder(folder)
    try:
        nlp = blank(language)
    except ImportError as error:
        raise ValueError(f"spaCy has no language {language!r} ({error})") from error
    for word in vectors.words:
        nlp.vocab.strings.add(word)
    nlp.vocab.vectors = Vectors(
        strings=nlp.vocab.strings,
        data=np.array(vectors.vectors, order="C"),
        keys=vectors.words,
        name="jw2v",
        attr="LOWER" if _tokens_of(vectors) == "words" else "ORTH",
    )
    nlp.meta["jw2v"] = dict(vectors.metadata)
    with files.replacing_folder(folder) as inside:
        nlp.to_disk(inside)
        # spaCy reads which form of a token is looked up, but writes it for floret tables only.
        settings = {"mode": "default", "attr": nlp.vocab.vectors.attr}
        _write_json(os.path.join(inside, "vocab", "vectors.cfg"), settings)


def _write_json(path: str, content: object) -> None:
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False)


FOLDERS: Mapping[str, Callable[[WordVectors, Path], None]] = MappingProxyType(
    {"static-embedding": static_embedding, "spacy": spacy}
)
"""What ``jw2v convert --to`` takes beside the formats of files."""
