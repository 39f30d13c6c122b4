"""Traced programs read into SymPy: each rule by itself, against JAX on random instances."""

import random

import jax
import jax.extend.core
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp
from jax import lax

from derivations.engine import notation
from derivations.engine.algebra import fresh
from derivations.programs.arrays import Array, Unread, constant, numbers, total
from derivations.programs.call import First, Some
from derivations.programs.proof import same
from derivations.programs.reader import equations, inside, read, trace
from derivations.programs.rules import RULES
from derivations.programs.whole import LARGEST, Rest, Whole

SIZES = {"V": notation.V, "d": notation.d, "K": notation.K}
V, D, K = jax.export.symbolic_shape("V, d, K")
ANY = ("reduce_max", "reduce_min", "argmax", "argmin")
"""Which of its numbers is the largest is nowhere used: any may be."""

v, U, z = numbers(notation.v_c), numbers(notation.U), numbers(notation.scores)
drawn, o = numbers(notation.negatives), constant(notation.o, "i")
mask_of = sp.IndexedBase("mask_of_test", shape=(notation.K,), integer=True, nonnegative=True)
mask = Array((notation.K,), "b", lambda at: mask_of[at])
bits_of = sp.IndexedBase("bits_of_test", shape=(notation.K,), integer=True, nonnegative=True)
bits = Array((notation.K,), "u", lambda at: bits_of[at])
above = sp.IndexedBase("above_of_test", shape=(notation.d,), positive=True)
p = numbers(above)


@pytest.fixture(autouse=True)
def _declared(monkeypatch):
    monkeypatch.setitem(notation.bounds, "mask_of_test", (sp.S.Zero, sp.S.One))
    monkeypatch.setitem(notation.bounds, "bits_of_test", (sp.S.Zero, LARGEST))


def shape_of(x):
    dims = {notation.V: V, notation.d: D, notation.K: K}
    kinds = {"f": jnp.float32, "i": jnp.int32, "u": jnp.uint32, "b": jnp.bool_}
    return jax.ShapeDtypeStruct(tuple(dims[e] for e in x.shape), kinds[x.kind])


def gather(table, index, **numbers):
    empty = {"operand_batching_dims": (), "start_indices_batching_dims": ()}
    sizes = numbers.pop("slice_sizes")
    return lax.gather(table, index, lax.GatherDimensionNumbers(**empty | numbers), sizes)


def scatter_add(table, index, updates, **numbers):
    empty = {"operand_batching_dims": (), "scatter_indices_batching_dims": ()}
    return lax.scatter_add(
        table, index, updates, lax.ScatterDimensionNumbers(**empty | numbers), mode="clip"
    )


def least(x, names, table=None):
    """The number of the first entry that names a row, of every row."""
    table = jnp.full(x.shape, x.shape[0]) if table is None else table
    return table.at[names].min(jnp.arange(x.shape[0]))


def least_of_step(carry, entry):
    """A step that adds the number of a first entry of its own."""
    names = jnp.where(jnp.arange(3) < entry, 0, 1)
    return carry + least(names, names, jnp.full(2, 3))[names].sum(), None


def counted(carry, entry):
    """A step that needs to know how many came before."""
    number, total = carry
    return (number + 1, total + entry * number), None


def doubled(carry, entry):
    number, total = carry
    return (2 * number, total + entry * number), None


def counted_by(x, steps):
    """What is added to the count is another number in some steps."""

    def step(carry, at):
        number, total = carry
        return (number + at[1], total + at[0] * number), None

    return lax.scan(step, (0, 0.0), (x, steps))[0][1]


def up_to(x, goes_on=lambda n, end: n < end, by=1, more=0, first=0):
    """A loop that counts, or nearly so."""

    def step(carry):
        n, end, total = carry
        return n + by, end + more, total + n * x

    end = jnp.asarray(x.shape[0])
    return lax.while_loop(lambda e: goes_on(*e[:2]), step, (first, end, 0 * x))[2]


CASES = {
    "add": (lambda x, y: x + 2 * y[0], z, v),
    "add_any": (jax.grad(lambda x: (x * jnp.exp(x)).sum()), v),
    "sub": (lambda x: x - jnp.exp(x), v),
    "mul": (lambda x, y: x * y, U, U),
    "neg": (lambda x: -x, v),
    "square": (jnp.square, v),
    "exp exp2 expm1": (lambda x: jnp.exp(x) + jnp.exp2(x) * jnp.expm1(x), v),
    "log log1p": (lambda x: jnp.log(x) * jnp.log1p(x), p),
    "logistic tanh": (lambda x: jax.nn.sigmoid(x) + 2 * jnp.tanh(x), v),
    "sqrt rsqrt": (lambda x: jnp.sqrt(x) + 3 * lax.rsqrt(x), p),
    "div": (lambda x, y: x / y, v, p),
    "div by the larger of two": (lambda x: x / jnp.maximum(0.5, x - 0.1), v),
    "integer_pow": (lambda x, y: lax.integer_pow(x, 3) + lax.integer_pow(y, -2), v, p),
    "stop_gradient": (lambda x: lax.stop_gradient(x) * x, v),
    "copy": (lambda x: lax.copy_p.bind(x) + x, v),
    "optimization_barrier": (lambda x: sum(lax.optimization_barrier((x, 2 * x))), v),
    "convert_element_type": (
        lambda m, x, i: m.astype(jnp.int32) + x[0] * i.astype(jnp.float32) + x.astype(bool)[0],
        mask,
        v,
        drawn,
    ),
    "max min abs sign": (
        lambda x: jnp.maximum(x, 0.5) - 2 * jnp.minimum(x, 0.1) + 3 * jnp.abs(x) + jnp.sign(x),
        v,
    ),
    "maximum of infinity": (lambda x: jnp.maximum(-jnp.inf, x), v),
    "clamp": (lambda x: lax.clamp(-0.25, x, 0.5), v),
    "is_finite": (lambda x: lax.is_finite(x).astype(int), v),
    "order of numbers": (
        lambda x: (x > 0) * 1.0 + 2 * (x >= 0.1) + 4 * (x < 0.2) + 8 * (x <= 0.3),
        v,
    ),
    "order of whole numbers": (
        lambda i, j: (i > j) * 1 + 2 * (i >= j) + 4 * (i < j) + 8 * (i <= j) + 16 * (i < 0),
        drawn,
        o,
    ),
    "eq ne": (lambda i, j, x: (i == j) + 2 * (i != j) + 4 * (x[0] != x[0]), drawn, o, v),
    "and or not": (lambda m, i: ((m & (i > 0)) | (~m & (i == 0))).astype(int), mask, drawn),
    "and of what one tells of the other": (
        lambda i, j: (jnp.where(i < j, i, 7) == 7) & (i >= j - 1),
        drawn,
        o,
    ),
    "shift_right_logical and": (lambda x: (x >> 20) * (x & 1023) + (x >> 31), bits),
    "rem": (lambda i, j, x: (i + j) % x.shape[0], drawn, o, U),
    "rem of what is negative": (
        lambda i, j, x: lax.rem(-i - j, x.shape[0]) + 9 * (-i % x.shape[0]),
        drawn,
        o,
        U,
    ),
    "what has one place beside more": (lambda x: x[:, :1] * x, U),
    "select_n": (lambda m, i: jnp.where(m, i, -i), mask, drawn),
    "broadcast_in_dim": (lambda x, y: x[:, None] * y[None], v, z),
    "reshape": (lambda x: lax.reshape(x, (1, *x.shape, 1)), v),
    "reshape to one axis": (
        lambda x: lax.reshape(jnp.stack([x, 2 * x]), (x.shape[0] * 2, 1, x.shape[1])),
        U,
    ),
    "a sum over what became one axis": (
        lambda x: lax.reshape(jnp.exp(x), (x.shape[0] * x.shape[1],)).sum(),
        U,
    ),
    "squeeze": (lambda x: lax.squeeze(x[:, None], (1,)), v),
    "transpose": (lambda x: x.T, U),
    "rev": (lambda x: lax.rev(x, (0,)), U),
    "slice": (lambda x: jnp.concatenate([x, x])[2 : 2 * x.shape[0]], v),
    "slice by steps": (
        lambda x: lax.slice(jnp.concatenate([x, x]), (1,), (2 * x.shape[0],), (2,)),
        v,
    ),
    "dynamic_slice": (lambda x, i: lax.dynamic_slice(x, (i, 0), (1, x.shape[1])), U, o),
    "dynamic_update_slice": (lambda x, i: lax.dynamic_update_slice(2 * x, x[:1], (i, 0)), U, o),
    "concatenate": (lambda x, y: jnp.concatenate([x, y, x, y[:1]]), v, z),
    "a sum of what is joined": (lambda x, y: jnp.concatenate([x, jnp.exp(y)]).sum(), v, z),
    "split": (
        lambda x, y: lax.split(jnp.concatenate([y, x]), (y.shape[0], x.shape[0]))[1] / 2,
        v,
        z,
    ),
    "stack": (lambda x, y: jnp.stack([x, y, x], 1), v, p),
    "unstack": (lambda x, y: jnp.subtract(*jnp.unstack(jnp.stack([x, y], 1), axis=1)), v, p),
    "pad": (lambda x: lax.pad(x, 2.0, ((1, 2, 0),)), v),
    "iota": (lambda x: lax.broadcasted_iota(jnp.int32, (x.shape[0], 3), 0) + x[:, None], v),
    "dim_as_value": (lambda x: x * x.shape[0], v),
    "gather rows": (lambda x, i: x[i], U, drawn),
    "gather columns": (
        lambda x, i: gather(
            x.T,
            i[:, None],
            offset_dims=(0,),
            collapsed_slice_dims=(1,),
            start_index_map=(1,),
            slice_sizes=(x.shape[1], 1),
        ),
        U,
        drawn,
    ),
    "gather entries": (
        lambda x, i: gather(
            x,
            jnp.stack([0 * i, i], 1),
            offset_dims=(1,),
            collapsed_slice_dims=(0,),
            start_index_map=(1, 0),
            slice_sizes=(1, 1),
        ),
        U,
        drawn,
    ),
    "gather in batches": (
        lambda x, i: gather(
            x[i],
            i[:, None] * 0,
            offset_dims=(),
            collapsed_slice_dims=(1,),
            start_index_map=(1,),
            operand_batching_dims=(0,),
            start_indices_batching_dims=(0,),
            slice_sizes=(1, 1),
        ),
        U,
        drawn,
    ),
    "scatter-add, where some are dropped": (
        lambda x, i, y: x.at[jnp.where(i > 0, i, x.shape[0])].add(y[0], mode="drop"),
        z,
        drawn,
        v,
    ),
    "scatter-add rows": (
        lambda x, i, y: x.at[i].add(i[:, None] * y, mode="clip", wrap_negative_indices=False),
        U,
        drawn,
        v,
    ),
    "scatter-add windows": (
        lambda x, i, y: scatter_add(
            x,
            jnp.stack([i, 0 * i], 1),
            i[:, None, None] * lax.rev(y, (0,))[None, None],
            update_window_dims=(1, 2),
            inserted_window_dims=(),
            scatter_dims_to_operand_dims=(0, 1),
        ),
        U,
        drawn,
        v,
    ),
    "scatter-add in batches": (
        lambda x, i: scatter_add(
            x[i],
            0 * i[:, None],
            i * 2.0,
            update_window_dims=(),
            inserted_window_dims=(1,),
            scatter_dims_to_operand_dims=(1,),
            operand_batching_dims=(0,),
            scatter_indices_batching_dims=(0,),
        ),
        U,
        drawn,
    ),
    "reduce_sum": (lambda x, y: x.sum() + x.sum(0) * y + x.sum(1)[0], U, v),
    "dot_general": (lambda x, y: (x @ y)[:, None] + x @ x.T, U, v),
    "dot_general in batches": (lambda x: jnp.einsum("vd,wd->dvw", x, x), U),
    "dot_general outer": (lambda x, y: jnp.tensordot(x, y, 0), v, z),
    "reduce_and reduce_or": (
        lambda i, x: jnp.where((i < x.shape[0]).all() & ~(i < 0).any(), i, 0),
        drawn,
        U,
    ),
    "jit custom_jvp_call": (lambda x: jax.jit(jax.nn.softplus)(x) + jax.nn.relu(x), v),
    "scan": (
        lambda x, y: jnp.add(
            *lax.scan(lambda c, e: (c + (e @ e) * y, e[0]), 2 * y, x, reverse=True)[0:1] * 2
        ),
        U,
        v,
    ),
    "scan, what it counts": (lambda x: lax.scan(counted, (3, 0.0), x)[0][1], v),
    "while": (
        lambda x: lax.fori_loop(1, x.shape[0] + 1, lambda n, c: c + n * jnp.roll(x, n), x),
        v,
    ),
    "scan, what it collects": (lambda x: lax.scan(lambda c, e: (c, 3 * e.sum()), 0.0, x)[1], U),
    "cond": (
        lambda i, x: lax.cond(i < x.shape[0], lambda e: 2 * e, lambda e: jnp.nan * e, x),
        o,
        z,
    ),
}


def primitives(program):
    inner = getattr(program, "jaxpr", program)
    own = {e.primitive.name for e in inner.eqns}
    return own.union(*(primitives(e) for eqn in inner.eqns for e in inside(eqn.params)))


def instance(rng, v_size, d_size, k_size):
    """Random values of every table, by name."""
    return {
        "V": v_size,
        "d": d_size,
        "K": k_size,
        "v_c": rng.normal(size=d_size),
        "U": rng.normal(size=(v_size, d_size)),
        "scores": rng.normal(size=v_size),
        "negatives": rng.integers(v_size, size=k_size),
        "o": int(rng.integers(v_size)),
        "mask_of_test": rng.integers(2, size=k_size),
        "bits_of_test": rng.integers(2**32, size=k_size),
        "above_of_test": rng.uniform(0.1, 2, size=d_size),
    }


def concrete(values, x):
    """The concrete array of an input."""
    if not x.shape:
        return jnp.asarray(values["o"], jnp.int32)
    entry = x[tuple(sp.Symbol(f"n{axis}", integer=True) for axis in range(len(x.shape)))]
    kinds = {"f": jnp.float32, "i": jnp.int32, "u": jnp.uint32, "b": jnp.bool_}
    return jnp.asarray(values[entry.base.name], kinds[x.kind])


def evaluated(array, values):
    """The numbers of an array that was read, at concrete sizes."""
    sizes = {SIZES[name]: sp.Integer(values[name]) for name in SIZES}
    sizes[notation.o] = sp.Integer(values["o"])
    found = np.zeros(tuple(int(e.subs(sizes)) for e in array.shape))
    for at in np.ndindex(*found.shape):
        entry = array[tuple(map(sp.Integer, at))].xreplace(sizes).doit()
        for whole in (True, False):  # row numbers first
            entry = entry.xreplace(
                {
                    e: value_of(e, values)
                    for e in entry.atoms(sp.Indexed)
                    if bool(e.is_integer) is whole
                }
            ).doit()
        found[at] = float(entry)
    return found


def value_of(entry, values):
    value = values[entry.base.name][tuple(map(int, entry.indices))]
    return sp.Integer(int(value)) if entry.is_integer else sp.Float(float(value))


@pytest.mark.parametrize("case", CASES)
def test_a_rule_computes_what_jax_computes(case):
    function, *inputs = CASES[case]
    (found,) = read(trace(function, *map(shape_of, inputs)), inputs, SIZES)
    rng = np.random.default_rng(random.Random(case).getrandbits(32))
    for sizes in ((3, 2, 4),):
        values = instance(rng, *sizes)
        with jax.enable_x64(False):
            expected = jax.jit(function)(*(concrete(values, x) for x in inputs))
        np.testing.assert_allclose(evaluated(found, values), expected, rtol=2e-4, atol=1e-5)


def test_every_rule_is_tried():
    found = {"pjit", "closed_call", "copy_p", "copy", "scatter-min", "unstack"} | {*ANY}
    for function, *inputs in CASES.values():
        found |= primitives(trace(function, *map(shape_of, inputs)))
    assert RULES.keys() - found == set()


@pytest.mark.parametrize("largest", [jnp.max, jnp.min])
def test_a_largest_number_is_any_number(largest):
    (found,) = read(trace(lambda x: largest(x, 1), shape_of(U)), [U], SIZES)
    one, other = (found[(sp.Integer(at),)] for at in range(2))
    assert one != other
    assert one.is_real
    assert not one.has(notation.U)


@pytest.mark.parametrize("largest", [jnp.argmax, jnp.argmin])
def test_the_place_of_a_largest_number_is_any_place(largest):
    (found,) = read(trace(lambda x: largest(x), shape_of(v)), [v], SIZES)
    assert isinstance(found[()], sp.Dummy)
    assert found[()].within == (0, notation.d - 1)


def first_entries(i, x):
    count = i.shape[0]
    return jnp.full(x.shape[0], count).at[i].min(jnp.arange(count))[i]


def test_a_first_entry_is_the_least_that_names_the_same():
    (found,) = read(trace(first_entries, shape_of(drawn), shape_of(U)), [drawn, U], SIZES)
    first = found[(notation.s,)]
    assert isinstance(first.base, First)
    assert first.base.of[(notation.s,)] == notation.negatives[notation.s]
    assert notation.range_of(first) == (0, notation.K - 1)
    names = jnp.array([2, 0, 2, 1, 0])
    assert first_entries(names, jnp.ones((3, 1))).tolist() == [0, 1, 0, 3, 1]


@pytest.mark.parametrize(
    ("one", "other", "known"),
    [
        (lambda first: notation.negatives[first], notation.negatives[notation.s], True),
        (lambda first: first.base[first], None, True),
        (lambda first: notation.negatives[first + 1], notation.negatives[notation.s], False),
        (lambda first: first, notation.s, False),
        (lambda first: first, sp.S.Zero, False),
    ],
)
def test_a_first_entry_names_the_same_and_is_its_own_first(one, other, known):
    (found,) = read(trace(first_entries, shape_of(drawn), shape_of(U)), [drawn, U], SIZES)
    first = found[(notation.s,)]
    assert same(one(first), first if other is None else other) is known


def counting(n):
    """What ``counted`` carries: how many came before, and the sum of their numbered entries."""
    summed = total(lambda m: m * notation.v_c[m], n)
    return [constant(n, "i"), constant(summed, "f")]


def read_loop(told, begins=(0, 0.0), step=counted, **options):
    program = trace(lambda x: lax.scan(step, begins, x, **options)[0], shape_of(v))
    return read(program, [v], SIZES, [told])


def test_a_loop_ends_with_what_it_is_said_to_carry():
    number, summed = read_loop(counting)
    assert number[()] == notation.d
    assert same(summed[()], counting(notation.d)[1][()])


def more(carry, entry):
    number, total = carry
    return (number + 1, 2 * total + entry * number), None


@pytest.mark.parametrize(
    ("told", "changed", "message"),
    [
        (lambda n: [None, counting(n)[1]], {}, "what a step leaves"),  # it needs the number
        (lambda n: [constant(n + 1, "i"), counting(n)[1]], {}, "begins with"),
        (lambda n: [counting(n)[0], counting(n + 2)[1]], {}, "begins with"),
        (lambda n: [counting(n)[0], constant(2 * counting(n)[1][()], "f")], {}, "leaves"),
        (lambda n: [counting(n)[0], constant(n, "i")], {}, "is carried"),
        (counting, {"reverse": True}, "leaves"),
        (counting, {"begins": (0, 1.0)}, "begins with"),
        (counting, {"begins": (1, 0.0)}, "begins with"),
        (counting, {"step": more}, "leaves"),
        (lambda n: [counting(n)[0], None], {"begins": (0, -jnp.inf)}, "of -oo"),
    ],
)
def test_a_loop_that_carries_something_else_is_refused(told, changed, message):
    with pytest.raises(Unread, match=message):
        read_loop(told, **changed)


@pytest.mark.parametrize("reverse", [False, True])
def test_what_a_loop_collects_is_of_its_steps(reverse):
    def step(number, entry):
        return number + 1, number * entry

    program = trace(lambda x: lax.scan(step, 0, x, reverse=reverse)[1], shape_of(v))
    (found,) = read(program, [v], SIZES, [lambda n: [constant(n, "i")]])
    at = fresh(sp.Dummy("n", integer=True), sp.S.Zero, notation.d - 1)
    number = notation.d - 1 - at if reverse else at
    assert same(found[(at,)], number * notation.v_c[at])
    with pytest.raises(Unread, match="nothing is said"):
        read(program, [v], SIZES, [lambda n: [None]])[0][(at,)]


def test_some_of_a_mask_is_known_where_one_is():
    (found,) = read(trace(lambda m: m.any(), shape_of(mask)), [mask], SIZES)
    summed = notation.total(mask_of[notation.s] * found[()], notation.s)
    assert same(summed, notation.total(mask_of[notation.s], notation.s))
    assert not same(found[()], sp.S.One)


def test_what_is_known_of_some_is_of_the_places_that_are_looked_at():
    """The last truth is not one of those before it."""
    (found,) = read(trace(lambda m: (m[1:] & m[:-1]).any(), shape_of(mask)), [mask], SIZES)
    (others,) = read(trace(lambda m: m[:-1].any(), shape_of(mask)), [mask], SIZES)
    last = mask_of[notation.K - 1]
    assert not same(last * others[()], last)
    assert same(mask_of[0] * others[()], mask_of[0]) is False  # of K = 1 there is none
    n = fresh(sp.Dummy("n", integer=True), sp.S.Zero, notation.K - 2)
    assert same(mask_of[n] * others[()], mask_of[n])
    two = mask_of[n] * mask_of[n + 1]
    assert same(two * found[()], two)
    assert not same(mask_of[n] * found[()], mask_of[n])


def twice(i, x):
    """Which of some numbers are twice a place of another axis."""
    return i[:, None] == 2 * jnp.arange(x.shape[0])[None]


@pytest.mark.parametrize("axis", [0, 1])
def test_some_along_an_axis_are_told_by_the_place_on_the_other(axis):
    def function(i, x):
        return twice(i, x).any(axis)

    (found,) = read(trace(function, shape_of(drawn), shape_of(v)), [drawn, v], SIZES)
    size, count = ((notation.K, 4), (notation.d, 3))[axis]
    (length,) = found.shape
    at = fresh(sp.Dummy("a", integer=True), sp.S.Zero, length - 1)
    some = found[(at,)]
    assert isinstance(some.base, Some)
    assert some.base.last == size - 1

    def largest(at):
        return sp.Max(*(some.base.along((at,), sp.Integer(place)) for place in range(count)))

    values = instance(np.random.default_rng(axis), 5, 3, 4)
    expected = function(jnp.asarray(values["negatives"]), jnp.asarray(values["v_c"]))
    assert 0 < expected.sum() < len(expected)
    told = evaluated(Array(found.shape, "i", largest), values)
    np.testing.assert_array_equal(told, expected)
    place, other = (fresh(sp.Dummy("p", integer=True), sp.S.Zero, e - 1) for e in (size, length))
    one = some.base.along((at,), place)
    assert same(one * some, one)
    assert not same(some.base.along((other,), place) * some, some.base.along((other,), place))
    assert not same(some, sp.S.One)


def test_what_became_one_axis_is_summed_row_by_row():
    w, i, (rows, size) = notation.w, notation.i, (notation.V, notation.d)
    n = sp.Dummy("n", integer=True, nonnegative=True)

    def over_both(term):
        return sp.Sum(term, (n, 0, rows * size - 1))

    at = U[(Whole(n, size), Rest(n, size))]
    summed = notation.total(sp.exp(U[(w, i)]), w, i)
    assert same(over_both(sp.exp(at)), summed)
    assert not same(over_both(2 * sp.exp(at)), summed)
    assert not same(over_both(n * sp.exp(at)), summed)
    assert not same(over_both(n * at), notation.total(w * U[(w, i)], w, i))
    # Of rows of another size, each entry is somewhere else
    turned = U[(Rest(n, rows), Whole(n, rows))]
    assert same(over_both(sp.exp(turned)), summed)
    assert not same(over_both(at * turned), notation.total(U[(w, i)] ** 2, w, i))
    first = sp.Sum(at, (n, 0, size - 1))
    assert not same(first, notation.total(U[(w, i)], w, i))


def test_a_loop_that_counts_up_to_a_size_is_read():
    (found,) = read(trace(up_to, shape_of(v)), [v], SIZES)
    n = sp.Symbol("n", integer=True, nonnegative=True)
    summed = sp.Sum(n * notation.v_c[notation.i], (n, 0, notation.d - 1))
    assert same(found[(notation.i,)], summed)
    assert not same(found[(notation.i,)], summed + notation.v_c[notation.i])


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: jnp.sin(x), "primitive sin"),
        (lambda x: lax.cumsum(x), "primitive cumsum"),
        (lambda x: lax.while_loop(lambda e: e[0] < 1, lambda e: e + 1, x), "not shown to end"),
        (lambda x: lax.scan(lambda c, e: (c * e, e), x[0], x)[0], "not only added to"),
        (lambda x: lax.scan(lambda c, e: (c + e, c), x[0], x)[1], "not only added to"),
        (lambda x: lax.scan(counted, (0, 0.0), x, reverse=True)[0][1], "not only added to"),
        (lambda x: lax.scan(counted, (0.0, 0.0), x)[0][1], "not only added to"),
        (lambda x: lax.scan(doubled, (1, 0.0), x)[0][1], "not only added to"),
        (lambda x: counted_by(x, jnp.arange(x.shape[0])), "not only added to"),
        (lambda x: counted_by(x, (jnp.arange(x.shape[0]) < 1) + 1), "not only added to"),
        (lambda x: up_to(x, lambda n, end: n <= end), "not shown to end"),
        (lambda x: up_to(x, lambda n, end: n < end + 1), "not shown to end"),
        (lambda x: up_to(x, lambda n, end: n < 9), "not shown to end"),
        (lambda x: up_to(x, by=2), "not shown to end"),
        (lambda x: up_to(x, by=-1), "not shown to end"),
        (lambda x: up_to(x, more=1), "not shown to end"),
        (lambda x: up_to(x, first=2), "not shown to end"),
        (lambda x: lax.cond(x[0] > 0, lambda e: e, lambda e: -e, x), "depends on data"),
        (lambda x: 1 / x, "other than 0"),
        (lambda x: jnp.log(x), "positive"),
        (lambda x: jnp.sqrt(x), "0 or more"),
        (lambda x: x.astype(jnp.int32), "rounded"),
        (lambda x: x[jnp.arange(x.shape[0]) + 1], "not shown"),
        (lambda x: lax.dynamic_slice(x, (1,), x.shape), "not shown"),
        (lambda x: jnp.where(x > 0, x, jnp.nan), "nan is chosen"),
        (lambda x: x * jnp.inf, "mul of oo"),
        (lambda x: (x > 0).all(), "not the same at every index"),
        (lambda x: x.at[jnp.zeros(3, int)].add(1.0, unique_indices=True), "unique_indices=True"),
        (lambda x: lax.reduce_precision(x, 8, 7), "primitive reduce_precision"),
        (lambda x: lax.pad(x, 0.0, ((0, 0, 1),)), "padding_config"),
        (lambda x: jnp.reshape(jnp.stack([x] * 4), (2, -1)), "reshape of"),
        (lambda x: x.at[jnp.zeros(x.shape, int)].min(x), "count entries from 0"),
        (lambda x: least(x, jnp.zeros(x.shape, int), jnp.zeros(1, int)), "above all entries"),
        (lambda x: least(x, jnp.zeros(x.shape, int)), "no entry is shown to name"),
        (lambda x: lax.scan(least_of_step, 0, x)[0], "another in each step"),
        (lambda x: x + jnp.ones(x.shape, jnp.complex64), "complex64"),
    ],
)
def test_what_no_rule_speaks_of_is_an_error_that_names_it(function, message):
    with pytest.raises(Unread, match=message):
        anywhere(read(trace(function, shape_of(v)), [v], SIZES))


def anywhere(arrays):
    """Every array at some index."""
    return [x[(notation.i, notation.k)[: len(x.shape)]] for x in arrays]


@pytest.mark.parametrize(("of_all", "value"), [(jnp.all, 1), (jnp.any, 0)])
def test_of_nothing_all_holds_and_nothing_does(of_all, value):
    none = Array((sp.S.Zero,), "b", lambda at: mask_of[at])
    (found,) = read(trace(of_all, jax.ShapeDtypeStruct((0,), bool)), [none], SIZES)
    assert found[()] == value


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x - 1, "not shown to be from 0"),
        (lambda x: x + 1, "not shown to be from 0"),
        (lambda x: x * x, "not shown to be from 0"),
        (lambda x: ((x >> 16) << 16) + 1, "primitive shift_left"),
        (lambda x: (x >> 1) + (x >> 1) + 2, "not shown to be from 0"),
        (lambda x: x & 6, "of the bits"),
        (lambda x: x & x, "of the bits"),
        (lambda x: x >> x, "shift_right_logical of"),
        (lambda x: x % 7, "rem of"),
        (lambda x: x.astype(jnp.int32), "without a sign"),
        (lambda x: (x.astype(jnp.float32) / 3).astype(jnp.uint32), "rounded"),
        (lambda x: x.astype(jnp.uint16), "uint16"),
    ],
)
def test_what_may_begin_again_at_0_is_an_error(function, message):
    with pytest.raises(Unread, match=message):
        anywhere(read(trace(function, shape_of(bits)), [bits], SIZES))


def test_a_rest_of_signed_numbers_is_one_of_small_ones():
    for function in (lambda i, x: (i - 1) % x.shape[0], lambda i, x: 3 * i % x.shape[0]):
        with pytest.raises(Unread, match="rem of"):
            anywhere(read(trace(function, shape_of(drawn), shape_of(U)), [drawn, U], SIZES))


def test_a_parameter_that_no_rule_knows_is_an_error():
    program = trace(lambda x: x.sum(), shape_of(v))
    (equation,) = program.jaxpr.eqns
    changed = equation.replace(params=equation.params | {"backwards": True})
    strange = program.replace(jaxpr=program.jaxpr.replace(eqns=[changed]))
    with pytest.raises(Unread, match="reduce_sum: nothing is known of its parameter backwards"):
        read(strange, [v], SIZES)


def test_a_size_without_a_name_is_an_error():
    program = trace(lambda x: x, shape_of(v))
    with pytest.raises(Unread, match="the size d"):
        read(program, [v], {"V": notation.V})


def test_an_input_of_another_shape_is_an_error():
    with pytest.raises(Unread, match="an input of"):
        read(trace(lambda x: x, shape_of(v)), [z], SIZES)


def test_the_equations_of_programs_inside_are_counted():
    assert equations(trace(lambda x: jax.jit(jnp.exp)(x) + 1, shape_of(v))) == 3
