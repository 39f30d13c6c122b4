"""The checked arguments of a loss and its gradient: pairs, windows, bags of words, tree paths."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jw2v import _arrays

Array = jax.Array


def pair(
    function: str, v_c: ArrayLike, o: ArrayLike, U: ArrayLike
) -> tuple[Array, Array, Array, Array | bool]:
    """A center's vector, an outside word and its table, and whether the word has a row."""
    v_c, U = _of_one_dim(function, v_c=(v_c,), U=(U, "vocab"))
    o = _arrays.index(function, "o", o, U.shape[0])
    return v_c, o, U, _arrays.inside(o, U.shape[0])


def samples(
    function: str, v_c: ArrayLike, o: ArrayLike, negatives: ArrayLike, U: ArrayLike
) -> tuple[Array, Array, Array, Array | bool]:
    """As :func:`pair`, with o and the negatives after it in one array: one gather, one scatter."""
    v_c, o, U, inside = pair(function, v_c, o, U)
    negatives = _arrays.index(function, "negatives", negatives, U.shape[0], "K")
    words = jnp.concatenate([o[None], negatives])
    return v_c, words, U, inside & _arrays.inside(negatives, U.shape[0])


def samples_in_rows(
    function: str, v_c: ArrayLike, u_o: ArrayLike, u_negatives: ArrayLike
) -> tuple[Array, ...]:
    """A center's vector, and the rows of an outside word and of the negatives."""
    return _of_one_dim(function, v_c=(v_c,), u_o=(u_o,), u_negatives=(u_negatives, "K"))


def _of_one_dim(function: str, **arrays: tuple[ArrayLike, *tuple[str, ...]]) -> tuple[Array, ...]:
    """Vectors and tables, each given with the names of its axes before ``dim``."""
    checked = {
        name: _arrays.real(function, name, value, *axes, "dim")
        for name, (value, *axes) in arrays.items()
    }
    _arrays.same_dim(function, **checked)
    return tuple(checked.values())


class Window(NamedTuple):
    """The checked arguments of a skip-gram window."""

    c: Array
    v_c: Array
    outside: Array
    V: Array
    U: Array
    draws: tuple[Array, ...]
    where: Array
    inside: Array | bool
    """whether c and the outside words that count have rows"""


def window(
    function: str,
    c: ArrayLike,
    outside: ArrayLike,
    V: ArrayLike,
    U: ArrayLike,
    draws: tuple[ArrayLike, ...],
    where: ArrayLike | None,
    vocab: int | None,
) -> Window:
    """Check a window and make what its masked entries hold harmless."""
    V, U = _of_one_dim(function, V=(V, "vocab"), U=(U, "vocab"))
    words = _words(function, U, vocab)
    c = _arrays.index(function, "c", c, V.shape[0])
    outside = _arrays.index(function, "outside", outside, words, "n", where=where)
    n = outside.shape[0]
    mask = _mask(function, where, n, "outside word")
    checked = [_draw(function, draw, n, where) for draw in draws]
    found = _arrays.inside(c, V.shape[0]) & _arrays.inside(outside, words, where)
    if where is not None:
        outside, *checked = (_harmless(entries, mask) for entries in (outside, *checked))
    return Window(c, _arrays.rows(V, c), outside, V, U, tuple(checked), mask, found)


class Bag(NamedTuple):
    """The checked arguments of a bag of words that predict one."""

    o: Array
    context: Array
    V: Array
    U: Array
    draws: tuple[Array, ...]
    h: Array
    """the vector that predicts"""
    share: Array
    """of each word of the context in it"""
    full: Array
    """whether any word counts"""
    inside: Array | bool
    """whether o and the words that count have rows"""


def bag(
    function: str,
    o: ArrayLike,
    context: ArrayLike,
    V: ArrayLike,
    U: ArrayLike,
    draws: tuple[ArrayLike, ...],
    where: ArrayLike | None,
    *,
    mean: bool,
    vocab: int | None,
) -> Bag:
    """Check a bag and make what its masked entries hold harmless."""
    V, U = _of_one_dim(function, V=(V, "vocab"), U=(U, "vocab"))
    words = _words(function, U, vocab)
    o = _arrays.index(function, "o", o, words)
    context = _arrays.index(function, "context", context, V.shape[0], "n", where=where)
    mask = _mask(function, where, context.shape[0], "word of the context")
    checked = tuple(_arrays.to_array(function, "draws", draw, "numbers") for draw in draws)
    for draw, array in zip(draws, checked, strict=True):
        _refuse_cut(function, draw, array)
    _arrays.flag(function, "mean", mean)
    found = _arrays.inside(o, words) & _arrays.inside(context, V.shape[0], where)
    # For a mask that counts none the division is by 1, and all shares are 0.
    # The count may be beyond the largest number of a half precision.
    wide = V.dtype if V.dtype.itemsize > 4 else jnp.dtype(jnp.float32)
    count = jnp.maximum(1, mask.sum()).astype(wide) if mean else 1
    share = (mask.astype(wide) / count).astype(V.dtype)
    counted = jnp.where(mask[:, None], _arrays.rows(V, context), 0)
    return Bag(o, context, V, U, checked, _arrays.dot(share, counted), share, mask.any(), found)


def _words(function: str, U: Array, vocab: int | None) -> Any:
    """How many words there are to predict: the rows of U, if nothing is said."""
    if vocab is None:
        return U.shape[0]
    _arrays.whole(function, "vocab", vocab, 1)
    return vocab


class Path(NamedTuple):
    """The checked path to one word of a tree."""

    v_c: Array
    theta: Array
    nodes: Array
    signs: Array
    inside: Array | bool
    """whether the word is in the tree, its signs are signs, and the nodes beside them have rows"""


def path(function: str, v_c: ArrayLike, o: ArrayLike, tree: Any, theta: ArrayLike) -> Path:
    """The path to word ``o`` of a tree, whose nodes are row numbers of ``theta``.

    What it holds where it is over does not matter, nor what other paths hold.
    """
    v_c, theta = _of_one_dim(function, v_c=(v_c,), theta=(theta, "nodes"))
    nodes, signs = of_tree(function, tree)
    o = _arrays.index(function, "o", o, nodes.shape[0])
    found = _arrays.inside(o, nodes.shape[0])
    signs, are_signs = signs_of(function, "tree.signs", _row(signs, o))
    counted = signs != 0 if _arrays.hidden(signs) else np.asarray(signs) != 0
    n = theta.shape[0]
    nodes = _arrays.index(function, "tree.nodes", _row(nodes, o), n, "length", where=counted)
    found &= are_signs & _arrays.inside(nodes, n, counted)
    return Path(v_c, theta, nodes, signs, found)


def of_tree(function: str, tree: Any) -> tuple[Any, Any]:
    """The nodes and signs of a tree, of one shape; as NumPy has them where they are known."""
    try:
        nodes, signs = tree
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{function}: tree must be two arrays, nodes and signs, as jw2v.trees.huffman makes"
            f" them; got {repr(tree)[:80]}."
        ) from error
    axes = ("vocab", "length")
    nodes = _arrays.integers(function, "tree.nodes", nodes, "the row numbers of inner nodes", axes)
    signs = _arrays.integers(function, "tree.signs", signs, "1, -1 or 0", axes)
    if nodes.shape != signs.shape:
        raise ValueError(
            f"{function}: tree.nodes and tree.signs must have one shape; got {list(nodes.shape)}"
            f" and {list(signs.shape)}."
        )
    return nodes, signs


def path_in_rows(
    function: str, v_c: ArrayLike, theta_rows: ArrayLike, signs: ArrayLike
) -> tuple[Array, Array, Array, Array | bool]:
    """A center's vector, the rows of a path's nodes and its signs, and whether they are signs."""
    v_c, theta_rows = _of_one_dim(function, v_c=(v_c,), theta_rows=(theta_rows, "length"))
    signs, are_signs = signs_of(function, "signs", signs)
    _arrays.same_axis(
        function,
        0,
        "theta_rows and signs need one entry a step",
        theta_rows=theta_rows,
        signs=signs,
    )
    return v_c, theta_rows, signs, are_signs


def signs_of(function: str, name: str, value: ArrayLike, *axes: str) -> tuple[Array, Array | bool]:
    """The signs along paths, as 1, -1 and 0 of dtype int8, and whether they are nothing else."""
    array = _arrays.integers(function, name, value, "1, -1 or 0", axes or ("length",))
    if not isinstance(array, np.ndarray):
        plus, over = array == 1, array == 0
        signed = jnp.issubdtype(array.dtype, jnp.signedinteger)
        minus = array == -1 if signed else jnp.zeros_like(plus)
        return plus.astype(jnp.int8) - minus.astype(jnp.int8), (plus | minus | over).all()
    wide = array if array.dtype.itemsize > 1 else array.astype(np.int16)
    wrong = wide[(wide != 0) & (wide != 1) & (wide != -1)]
    if wrong.size:
        raise ValueError(
            f"{function}: {name} must hold 1 and -1, and 0 where a path is over; got {wrong[0]}."
        )
    return jnp.asarray(array.astype(np.int8)), True


def _row(array: Any, o: Array) -> Any:
    """A row, read by NumPy where both are known."""
    known = isinstance(array, np.ndarray) and not _arrays.hidden(o)
    return array[int(np.asarray(o))] if known else _arrays.rows(jnp.asarray(array), o)


def _mask(function: str, where: ArrayLike | None, n: Any, what: str) -> Array:
    """Which of n entries count: all, if nothing is said."""
    given = None if where is None else _arrays.to_array(function, "where", where, "booleans")
    mask = jnp.ones(n, bool) if given is None else given
    if mask.dtype != bool or mask.shape != (n,):
        raise ValueError(
            f"{function}: where must be {n} booleans, one for each {what};"
            f" got dtype {mask.dtype} of shape {list(mask.shape)}."
        )
    return mask


def _draw(function: str, value: ArrayLike, n: Any, where: ArrayLike | None) -> Array:
    """One of the arrays of draws, none of whose numbers jax would cut short."""
    array: Array = _arrays.to_array(function, "draws", value, "numbers")
    if array.shape[:1] != (n,):
        raise ValueError(
            f"{function}: each array of draws needs one entry for each of the {n} outside"
            f" words along its first axis; got shape {list(array.shape)}."
        )
    _refuse_cut(function, value, array, where)
    return array


def _refuse_cut(
    function: str, value: ArrayLike, array: Array, where: ArrayLike | None = None
) -> None:
    """Refuse whole numbers that jax has cut short in ``array``, but for those that are masked."""
    if isinstance(value, jax.Array) or not jnp.issubdtype(array.dtype, jnp.integer):
        return
    host = _arrays.on_host(function, "draws", value, "numbers")
    beyond = np.zeros(array.shape, bool) if host is None else host != host.astype(array.dtype)
    if (beyond if _arrays.hidden(where) else _arrays.that_count(function, beyond, where)).any():
        raise ValueError(
            f"{function}: draws must fit in dtype {array.dtype}, or jax_enable_x64 be set;"
            f" got {np.asarray(value).dtype} beyond it."
        )


def _harmless(entries: Array, mask: Array) -> Array:
    """Entries with the first that counts in the place of those that do not.

    Whatever a pair loss does with them is as finite as with those that count. Where none counts
    there are words 0 and weights 1.
    """
    n = mask.shape[0]
    if n == 0:
        return entries
    first = jnp.argmax(mask).astype(jnp.int32)
    taken = entries[jnp.where(mask, jnp.arange(n, dtype=jnp.int32), first)]
    if jnp.issubdtype(entries.dtype, jax.dtypes.prng_key):
        return taken
    ordinary = 1 if jnp.issubdtype(entries.dtype, jnp.inexact) else 0
    return jnp.where(mask.any(), taken, jnp.full_like(taken, ordinary))
