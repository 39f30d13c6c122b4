"""The hierarchical softmax on trees, at its edges, and what it refuses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jw2v import gradients, losses
from jw2v.trees import Tree, huffman

TREE = huffman([5, 3, 1, 1])
_rng = np.random.default_rng(3)
v, theta = (_rng.normal(size=shape).astype(np.float32) for shape in ((2,), (3, 2)))


MOST = 30


@jax.jit
def of_every_word(center: jax.Array, tree: Tree, theta: jax.Array) -> jax.Array:
    """Compiled once: trees of all sizes are filled up with words whose path is empty."""
    return jax.vmap(losses.hierarchical_softmax, (None, 0, None, None))(
        center, jnp.arange(MOST), tree, theta
    )


@given(counts=st.lists(st.integers(0, 50), min_size=2, max_size=MOST).map(np.array))
def test_the_probabilities_of_all_words_add_up_to_one(x64, counts: np.ndarray) -> None:
    rng = np.random.default_rng(len(counts))
    theta, center = 3 * rng.normal(size=(MOST - 1, 3)), rng.normal(size=3)
    tree = huffman(counts)
    more = [(0, MOST - size) for size in tree.nodes.shape]
    every = of_every_word(center, Tree(*(np.pad(column, more) for column in tree)), theta)
    np.testing.assert_allclose(np.exp(-every[: len(counts)]).sum(), 1, rtol=1e-12)


def test_it_is_the_formula_of_the_papers(x64) -> None:
    """log σ of each decision, written out for each word of one tree."""
    a, b, c = theta.astype(np.float64) @ v

    def sigma(z: float) -> float:
        return 1 / (1 + np.exp(-z))

    probabilities = [
        sigma(a),
        sigma(-a) * sigma(-b),
        sigma(-a) * sigma(b) * sigma(-c),
        sigma(-a) * sigma(b) * sigma(c),
    ]
    for o, p in enumerate(probabilities):
        loss = losses.hierarchical_softmax(v.astype(float), o, TREE, theta.astype(float))
        np.testing.assert_allclose(loss, -np.log(p), rtol=1e-12)


@pytest.mark.parametrize("module", [losses, gradients])
def test_rows_and_tables_are_one(module) -> None:
    whole = module.hierarchical_softmax(v, 2, TREE, theta)
    rows = module.hierarchical_softmax_rows(v, theta[TREE.nodes[2]], TREE.signs[2])
    if module is losses:
        np.testing.assert_allclose(whole, rows, rtol=1e-6)
        return
    np.testing.assert_allclose(whole.v_c, rows.v_c, rtol=1e-6)
    table = gradients.add_rows(np.zeros_like(theta), TREE.nodes[2], rows.theta_rows)
    np.testing.assert_allclose(whole.U, table, rtol=1e-6)


@pytest.mark.parametrize("module", [losses, gradients])
@pytest.mark.parametrize("beside", [np.nan, np.inf, -np.inf])
def test_what_lies_beside_a_missing_step_does_not_matter(module, beside: float) -> None:
    spoiled, signs = np.stack([v, np.full(2, beside, np.float32)]), np.array([1, 0])
    alone = module.hierarchical_softmax_rows(v, v[None], signs[:1])
    found = module.hierarchical_softmax_rows(v, spoiled, signs)
    if module is losses:
        by = jax.grad(module.hierarchical_softmax_rows, (0, 1))(v, spoiled, signs)
        assert np.isfinite(by[0]).all()
        assert by[1][1].tolist() == [0, 0]
        assert found == alone
        return
    assert found.theta_rows[1].tolist() == [0, 0]
    np.testing.assert_array_equal(found.v_c, alone.v_c)


def test_no_step_at_all_teaches_nothing() -> None:
    tree = Tree(np.zeros((1, 0), np.int32), np.zeros((1, 0), np.int8))
    assert losses.hierarchical_softmax(v, 0, tree, theta) == 0
    assert not any(np.any(part) for part in gradients.hierarchical_softmax(v, 0, tree, theta))


@pytest.mark.parametrize("dtype", [np.float16, jnp.bfloat16, np.float64])
def test_each_part_has_the_dtype_of_its_argument(x64, dtype) -> None:
    for center, table in ((v.astype(dtype), theta), (v, theta.astype(dtype))):
        closed = gradients.hierarchical_softmax(center, 3, TREE, table)
        auto = jax.grad(losses.hierarchical_softmax, (0, 3))(center, 3, TREE, table)
        for mine, theirs, of in zip(closed, auto, (center, table), strict=True):
            assert mine.dtype == theirs.dtype == of.dtype
            np.testing.assert_allclose(
                np.asarray(mine, float), np.asarray(theirs, float), atol=0.02
            )


@pytest.mark.parametrize("dtype", [np.int8, np.int64, jnp.int4, np.uint8])
@pytest.mark.parametrize("run", [lambda f: f, jax.jit], ids=["eager", "jit"])
def test_ways_and_nodes_of_any_dtype(run, dtype) -> None:
    signs = np.array([[1, 0, 1]]).astype(dtype)
    nodes = np.array([[1, 2, 0]]).astype(dtype)
    expected = losses.hierarchical_softmax(v, 0, (np.array([[1, 0]]), np.array([[1, 1]])), theta)
    found = run(lambda n, s: losses.hierarchical_softmax(v, 0, (n, s), theta))(nodes, signs)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_windows_and_bags_take_the_table_of_the_nodes_as_it_is() -> None:
    """It has a row less than there are words, the last of which can still be predicted."""
    V, outside = np.stack([v, 2 * v, -v, v + 1]), np.array([3, 1, 3])
    short, long = theta[:3], np.append(theta[:3], np.zeros((1, 2), np.float32), axis=0)

    def pair(function):
        return lambda v_c, o, U: function(v_c, o, TREE, U)

    loss, gradient = pair(losses.hierarchical_softmax), pair(gradients.hierarchical_softmax)
    for name, words in (("skip_gram", (0, outside)), ("cbow", (3, np.array([0, 1])))):
        composed = getattr(losses, name)
        one = composed(loss, *words, V, short, vocab=4)
        np.testing.assert_allclose(one, composed(loss, *words, V, long), rtol=1e-6)
        mine = getattr(gradients, name)(gradient, *words, V, short, vocab=4)
        auto = jax.grad(composed, (3, 4))(loss, *words, V, short, vocab=4)
        for a, b in zip(mine, auto, strict=True):
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, atol=1e-6)
        with pytest.raises(ValueError, match="must hold row numbers from 0 to 2; got 3"):
            composed(loss, *words, V, short)
        found = jax.jit(lambda o, name=name: getattr(losses, name)(loss, 0, o, V, short, vocab=4))
        if name == "skip_gram":
            assert np.isnan(found(np.array([4])))


# Compiled code cannot raise

BROKEN = {
    "a word too far": (4, TREE),
    "a negative word": (-1, TREE),
    "a node without a row": (1, (TREE.nodes + 2, TREE.signs)),
    "a negative node": (1, (TREE.nodes - 1, TREE.signs)),
    "no sign": (1, (TREE.nodes, 2 * TREE.signs)),
    "no sign, wide": (1, (TREE.nodes, TREE.signs.astype(np.int32) * 257)),
    "no sign, unsigned": (1, (TREE.nodes, TREE.signs.astype(np.uint8))),  # 255
}
SAID = {
    "a word too far": "o must hold row numbers from 0 to 3; got 4",
    "a negative word": "o must hold row numbers from 0 to 3; got -1",
    "a node without a row": "tree.nodes must hold row numbers from 0 to 2; got 3",
    "a negative node": "tree.nodes must hold row numbers from 0 to 2; got -1",
    "no sign": "tree.signs must hold 1 and -1, and 0 where a path is over; got -2",
    "no sign, wide": "tree.signs must hold 1 and -1, and 0 where a path is over; got -257",
    "no sign, unsigned": "tree.signs must hold 1 and -1, and 0 where a path is over; got 255",
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("module", [losses, gradients])
def test_a_broken_path_is_refused_where_it_is_known(module, name: str) -> None:
    with pytest.raises(ValueError, match=f"^hierarchical_softmax: {SAID[name]}"):
        module.hierarchical_softmax(v, BROKEN[name][0], BROKEN[name][1], theta)


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("held", [False, True], ids=["a traced tree", "a known tree"])
def test_a_broken_path_is_nan_where_it_is_traced(name: str, held: bool) -> None:
    o, tree = BROKEN[name]

    def answers(o, tree, v, theta):
        loss = losses.hierarchical_softmax
        both = jax.value_and_grad(loss, (0, 3))(v, o, tree, theta)
        hessian = jax.hessian(loss, (0, 3))(v, o, tree, theta)
        return both, hessian, gradients.hierarchical_softmax(v, o, tree, theta)

    if held:
        run = jax.jit(lambda o, v, theta: answers(o, tree, v, theta))
        found, right = (run(word, v, theta) for word in (o, 0))
    else:
        found, right = (jax.jit(answers)(*at, v, theta) for at in ((o, tree), (0, TREE)))
    assert all(np.isnan(part).all() for part in jax.tree.leaves(found))
    if BROKEN[name][1] is TREE or not held:
        assert all(np.isfinite(part).all() for part in jax.tree.leaves(right))


def test_signs_that_are_none_in_rows() -> None:
    for module in (losses, gradients):
        with pytest.raises(ValueError, match=r"_rows: signs must hold 1 and -1, .*; got 3"):
            module.hierarchical_softmax_rows(v, theta, np.array([1, 3, 0]))
        found = jax.jit(module.hierarchical_softmax_rows)(v, theta, np.array([1, 3, 0]))
        assert all(np.isnan(part).all() for part in jax.tree.leaves(found))


def test_other_paths_may_be_broken() -> None:
    """What is not on the path to o is not looked at."""
    nodes, signs = TREE.nodes.copy(), TREE.signs.copy()
    nodes[0], signs[3] = 99, 9
    found = losses.hierarchical_softmax(v, 1, (nodes, signs), theta)
    assert found == losses.hierarchical_softmax(v, 1, TREE, theta)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tree": TREE.nodes[0]}, "tree must be two arrays, nodes and signs"),
        ({"tree": None}, "tree must be two arrays, nodes and signs, .*; got None"),
        ({"tree": (TREE.nodes, TREE.signs[:, :1])}, r"must have one shape; got \[4, 3\] and"),
        ({"tree": (TREE.nodes[0], TREE.signs)}, r"tree.nodes must have shape \[vocab, length\]"),
        ({"tree": (TREE.nodes * 1.0, TREE.signs)}, "tree.nodes must hold integers, the row"),
        ({"tree": (TREE.nodes, TREE.signs * 1.0)}, "tree.signs must hold integers, 1, -1 or 0"),
        ({"tree": (TREE.nodes, TREE.signs > 0)}, "tree.signs must hold integers, .*got dtype bool"),
        ({"theta": theta[:, :1]}, "the last axis is dim"),
        ({"theta": theta[0]}, r"theta must have shape \[nodes, dim\]"),
        ({"o": 0.5}, "o must hold integers"),
        ({"v_c": theta}, r"v_c must have shape \[dim\]"),
    ],
)
def test_what_is_refused(change: dict, said: str) -> None:
    given = {"v_c": v, "o": 2, "tree": TREE, "theta": theta} | change
    for module in (losses, gradients):
        with pytest.raises(ValueError, match=f"^hierarchical_softmax: .*{said}"):
            module.hierarchical_softmax(**given)


@pytest.mark.parametrize("module", [losses, gradients])
def test_rows_for_other_steps_are_refused(unchecked, module) -> None:
    with pytest.raises(ValueError, match="_rows: theta_rows and signs need one entry a step"):
        module.hierarchical_softmax_rows(v, theta, TREE.signs[0][:2])
