"""Training on loose pairs: users and items, nodes, or anything else that has a number."""

import warnings
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jw2v
from jw2v import Config, catalogue, losses, objectives, sampling, train_pairs, trees
from jw2v.feeding.edges import loose_pairs
from jw2v.params import Params
from jw2v.training import checkpoints, footprint
from jw2v.training.outlook import LittleToLearnWarning
from stopping import StopError, stop_after
from topics import CONFIG as OF_TEXT
from topics import two_topics

USERS, ITEMS = 6, 8
CONFIG = Config(dim=8, epochs=8, negatives=3, batch_words=64, learning_rate=0.05)
ADAM = optax.adam(0.02)


def two_tastes(n: int = 1500, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Even users take even items, odd ones odd."""
    rng = np.random.default_rng(seed)
    users = rng.integers(0, USERS, n)
    return users, 2 * rng.integers(0, ITEMS // 2, n) + users % 2


def contrast(tables: Params) -> float:
    """The mean logit of a user and an item of one taste, less that of two."""
    logits = tables.V @ tables.U.T
    same = (np.arange(USERS)[:, None] + np.arange(ITEMS)) % 2 == 0
    return float(logits[same].mean() - logits[~same].mean())


def sampled_softmax(v_c: Any, u_o: Any, u_negatives: Any, *, log_prob: Any) -> Any:
    logits = jnp.append(u_negatives @ v_c - log_prob, u_o @ v_c)
    return jnp.log(jnp.exp(logits).sum()) - logits[-1]


def by_columns(v_c: Any, o: Any, U: Any, *, weight: Any, liked: Any) -> Any:
    return weight * jnp.square(U[o] @ v_c - liked)


EVERY = {
    "default": {},
    "naive-softmax": {"config": Config(dim=8, epochs=8, batch_words=64, loss="naive-softmax")},
    "given": {"negatives": np.random.default_rng(1).integers(0, ITEMS, (1500, 3))},
    "pair_loss": {"pair_loss": losses.negative_sampling, "optimizer": ADAM},
    "row_loss": {"row_loss": sampled_softmax, "optimizer": ADAM, "update": "rows"},
}


@pytest.mark.parametrize("name", EVERY)
def test_tastes_are_told_apart(name: str) -> None:
    tables = train_pairs(*two_tastes(), **({"config": CONFIG} | EVERY[name]))
    assert tables.V.shape == (USERS, 8)
    assert tables.U.shape == (ITEMS, 8)
    assert all(type(table) is np.ndarray for table in tables)
    assert contrast(tables) > 0.3


def test_hierarchical_softmax_has_a_tree_of_the_weights() -> None:
    users, items = two_tastes()
    config = Config(dim=8, epochs=10, batch_words=64, loss="hierarchical-softmax")
    V, theta = train_pairs(users, items, config=config)
    tree = trees.huffman(np.bincount(items).astype(float))
    assert theta.shape == (ITEMS - 1, 8)

    def of(user: int, item: int) -> float:
        return float(losses.hierarchical_softmax(V[user], item, tuple(tree), theta))

    same = np.mean([of(u, i) for u in range(USERS) for i in range(ITEMS) if (u + i) % 2 == 0])
    other = np.mean([of(u, i) for u in range(USERS) for i in range(ITEMS) if (u + i) % 2])
    assert other > same + 0.5


def test_a_rating_is_learnt_by_a_loss_with_columns() -> None:
    users, items = two_tastes()
    anyone = np.random.default_rng(2).integers(0, USERS, len(users))
    columns = {"liked": ((anyone + items) % 2 == 0).astype(np.float32)}
    tables = train_pairs(
        anyone,
        items,
        columns=columns,
        config=Config(dim=8, epochs=30, negatives=0, batch_words=64),
        init=lambda key, shapes: {
            k: np.random.default_rng(len(k)).normal(size=s) * 0.3 for k, s in shapes.items()
        },
        pair_loss=by_columns,
        optimizer=ADAM,
    )
    assert contrast(tables) > 0.5


def test_the_same_seed_gives_the_same_tables_and_another_others() -> None:
    first, again = (train_pairs(*two_tastes(), config=CONFIG) for _ in range(2))
    other = train_pairs(*two_tastes(), config=jw2v.Config(**vars(CONFIG) | {"seed": 1}))
    assert all(map(np.array_equal, first, again))
    assert not np.array_equal(first.V, other.V)


def of_size(size: int) -> list[dict[str, np.ndarray]]:
    users, items = two_tastes()
    return [
        {"center": users[i : i + size], "outside": items[i : i + size]}
        for i in range(0, len(users), size)
    ]


def test_batches_are_the_same_pairs_whatever_their_size() -> None:
    first, other = (train_pairs(of_size(size), config=CONFIG) for size in (100, 333))
    assert all(map(np.array_equal, first, other))
    assert contrast(first) > 0.3


class Stored:
    """Batches that are read anew each time."""

    def __init__(self) -> None:
        self.times = 0

    def __iter__(self) -> Any:
        self.times += 1
        users, items = two_tastes()
        yield users[:700], items[:700]
        yield users[700:], items[700:], np.ones(800)


@pytest.mark.long
def test_stored_batches_are_gone_through_once_an_epoch_and_once_to_count() -> None:
    stored = Stored()
    tables = train_pairs(stored, config=CONFIG)
    assert stored.times == 1 + CONFIG.epochs
    assert all(map(np.array_equal, tables, train_pairs(of_size(100), config=CONFIG)))


def test_a_pair_of_weight_0_is_left_out() -> None:
    users, items = two_tastes()
    more = np.r_[users, USERS - 1, 0], np.r_[items, 0, 1]
    weight = np.r_[np.ones(len(users)), 0, 0]
    one = train_pairs(*more, weight, config=CONFIG)
    other = train_pairs(users, items, config=CONFIG)
    assert all(map(np.array_equal, one, other))


def test_the_id_of_a_pair_of_weight_0_has_a_row() -> None:
    found = loose_pairs([0, 1, 3], [5, 0, 1], [0.0, 1.0, 0.0])
    assert (found.pairs, [len(each) for each in found.seen]) == (1, [4, 6])


@pytest.mark.long
def test_weights_count_in_the_noise_and_in_the_gradient() -> None:
    """An item that comes rarely, but with a large weight, is learnt as a frequent one."""
    users, items = two_tastes()
    rare = (items > 1) | (np.arange(len(items)) % 10 == 0)
    weight = np.where(items > 1, 1.0, 10.0)
    light, heavy = (
        train_pairs(users[rare], items[rare], w, config=CONFIG) for w in (None, weight[rare])
    )
    full = train_pairs(users, items, config=CONFIG)

    def length(tables: Params) -> float:
        return float(np.linalg.norm(tables.U[:2], axis=1).mean())

    assert abs(length(heavy) - length(full)) < abs(length(light) - length(full)) / 2


def test_what_a_noise_of_your_own_never_draws_is_no_negative() -> None:
    users, items = two_tastes()
    weights = np.ones(ITEMS + 1)
    weights[0] = 0
    common = {"sizes": (USERS + 2, ITEMS + 1), "config": CONFIG}
    tables = train_pairs(users, items, noise=sampling.noise(weights, 1.0), **common)
    assert np.any(tables.U[ITEMS])  # in no pair, and yet a negative
    of_counts = train_pairs(users, items, **common)
    assert not np.any(of_counts.U[ITEMS])
    assert tables.V.shape == (USERS + 2, 8)
    assert tables.U[0] @ tables.V[0] > of_counts.U[0] @ of_counts.V[0]


def test_a_run_that_was_ended_goes_on_bit_for_bit(tmp_path: Path) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    config = jw2v.Config(**vars(CONFIG) | {"batch_words": 8})
    users, items = two_tastes()
    whole = train_pairs(users, items, config=config)
    folder = {"checkpoint_dir": tmp_path / "run", "checkpoint_every": 0}
    with pytest.raises(StopError):
        train_pairs(users, items, config=config, progress=stop_after(11), **folder)
    resumed = train_pairs(users, items, config=config, resume=True, **folder)
    assert all(map(np.array_equal, whole, resumed))
    learnt = checkpoints.load(tmp_path / "run")
    assert learnt.words == tuple(map(str, range(USERS)))
    np.testing.assert_array_equal(learnt.vectors, whole.V)
    for other in ((users, items[::-1]), ([(users, items)],)):  # in their order, not shuffled
        with pytest.raises(ValueError, match="the text is another, or the pairs"):
            train_pairs(*other, config=config, resume=True, **folder)
    with pytest.raises(ValueError, match="tables have other rows"):
        train_pairs(users, items, sizes=(USERS, 9), config=config, resume=True, **folder)


def test_the_weights_of_batches_are_added_in_the_order_of_the_pairs() -> None:
    """So whoever adds them has the same sums, and of them the same tree, to the last digit."""
    users, items = two_tastes()
    weight = np.random.default_rng(4).random(1500)
    parts = [slice(i, i + 7) for i in range(0, 1500, 7)]
    found = loose_pairs([(users[part], items[part], weight[part]) for part in parts])
    for ids, seen in zip((users, items), found.seen, strict=True):
        np.testing.assert_array_equal(seen, np.bincount(ids, weight))


def test_batches_of_another_size_are_the_same_run(tmp_path: Path) -> None:
    pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")
    config = jw2v.Config(**vars(CONFIG) | {"batch_words": 8})
    whole = train_pairs(of_size(100), config=config)
    folder = {"checkpoint_dir": tmp_path / "run", "checkpoint_every": 0}
    with pytest.raises(StopError):
        train_pairs(of_size(100), config=config, progress=stop_after(11), **folder)
    resumed = train_pairs(of_size(333), config=config, resume=True, **folder)
    assert all(map(np.array_equal, whole, resumed))


@pytest.mark.long
def test_a_run_goes_on_from_the_tables_of_another() -> None:
    first = train_pairs(*two_tastes(), config=CONFIG)
    more = train_pairs(*two_tastes(seed=1), config=CONFIG, init=first)
    assert contrast(more) > contrast(first)


def test_float64_is_float64() -> None:
    tables = train_pairs(*two_tastes(), config=jw2v.Config(**vars(CONFIG) | {"dtype": "float64"}))
    assert tables.V.dtype == np.float64
    assert contrast(tables) > 0.3


def square(v_c: Any, u_o: Any, *, weight: Any, liked: Any) -> Any:
    return weight * jnp.square(u_o @ v_c - liked)


def some_tables(key: Any, shapes: Any) -> Params:
    return Params(*(np.random.default_rng(3).normal(size=shapes[name]) for name in "VU"))


def test_weights_and_columns_are_as_wide_as_the_tables() -> None:
    """The thread that makes chunks ahead has them so, too."""
    given = set()

    def held(v_c: Any, u_o: Any, *, weight: Any, liked: Any) -> Any:
        given.update({str(weight.dtype), str(liked.dtype)})
        return square(v_c, u_o, weight=weight, liked=liked * 2.0**-40)

    train_pairs(
        *two_tastes(100),
        np.full(100, 0.1),
        columns={"liked": np.full(100, 2**40 + 1)},
        config=Config(dim=8, epochs=20, negatives=0, dtype="float64"),
        row_loss=held,
        optimizer=ADAM,
        init=some_tables,
    )
    assert given == {"float64", "int64"}


def test_a_column_of_log_probabilities_is_for_given_negatives_or_none() -> None:
    users, items = two_tastes()
    drawn = np.random.default_rng(1).integers(0, ITEMS, (1500, 3))
    common = {"columns": {"log_prob": np.full((1500, 3), -2.0)}, "optimizer": ADAM}
    mine = {"row_loss": sampled_softmax, **common}
    train_pairs(users, items, negatives=drawn, config=CONFIG, **mine)
    with pytest.raises(ValueError, match=r"a column log_prob .* drawn"):
        train_pairs(users, items, config=CONFIG, **mine)

    def of_two(v_c: Any, u_o: Any, *, log_prob: Any) -> Any:
        return jnp.square(u_o @ v_c - log_prob.sum())

    none = Config(dim=8, epochs=20, negatives=0)
    train_pairs(users, items, config=none, init=some_tables, row_loss=of_two, **common)


def test_columns_of_any_byte_order_are_the_same_numbers() -> None:
    one, other = (
        train_pairs(
            *two_tastes(),
            columns={"liked": np.arange(1500, dtype=f"{order}f4") / 1500},
            config=Config(dim=8, epochs=2, negatives=0, batch_words=64),
            init=some_tables,
            row_loss=square,
            optimizer=ADAM,
        )
        for order in "<>"
    )
    assert all(map(np.array_equal, one, other))


class Changing:
    """Batches that are others when they are gone through again."""

    def __init__(self, *passes: Any) -> None:
        self.passes = list(passes)

    def __iter__(self) -> Any:
        return iter(self.passes.pop(0) if len(self.passes) > 1 else self.passes[0])


OTHER_PAIRS = {
    "fewer": ([([0, 1, 2], [0, 1, 2])], "there were 6 pairs .* and are 3"),
    "none": ([], "there were 6 pairs .* and are 0"),
    "more": ([([0, 1, 2], [0, 1, 2])] * 3, "there were 6 pairs .* and are 9"),
    "larger ids": ([([0, 1, 9], [0, 1, 2])] * 2, "center must hold ids below 3; got 9"),
    "columns": (
        [{"center": [0, 1, 2], "outside": [0, 1, 2], "negatives": [[0], [0], [0]]}] * 2,
        "all batches must have the same columns",
    ),
}


@pytest.mark.parametrize("name", OTHER_PAIRS)
def test_batches_that_change_are_refused(name: str) -> None:
    again, message = OTHER_PAIRS[name]
    pairs = Changing([([0, 1, 2], [0, 1, 2])] * 2, again)
    with pytest.raises(ValueError, match=message):
        train_pairs(pairs, config=CONFIG)


@pytest.mark.long
def test_one_table_alone_may_be_learnt() -> None:
    only = optax.partition({"yes": ADAM, "no": optax.set_to_zero()}, Params(V="no", U="yes"))
    common = {"config": CONFIG, "pair_loss": losses.negative_sampling, "init": some_tables}
    tables = train_pairs(*two_tastes(), optimizer=only, **common)
    shapes = {"V": (USERS, 8), "U": (ITEMS, 8)}
    np.testing.assert_array_equal(tables.V, some_tables(None, shapes).V.astype(np.float32))
    assert contrast(tables) > contrast(some_tables(None, shapes))
    with pytest.raises(ValueError, match="nothing was learnt"):
        train_pairs(*two_tastes(), optimizer=optax.set_to_zero(), **common)


def test_one_outside_thing_may_have_negatives_of_a_noise() -> None:
    users = two_tastes()[0]
    weights = np.ones(ITEMS)
    common = {"sizes": (USERS, ITEMS), "config": CONFIG}
    common |= {"center": users, "outside": np.ones(1500, int)}
    tables = train_pairs(noise=sampling.noise(weights, 1.0), **common)
    assert np.all(tables.V @ tables.U[1] > tables.V @ tables.U[2])
    weights[2:] = 0
    weights[0] = 0
    with pytest.raises(ValueError, match="the noise draws one"):
        train_pairs(noise=sampling.noise(weights, 1.0), **common)


def test_the_gradient_of_whole_tables_is_of_the_mean() -> None:
    """Of few pairs, too, that fill no step."""
    for n in (10, 130):
        users, items = two_tastes(n)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LittleToLearnWarning)
            tables = train_pairs(
                users,
                items,
                sizes=(USERS, ITEMS),
                config=Config(dim=8, epochs=1, negatives=0),
                row_loss=lambda v_c, u_o: u_o @ v_c,
                optimizer=optax.sgd(1e-3),
                init=(first := some_tables(None, {"V": (USERS, 8), "U": (ITEMS, 8)})),
            )
        gradient = np.zeros((USERS, 8))
        np.add.at(gradient, users, first.U[items])
        steps = -(-n // 128)
        moved = (first.V - tables.V) / 1e-3
        np.testing.assert_allclose(moved, steps * gradient / n, atol=2e-2)


def test_progress_counts_pairs() -> None:
    seen: list[jw2v.Progress] = []
    train_pairs(*two_tastes(), config=CONFIG, progress=seen.append)
    assert seen[-1].words == 1500 * CONFIG.epochs
    assert seen[-1].fraction == 1


NOBODY: dict[str, Any] = {"center": [0, 1, 0, 1] * 50, "outside": [0, 1, 1, 2] * 50}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "names": ({"center": ["ann", "bob"], "outside": [0, 1]}, "return_inverse=True"),
    "halves": ({"center": [0.0, 1.0]}, "center must hold whole numbers"),
    "booleans": ({"center": [True, False]}, "got dtype bool"),
    "below 0": ({"outside": [0, -1, 1, 2]}, "outside must hold ids from 0"),
    "far ids": ({"outside": [0, 10**8, 1, 2] * 50}, "number things from 0 on without gaps"),
    "lengths": ({"outside": [0, 1, 2]}, "outside must have one entry for each pair; got 3"),
    "weight below 0": ({"weight": [-1.0] * 200}, "weight must hold numbers of float32, 0 or more"),
    "weight nan": ({"weight": [np.nan] * 200}, "weight must hold numbers of float32"),
    "tiny weight": ({"weight": [1e-60] * 200}, "weight must hold numbers of float32"),
    "no weight": ({"weight": [0] * 200}, "no pairs"),
    "masked": ({"weight": np.ma.masked_equal(np.ones(200), 1)}, "a masked array"),
    "masked in a list": ({"negatives": [np.ma.array([1])] * 200}, "a masked array"),
    "negatives": ({"negatives": [1] * 200}, r"of shape \[pairs, K\]"),
    "negatives far": ({"negatives": [[7]] * 200, "sizes": (2, 3)}, "negatives must hold ids below"),
    "columns": ({"columns": {"kind": [0] * 200}}, "no loss asks for the columns kind"),
    "column of jw2v": ({"columns": {"weight": [0] * 200}}, "columns may not be named weight"),
    "sizes": ({"sizes": 5}, "sizes must be two numbers"),
    "small sizes": ({"sizes": (2, 2)}, "outside must hold ids below 2; got 2"),
    "noise": ({"noise": 9}, "one weight for each of the 3"),
    "no noise": ({"noise": [1, 2]}, "noise must be a jw2v.sampling.Noise"),
    "one thing": ({"outside": [0] * 200}, "at least 2 different outside things"),
    "one drawn": ({"outside": [1] * 200}, "there is only one"),
    "softmax": (
        {"negatives": [[1]] * 200, "config": Config(loss="naive-softmax")},
        "negatives are given, and the loss",
    ),
    "asks": (
        {"pair_loss": by_columns, "optimizer": ADAM, "config": Config(negatives=0)},
        "asks by name for liked",
    ),
    "asks of given": (
        {"row_loss": sampled_softmax, "optimizer": ADAM, "negatives": [[1]] * 200},
        "asks by name for log_prob",
    ),
    "two losses": (
        {"row_loss": sampled_softmax, "pair_loss": losses.negative_sampling, "optimizer": ADAM},
        "give one of them",
    ),
    "no optimizer": ({"row_loss": sampled_softmax}, "needs an optimizer of your own"),
    "alone": ({"outside": None}, "expected center ids and outside ids|a batch of pairs must be"),
    "batches and weight": (
        {"center": [([0], [1])], "outside": None, "weight": [1.0]},
        "hold their weights",
    ),
    "iterator": ({"center": iter([([0], [1])]), "outside": None}, "can be gone through only once"),
    "other columns": (
        {"center": [([0], [1]), {"center": [0], "outside": [1], "a": [1]}], "outside": None},
        "all batches must have the same columns",
    ),
    "no batch": ({"center": [([0],)], "outside": None}, "batch 0 is a tuple"),
    "no names": ({"center": [{"user": [0]}], "outside": None}, "batch 0 has user"),
    "numbers for names": (
        {"columns": {0: [1] * 200}, "row_loss": square, "optimizer": ADAM},
        "a column must have a name",
    ),
    "no mapping": ({"columns": [[1] * 200]}, "columns must be a mapping"),
    "infinite column": (
        {"columns": {"kind": [1e300] * 200}, "row_loss": square, "optimizer": ADAM},
        "the column kind must fit in dtype float32",
    ),
    "wide column": (
        {"columns": {"kind": np.ones(200, np.longdouble)}},
        "the column kind must hold numbers, .* of 64 bits or less",
    ),
    "negatives that are not taken": (
        {"negatives": [[1]] * 200, "row_loss": lambda v_c, u_o: v_c @ u_o, "optimizer": ADAM},
        "needs negatives=0, and none that are given",
    ),
    "column of nothing": (
        {"columns": {"kind": np.zeros((200, 0))}},
        "the column kind must hold numbers",
    ),
    "column with a default": (
        {
            "columns": {"kind": [1] * 200},
            "row_loss": lambda v_c, u_o, *, kind=1: kind * (v_c @ u_o),
            "optimizer": ADAM,
            "config": Config(negatives=0),
        },
        "among its parameters after \\*, without a default",
    ),
    "huge column": (
        {"columns": {"kind": [2**40] * 200}, "row_loss": by_columns, "optimizer": ADAM},
        "must fit in dtype int32",
    ),
    "config": ({"config": {"dim": 5}}, "config must be a jw2v.Config"),
    "resume": ({"resume": True}, "resume needs checkpoint_dir"),
}


def of_noise(given: dict[str, Any]) -> dict[str, Any]:
    """Noise of so many equal weights: collecting the tests starts no device."""
    if not isinstance(size := given.get("noise"), int):
        return given
    return given | {"noise": sampling.noise(np.ones(size), 1.0)}


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("name", REFUSED)
def test_what_are_no_pairs_is_refused(name: str) -> None:
    given, message = REFUSED[name]
    given = of_noise(given)
    with pytest.raises(ValueError, match=message):
        train_pairs(**(NOBODY | given))


SAID: dict[str, tuple[dict[str, Any], str]] = {
    "window": ({"config": Config(window=2, epochs=1)}, "window=2 changes nothing: pairs have no"),
    "model": ({"config": Config(model="cbow", epochs=1)}, "model='cbow' changes nothing"),
    "negatives": (
        {"negatives": [[1]] * 200, "config": Config(negatives=9, epochs=1)},
        "negatives=9 changes nothing: each pair has its negatives",
    ),
    "noise": (
        {"noise": 3, "config": Config(ns_exponent=1.0, epochs=1)},
        "ns_exponent=1.0 changes nothing: a noise of your own",
    ),
    "noise of none": (
        {
            "noise": 3,
            "config": Config(loss="naive-softmax", epochs=1),
        },
        "noise changes nothing: it is of negatives",
    ),
    "both once": (
        {"noise": 3, "negatives": [[1]] * 200, "config": Config(ns_exponent=1.0, epochs=1)},
        "ns_exponent=1.0 changes nothing: each pair has its negatives already; noise changes"
        " nothing: each pair has its negatives already.",
    ),
    "gaps": ({"outside": [0, 1, 1, 50] * 50}, "of the 51 rows of U"),
}


@pytest.mark.parametrize("size", [1000.0, 2.0**13])
def test_tables_that_do_not_fit_are_refused_by_their_own_names(
    size: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(footprint, "available", lambda: size)
    what = r"V of 2 rows and U of 30, of dim 50, take .* GiB.*lower (dim|negatives)"
    with pytest.raises(MemoryError, match=what):
        train_pairs(**(NOBODY | {"sizes": (2, 30)}), config=Config(dim=50))


@pytest.mark.parametrize("name", SAID)
def test_what_says_nothing_is_said(name: str) -> None:
    given, message = SAID[name]
    given = of_noise(given)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        train_pairs(**(NOBODY | given))
    assert any(message in str(each.message) for each in found), [str(w.message) for w in found]


def test_a_text_may_have_a_noise_and_a_loss_of_rows_of_its_own() -> None:
    text = two_topics()
    known = jw2v.reading.corpus.read(text, min_count=1)
    counts = known.vocabulary.counts
    same = jw2v.train(text, OF_TEXT, noise=sampling.noise(counts, 0.75))
    assert np.array_equal(same.vectors, jw2v.train(text, OF_TEXT).vectors)
    other = jw2v.train(text, OF_TEXT, noise=sampling.noise(np.ones(len(counts)), 1.0))
    assert not np.array_equal(same.vectors, other.vectors)
    own = {"row_loss": losses.negative_sampling_rows, "optimizer": ADAM}
    by_rows = jw2v.train(text, OF_TEXT, **own)
    by_tables = jw2v.train(text, OF_TEXT, pair_loss=losses.negative_sampling, optimizer=ADAM)
    np.testing.assert_allclose(by_rows.vectors, by_tables.vectors, atol=1e-4)
    with pytest.raises(ValueError, match="noise must have one weight for each of the 8"):
        jw2v.train(text, OF_TEXT, noise=sampling.noise(np.ones(3), 1.0))


def test_pairs_that_share_negatives_have_the_gradient_of_those_that_draw_their_own() -> None:
    """In expectation: over many keys the means agree (t5)."""
    rng = np.random.default_rng(4)
    noise = sampling.noise(np.arange(1, ITEMS + 1), 0.75)
    params = Params(*(jnp.asarray(rng.normal(size=(n, 3)), jnp.float32) for n in (USERS, ITEMS)))
    users, items = two_tastes(8)
    weight = rng.choice([0.0, 1.0, 2.5], 8).astype(np.float32)
    batch = objectives.Edges(*(jnp.asarray(x).reshape(2, 4) for x in (users, items, weight)))
    settled = catalogue.Settled(noise, 3, 2, 1, True, 1, {})
    fast = catalogue.FAST_OF_LOOSE_PAIRS["negative-sampling"].objective(settled)

    def definition(params: Params) -> Any:
        """Σ w [−log σ(u_oᵀv) − K Σ_w P_w log σ(−u_wᵀv)]."""
        V, U = params.V[users], params.U
        negative = jax.nn.log_sigmoid(-(V @ U.T)) @ jnp.exp(noise.log_prob(np.arange(ITEMS)))
        return -(weight * (jax.nn.log_sigmoid((V * U[items]).sum(-1)) + 3 * negative)).sum()

    def gradient(key: Any) -> Any:
        return fast(params, batch, key).gradient.each(objectives.Rows.dense, params)

    found = jax.jit(jax.vmap(gradient))(jax.random.split(jax.random.key(0), 20_000))
    expected = jax.grad(definition)(params)
    for a, b in zip(found, expected, strict=True):
        error = 5 * a.std(0) / len(a) ** 0.5 + 1e-6
        assert (jnp.abs(a.mean(0) - b) < error).all()
