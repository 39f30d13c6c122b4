"""What all objectives do with tables: check them, look rows up, square them."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array

from jw2v import _arrays
from jw2v.objectives.noise import Noise
from jw2v.params import Params

__all__ = ["check_mask", "check_noise", "check_tables", "gather", "only", "quarter_square"]


def check_tables(name: str, params: Params) -> None:
    """Refuse tables that are none, or of different dimension, which products would broadcast."""
    V, U = (_arrays.real(name, "the table", table, "vocab", "dim") for table in params)
    _arrays.same_dim(name, V=V, U=U)


def check_mask(name: str, of: str, entries: Any, what: str, mask: Any, kind: Any) -> None:
    """Refuse what does not say of each entry whether it counts: it would be broadcast."""
    if not (hasattr(entries, "dtype") and hasattr(mask, "dtype")):
        raise ValueError(f"{name}: {of} and {what} must be arrays; got lists, or other things.")
    shapes, dtype = (jnp.shape(mask), jnp.shape(entries)), jnp.result_type(mask)
    if shapes[0] != shapes[1] or not jnp.issubdtype(dtype, kind):
        kinds = "booleans" if kind is jnp.bool_ else "integers"
        raise ValueError(
            f"{name}: {what} must hold {kinds}, one for each of {of}, of shape {list(shapes[1])};"
            f" got dtype {dtype} of shape {list(shapes[0])}."
        )


def check_noise(name: str, noise: Noise, table: Array) -> None:
    """Refuse noise of other words than a table's: it would draw rows that are not there."""
    words, vocab = noise.ends.shape[0], table.shape[0]
    if isinstance(words, int) and isinstance(vocab, int) and words != vocab:
        raise ValueError(
            f"{name}: the noise is of {words} words, and the table of outside vectors has {vocab}"
            " rows: make the noise of one count for each row."
        )


def gather(table: Array, ids: Array) -> Array:
    """Rows of a table, which are known to be there."""
    return jnp.asarray(table).at[ids].get(mode="promise_in_bounds")


def quarter_square(vectors: Array) -> Array:
    """¼ ‖x‖² of each vector: σ' ≤ 1/4 (t1)."""
    return _arrays.squares(vectors) / 4


def only(marked: Array, column: Array) -> Array:
    """A batch with the first marked example in place of those that are not, if there is any."""
    first = jnp.argmax(marked) if len(marked) else 0
    return column[jnp.where(marked, jnp.arange(len(column)), first)] if len(column) else column
