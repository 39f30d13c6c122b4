"""Trained word vectors, and what can be asked of them: see :mod:`jw2v.vectors.words`."""

from jw2v.vectors.given import Query, Vector
from jw2v.vectors.words import Answers, WordVectors, load

__all__ = ["Answers", "Query", "Vector", "WordVectors", "load"]
