"""Every transformation of optax by rows: the named words get what whole tables would give them,
or the optimizer is refused by name before training."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import pytest

import jw2v
from jw2v import objectives, steps
from jw2v.params import Params
from jw2v.steps import trials, updates

VOCAB, DIM = 13, 5
BATCHES = jnp.array(
    [[*range(VOCAB), 3, 3], *([[2, 2, 5, 7, 5] * 3, [1, 5, 8, 8, 9] * 3, [5, 2, 5, 5, 5] * 3] * 2)]
)
"""The first names every word, the others some of them, and some again after a pause."""
MASK = Params(V=True, U=False)
LABELS = Params(V="learn", U="keep")


def toward_one(params: Params, ids: jax.Array, key: jax.Array) -> objectives.Evaluation:
    """Half the squared distance of the named rows from 1, with rising weights."""
    weight = jnp.linspace(0.5, 2.0, len(ids))
    away = [table[ids] - 1 for table in params]
    loss = sum((weight * jnp.square(each).sum(1)).sum() / 2 for each in away)
    gradient = (objectives.Rows(ids, weight[:, None] * each, weight) for each in away)
    return objectives.Evaluation(loss, jnp.ones([]), objectives.Gradient(*gradient))


def then(*transformations: optax.GradientTransformation) -> optax.GradientTransformation:
    return optax.chain(*transformations, optax.sgd(0.1))


def of(name: str) -> Callable[[], optax.GradientTransformation]:
    """The transformation of a name, with a rate where it needs one."""
    function = getattr(optax, name, None) or getattr(optax.contrib, name)
    needs = [
        p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty
    ]
    return lambda: function(0.1) if needs == ["learning_rate"] else then(function())


NAMED = (
    "acprop adabelief adadelta adagrad adam adamax adamaxw adamw adan ademamix adopt amsgrad "
    "centralize identity keep_params_nonnegative lion madgrad nadam nadamw normalize "
    "normalize_by_update_norm optimistic_adam_v2 optimistic_gradient_descent radam rmsprop "
    "scale_by_stddev sgd sign_sgd signum simplified_ademamix yogi zero_nans "
)
ALLOWED = {
    **{name: of(name) for name in NAMED.split()},
    "add_decayed_weights": lambda: then(optax.add_decayed_weights(0.1)),
    "apply_if_finite": lambda: optax.apply_if_finite(optax.adam(0.1), 3),
    "chain": lambda: optax.chain(optax.clip_by_global_norm(0.5), optax.adam(0.1)),
    "clip": lambda: then(optax.clip(0.3)),
    "clip_by_global_norm": lambda: then(optax.clip_by_global_norm(0.3)),
    "cocob": lambda: optax.contrib.cocob(),
    "conditionally_mask": lambda: optax.conditionally_mask(optax.adam(0.1), lambda n: n % 2 == 0),
    "conditionally_transform": lambda: optax.conditionally_transform(
        optax.adam(0.1), lambda n: n % 2 == 0
    ),
    "ema": lambda: then(optax.ema(0.9)),
    "freeze": lambda: optax.chain(optax.adam(0.1), optax.freeze(MASK)),
    "inject_hyperparams": lambda: optax.inject_hyperparams(optax.adam)(0.1),
    "masked": lambda: optax.masked(optax.adam(0.1), MASK),
    "momentum": lambda: optax.sgd(0.1, momentum=0.9, nesterov=True),
    "named_chain": lambda: optax.named_chain(("clip", optax.clip(0.3)), ("adam", optax.adam(0.1))),
    "partition": lambda: optax.partition(
        {"learn": optax.adam(0.1), "keep": optax.set_to_zero()}, LABELS
    ),
    "partition by name": lambda: optax.partition(
        {"V": optax.adam(0.1), "U": optax.adagrad(0.2)}, Params("V", "U")
    ),
    "partition by a function": lambda: optax.partition(
        {"learn": optax.adam(0.1), "keep": optax.set_to_zero()}, lambda params: LABELS
    ),
    "polyak_sgd": lambda: optax.polyak_sgd(1.0),
    "reduce_on_plateau": lambda: optax.chain(
        optax.adam(0.1), optax.contrib.reduce_on_plateau(patience=1, rtol=0.9)
    ),
    "scale": lambda: optax.scale(-0.1),
    "scale_by_schedule": lambda: optax.scale_by_schedule(optax.linear_schedule(-0.1, 0.0, 5)),
    "selective_transform": lambda: optax.selective_transform(optax.adam(0.1), freeze_mask=MASK),
    "set_to_zero": lambda: optax.set_to_zero(),
    "split_real_and_imaginary": lambda: optax.contrib.split_real_and_imaginary(optax.adam(0.1)),
    "stateless": lambda: optax.stateless(lambda g, _: jax.tree.map(lambda x: -0.1 * x, g)),
    "stateless_with_tree_map": lambda: optax.stateless_with_tree_map(lambda g, _: -0.1 * g),
    "trace": lambda: then(optax.trace(0.9, nesterov=True)),
    "warmup from 0": lambda: optax.adam(optax.linear_schedule(0.0, 0.1, 3)),
}

ACROSS, ALL, LATER = (
    f"lazy_step cannot run .*: {part}" for part in ("what it does", "from the grad", "it moves")
)
SAM = {"adv_optimizer": optax.chain(optax.contrib.normalize(), optax.sgd(0.05))}
REFUSED = {
    "adafactor": (lambda: optax.adafactor(0.1), ACROSS),
    "adaptive_grad_clip": (lambda: then(optax.adaptive_grad_clip(0.01)), ACROSS),
    "add_noise": (lambda: then(optax.add_noise(0.1, 0.5, 0)), ACROSS),
    "apply_every": (lambda: optax.chain(optax.sgd(0.1), optax.apply_every(2)), LATER),
    "clip after adam": (lambda: optax.chain(optax.adam(0.1), optax.clip_by_global_norm(1)), ACROSS),
    "clip at 100 after adam": (
        lambda: optax.chain(optax.adam(0.1), optax.clip_by_global_norm(100)),
        ACROSS,
    ),
    "clip_by_block_rms": (lambda: then(optax.clip_by_block_rms(0.1)), ACROSS),
    "dadapt_adamw": (lambda: optax.contrib.dadapt_adamw(), "dadapt_adamw"),
    "differentially_private_aggregate": (
        lambda: optax.contrib.differentially_private_aggregate(1.0, 1.0, 0),
        "differentially_private_aggregate turns gradients of shapes .* into updates of shapes",
    ),
    "dog": (lambda: optax.contrib.dog(), "scale_by_dog|dog"),
    "dowg": (lambda: optax.contrib.dowg(), "dowg"),
    "flatten": (lambda: optax.flatten(optax.adam(0.1)), "flatten .*has no row for each word"),
    "fromage": (lambda: optax.fromage(0.1), ACROSS),
    "galore": (lambda: optax.contrib.galore(0.1, rank=2), "galore"),
    "hutchinson_estimator_diag_hessian": (
        lambda: optax.contrib.hutchinson_estimator_diag_hessian(),
        "hutchinson_estimator_diag_hessian fails: obj_fn must be provided",
    ),
    "lamb": (lambda: optax.lamb(0.1), ACROSS),
    "lars": (lambda: optax.lars(0.1), ACROSS),
    "lbfgs": (lambda: optax.lbfgs(), "scale_by_lbfgs.* fails: .*value_fn"),
    "mechanize": (lambda: optax.contrib.mechanize(optax.sgd(0.1)), "optax.contrib.mechanize: it m"),
    "momo": (lambda: optax.contrib.momo(), "momo: "),
    "momo_adam": (lambda: optax.contrib.momo_adam(), "momo_adam: "),
    "MultiSteps": (
        lambda: optax.MultiSteps(optax.sgd(0.1), 2).gradient_transformation(),
        "run optax.MultiSteps: it moves",
    ),
    "MultiSteps inside": (
        lambda: optax.partition(
            {
                "learn": optax.MultiSteps(optax.sgd(0.1), 100).gradient_transformation(),
                "keep": optax.sgd(0.1),
            },
            LABELS,
        ),
        "run optax.MultiSteps: it moves",
    ),
    "muon": (lambda: optax.contrib.muon(0.1), "cannot run"),
    "noisy_sgd": (lambda: optax.noisy_sgd(0.1, key=0), ACROSS),
    "novograd": (lambda: optax.novograd(0.1), ALL),
    "prodigy": (lambda: optax.contrib.prodigy(), "cannot run prodigy"),
    "rprop": (lambda: optax.rprop(0.1), LATER),
    "sam": (lambda: optax.contrib.sam(optax.sgd(0.1), **SAM), "optax.contrib.sam: it moves"),
    "scale_by_backtracking_linesearch": (
        lambda: then(optax.scale_by_backtracking_linesearch(5)),
        "scale_by_backtracking_linesearch.* fails: .*value_fn",
    ),
    "scale_by_distance_over_gradients": (
        lambda: then(optax.scale_by_distance_over_gradients()),
        "cannot run",
    ),
    "scale_by_param_block_norm": (lambda: then(optax.scale_by_param_block_norm()), ACROSS),
    "scale_by_param_block_rms": (lambda: then(optax.scale_by_param_block_rms()), ACROSS),
    "scale_by_trust_ratio": (lambda: then(optax.scale_by_trust_ratio()), ACROSS),
    "scale_by_zoom_linesearch": (
        lambda: then(optax.scale_by_zoom_linesearch(5)),
        "scale_by_zoom_linesearch.* fails: .*value_fn",
    ),
    "schedule_free": (
        lambda: optax.contrib.schedule_free_adamw(0.1),
        "optax.contrib.schedule_free: it moves",
    ),
    "snapshot": (
        lambda: optax.chain(optax.snapshot("g", lambda g: jnp.vdot(g.V, g.V)), optax.sgd(1)),
        ALL,
    ),
    "sm3": (lambda: optax.sm3(0.1), "scale_by_sm3"),
    "sophia": (lambda: optax.contrib.sophia(0.1), "scale_by_sophia.* fails: obj_fn"),
}
ELSEWHERE = {
    *("measure_with_ema", "tree_map_params", "scale_by_factored_rms"),  # no optimizer; below
    *("multi_transform", "scale_by_belief", "scale_by_optimistic_gradient", "scale_by_rms"),
    *("schedule_free_adamw", "schedule_free_sgd", "scale_by_rss", "scale_by_learning_rate"),
    *("dpsgd", "inject_stateful_hyperparams", "optimistic_adam"),  # deprecated, or warns itself
    *("lookahead", "scale_by_polyak", "scale_by_sign", "with_extra_args_support"),
}
"""Other names of what is tried, or parts of it."""


def test_all_of_optax_is_tried() -> None:
    """A new version of optax may bring more."""
    public = {
        name
        for module in (optax, optax.contrib)
        for name, found in vars(module).items()
        if name[0] != "_"
        and inspect.isfunction(found)
        and "GradientTransformation" in str(found.__annotations__.get("return", ""))
    }
    tried = {*ALLOWED, *REFUSED}
    tried |= {f"scale_by_{name}" for name in tried} | ELSEWHERE
    assert len(public) > 100
    assert public - tried == set()


def masked_tables(step: steps.Step) -> steps.Step:
    """The reference: a step with the whole tables, of which only the named rows are kept."""

    def by_reference(state: steps.TrainState, ids: jax.Array) -> tuple[steps.TrainState, object]:
        after, totals = step(state, ids)
        named = jnp.zeros(VOCAB, bool).at[ids].set(True)

        def kept(new: jax.Array, old: jax.Array) -> jax.Array:
            if new.shape[:1] != (VOCAB,):
                return new
            return jnp.where(named.reshape(VOCAB, *[1] * (new.ndim - 1)), new, old)

        parts = (after.params, after.opt_state), (state.params, state.opt_state)
        params, opt_state = jax.tree.map(kept, *parts)
        return after._replace(params=params, opt_state=opt_state), totals

    return by_reference


def first(optimizer: optax.GradientTransformation) -> steps.TrainState:
    rng = np.random.default_rng(3)
    params = Params(*jnp.asarray(rng.normal(size=(2, VOCAB, DIM))))
    return steps.start(params, optimizer, jax.random.key(0))


@pytest.mark.usefixtures("x64")
# Each compiles two steps: every sixth of them is tried in the full tier, all in the long one.
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.long] * (n % 6 > 0)) for n, name in enumerate(ALLOWED)],
)
def test_named_words_get_what_whole_tables_would_give_them(name: str) -> None:
    optimizer = ALLOWED[name]()
    lazy = steps.scan_steps(steps.lazy_step(toward_one, optimizer))
    dense = steps.scan_steps(masked_tables(steps.dense_step(toward_one, optimizer)))
    ours, _ = lazy(first(optimizer), BATCHES)
    theirs, _ = dense(first(optimizer), BATCHES)
    states = (ours.params, ours.opt_state), (theirs.params, theirs.opt_state)
    for mine, other in zip(*map(jax.tree.leaves, states), strict=True):
        assert mine.dtype == other.dtype
        np.testing.assert_allclose(mine, other, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_wrong_is_refused_by_name(name: str) -> None:
    make, message = REFUSED[name]
    with pytest.raises(ValueError, match=f"(?s){message}.*Update the whole tables with dense_step"):
        steps.lazy_step(toward_one, make())


def test_what_needs_other_parameters_than_tables_is_refused() -> None:
    optimizer = optax.lookahead(optax.sgd(0.1), 2, 0.5)
    for refuse in (lambda: first(optimizer), lambda: steps.lazy_step(toward_one, optimizer)):
        with pytest.raises(ValueError, match=r"lookahead .*cannot begin: .*fast and slow"):
            refuse()


def sees_later(optimizer: optax.GradientTransformation, k: int) -> optax.GradientTransformation:
    """Of nobody's library: what it makes of gradients comes out at every k-th step."""

    def init(params: Params) -> tuple:
        return optimizer.init(params), jax.tree.map(jnp.zeros_like, params), jnp.zeros([], int)

    def update(updates: Params, state: tuple, params: Params | None = None) -> tuple:
        inner, held, n = state
        updates, inner = optimizer.update(updates, inner, params)
        held = jax.tree.map(jnp.add, held, updates)
        now = n % k == k - 1
        out = jax.tree.map(lambda x: jnp.where(now, x, 0), held)
        return out, (inner, jax.tree.map(lambda x: jnp.where(now, 0, x), held), n + 1)

    return optax.GradientTransformation(init, update)


def couples(over: float) -> optax.GradientTransformation:
    """Of nobody's library: it looks at other rows where they are far from 0."""

    def update(updates: Params, state: tuple, params: Params) -> tuple:
        far = jax.tree.map(lambda x: jnp.abs(x).max() > over, params)
        return jax.tree.map(lambda g, f: -0.1 * g * jnp.where(f, 2, 1), updates, far), state

    return optax.GradientTransformation(lambda params: (), update)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_an_optimizer_of_ones_own_that_holds_back_is_found(k: int) -> None:
    with pytest.raises(ValueError, match=r"sees_later .*scale.*: it moves words in later"):
        steps.lazy_step(toward_one, sees_later(optax.sgd(0.1), k))


@pytest.mark.parametrize("over", [2.0, 100.0])
def test_an_optimizer_of_ones_own_that_looks_at_other_rows_is_found(over: float) -> None:
    with pytest.raises(ValueError, match="couples: what it does to the words of a batch depends"):
        steps.lazy_step(toward_one, couples(over))


def test_an_optimizer_that_is_another_for_large_tables() -> None:
    """Up to 127 words or columns its state has a row for each word, and its averages are apart."""
    optimizer = then(optax.scale_by_factored_rms())
    step = steps.lazy_step(toward_one, optimizer)
    step(first(optimizer), BATCHES[1])
    large = steps.start(Params(*jnp.zeros((2, 128, 128))), optimizer, jax.random.key(0))
    with pytest.raises(ValueError, match=r"factored_rms.* for tables of shape \[128, 128\]"):
        step(large, BATCHES[1])


LINEAR = {
    "sgd": lambda: optax.sgd(0.3),
    "schedule": lambda: optax.sgd(optax.linear_schedule(0.3, 0.0, 5)),
    "injected": lambda: optax.inject_hyperparams(optax.sgd)(0.3),
    "apart": lambda: optax.partition({"learn": optax.sgd(0.1), "keep": optax.sgd(0.3)}, LABELS),
    "one kept": lambda: optax.partition(
        {"learn": optax.sgd(0.1), "keep": optax.set_to_zero()}, LABELS
    ),
    "plateau": lambda: optax.chain(
        optax.sgd(0.1), optax.contrib.reduce_on_plateau(patience=1, rtol=0.9)
    ),
}
CROOKED = "adam adagrad adamw centralize clip_by_global_norm sign_sgd momentum polyak_sgd trace"


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("name", LINEAR)
def test_entries_do_where_the_optimizer_is_linear(name: str) -> None:
    optimizer = LINEAR[name]()
    ours, _ = steps.scan_steps(steps.row_step(toward_one, optimizer))(first(optimizer), BATCHES)
    theirs, _ = steps.scan_steps(steps.dense_step(toward_one, optimizer))(first(optimizer), BATCHES)
    for mine, other in zip(*map(jax.tree.leaves, (ours.params, theirs.params)), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-9)


@pytest.mark.parametrize("name", [*CROOKED.split(), "add_decayed_weights", "add_noise", "momo"])
def test_entries_are_refused_where_it_is_not(name: str) -> None:
    optimizer = ALLOWED[name]() if name in ALLOWED else REFUSED[name][0]()
    with pytest.raises(ValueError, match=r"row_step is only for optimizers that.* not: use"):
        steps.row_step(toward_one, optimizer)


def test_a_trial_within_a_trace_is_none_of_it() -> None:
    """Whoever compiles everything makes the step there too."""

    @jax.jit
    def one(state: steps.TrainState, ids: jax.Array) -> Params:
        return steps.lazy_step(toward_one, optax.adagrad(0.1))(state, ids)[0].params

    assert one(first(optax.adagrad(0.1)), BATCHES[1]).V.shape == (VOCAB, DIM)


def test_the_default_rule_costs_no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_trial", None)
    from jw2v.steps.optimizers import curvature_bounded_sgd

    steps.row_step(toward_one, curvature_bounded_sgd(0.1, 2.0))


def test_training_refuses_before_it_reads_the_text(unchecked: None) -> None:
    several = optax.MultiSteps(optax.sgd(0.1), 2)
    with pytest.raises(ValueError, match=r"cannot run optax\.MultiSteps: .*update='tables'"):
        jw2v.train("no such file", optimizer=several, update="rows")
    with pytest.raises(ValueError, match=r"must be an optax transformation.* got 0\.1"):
        jw2v.train("no such file", optimizer=0.1)


def test_titles(unchecked: None) -> None:
    assert updates.title(optax.adam(0.1)).startswith("chain (scale_by_adam, scale")
    several = optax.MultiSteps(optax.sgd(0.1), 2)
    assert updates.title(several) == "MultiSteps"
    with pytest.raises(ValueError, match=r"cannot run optax\.MultiSteps"):
        steps.lazy_step(toward_one, several)


# Where nothing moves in the first steps

ZERO = {
    "the first 5 steps": lambda: optax.join_schedules([optax.constant_schedule(0.0), fixed], [5]),
    "the first 100": lambda: optax.linear_schedule(0.0, 0.1, 1000, transition_begin=100),
    "but from 1100 to 2000": lambda: optax.join_schedules(
        [optax.constant_schedule(0.0), fixed, optax.constant_schedule(0.0)], [1100, 2000]
    ),
}


def fixed(step: jax.Array) -> float:
    return 0.1


ACROSS_ROWS = {
    "lamb": optax.lamb,
    "lars": optax.lars,
    "muon": optax.contrib.muon,
    "noise": lambda rate: optax.chain(optax.add_noise(0.1, 0.5, 0), optax.sgd(rate)),
    "trust ratio": lambda rate: optax.chain(optax.scale_by_trust_ratio(), optax.sgd(rate)),
    "block": lambda rate: optax.chain(optax.clip_by_block_rms(0.1), optax.sgd(rate)),
    "held back": lambda rate: sees_later(optax.sgd(rate), 3),
    "one of two": lambda rate: optax.partition(
        {"learn": optax.adam(0.1), "keep": optax.lamb(rate)}, LABELS
    ),
}


@pytest.mark.parametrize(
    "zero", [pytest.param(e, marks=[pytest.mark.long] * (n > 0)) for n, e in enumerate(ZERO)]
)
@pytest.mark.parametrize("name", ACROSS_ROWS)
def test_a_rate_that_is_0_at_first_hides_nothing(name: str, zero: str) -> None:
    with pytest.raises(ValueError, match="cannot run"):
        steps.lazy_step(toward_one, ACROSS_ROWS[name](ZERO[zero]()))


@pytest.mark.parametrize("zero", ZERO)
def test_nor_does_it_from_row_step(zero: str) -> None:
    rate = ZERO[zero]()
    for before in (optax.clip(0.1), optax.scale_by_trust_ratio(), optax.add_noise(0.1, 0.5, 0)):
        with pytest.raises(ValueError, match="row_step is only for"):
            steps.row_step(toward_one, optax.chain(before, optax.sgd(rate)))
    steps.row_step(toward_one, optax.sgd(rate))
    steps.lazy_step(toward_one, optax.adagrad(rate))


@pytest.mark.parametrize("name", ["lamb", "lars", "noisy_sgd"])
def test_a_rate_of_0_that_may_be_set_hides_nothing(name: str) -> None:
    more = {"key": 0} if name == "noisy_sgd" else {}
    optimizer = optax.inject_hyperparams(getattr(optax, name))(learning_rate=0.0, **more)
    with pytest.raises(ValueError, match="cannot run"):
        steps.lazy_step(toward_one, optimizer)


# Updates and states of another kind


def by_hand(update: Callable[..., object], state: object = ()) -> optax.GradientTransformation:
    return optax.GradientTransformation(lambda params: state, update)


def descent(g: Params) -> Params:
    return jax.tree.map(lambda x: -0.1 * x, g)


class Swapped(NamedTuple):
    U: jax.Array
    V: jax.Array


WRONG = {
    "a dict": (lambda g, s, p=None: ({"V": g.V, "U": g.U}, s), (), "trees like those it gets"),
    "names that are swapped": (lambda g, s, p=None: (Swapped(g.U, g.V), s), (), "trees like those"),
    "complex": (lambda g, s, p=None: (Params(g.V * 1j, g.U), s), (), "dtype complex"),
    "another state": (lambda g, s, p=None: (g, {"m": s["n"]}), {"n": 0.0}, "trees like those"),
    "a state that grows": (lambda g, s, p=None: (g, jnp.append(s, 1)), np.zeros(1), "shape .2."),
    "a state that is cut short": (lambda g, s, p=None: (g, s + 0.5), 0, "into one of dtype float"),
    "a state of one number": (lambda g, s, p=None: (g, s.sum()), np.zeros((VOCAB, DIM)), "shape"),
}


@pytest.mark.parametrize("name", WRONG)
def test_updates_and_states_of_another_kind_are_refused(unchecked: None, name: str) -> None:
    update, state, said = WRONG[name]
    optimizer = by_hand(update, state)
    with pytest.raises(ValueError, match=said):
        steps.dense_step(toward_one, optimizer)(first(optimizer), BATCHES[1])
    for make in (steps.lazy_step, steps.row_step):
        with pytest.raises(ValueError, match=r"lazy_step cannot run|row_step is only for"):
            make(toward_one, optimizer)


FORMS = {
    "a function of another name": lambda: by_hand(lambda g, s, p=None: (descent(g), s)),
    "a list": lambda: by_hand(lambda g, s, p=None: (list(descent(g)), s)),
    "a tuple": lambda: by_hand(lambda g, s, p=None: (tuple(descent(g)), s)),
    "compiled": lambda: by_hand(jax.jit(lambda g, s, p=None: (descent(g), s))),
    "a part": lambda: by_hand(partial(lambda rate, g, s, p=None: (descent(g), s), 1)),
    "a count in Python": lambda: by_hand(lambda g, s, p=None: (descent(g), s + 1), 0),
}


@pytest.mark.parametrize("name", FORMS)
def test_an_optimizer_may_be_written_by_hand(unchecked: None, name: str) -> None:
    optimizer, plain = FORMS[name](), optax.sgd(0.1)
    expected = steps.dense_step(toward_one, plain)(first(plain), BATCHES[1])[0].params
    for make in (steps.dense_step, steps.lazy_step, steps.row_step):
        found = steps.scan_steps(make(toward_one, optimizer))(first(optimizer), BATCHES[1:2])
        for mine, other in zip(found[0].params, expected, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-5)
