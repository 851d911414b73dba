"""The eight events of the specification, and what NaN and kinds of values do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkaon.errors import InputError
from darkaon.events.expressions import Expression
from darkaon.events.quantities import Values
from darkaon.events.ragged import Ragged
from darkaon.events.selection import Selection
from trees import layout

FLAT = """5 1 1 -1 0.5 0 .3 .4 12
7 16 1 -1 -3.5 0 -.1 .2 20
4 17 -1 1 1 0 0 .1 10
13 32 1 -1 0 0 .2 0 8
5 48 -1 1 2.75 -0.5 .1 -.1 25
15 2 1 1 0 0 0 .3 30
1 1 -1 1 0 0 .4 0 16
5 17 -1 1 -1.5 .25 -.25 .15 18"""
GTK_T = [[0.4, 0.7], [], [1], [-2, 2, 0.5], [2.5, 3], [0.1], [5], [-1.75, -1.25]]
GTK_P = [[74.5, 75.5], [], [75], [76, 74, 75.25], [75.1, 74.9], [75], [72], [74.8, 75.2]]
WHOLE = ("pid", "trigger", "q2", "q3")


def ragged(rows, dtype=float):
    return Ragged(
        np.array([x for row in rows for x in row], dtype=dtype), np.array([len(row) for row in rows], dtype=np.int64)
    )


@pytest.fixture
def columns():
    names = (*WHOLE, "t", "t0", "px", "py", "pz")
    table = np.array([[float(x) for x in line.split()] for line in FLAT.splitlines()]).T
    flat = {n: v.astype(np.int64) if n in WHOLE else v for n, v in zip(names, table, strict=True)}
    return flat | {"gtk_t": ragged(GTK_T), "gtk_p": ragged(GTK_P)}


def value(text, columns):
    return Expression(text, "x")(lambda name, _: (columns[name], False))[0]


def test_the_eight_events(columns):
    assert value("nearest(gtk_t, t)", columns).tolist() == [0, -1, 0, 2, 0, 0, 0, 0]
    found = value("gtk_p[nearest(gtk_t, t)]", columns)
    np.testing.assert_array_equal(found, [74.5, np.nan, 75, 75.25, 75.1, 75, 72, 74.8])
    assert value("count(gtk_t)", columns).tolist() == [2, 0, 1, 3, 2, 1, 1, 2]
    assert value("sqrt(px*px + py*py + pz*pz)", columns)[0] == pytest.approx(12.0104122, abs=1e-7)


def selection(*cuts, derived=None):
    branches = {name: {"name": name} for name in (*WHOLE, "t", "t0", "px", "py", "pz", "gtk_t", "gtk_p")}
    return Selection(layout(branches, selection=list(cuts), derived=derived or {}), "pz", "x.yaml")


CUTS = (
    {"name": "pid", "expression": "(pid & 0b0101) == 0b0101"},
    {"name": "charge", "expression": "q2*q3 < 0"},
    {"name": "trigger", "expression": "(trigger & 0x1) != 0 or (trigger & 0x10) != 0"},
)


def test_cuts_one_after_the_other(columns):
    steps = dict(selection(*CUTS).steps(columns))
    assert [int(left.sum()) for left in steps.values()] == [6, 5, 4]
    assert np.flatnonzero(steps["trigger"]).tolist() == [0, 1, 4, 7]
    assert value("pid & 5 == 5", columns).tolist() == value("(pid & 5) == 5", columns).tolist()


DERIVED = {"kaon": "nearest(gtk_t, t)", "beam": "gtk_p[kaon]", "momentum": "sqrt(px*px + py*py + pz*pz)"}


def test_derived_quantities_are_quantities(columns):
    cuts = [*CUTS, {"name": "matched", "expression": "kaon >= 0"}, {"name": "beam", "quantity": "beam", "low": 74.9}]
    chosen = selection(*cuts, {"name": "fast", "quantity": "momentum", "low": 20}, derived=DERIVED)
    assert set(chosen.exact) == {*WHOLE[:4], "gtk_t", "gtk_p", "t", "px", "py", "pz"} and chosen.needs == ("pz",)
    steps = dict(chosen.steps(columns))
    assert np.flatnonzero(steps["matched"]).tolist() == [0, 4, 7]
    assert np.flatnonzero(steps["fast"]).tolist() == [4]


@pytest.mark.parametrize("cut", [{"quantity": "beam", "low": 70}, {"expression": "gtk_p[kaon] > 70"}])
def test_what_is_missing_in_an_event_that_is_left_is_a_fault_or_dropped(columns, cut):
    with pytest.raises(InputError, match=r"f.root: the cut 'b' needs a value that is missing in event 101"):
        chosen = selection({"name": "b"} | cut, derived=DERIVED)
        list(chosen.steps(chosen.values(columns, "f.root", 100)))
    steps = dict(selection({"name": "b", "missing": "drop"} | cut, derived=DERIVED).steps(columns))
    assert [int(left.sum()) for left in steps.values()] == [7, 7] and list(steps) == ["b: missing", "b"]
    assert not steps["b: missing"][1]


def test_what_a_condition_does_not_depend_on_may_be_missing(columns):
    text = "count(gtk_t) == 0 or gtk_p[nearest(gtk_t, t)] > 74"
    steps = dict(selection({"name": "b", "expression": text}).steps(columns))
    assert np.flatnonzero(~steps["b"]).tolist() == [6]
    with pytest.raises(InputError, match="missing in event 1 "):
        list(selection({"name": "b", "expression": "not gtk_p[0] > 74"}).steps(columns))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("sum(gtk_t)", [1.1, 0, 1, 0.5, 5.5, 0.1, 5, -3]),
        ("min(gtk_t)", [0.4, np.nan, 1, -2, 2.5, 0.1, 5, -1.75]),
        ("max(gtk_t - t)", [0.2, np.nan, 0, 2, 0.25, 0.1, 5, 0.25]),
        ("count(gtk_t > 0.45)", [1, 0, 1, 2, 2, 0, 1, 0]),
        ("first(gtk_t > 0.45)", [1, -1, 0, 1, 0, -1, 0, -1]),
        ("any(gtk_t > 2.9)", [0, 0, 0, 0, 1, 0, 1, 0]),
        ("all(gtk_t > 0)", [1, 1, 1, 0, 1, 1, 1, 0]),
        ("gtk_p[1]", [75.5, np.nan, np.nan, 74, 74.9, np.nan, np.nan, 75.2]),
        ("gtk_p[-1]", [np.nan] * 8),
        ("sum(gtk_p[gtk_t > 0.45])", [75.5, 0, 75, 149.25, 150, 0, 72, 0]),
        ("where(q2 > 0, pid, -pid)", [5, 7, -4, 13, -5, 15, -1, -5]),
        ("pid // 2 + pid % 2", [3, 4, 2, 7, 3, 8, 1, 3]),
        ("pid / 2", [2.5, 3.5, 2, 6.5, 2.5, 7.5, 0.5, 2.5]),
        ("trigger >> 4", [0, 1, 1, 2, 3, 0, 0, 1]),
        ("~pid ^ 1", [-5, -7, -6, -13, -5, -15, -1, -5]),
        ("3 < pid <= 7", [1, 1, 1, 0, 1, 0, 0, 1]),
        ("maximum(abs(q2 * 3), pid)", [5, 7, 4, 13, 5, 15, 3, 5]),
        ("nearest(gtk_t, 0.5)", [0, -1, 0, 2, 0, 0, 0, 1]),
        ("pid**2 - 1.0*pid**-1", [24.8, 49 - 1 / 7, 15.75, 169 - 1 / 13, 24.8, 225 - 1 / 15, 0, 24.8]),
    ],
)
def test_operators_and_reductions(columns, text, expected):
    np.testing.assert_allclose(value(text, columns), expected, rtol=1e-14, atol=1e-14)


def test_ties_go_to_the_first():
    both = {"t": ragged([[1.0, 3.0], [3.0, 1.0, 3.0]])}
    assert value("nearest(t, 2)", both).tolist() == [0, 0]


@pytest.mark.parametrize(
    "text, message",
    [
        ("px & 1", "for whole numbers and conditions"),
        ("(px > 1) & pid", "do not go together"),
        ("(px > 1) + 1", "where\\(condition, 1, 0\\)"),
        ("pid and q2", "for conditions"),
        ("not pid", "for conditions"),
        ("4611686018427387904 * pid", "beyond 2\\^63"),
        ("pid << 62", "beyond 2\\^63"),
        ("sum(px)", "one value an event"),
        ("min(px)", "minimum and maximum"),
        ("px[0]", "leave the brackets out"),
        ("gtk_t[px]", "an index is a whole number"),
        ("gtk_t[gtk_p]", "an index, or a condition"),
        ('px == "GG"', "is none"),
        ("kind + 1", "text is no number"),
        ("gtk_t + short", "different lengths"),
    ],
)
def test_kinds_that_do_not_go_together(columns, text, message):
    more = {"kind": np.array(["GG"] * 8, dtype=object), "short": ragged([[1]] * 8)}
    with pytest.raises(InputError, match=message):
        value(text, columns | more)


def test_text_is_compared():
    kind = {"kind": np.array(["GG", "GT", "GG"], dtype=object)}
    assert value('kind == "GG"', kind).tolist() == [True, False, True]
    assert value('kind != "GG"', kind).tolist() == [False, True, False]


@pytest.mark.parametrize(
    "derived, message",
    [
        ({"a": "b + 1", "b": "a"}, "a needs b needs a"),
        ({"px": "pz"}, "stands in branches already"),
        ({"dimuon_mass": "pz"}, "stands in darkaon.events.observables already"),
        ({"a": "pk + 1"}, "'pk' is neither .* did you mean 'pz'|'px'"),
    ],
)
def test_names(derived, message):
    with pytest.raises(InputError, match=message):
        selection({"name": "c", "expression": f"{next(iter(derived))} > 1"}, derived=derived)


def test_a_condition_is_one_of_the_event(columns):
    for text in ("gtk_t > 3", "px + 1"):
        with pytest.raises(InputError, match="is no condition on an event"):
            list(selection({"name": "c", "expression": text}).steps(columns))


def test_a_derived_array_is_no_quantity(columns):
    chosen = selection({"name": "c", "quantity": "late", "low": 0}, derived={"late": "gtk_t - t"})
    with pytest.raises(InputError, match="'late' is an array of values an event"):
        list(chosen.steps(columns))


@given(st.lists(st.lists(st.floats(-10, 10), max_size=4), max_size=30), st.data())
def test_arrays_behave_as_lists(rows, data):
    to = np.array([data.draw(st.floats(-10, 10)) for _ in rows])
    columns = {"x": ragged(rows), "to": to}
    nearest = [min(range(len(r)), key=lambda i: abs(r[i] - t)) if r else -1 for r, t in zip(rows, to, strict=True)]
    assert value("nearest(x, to)", columns).tolist() == nearest
    assert value("count(x[x > 1])", columns).tolist() == [sum(v > 1 for v in r) for r in rows]
    half = len(rows) // 2
    parts = [ragged(rows).part(0, half), ragged(rows).part(half, len(rows))]
    for part, own in zip(parts, (rows[:half], rows[half:]), strict=True):
        np.testing.assert_array_equal(part.reduce(np.maximum, np.nan), [max(r) if r else np.nan for r in own])
        assert Values({"x": part}).missing is not None


def test_the_chunk_changes_nothing(columns):
    chosen = selection(*CUTS, {"name": "beam", "quantity": "beam", "missing": "drop", "low": 74.6}, derived=DERIVED)
    whole = [left.tolist() for _, left in chosen.steps(columns)]
    cut = [
        {k: v.part(a, b) if isinstance(v, Ragged) else v[a:b] for k, v in columns.items()}
        for a, b in ((0, 3), (3, 8))
    ]
    parts = [[left.tolist() for _, left in chosen.steps(part)] for part in cut]
    assert whole == [a + b for a, b in zip(*parts, strict=True)]


@pytest.mark.parametrize(
    "cut", [{"expression": "not far"}, {"quantity": "not_far", "low": 1}, {"expression": "twice < 1"}]
)
def test_a_comparison_in_a_derived_quantity_hides_no_missing_value(columns, cut):
    """As if it stood in the cut: the second event has no gtk_t."""
    derived = {"far": "gtk_t[0] > 3", "not_far": "where(far, 0, 1)", "twice": "2 * where(far, 1, 0)"}
    chosen = selection({"name": "near"} | cut, derived=derived)
    with pytest.raises(InputError, match="the cut 'near' needs a value that is missing in event 1 "):
        list(chosen.steps(columns))
    dropped = dict(selection({"name": "near", "missing": "drop"} | cut, derived=derived).steps(columns))
    assert np.flatnonzero(dropped["near"]).tolist() == [0, 2, 3, 4, 5, 7]
    either = {"name": "any", "expression": "count(gtk_t) == 0 or far or not far"}
    assert all(left.all() for left in dict(selection(either, derived=derived).steps(columns)).values())


def test_an_observable_stands_in_an_expression():
    first = {"cluster1_x": np.array([3.0, 0, np.nan]), "cluster1_y": np.array([4.0, 0, 0])}
    columns = first | {"cluster2_x": np.zeros(3), "cluster2_y": np.zeros(3)}
    branches = {name: {"name": name} for name in columns}
    cut = {"name": "apart", "expression": "twice > 9 and cluster_distance > 4", "missing": "drop"}
    events = layout(branches, selection=[cut], derived={"twice": "2 * cluster_distance"})
    steps = dict(Selection(events, "cluster1_y", "x.yaml").steps(columns))
    assert steps["apart: missing"].tolist() == [True, True, False]
    assert steps["apart"].tolist() == [True, False, False]


def test_bits_of_an_element_are_taken_before_the_element():
    columns = {"w": ragged([[1, 2], [], [6]], np.int64)}
    with pytest.raises(InputError, match=r"of an element, which may be missing, write \(x & 1\)\[0\]"):
        value("w[0] & 1", columns)
    np.testing.assert_array_equal(value("(w & 1)[0]", columns), [1, np.nan, 0])
