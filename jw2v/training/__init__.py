"""From a text to word vectors: :func:`jw2v.training.loop.train`, and all that it stands on."""

from typing import TYPE_CHECKING

from jw2v._lazy import attach

if TYPE_CHECKING:
    from jw2v.training.loop import read, train
    from jw2v.training.meter import DivergedError
    from jw2v.training.outlook import LittleToLearnWarning
    from jw2v.training.pairs import train_pairs

__all__ = ["DivergedError", "LittleToLearnWarning", "read", "train", "train_pairs"]

# Lazily, so that Ctrl-C is heard before JAX is there: interrupts are of this room.
__getattr__, __dir__ = attach(
    __name__,
    {
        "DivergedError": "jw2v.training.meter",
        "LittleToLearnWarning": "jw2v.training.outlook",
        "read": "jw2v.training.loop",
        "train": "jw2v.training.loop",
        "train_pairs": "jw2v.training.pairs",
    },
)
