"""word2vec in pure JAX whose every gradient is proved, property-tested and used.

The functions of the mathematics are in :mod:`jw2v.losses`, :mod:`jw2v.gradients` and
:mod:`jw2v.activations`; :func:`train` turns a text into :class:`WordVectors` as a :class:`Config`
says. Names are loaded when they are first used, so that asking trained vectors needs no JAX.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jw2v.config import Config
    from jw2v.progress import Progress
    from jw2v.training import train
    from jw2v.vectors import WordVectors

__all__ = ["Config", "Progress", "WordVectors", "__version__", "train"]

__version__ = "0.1.0"

_HOMES = {
    "Config": "jw2v.config",
    "Progress": "jw2v.progress",
    "WordVectors": "jw2v.vectors",
    "train": "jw2v.training",
}


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'jw2v' has no attribute {name!r}") from None
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
