"""Loose pairs: each objective is the sum of its pure losses, times their weights."""

from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from every import DIM, VOCAB, key, noise, some_bags, some_windows
from jw2v import gradients, losses, objectives, sampling
from jw2v.feeding.layouts import Edges
from jw2v.objectives import own, predictions
from jw2v.params import Params
from jw2v.trees import Tree, huffman

seeds = st.integers(0, 2**32 - 1)
pytestmark = pytest.mark.usefixtures("x64")

CENTERS, PAIRS, K = 4, 5, 2


@cache
def tree() -> Tree:
    return huffman([13, 8, 5, 3, 2, 1, 1])


def tables(rng: np.random.Generator, rows: int = VOCAB) -> Params:
    """Fewer centers than there are outside things."""
    V, U = (rng.normal(size=(n, DIM)) for n in (CENTERS, rows))
    return Params(jnp.asarray(V), jnp.asarray(U))


def some_edges(rng: np.random.Generator, negatives: bool = False) -> Edges:
    """Pairs in two axes, some of weight 0, which hold what no table has."""
    shape = 2, PAIRS
    weight = rng.choice([0.0, 1.0, 0.5, 3.0], shape)
    weight[0, 0] = 2.0
    there = weight[..., None] > 0
    ids = {
        "center": rng.integers(0, CENTERS, shape),
        "outside": rng.integers(0, VOCAB, shape),
    }
    found = {name: np.where(there[..., 0], column, 999) for name, column in ids.items()}
    if negatives:
        drawn = rng.integers(0, VOCAB, (*shape, K))
        found["negatives"] = np.where(there, drawn, -7)
    kind = rng.integers(0, 3, shape)
    return Edges(
        **{name: jnp.asarray(column) for name, column in found.items()},
        weight=jnp.asarray(weight),
        columns={"kind": jnp.asarray(kind)},
    )


def one_by_one(batch: Edges) -> list[tuple[float, int, int, list[int]]]:
    flat = [np.asarray(x).reshape(-1) for x in (batch.weight, batch.center, batch.outside)]
    drawn: Any = [[]] * len(flat[0])
    if batch.negatives is not None:
        drawn = np.asarray(batch.negatives).reshape(len(flat[0]), K).tolist()
    rows = zip(*(column.tolist() for column in flat), drawn, strict=True)
    return [row for row in rows if row[0] > 0]


def check(found: Any, params: Params, of_pairs: list[tuple[float, int, Any, Any]]) -> None:
    """``of_pairs`` are weights, centers, losses, and gradients by v_c and the second table."""
    loss, V, U = 0.0, np.zeros(params.V.shape), np.zeros(params.U.shape)
    for weight, c, of_pair, g in of_pairs:
        loss += weight * float(of_pair)
        V[c] += weight * np.asarray(g.v_c)
        U += weight * np.asarray(g.U)
    dense = found.gradient.each(objectives.Rows.dense, params)
    np.testing.assert_allclose(found.loss, loss, rtol=1e-12)
    np.testing.assert_allclose(found.pairs, sum(weight for weight, *_ in of_pairs))
    np.testing.assert_allclose(dense.V, V, atol=1e-12)
    np.testing.assert_allclose(dense.U, U, atol=1e-12)


@jax.jit
def softmax_of_edges(params: Params, batch: Edges) -> Any:
    return objectives.skip_gram_of_edges(params, batch, key(), predict=predictions.naive_softmax)


@jax.jit
def paths_of_edges(params: Params, batch: Edges) -> Any:
    predict = partial(predictions.hierarchical_softmax, tree=tree())
    return objectives.skip_gram_of_edges(params, batch, key(), predict=predict)


@jax.jit
def given_of_edges(params: Params, batch: Edges) -> Any:
    return objectives.given_negatives_of_edges(params, batch, key())


pair_softmax = jax.jit(lambda *a: (losses.naive_softmax(*a), gradients.naive_softmax(*a)))
pair_sampled = jax.jit(lambda *a: (losses.negative_sampling(*a), gradients.negative_sampling(*a)))


@jax.jit
def pair_path(v_c: jax.Array, o: jax.Array, theta: jax.Array) -> Any:
    arguments = v_c, o, tuple(map(jnp.asarray, tree())), theta
    return losses.hierarchical_softmax(*arguments), gradients.hierarchical_softmax(*arguments)


@settings(max_examples=5)
@given(seed=seeds)
def test_every_output_loss_is_summed_with_its_weights(seed: int) -> None:
    rng = np.random.default_rng(seed)
    params, batch = tables(rng), some_edges(rng, negatives=True)
    check(
        given_of_edges(params, batch),
        params,
        [
            (w, c, *pair_sampled(params.V[c], o, jnp.array(drawn), params.U))
            for w, c, o, drawn in one_by_one(batch)
        ],
    )
    batch = batch._replace(negatives=None)
    check(
        softmax_of_edges(params, batch),
        params,
        [(w, c, *pair_softmax(params.V[c], o, params.U)) for w, c, o, _ in one_by_one(batch)],
    )
    params = tables(rng, VOCAB - 1)
    check(
        paths_of_edges(params, batch),
        params,
        [(w, c, *pair_path(params.V[c], o, params.U)) for w, c, o, _ in one_by_one(batch)],
    )


@pytest.mark.parametrize(
    "objective", [softmax_of_edges, pytest.param(given_of_edges, marks=pytest.mark.long)]
)
@settings(max_examples=4)
@given(seed=seeds)
def test_the_bounds_hold_with_weights(objective: Any, seed: int) -> None:
    """No eigenvalue of a row's Hessian, where it is, exceeds the bound."""
    rng = np.random.default_rng(seed)
    params = tables(rng)
    batch = some_edges(rng, negatives=objective is given_of_edges)

    @jax.jit
    def hessians(params: Params) -> Params:
        def of_row(table: str, row: Any) -> Any:
            def loss(x: Any) -> Any:
                moved = getattr(params, table).at[row].set(x)
                return objective(params._replace(**{table: moved}), batch).loss

            return jax.hessian(loss)(getattr(params, table)[row])

        rows = {name: jnp.arange(len(getattr(params, name))) for name in params._fields}
        return Params(**{name: jax.vmap(partial(of_row, name))(rows[name]) for name in rows})

    gradient = objective(params, batch).gradient
    bounds = gradient.each(objectives.Rows.dense_curvature, params)
    for bound, hessian in zip(bounds, hessians(params), strict=True):
        assert (np.linalg.eigvalsh(hessian)[:, -1] <= np.asarray(bound) * (1 + 1e-9) + 1e-12).all()


def test_a_weight_of_two_is_two_pairs() -> None:
    rng = np.random.default_rng(3)
    params, batch = tables(rng), some_edges(rng, negatives=True)
    double = batch._replace(weight=2 * (batch.weight > 0))
    single = batch._replace(weight=1.0 * (batch.weight > 0))
    twice = jax.tree.map(lambda *x: jnp.concatenate(x), single, single)
    for objective in (softmax_of_edges, given_of_edges):
        one, other = (objective(params, each) for each in (double, twice))
        np.testing.assert_allclose(one.loss, other.loss)
        for a, b in zip(
            one.gradient.each(objectives.Rows.dense, params),
            other.gradient.each(objectives.Rows.dense, params),
            strict=True,
        ):
            np.testing.assert_allclose(a, b, atol=1e-12)


def mine(v_c: Any, o: Any, negatives: Any, U: Any, *, log_prob: Any) -> Any:
    """A sampled softmax."""
    logits = U[negatives] @ v_c - log_prob - jnp.log(len(negatives))
    return jax.nn.logsumexp(jnp.append(logits, U[o] @ v_c)) - U[o] @ v_c


def mine_by_rows(v_c: Any, u_o: Any, u_negatives: Any, *, log_prob: Any) -> Any:
    logits = u_negatives @ v_c - log_prob - jnp.log(len(u_negatives))
    return jax.nn.logsumexp(jnp.append(logits, u_o @ v_c)) - u_o @ v_c


@jax.jit
def of_tables(params: Params, batch: Edges) -> Any:
    return objectives.any_loss_of_edges(
        params, batch, key(), pair_loss=mine, noise=noise(), negatives=3
    )


@jax.jit
def of_rows(params: Params, batch: Edges) -> Any:
    return objectives.row_loss_of_edges(
        params, batch, key(), row_loss=mine_by_rows, noise=noise(), negatives=3
    )


def same(one: Any, other: Any, params: Params) -> None:
    np.testing.assert_allclose(one.loss, other.loss, rtol=1e-12)
    np.testing.assert_allclose(one.pairs, other.pairs)
    for a, b in zip(
        one.gradient.each(objectives.Rows.dense, params),
        other.gradient.each(objectives.Rows.dense, params),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_a_loss_of_rows_is_the_same_loss_of_tables() -> None:
    rng = np.random.default_rng(5)
    params, batch = tables(rng), some_edges(rng)
    one, other = of_tables(params, batch), of_rows(params, batch)
    same(one, other, params)
    assert other.gradient.U.ids.shape == (2, PAIRS, 1 + 3)


def test_a_sampled_softmax_with_log_prob_is_the_softmax_on_average() -> None:
    """exp(J + s_o) is an unbiased estimate of the sum of all exponentials (the logQ correction)."""
    rng = np.random.default_rng(6)
    params, o = tables(rng), 2

    def total(key: Any) -> Any:
        drawn = noise().draw_other(key, jnp.array(o), 4)
        log_prob = noise().log_prob(drawn, other=o)
        loss = mine(params.V[0], o, drawn, params.U, log_prob=log_prob)
        return jnp.exp(loss + params.U[o] @ params.V[0])

    found = jax.jit(jax.vmap(total))(jax.random.split(jax.random.key(1), 200_000))
    error = 5 * found.std() / len(found) ** 0.5
    assert abs(found.mean() - jnp.exp(params.U @ params.V[0]).sum()) < error


def test_a_loss_has_the_weight_and_the_columns_that_it_asks_for() -> None:
    rng = np.random.default_rng(7)
    params, batch = tables(rng), some_edges(rng)

    def by_kind(v_c: Any, o: Any, U: Any, *, weight: Any, kind: Any) -> Any:
        return weight**2 * (U[o] @ v_c) + kind

    def by_kind_of_rows(v_c: Any, u_o: Any, *, weight: Any, kind: Any) -> Any:
        return weight**2 * (u_o @ v_c) + kind

    arguments = {"noise": noise(), "negatives": None}
    one = objectives.any_loss_of_edges(params, batch, key(), pair_loss=by_kind, **arguments)
    other = objectives.row_loss_of_edges(
        params, batch, key(), row_loss=by_kind_of_rows, **arguments
    )
    kinds = np.asarray(batch.columns["kind"]).reshape(-1)[np.asarray(batch.weight).reshape(-1) > 0]
    expected = sum(
        w**2 * params.U[o] @ params.V[c] + kind
        for (w, c, o, _), kind in zip(one_by_one(batch), kinds, strict=True)
    )
    np.testing.assert_allclose(one.loss, expected)
    same(one, other, params)


def test_a_loss_without_a_gradient_at_zero_trains_beside_pairs_that_do_not_count() -> None:
    params = tables(np.random.default_rng(8))
    params = params._replace(V=params.V.at[0].set(0), U=params.U.at[0].set(0))

    def cosine(v_c: Any, u_o: Any) -> Any:
        return -(u_o @ v_c) / jnp.linalg.norm(v_c) / jnp.linalg.norm(u_o)

    def cosine_of_tables(v_c: Any, o: Any, U: Any) -> Any:
        return cosine(v_c, U[o])

    batch = Edges(*map(jnp.array, ([0, 1], [0, 2], [0.0, 1.0])))
    for weight, expected in ((batch.weight, cosine(params.V[1], params.U[2])), (jnp.zeros(2), 0)):
        some = batch._replace(weight=weight)
        one = objectives.any_loss_of_edges(
            params, some, key(), pair_loss=cosine_of_tables, noise=noise(), negatives=None
        )
        other = objectives.row_loss_of_edges(
            params, some, key(), row_loss=cosine, noise=noise(), negatives=None
        )
        np.testing.assert_allclose(one.loss, expected)
        same(one, other, params)


OUTSIDE = {"center": CENTERS, "outside": VOCAB, "negatives": -1}


@pytest.mark.parametrize("name", OUTSIDE)
def test_an_id_outside_is_refused_or_makes_all_nan(name: str) -> None:
    rng = np.random.default_rng(9)
    params, batch = tables(rng), some_edges(rng, negatives=True)
    wrong = batch._replace(**{name: getattr(batch, name).at[0, 0].set(OUTSIDE[name])})
    for objective in (
        given_of_edges,
        partial(objectives.any_loss_of_edges, pair_loss=losses.negative_sampling),
        partial(objectives.row_loss_of_edges, row_loss=losses.negative_sampling_rows),
    ):
        if objective is given_of_edges:
            eager = partial(objectives.given_negatives_of_edges, key=key())
        else:
            eager = partial(objective, key=key(), noise=noise(), negatives=K)
        with pytest.raises(ValueError, match=r"row numbers from 0 to"):
            eager(params, wrong)
        found = jax.jit(eager)(params, wrong)
        dense = found.gradient.each(objectives.Rows.dense, params)
        assert np.isnan(found.loss)
        assert all(np.isnan(table).any() for table in dense)


def test_columns_of_other_shapes_are_refused() -> None:
    rng = np.random.default_rng(10)
    params, batch = tables(rng), some_edges(rng, negatives=True)
    for name, wrong in {
        "weight": jnp.ones(3),
        "outside": batch.outside[..., None],
        "negatives": batch.outside,
    }.items():
        with pytest.raises(ValueError, match=f"{name} must have one entry for each center"):
            softmax_of_edges(params, batch._replace(**{name: wrong}))
    for kind in jnp.ones(()), jnp.ones(1), jnp.ones(2 * PAIRS):  # the first two would be for all
        with pytest.raises(ValueError, match="kind must have one entry for each center"):
            objectives.any_loss_of_edges(
                params,
                batch._replace(columns={"kind": kind}),
                key(),
                pair_loss=lambda v, o, negatives, U, *, kind: kind * (U[o] @ v),
                noise=noise(),
                negatives=K,
            )


def test_a_loss_of_rows_over_windows_and_bags_is_negative_sampling() -> None:
    """By the same key the same negatives are drawn."""
    rng = np.random.default_rng(11)
    params = Params(*jnp.asarray(rng.normal(size=(2, VOCAB, DIM))))
    arguments = {"noise": noise(), "negatives": 2}
    ours = partial(predictions.negative_sampling, **arguments)
    theirs = partial(predictions.row_loss_of, row_loss=losses.negative_sampling_rows, **arguments)
    for objective, batch in (
        (objectives.skip_gram_of_windows, some_windows(rng)),
        (objectives.cbow_of_bags, some_bags(rng)),
    ):
        same(
            *(
                jax.jit(partial(objective, key=key(), predict=p))(params, batch)
                for p in (ours, theirs)
            ),
            params,
        )


@pytest.mark.usefixtures("unchecked")
def test_the_softmax_refuses_weights_that_autodiff_would_forget() -> None:
    """The loss alone is differentiated, and would give its weights no gradient."""
    C, U = jnp.ones((1, 2)), jnp.ones((3, 2))
    with pytest.raises(ValueError, match="where must hold booleans, one"):
        objectives.softmax.shared_naive_softmax(C, U, jnp.array([[1]]), jnp.array([[0.5]]))


def test_the_log_probability_is_that_of_the_draws() -> None:
    common = sampling.noise(np.array([5, 0, 3, 2]), 1.0)
    words = jnp.arange(4)
    np.testing.assert_allclose(np.exp(common.log_prob(words)), [0.5, 0, 0.3, 0.2], atol=1e-8)
    for o, expected in ((0, [0, 0, 0.6, 0.4]), (1, [0.5, 0, 0.3, 0.2]), (3, [0.625, 0, 0.375, 0])):
        found = common.log_prob(words, other=o)
        np.testing.assert_allclose(np.exp(found), expected, atol=1e-8)
        drawn = common.draw_other(jax.random.key(o), jnp.full(20_000, o), 5)
        share = np.bincount(np.asarray(drawn).reshape(-1), minlength=4) / drawn.size
        np.testing.assert_allclose(share, expected, atol=0.01)
    with pytest.raises(ValueError, match="row numbers from 0 to 3; got 4"):
        common.log_prob(np.array([4]))
    assert np.isnan(jax.jit(common.log_prob)(jnp.array([-1, 4]))).all()


def test_a_loss_asks_by_parameters_without_a_default() -> None:
    def loss(v: Any, o: Any, U: Any, *, log_prob: Any, temperature: float = 1.0) -> None: ...

    assert own.asked(loss) == {"log_prob"}
    assert own.asked(partial(loss, log_prob=0)) == set()
    assert own.asked(max) == set()


def product(v: jax.Array, o: jax.Array, U: jax.Array) -> jax.Array:
    """Reads its row as anyone would."""
    return U[o] @ v


OWN: dict[str, Any] = {
    "windows": (partial(objectives.any_loss_of_windows, pair_loss=product), some_windows),
    "bags": (partial(objectives.any_loss_of_bags, pair_loss=product), some_bags),
    "edges": (partial(objectives.any_loss_of_edges, pair_loss=product), some_edges),
    "rows": (partial(objectives.row_loss_of_edges, row_loss=lambda v, u: u @ v), some_edges),
}


@pytest.mark.parametrize(
    "dtype", [jnp.bfloat16, pytest.param(jnp.float16, marks=pytest.mark.long)], ids=str
)
@pytest.mark.parametrize("name", OWN)
def test_half_precision_adds_up_what_a_loss_of_ones_own_reads(name: str, dtype: Any) -> None:
    """Of its own accord a sum of ones ends at 256 in bfloat16."""
    objective = jax.jit(partial(OWN[name][0], key=key(), noise=noise(), negatives=None))
    batch = OWN[name][1](np.random.default_rng(3))
    batch = jax.tree.map(lambda column: jnp.tile(column, (800, *[1] * (column.ndim - 1))), batch)
    half = Params(*jnp.ones((2, VOCAB, DIM), dtype))
    found, expected = (objective(p, batch) for p in (half, jax.tree.map(jnp.float32, half)))
    assert float(found.loss) == pytest.approx(float(expected.loss), rel=1e-6)
    assert float(found.pairs) == pytest.approx(float(expected.pairs), rel=1e-6)
    rough = 2 * float(jnp.finfo(dtype).eps)
    both = (x.gradient.each(objectives.Rows.dense, half) for x in (found, expected))
    for ours, theirs in zip(*both, strict=True):
        assert ours.dtype == dtype
        np.testing.assert_allclose(np.float64(ours), np.float64(theirs), rtol=rough)


@pytest.mark.parametrize("name", OWN)
def test_the_gradient_of_a_device_is_of_its_own_batch(name: str) -> None:
    """As that of all other objectives is, so that a sum over devices counts each once."""
    batch = OWN[name][1](np.random.default_rng(3))
    mesh = jax.make_mesh((1,), ("x",), axis_types=(jax.sharding.AxisType.Auto,))
    rows, whole = jax.sharding.PartitionSpec("x"), jax.sharding.PartitionSpec()

    def gradient(params: Params, batch: Any) -> Params:
        found = OWN[name][0](params, batch, key(), noise=noise(), negatives=None)
        return found.gradient.each(objectives.Rows.dense, params)

    specs = {"mesh": mesh, "in_specs": (whole, rows)}
    params = Params(*jnp.ones((2, VOCAB, DIM)))
    jax.eval_shape(jax.shard_map(gradient, out_specs=rows, **specs), params, batch)
    with pytest.raises(ValueError, match="out_specs"):  # it would pass if it were summed already
        jax.eval_shape(jax.shard_map(gradient, out_specs=whole, **specs), params, batch)
