"""Published headlines beside our own numbers: closed examples of what is read, scaled and said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from darkaon.config.slots.headlines import HeadlineKind, files
from darkaon.config.slots.normalisation import Normalisation
from darkaon.errors import InputError
from darkaon.report.headlines import (
    MISSED,
    NO_RESULT,
    NOT_COUNTED,
    REPRODUCED,
    excluded_by,
    our_number,
    reason,
    standard,
    verdict,
)
from darkaon.tables.table import Table

ADAPTER = TypeAdapter(HeadlineKind)
TAGGED = TypeAdapter(Normalisation).validate_python(
    {
        "kind": "tagged", "value": 4e9, "source": "s", "status": "cited", "particle": "pi0", "mass_MeV": 135,
        "branching_ratio": {"value": 0.2, "source": "s", "status": "cited"},
    }
)  # fmt: skip


def headline(kind="branching_ratio", **keys):
    given = {"name": "B", "value": 2e-9, "source": "s", "status": "cited", "kind": kind, "column": "observed"}
    given |= {"tolerance": 0.05} if "factor" not in keys else {}
    given |= {} if kind == "reference_decay" or {"mass_MeV", "masses_MeV"} & keys.keys() else {"mass_MeV": 130}
    return ADAPTER.validate_python(given | keys)


@pytest.fixture
def tables():
    """Two lifetimes, three masses each: B = 1, 2, 3e-9 at lifetime 1 ns, twice that for X that escapes."""
    mass, time = np.tile([100.0, 130.0, 140.0], 2), np.repeat([1.0, np.inf], 3)
    base = np.array([1.0, 2.0, 3.0, 2.0, 4.0, 6.0]) * 1e-9
    limits = {"lifetime_ns": time, "mass_MeV": mass, "observed": base, "observed_no_subtraction": 2 * base}
    acceptance = {"lifetime_ns": time, "mass_MeV": mass, "acceptance": 4e-9 / base, "ses": base / 2}
    events = {"mass_MeV": mass[:3], "n_observed": [3.0, 5.0, 4.0], "observed": [6.0, 8.0, 7.0]}
    return {
        "limits": Table(limits),
        "acceptance": Table(acceptance),
        "event_limits": Table({name: np.array(values) for name, values in events.items()}),
    }


@pytest.mark.parametrize(
    ("keys", "ours", "said"),
    [
        ({}, 2e-9, REPRODUCED),
        ({}, 2.0999e-9, REPRODUCED),
        ({}, 2.1001e-9, MISSED),
        ({}, 1.8999e-9, MISSED),
        ({"factor": 2}, 3.99e-9, REPRODUCED),
        ({"factor": 2}, 1.01e-9, REPRODUCED),
        ({"factor": 2}, 0.99e-9, MISSED),
        ({"reproduction": False, "reason": "tuned"}, 2e-9, NOT_COUNTED),
        ({"reproduction": False, "reason": "tuned"}, np.nan, NO_RESULT),
        ({}, np.nan, NO_RESULT),
    ],
)
def test_verdicts(keys, ours, said):
    assert verdict(headline(**keys), ours) == said


@given(st.floats(1.001, 100), st.floats(1e-3, 1e3))
def test_a_factor_holds_either_way(factor, ratio):
    """Ours and published may be exchanged."""
    one, other = (headline(factor=factor, value=value) for value in (1.0, ratio))
    assert verdict(one, ratio) == verdict(other, 1.0) or np.isclose(max(ratio, 1 / ratio), factor)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (headline(lifetime_ns=1), 2e-9),
        (headline(lifetime_ns=float("inf")), 4e-9),
        (headline(lifetime_ns=1, mass_MeV=138), 3e-9),  # the nearest hypothesis
        (headline(lifetime_ns=1, masses_MeV=[100, 140]), 2e-9),
        (headline(lifetime_ns=1, masses_MeV=[120, 140], statistic="max"), 3e-9),
        (headline(lifetime_ns=1, masses_MeV=[120, 140], statistic="min"), 2e-9),
        (headline("events"), 8),
        (headline("events", column="n_observed"), 5),
        (headline("sensitivity", column="ses", lifetime_ns=1), 1e-9),
        (headline("sensitivity", column="acceptance", lifetime_ns=1), 2),
        (headline("reference_decay"), 5e-9 / 0.2),  # for X that escapes, at 135 MeV
    ],
)
def test_what_is_read(tables, given, expected):
    assert our_number(given, tables, given.column, TAGGED) == pytest.approx(expected, rel=1e-12)


def test_the_decay_of_published_sensitivities_has_the_acceptance_taken_out(tables):
    """B_X A is the same for all masses and lifetimes: N_UL x SES."""
    assert our_number(headline("reference_decay"), tables, "observed") == pytest.approx(4e-9)
    uneven = tables | {"limits": tables["limits"].where(np.arange(6) < 6)}
    uneven["limits"].columns["observed"][0] *= 2
    with pytest.raises(InputError, match="one window for all masses"):
        our_number(headline("reference_decay"), uneven, "observed")


@pytest.mark.parametrize(
    ("kind", "column", "power"),
    [
        ("branching_ratio", "observed", 0.5),
        ("reference_decay", "observed", 0.5),
        ("events", "n_observed", -1),
        ("events", "observed", -0.5),
        ("sensitivity", "ses", 1),
        ("sensitivity", "acceptance", 0),
    ],
)
def test_a_part_of_the_data_is_scaled_to_all(tables, kind, column, power):
    """N_UL = B_UL/SES before and after, and B_UL falls as the square root of the data."""
    lifetime = {"lifetime_ns": 1} if kind in ("branching_ratio", "sensitivity") else {}
    given = headline(kind, column=column, **lifetime)
    whole, part = (our_number(given, tables, column, TAGGED, fraction) for fraction in (1, 0.04))
    ratio = part / whole
    assert ratio == pytest.approx(0.04**power)


@pytest.fixture
def exclusion():
    rows = [
        ("s", "simulated", "observed", 130.0, 1e-4), ("s", "simulated", "observed", 130.0, 1e-3),
        ("s", "simulated", "observed", 140.0, 4e-4), ("s", "simulated", "expected", 130.0, 7e-4),
        ("s", "published", "observed", 130.0, 5e-5), ("s", "projection x10", "observed", 130.0, 1e-6),
        ("t", "simulated", "observed", 130.0, 1e-7),
    ]  # fmt: skip
    names = ("search", "label", "kind", "mass_MeV", "coupling_low")
    return Table(
        {n: np.array(c) for n, c in zip(names, zip(*rows, strict=True), strict=True)}, {"coupling_power": "2"}
    )


def test_a_coupling_is_the_lowest_edge_of_the_search_itself(tables, exclusion):
    own = tables | {"exclusion": excluded_by(exclusion, "s", published=False)}
    published = {"exclusion": excluded_by(exclusion, "s", published=True)}
    reach = headline("coupling", model="bc1")
    assert our_number(reach, own, "observed") == 1e-4
    assert our_number(reach, own, "expected") == 7e-4
    assert our_number(reach, published, "observed") == 5e-5
    assert np.isnan(our_number(reach, {}, "observed"))  # the model is not in the run
    assert np.isnan(our_number(headline("coupling", model="bc1", mass_MeV=200), own, "observed"))


def test_a_squared_coupling_falls_as_the_branching_ratio(tables, exclusion):
    own = {"exclusion": excluded_by(exclusion, "s", published=False)}
    part = headline("coupling", model="bc1", squared=True)
    assert our_number(part, own, "observed", fraction=0.04) == pytest.approx(1e-8 * 0.2)
    linear = {"exclusion": Table(own["exclusion"].columns, {"coupling_power": "1"})}  # |U|^2: B grows with it
    part = headline("coupling", model="bc6")
    assert our_number(part, linear, "observed", fraction=0.04) == pytest.approx(1e-4 * 0.2)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "lifetime_ns: this key is missing; there are 1, inf ns"),
        ({"lifetime_ns": 2}, "lifetime_ns: 2 ns is none of 1, inf"),
        ({"lifetime_ns": 1, "mass_MeV": 200}, r"mass_MeV: 200 MeV is outside .*100 to 140 MeV"),
        ({"lifetime_ns": 1, "masses_MeV": [101, 102]}, "masses_MeV: no mass hypothesis from 101 to 102 MeV"),
        ({"lifetime_ns": 1, "mass2_MeV": 10}, "mass2_MeV: the search has one mass"),
    ],
)
def test_places_that_are_not_there(tables, keys, message):
    with pytest.raises(InputError, match=message):
        our_number(headline(**keys), tables, "observed")


def test_between_ranges_nothing_is_excluded_and_it_says_so(exclusion):
    mass = np.array([100.0, 101, 102, 103, 104, 105, 200, 201, 202, 203, 204])
    columns = {"kind": np.full(11, "observed"), "mass_MeV": mass, "coupling_low": np.arange(1.0, 12)}
    table = Table(columns, {"coupling_power": "2"})
    for at, ours in ((100.4, 1), (105.4, 6), (105.6, np.nan), (150, np.nan), (199.6, 7), (204.9, np.nan)):
        found = our_number(headline("coupling", model="m", mass_MeV=at), {"exclusion": table}, "observed")
        assert found == ours or (np.isnan(found) and np.isnan(ours)), at
    given = headline("coupling", model="m", mass_MeV=150)
    assert reason(given, table, "observed") == "nothing is excluded there, but at 100 to 105, 200 to 204 MeV"
    assert reason(given, table, "expected") == "nothing is excluded"
    assert reason(given, None, "observed") == "the model m is not in this run"
    assert reason(headline(), table, "observed") == "blinded"


def test_a_number_beyond_half_a_step_is_refused():
    mass = np.array([100.0, 101, 102, 103, 104, 105, 200, 201, 202, 203, 204])
    table = {"limits": Table({"mass_MeV": mass, "lifetime_ns": np.ones(11), "observed": np.arange(1.0, 12)})}
    assert our_number(headline(mass_MeV=103.4), table, "observed") == 4
    with pytest.raises(InputError, match="150 MeV is 45 MeV from the nearest mass hypothesis, 105 MeV"):
        our_number(headline(mass_MeV=150), table, "observed")


def test_a_second_mass(tables):
    second = {"mass2_MeV": np.array([10.0, 10, 10, 20, 20, 20]), "lifetime_ns": np.ones(6)}
    table = {"limits": Table(tables["limits"].columns | second)}
    assert our_number(headline(mass2_MeV=19), table, "observed") == 4e-9


def test_the_own_result_beside_a_treatment():
    assert [standard(c) for c in ("observed_no_subtraction", "observed", "expected_p1", "ses")] == [
        "observed", "observed", "expected_p1", "ses",
    ]  # fmt: skip


def test_the_tables_that_headlines_need():
    asked = [headline("reference_decay"), headline("coupling", model="bc1")]
    assert files(asked, "counts") == {"acceptance": "acceptance.csv", "limits": "branching_limits.csv"}
    assert files([headline()], "limits") == {"limits": "published_limits.csv"}
    assert files([headline("events")], "events") == {"event_limits": "event_limits.csv"}
    assert files([], "events") == {}


@pytest.mark.parametrize(
    ("mass", "words"), [(50, "outside the mass hypotheses"), (1000, "outside"), (114, "more than half a step")]
)
def test_a_mass_off_the_table_has_no_number(tables, mass, words):
    """Before, beyond, and in the gap from 106 to 140 MeV: the nearest value is another mass's."""
    masses = np.array([100.0, 102, 104, 106, 140, 142])
    limits = {"lifetime_ns": np.full(6, np.inf), "mass_MeV": masses, "observed": np.full(6, 1e-9)}
    tables["limits"] = Table(limits)
    with pytest.raises(InputError, match=f"mass_MeV: {mass} MeV is .*{words}"):
        our_number(headline(mass_MeV=mass, lifetime_ns=np.inf), tables, "observed", TAGGED)
