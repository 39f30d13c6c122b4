"""Steps: touching rows equals touching tables, scanning equals looping, any optimizer works."""

from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import pytest

from every import DIM, EVERY, tables
from jw2v import objectives, steps
from jw2v.params import Params
from jw2v.steps.optimizers import curvature_bounded_sgd

RULES = {
    "sgd": optax.sgd(0.3),
    "sgd on a schedule": optax.sgd(optax.linear_schedule(0.3, 0.0, 5)),
    "curvature-bounded": curvature_bounded_sgd(0.3, 0.5),
}


@cache
def key() -> jax.Array:
    """Made when the first test asks, be it in a trace: collecting the tests starts no device."""
    with jax.ensure_compile_time_eval():
        return jax.random.key(4)


def some_batches(name: str, n: int) -> list:
    return [EVERY[name][1](np.random.default_rng(seed)) for seed in range(n)]


def run(make_step, name: str, optimizer, n: int = 4):
    """Steps one after the other, without a scan."""
    step = jax.jit(make_step(lambda p, b, _: EVERY[name][0](p, b), optimizer))
    state = steps.start(tables(np.random.default_rng(9)), optimizer, key())
    total = []
    for batch in some_batches(name, n):
        state, totals = step(state, batch)
        total.append(float(totals.loss))
    return state, total


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("rule", RULES)
def test_rows_equal_tables(name: str, rule: str) -> None:
    by_rows, loss = run(steps.row_step, name, RULES[rule])
    by_tables, same_loss = run(steps.dense_step, name, RULES[rule])
    assert loss == pytest.approx(same_loss)
    for ours, theirs in zip(by_rows.params, by_tables.params, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-10)


LAZY_RULES = {
    **RULES,
    "adagrad": optax.adagrad(0.1),
    "clipped adagrad": optax.chain(optax.clip_by_global_norm(0.5), optax.adagrad(0.1)),
    "injected adagrad": optax.inject_hyperparams(optax.adagrad)(learning_rate=0.1),
}


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("rule", LAZY_RULES)
def test_lazy_equals_tables_where_a_gradient_of_0_does_nothing(name: str, rule: str) -> None:
    lazily, loss = run(steps.lazy_step, name, LAZY_RULES[rule])
    by_tables, same_loss = run(steps.dense_step, name, LAZY_RULES[rule])
    assert loss == pytest.approx(same_loss)
    mine, theirs = (jax.tree.leaves((s.params, s.opt_state)) for s in (lazily, by_tables))
    for ours, other in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(ours, other, atol=1e-10)


def three_and_one(params: Params, batch: None, key: jax.Array) -> objectives.Evaluation:
    """Three entries of word 1, one of them 0, and one of word 4, whatever the batch."""
    ids = jnp.array([[1, 4], [1, 1]])
    gradient = jnp.ones((2, 2, DIM)) * jnp.array([[1.0, 2.0], [3.0, 0.0]])[..., None]
    rows = objectives.Rows(ids, gradient, jnp.zeros((2, 2)))
    return objectives.Evaluation(jnp.zeros([]), jnp.ones([]), objectives.Gradient(rows, rows))


def rows_of(ids: object, gradient: tuple[int, ...], curvature: tuple[int, ...]):
    """An objective with such rows in both tables."""

    def objective(params: Params, batch: object, key: jax.Array) -> objectives.Evaluation:
        rows = objectives.Rows(
            ids if batch is None else batch, *map(jnp.ones, (gradient, curvature))
        )
        return objectives.Evaluation(
            jnp.zeros([]),
            jnp.ones([]),
            objectives.Gradient(rows, rows._replace(ids=jnp.array([0, 1]))),
        )

    return objective


ALL_STEPS = pytest.mark.parametrize(
    "make_step", [steps.row_step, steps.lazy_step, steps.dense_step]
)


@ALL_STEPS
@pytest.mark.parametrize("outside", [-1, 7, 2**31 - 1])
def test_ids_outside_the_tables_make_nan(make_step, outside: int) -> None:
    step = make_step(rows_of(None, (2, DIM), (2,)), optax.sgd(1.0))
    state = steps.start(Params(*jnp.zeros((2, 7, DIM))), optax.sgd(1.0), key())
    after, totals = jax.jit(step)(state, jnp.array([3, outside]))
    assert np.isnan(totals.loss)
    assert np.isnan(after.params.V[3]).all()
    assert np.isnan(after.params.U[:2]).all()
    known = make_step(rows_of(np.array([3, outside]), (2, DIM), (2,)), optax.sgd(1.0))
    with pytest.raises(ValueError, match=f"ids of the gradient by V must hold .* 6; got {outside}"):
        jax.eval_shape(known, state, None)


@ALL_STEPS
@pytest.mark.parametrize(
    ("gradient", "curvature", "said"),
    [
        ((1, DIM), (2,), r"gradient by V must have one entry for each id, of shape \[2, 3\]; got"),
        ((2, 1), (2,), r"gradient by V must have .*; got \[2, 1\]"),
        ((2, DIM), (1,), r"curvature by V must have one entry for each id, of shape \[2\]; got"),
        ((2, DIM), (), r"curvature by V must have .*; got \[\]"),
    ],
)
def test_rows_that_would_be_broadcast_are_refused(
    make_step, gradient: tuple[int, ...], curvature: tuple[int, ...], said: str, unchecked: None
) -> None:
    step = make_step(rows_of(jnp.array([0, 1]), gradient, curvature), optax.sgd(1.0))
    state = steps.start(Params(*jnp.zeros((2, 7, DIM))), optax.sgd(1.0), key())
    with pytest.raises(ValueError, match=said):
        jax.eval_shape(step, state, None)


def test_rows_of_all_words_are_as_many(unchecked: None) -> None:
    step = steps.row_step(rows_of(None, (6, DIM), (6,)), optax.sgd(1.0))
    state = steps.start(Params(*jnp.zeros((2, 7, DIM))), optax.sgd(1.0), key())
    with pytest.raises(ValueError, match=r"each row of the table, of shape \[7, 3\]; got \[6, 3\]"):
        jax.eval_shape(step, state, None)


def test_an_objective_must_evaluate(unchecked: None) -> None:
    step = steps.row_step(lambda params, batch, key: jnp.zeros([]), optax.sgd(1.0))
    state = steps.start(Params(*jnp.zeros((2, 7, DIM))), optax.sgd(1.0), key())
    with pytest.raises(ValueError, match="an objective must return a"):
        jax.eval_shape(step, state, None)


@pytest.mark.usefixtures("x64")
def test_a_repeated_word_is_summed_before_the_optimizer_sees_it() -> None:
    rule = optax.scale_by_sign()
    state = steps.start(tables(np.random.default_rng(9)), rule, key())
    after, _ = jax.jit(steps.lazy_step(three_and_one, rule))(state, None)
    moved = np.asarray(after.params.V - state.params.V)
    np.testing.assert_allclose(moved[[1, 4]], 1)
    assert (np.delete(moved, [1, 4], axis=0) == 0).all()


def tables_of(state: steps.TrainState) -> list[np.ndarray]:
    """Parameters and the optimizer's state for each of them."""
    leaves = jax.tree.leaves((state.params, state.opt_state))
    return [np.asarray(x) for x in leaves if x.ndim == 2]


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(
    "rule", [optax.adam(0.1), optax.sgd(0.1, momentum=0.9), optax.adamw(0.1, weight_decay=0.2)]
)
def test_lazy_leaves_other_words_and_their_state_alone(rule) -> None:
    before = steps.start(tables(np.random.default_rng(9)), rule, key())
    some = optax.tree_utils.tree_map_params(rule, lambda x: x + 0.5, before.opt_state)
    before = before._replace(opt_state=some)
    lazily, _ = jax.jit(steps.lazy_step(three_and_one, rule))(before, None)
    by_tables, _ = jax.jit(steps.dense_step(three_and_one, rule))(before, None)
    every = [tables_of(state) for state in (lazily, before, by_tables)]
    assert len(every[0]) > 2
    for ours, old, theirs in zip(*every, strict=True):
        np.testing.assert_allclose(ours[[1, 4]], theirs[[1, 4]])
        others = np.delete(np.arange(len(old)), [1, 4])
        assert (ours[others] == old[others]).all()
        assert (theirs[others] != old[others]).all()


@pytest.mark.parametrize("make_step", [steps.row_step, steps.lazy_step, steps.dense_step])
def test_curvatures_add_up_beyond_half_precision(make_step) -> None:
    """With one that is infinite a row would stay where it is."""
    rule = curvature_bounded_sgd(0.1, 2.0)

    def steep(params: Params, batch: None, key: jax.Array) -> objectives.Evaluation:
        ones = jnp.ones((2, DIM), jnp.float16)
        rows = objectives.Rows(jnp.array([1, 1]), 100 * ones, 40_000 * ones[:, 0])
        return objectives.Evaluation(*jnp.ones(2), objectives.Gradient(rows, rows))

    state = steps.start(Params(*jnp.zeros((2, 3, DIM), jnp.float16)), rule, key())
    after, _ = jax.jit(make_step(steep, rule))(state, None)
    assert np.asarray(after.params.V)[1] == pytest.approx(-2 / 80_000 * 200, rel=1e-2)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("make_step", [steps.row_step, steps.lazy_step, steps.dense_step])
def test_tables_keep_their_type(make_step) -> None:
    rule = RULES["curvature-bounded"]
    params = Params(*(jnp.asarray(x, jnp.float32) for x in tables(np.random.default_rng(9))))
    step = make_step(lambda p, b, _: EVERY["segments"][0](p, b), rule)
    after, _ = jax.jit(step)(steps.start(params, rule, key()), some_batches("segments", 1)[0])
    assert [table.dtype for table in after.params] == [jnp.float32] * 2


def modes(jaxpr) -> set[tuple[str, str]]:
    """What looks up or puts rows, each with what it does with rows that are out of bounds."""
    found = set()
    for equation in jaxpr.eqns:
        if equation.primitive.name.startswith(("scatter", "gather")):
            found.add((equation.primitive.name, equation.params["mode"].name))
        for part in jax.tree.leaves(
            list(equation.params.values()), is_leaf=lambda x: hasattr(x, "jaxpr")
        ):
            if hasattr(part, "jaxpr"):
                found |= modes(part.jaxpr)
    return found


@pytest.mark.parametrize(
    ("make_step", "rule", "in_bounds", "past_the_tables"),
    [
        (steps.row_step, RULES["curvature-bounded"], {"gather", "scatter-add"}, set()),
        (steps.dense_step, RULES["curvature-bounded"], {"scatter-add"}, set()),
        # Entries of a word that are not its first have a row past the tables.
        (
            steps.lazy_step,
            optax.adagrad(0.1),
            {"gather", "scatter-add", "scatter-min"},
            {"gather", "scatter-add", "scatter"},
        ),
    ],
)
def test_bounds_are_checked_only_where_rows_lie_past_the_tables(
    make_step, rule, in_bounds: set[str], past_the_tables: set[str]
) -> None:
    state = steps.start(tables(np.random.default_rng(9)), rule, key())
    found = modes(jax.make_jaxpr(make_step(three_and_one, rule))(state, None).jaxpr)
    assert {name for name, mode in found if mode == "PROMISE_IN_BOUNDS"} == in_bounds
    assert {name for name, mode in found if mode != "PROMISE_IN_BOUNDS"} == past_the_tables


def test_lazy_work_does_not_grow_with_the_tables() -> None:
    rule = optax.adam(0.1)

    def growth(make_step) -> float:
        """Floating-point operations for each number more in a table."""

        def flops(vocab: int) -> float:
            state = steps.start(Params(*jnp.zeros((2, vocab, DIM))), rule, key())
            step = jax.jit(make_step(three_and_one, rule), donate_argnums=0)
            return step.lower(state, None).compile().cost_analysis()["flops"]

        return (flops(10_000) - flops(1_000)) / (2 * DIM * 9_000)

    assert growth(steps.lazy_step) < 0.01
    assert growth(steps.dense_step) > 5


def mean_step(name: str, optimizer: optax.GradientTransformation, weight: float) -> steps.Step:
    objective = objectives.weighted(lambda p, b, _: EVERY[name][0](p, b), weight)
    return steps.dense_step(objective, optimizer)


def recorder(seen: dict) -> optax.GradientTransformation:
    """Descent that remembers what it was given by name."""

    def update(updates, state, params=None, **extra):
        seen.update(extra, params=params, updates=updates)
        return jax.tree.map(lambda g: -0.1 * g, updates), state

    return optax.GradientTransformationExtraArgs(lambda params: optax.EmptyState(), update)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("name", EVERY)
def test_what_an_optimizer_gets_by_name_is_of_one_loss(name: str) -> None:
    """The value, its function and their gradient have the units of the gradient."""

    def given(state: steps.TrainState, batch: object) -> dict:
        seen: dict = {}
        _, totals = mean_step(name, recorder(seen), 0.125)(state, batch)
        params, gradient = seen["params"], seen["updates"]
        along = jax.tree.map(lambda x: jnp.cos(jnp.arange(x.size)).reshape(x.shape), gradient)
        value_fn = seen["value_fn"]
        ends = [
            value_fn(jax.tree.map(lambda x, d, h=h: x + h * d, params, along))
            for h in (1e-5, -1e-5)
        ]
        return {
            "values": (seen["value"], 0.125 * totals.loss, value_fn(params)),
            "gradients": (seen["grad"], seen["grad_fn"](params, 0), jax.grad(value_fn)(params)),
            "gradient": gradient,
            "more": jax.grad(seen["obj_fn"])(params),
            "slope": sum(jnp.vdot(*each) for each in zip(gradient, along, strict=True)),
            "difference": (ends[0] - ends[1]) / 2e-5,
        }

    state = steps.start(tables(np.random.default_rng(9)), optax.sgd(0.1), key())
    found = jax.jit(given)(state, some_batches(name, 1)[0])
    assert float(found["values"][0]) > 0
    np.testing.assert_allclose(found["values"], found["values"][0])
    for gradient in (*found["gradients"], found["more"]):
        for ours, theirs in zip(gradient, found["gradient"], strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-12)
    assert float(found["difference"]) == pytest.approx(float(found["slope"]), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("make_step", [steps.row_step, steps.lazy_step])
def test_the_value_is_in_the_units_of_the_gradient_by_rows_too(make_step, monkeypatch) -> None:
    monkeypatch.setattr(steps.trials, "of_row_step", lambda _: None)
    monkeypatch.setattr(steps.trials, "of_lazy_step", lambda _: None)
    seen: dict = {}
    objective = objectives.weighted(lambda p, b, _: EVERY["windows"][0](p, b), 0.25)
    state = steps.start(tables(np.random.default_rng(9)), recorder(seen), key())
    _, totals = make_step(objective, recorder(seen))(state, some_batches("windows", 1)[0])
    assert float(seen["value"]) == pytest.approx(0.25 * float(totals.loss))


LOOKING = {
    "polyak": optax.polyak_sgd(1.0),
    "momo": optax.contrib.momo(),
    "plateau": optax.chain(optax.sgd(0.1), optax.contrib.reduce_on_plateau(patience=1)),
    "lbfgs": optax.lbfgs(),
    "backtracking": optax.chain(
        optax.sgd(1.0), optax.scale_by_backtracking_linesearch(15, store_grad=True)
    ),
    "sam": optax.contrib.sam(
        optax.sgd(0.1), optax.chain(optax.contrib.normalize(), optax.sgd(0.01)), opaque_mode=True
    ),
    "sophia": optax.contrib.sophia(0.05),
    "prodigy": optax.contrib.prodigy(),
    "cocob": optax.contrib.cocob(),
    "MultiSteps": optax.MultiSteps(optax.polyak_sgd(1.0), 2).gradient_transformation(),
    "a table kept": optax.partition(
        {"learn": optax.adam(0.05), "keep": optax.set_to_zero()}, Params(V="keep", U="learn")
    ),
}


@pytest.mark.parametrize("rule", LOOKING)
def test_optimizers_that_look_at_more_than_the_gradient(rule: str) -> None:
    """Compiled, in a scan, with the state given away; each lowers the loss of its batch."""
    optimizer = LOOKING[rule]
    name = "softmax" if rule == "sophia" else "windows"
    run = steps.scan_steps(mean_step(name, optimizer, 0.125))
    before = tables(np.random.default_rng(9))
    state = steps.start(jax.tree.map(jnp.array, before), optimizer, key())
    batch = some_batches(name, 1)[0]
    end, totals = run(state, jax.tree.map(lambda x: jnp.stack([x] * 24), batch))
    assert np.isfinite(totals.loss).all()
    assert float(totals.loss[-1]) < float(totals.loss[0])
    assert (end.params.V == before.V).all() == (rule == "a table kept")


def test_updates_that_are_no_tables_are_refused() -> None:
    """One of the shape of a row would be added to every row, without a word."""
    rule = optax.stateless(lambda g, _: jax.tree.map(lambda x: x.sum(0), g))
    state = steps.start(tables(np.random.default_rng(9)), rule, key())
    with pytest.raises(ValueError, match=r"stateless.* into updates of shapes \(3,\), \(3,\)"):
        steps.dense_step(three_and_one, rule)(state, None)


def test_what_a_step_does_not_give_is_said() -> None:
    def update(updates, state, params=None, *, hessian, **extra):
        raise AssertionError

    rule = optax.GradientTransformationExtraArgs(lambda params: (), update)
    state = steps.start(tables(np.random.default_rng(9)), rule, key())
    with pytest.raises(ValueError, match=r"fails: .*'hessian' A step gives .*grad, .*value_fn\."):
        steps.dense_step(three_and_one, rule)(state, None)


def test_what_is_no_optimizer_is_refused(unchecked: None) -> None:
    with pytest.raises(ValueError, match=r"must be an optax transformation.*got <function adam"):
        steps.start(tables(np.random.default_rng(9)), optax.adam, key())


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("make_step", [steps.row_step, steps.lazy_step, steps.dense_step])
def test_a_scan_equals_a_loop(name: str, make_step) -> None:
    rule = RULES["curvature-bounded"]
    state, loss = run(make_step, name, rule)
    scanned = steps.scan_steps(make_step(lambda p, b, _: EVERY[name][0](p, b), rule))
    start = steps.start(tables(np.random.default_rng(9)), rule, key())
    stacked = jax.tree.map(lambda *batches: jnp.stack(batches), *some_batches(name, 4))
    end, totals = scanned(start, stacked)
    assert totals.loss.tolist() == pytest.approx(loss, rel=1e-5)
    assert int(end.step) == 4
    for ours, theirs in zip(end.params, state.params, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("wide", [False, True])
def test_the_first_state(wide: bool) -> None:
    with jax.enable_x64(wide):
        params = tables(np.random.default_rng(9))
        state = steps.start(params, optax.adam(0.1), key())
    assert (state.step.dtype, int(state.step)) == (jnp.int32, 0), "it counts beyond 2^24"
    assert state.params is params
    assert jax.tree.leaves(state.opt_state)[1].shape == params.V.shape
    assert jax.random.key_data(state.key).tolist() == jax.random.key_data(key()).tolist()


def test_the_state_is_donated() -> None:
    rule = RULES["sgd"]
    scanned = steps.scan_steps(steps.row_step(lambda p, b, _: EVERY["windows"][0](p, b), rule))
    start = steps.start(tables(np.random.default_rng(9)), rule, key())
    scanned(start, jax.tree.map(lambda x: x[None], some_batches("windows", 1)[0]))
    assert start.params.U.is_deleted()
    assert start.key.is_deleted()
    assert not key().is_deleted(), "that of the caller"


@pytest.mark.parametrize(
    "optimizer",
    [optax.adam(0.05), optax.adagrad(0.1), optax.chain(optax.clip(1.0), optax.sgd(0.02))],
    ids=["adam", "adagrad", "clipped sgd"],
)
@pytest.mark.parametrize("name", EVERY)
def test_any_optimizer_lowers_the_loss(name: str, optimizer) -> None:
    step = jax.jit(steps.dense_step(lambda p, b, _: EVERY[name][0](p, b), optimizer))
    state = steps.start(tables(np.random.default_rng(9)), optimizer, key())
    batch = some_batches(name, 1)[0]
    losses = []
    for _ in range(60):
        state, totals = step(state, batch)
        losses.append(float(totals.loss))
    assert losses[-1] < 0.7 * losses[0]


def test_each_step_draws_with_a_key_of_its_own() -> None:
    seen = []
    step = steps.row_step(
        lambda p, b, key: (seen.append(key), EVERY["windows"][0](p, b))[1], RULES["sgd"]
    )
    state = steps.start(tables(np.random.default_rng(9)), RULES["sgd"], key())
    for batch in some_batches("windows", 3):
        state, _ = step(state, batch)
    assert len({tuple(jax.random.key_data(key).tolist()) for key in seen}) == 3


class Documents(NamedTuple):
    """Three tables, as of documents whose vector is added to that of a word."""

    V: jax.Array
    U: jax.Array
    D: jax.Array


def of_documents(tables: Documents, batch: Any, key: jax.Array) -> objectives.Evaluation:
    """(d + v_c − u_o)² over triples, with rows of each table."""
    del key
    d, c, o = batch
    far = tables.D[d] + tables.V[c] - tables.U[o]
    rows = {"D": (d, 2 * far), "V": (c, 2 * far), "U": (o, -2 * far)}
    gradient = Documents(
        **{name: objectives.Rows(i, g, jnp.full(len(i), 2.0)) for name, (i, g) in rows.items()}
    )
    return objectives.Evaluation(jnp.square(far).sum(), jnp.asarray(1.0 * len(d)), gradient)


OTHERS = {
    "sgd": (optax.sgd(0.1), (steps.row_step, steps.lazy_step)),
    "bounded": (curvature_bounded_sgd(0.05, 0.5), (steps.row_step, steps.lazy_step)),
    "adagrad": (optax.adagrad(0.3), (steps.lazy_step,)),
    "value": (optax.polyak_sgd(0.1), ()),
}
"""Rules, and the steps beside the dense one that must do the same."""


@pytest.mark.parametrize("name", OTHERS)
def test_an_objective_may_have_other_tables(name: str) -> None:
    """As many as it likes, each with a height of its own, by their names."""
    rule, same = OTHERS[name]
    rng = np.random.default_rng(0)
    heights = {"V": 5, "U": 4, "D": 3}
    before = Documents(**{n: jnp.asarray(rng.normal(size=(h, 2))) for n, h in heights.items()})
    batch = tuple(jnp.asarray(rng.integers(0, heights[n], 6)) for n in ("D", "V", "U"))

    def after(step: steps.Step) -> Documents:
        state = steps.start(before, rule, jax.random.key(0))
        return jax.jit(lambda s: step(step(s, batch)[0], batch)[0])(state).params

    dense = after(steps.dense_step(of_documents, rule))
    assert isinstance(dense, Documents)
    loss = partial(of_documents, batch=batch, key=jax.random.key(0))
    assert loss(dense).loss < loss(before).loss
    for make in same:
        for one, other in zip(after(make(of_documents, rule)), dense, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_line_searches_see_other_tables() -> None:
    rng = np.random.default_rng(1)
    before = Documents(*(jnp.asarray(rng.normal(size=(4, 2))) for _ in range(3)))
    batch = (jnp.arange(4),) * 3
    rule = optax.lbfgs(linesearch=optax.scale_by_backtracking_linesearch(5))
    step = jax.jit(steps.dense_step(of_documents, rule))
    state, totals = step(steps.start(before, rule, jax.random.key(0)), batch)
    assert step(state, batch)[1].loss < totals.loss


def test_a_gradient_of_other_tables_is_refused() -> None:
    rng = np.random.default_rng(0)
    tables = Documents(*(jnp.asarray(rng.normal(size=(4, 2))) for _ in range(3)))

    def wrong(params: Documents, batch: Any, key: jax.Array) -> objectives.Evaluation:
        found = of_documents(params, batch, key)
        return found._replace(gradient=objectives.Gradient(*found.gradient[:2]))

    step = steps.dense_step(wrong, optax.sgd(0.1))
    state = steps.start(tables, optax.sgd(0.1), jax.random.key(0))
    with pytest.raises(ValueError, match="must be of the tables V, U, D; got V, U"):
        step(state, (jnp.array([0]),) * 3)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("what", ["loss", "pairs", "weight"])
def test_an_objective_of_several_losses_is_refused(what: str) -> None:
    objective, some = EVERY["windows"]
    params, batch = tables(np.random.default_rng(0)), some(np.random.default_rng(1))
    several = {what: jnp.ones(3)}
    step = steps.dense_step(lambda p, b, _: objective(p, b)._replace(**several), RULES["sgd"])
    with pytest.raises(ValueError, match=rf"an objective's {what} must be one number; got shape"):
        step(steps.start(params, RULES["sgd"], key()), batch)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("wrong", [7, 7.5, jnp.zeros(4, jnp.uint32), "two"])
def test_what_is_no_key_is_refused(wrong: object) -> None:
    no_key = jax.random.split(key()) if wrong == "two" else wrong
    with pytest.raises(ValueError, match="key must be one key"):
        steps.start(tables(np.random.default_rng(0)), RULES["sgd"], no_key)  # type: ignore[arg-type]


def test_one_table_for_both() -> None:
    objective, some = EVERY["windows"]
    params, batch = tables(np.random.default_rng(0)), some(np.random.default_rng(1))
    step = steps.scan_steps(steps.row_step(lambda p, b, _: objective(p, b), RULES["sgd"]))
    state = steps.start(Params(params.V, params.V), RULES["sgd"], key())
    after, _ = step(state, jax.tree.map(lambda column: column[None], batch))
    assert np.isfinite(after.params.V).all()


class Descent:
    """An optimizer that is like any other of its kind, and so has no hash."""

    __hash__ = None  # type: ignore[assignment]

    def init(self, params: Params) -> tuple:
        return ()

    def update(self, gradient: Params, state: tuple, params: object = None) -> tuple:
        return jax.tree.map(lambda g: -0.1 * g, gradient), state


def test_an_optimizer_without_a_hash(unchecked: None) -> None:
    for make in (steps.row_step, steps.lazy_step):
        make(lambda p, b, _: EVERY["windows"][0](p, b), Descent())
