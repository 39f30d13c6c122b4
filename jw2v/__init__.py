"""word2vec in pure JAX whose every closed-form gradient is proved, property-tested and used.

The functions of the mathematics are in :mod:`jw2v.losses`, :mod:`jw2v.gradients` and
:mod:`jw2v.activations`; :func:`train` turns a text into :class:`WordVectors` as a :class:`Config`
says, and :func:`load` reads them from a file. Names and modules are loaded when they are first
used, so that asking trained vectors needs no JAX.
"""

from typing import TYPE_CHECKING

from jw2v._lazy import attach

if TYPE_CHECKING:
    from jw2v import activations as activations
    from jw2v import catalogue as catalogue
    from jw2v import check as check
    from jw2v import choices as choices
    from jw2v import config as config
    from jw2v import evaluate as evaluate
    from jw2v import feeding as feeding
    from jw2v import formats as formats
    from jw2v import gradients as gradients
    from jw2v import losses as losses
    from jw2v import meshes as meshes
    from jw2v import objectives as objectives
    from jw2v import optimizers as optimizers
    from jw2v import params as params
    from jw2v import pictures as pictures
    from jw2v import progress as progress
    from jw2v import reading as reading
    from jw2v import sampling as sampling
    from jw2v import shards as shards
    from jw2v import softmax as softmax
    from jw2v import steps as steps
    from jw2v import storage as storage
    from jw2v import studies as studies
    from jw2v import training as training
    from jw2v import trees as trees
    from jw2v import vectors as vectors
    from jw2v.config import Config
    from jw2v.progress import Progress
    from jw2v.training.loop import train
    from jw2v.training.pairs import train_pairs
    from jw2v.vectors import WordVectors, load

__all__ = ["Config", "Progress", "WordVectors", "__version__", "load", "train", "train_pairs"]

__version__ = "0.1.0"

__getattr__, __dir__ = attach(
    __name__,
    {
        "Config": "jw2v.config",
        "Progress": "jw2v.progress",
        "WordVectors": "jw2v.vectors",
        "load": "jw2v.vectors",
        "train": "jw2v.training.loop",
        "train_pairs": "jw2v.training.pairs",
    },
)
