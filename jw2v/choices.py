"""Every choice that ``--help`` shows, and the numbers that it names, written once."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

__all__ = [
    "CHECKPOINT_EVERY",
    "LEARNING_RATES",
    "LOSSES",
    "MODELS",
    "RESTRICT_VOCAB",
    "TREEBANK_STEPS",
    "CheckedPair",
    "Combination",
    "DType",
    "Duplicates",
    "Engine",
    "Errors",
    "FileFormat",
    "FolderFormat",
    "Handed",
    "Layout",
    "Listing",
    "Loss",
    "Model",
    "Numbers",
    "Projector",
    "Tokens",
    "Update",
    "Which",
]

Loss: TypeAlias = Literal["negative-sampling", "naive-softmax", "hierarchical-softmax"]
"""What training minimises: see :mod:`jw2v.catalogue`."""
CheckedPair: TypeAlias = Literal["negative-sampling", "naive-softmax"]
"""What the windows and bags that are checked are made of: see :mod:`jw2v.check`."""
Layout: TypeAlias = Literal["rows", "columns"]
"""How a table that is checked holds a word."""
Handed: TypeAlias = Literal["numpy", "list", "jax"]
"""What a function that is checked is handed."""
Model: TypeAlias = Literal["skip-gram", "cbow", "cbow-sum"]
"""How the words of a window make the vector that predicts: see :mod:`jw2v.catalogue`."""
Tokens: TypeAlias = Literal["whitespace", "words"]
"""How a text is split: at white space, or into the words of prose."""
Engine: TypeAlias = Literal["processes", "ray", "dask"]
"""What runs the shards of a text: see :mod:`jw2v.shards.engines`."""
DType: TypeAlias = Literal["float32", "float64"]
"""Numbers to compute with."""
Numbers: TypeAlias = Literal["float16", "float32", "float64"]
"""Numbers to keep."""
Which: TypeAlias = Literal["center", "outside", "both", "mean"]
"""What is kept of the two vectors of a word."""
Update: TypeAlias = Literal["tables", "rows"]
"""What a step of an optimizer of one's own updates: see :func:`jw2v.training.train`."""
Combination: TypeAlias = Literal["add", "mul"]
"""How the cosines of an analogy are put together: see :func:`jw2v.vectors.neighbours.three_cos`."""
Projector: TypeAlias = Literal["pca", "graph", "tsne", "umap"]
"""Ways to lay vectors out in the plane: see :func:`jw2v.pictures.projection.project`."""
FileFormat: TypeAlias = Literal[
    "safetensors",
    "glove",
    "word2vec",
    "word2vec-binary",
    "fasttext",
    "projector",
    "parquet",
    "arrow",
]
"""Kinds of files of vectors: see :mod:`jw2v.formats`."""
Duplicates: TypeAlias = Literal["refuse", "first"]
"""What to do with a word that a file of vectors has more than once."""
Errors: TypeAlias = Literal["strict", "replace", "ignore"]
"""What to do with words that are not of the encoding of their file."""
FolderFormat: TypeAlias = Literal["static-embedding", "spacy"]
"""Kinds of folders for other libraries: see :mod:`jw2v.vectors.export`."""

Listing: TypeAlias = Literal["lines", "tsv", "jsonl"]
"""How neighbours are printed: a line for each word that is asked about, or for each neighbour."""

LOSSES: Mapping[Loss, str] = MappingProxyType(
    {
        "negative-sampling": (
            "the true word against a few drawn ones, at a cost that the vocabulary is not in"
        ),
        "naive-softmax": "a softmax over the whole vocabulary, whose cost grows with it",
        "hierarchical-softmax": (
            "a few decisions down a tree of the words, whose number grows with log(vocab)"
        ),
    }
)
"""How a word is predicted, in a line."""
MODELS: Mapping[Model, str] = MappingProxyType(
    {
        "skip-gram": "the vector of a word predicts each word around it",
        "cbow": "the mean of the vectors around a word predicts it",
        "cbow-sum": "the sum of the vectors around a word predicts it",
    }
)
"""What predicts it, in a line."""
LEARNING_RATES: Mapping[Model, float] = MappingProxyType(
    {"skip-gram": 0.05, "cbow": 0.2, "cbow-sum": 0.05}
)
"""Step size at the start, unless told otherwise: see docs/choosing.md. A mean gives each of its
vectors a share only of its gradient."""
CHECKPOINT_EVERY = 600
"""Seconds between checkpoints, unless told otherwise."""
RESTRICT_VOCAB = 300_000
"""Words, the most frequent first, that are known to an evaluation unless told otherwise."""
TREEBANK_STEPS = 40_000
"""Steps of the course's experiment on the treebank."""
