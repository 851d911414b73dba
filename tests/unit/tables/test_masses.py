import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkaon.errors import InputError
from darkaon.tables.masses import masses_of, masses_text, rows_at
from darkaon.tables.table import Table


def plane(*pairs):
    mass, mass2 = np.array(pairs, dtype=float).reshape(-1, 2).T
    return Table({"mass_MeV": mass, "mass2_MeV": mass2})


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, unique=True), st.randoms())
def test_every_hypothesis_finds_its_own_row_in_any_order(pairs, random):
    mixed = random.sample(pairs, len(pairs)) * 2  # as for two lifetimes
    row = rows_at(plane(*pairs), plane(*mixed), "x.csv")
    assert [pairs[i] for i in row] == mixed


def test_one_mass_and_two_are_no_match():
    with pytest.raises(InputError, match=r"x.csv: has mass_MeV, mass2_MeV, and is used with mass_MeV"):
        rows_at(plane((1, 2)), Table({"mass_MeV": np.array([1.0])}), "x.csv")


def test_a_hypothesis_that_is_missing_or_twice():
    with pytest.raises(InputError, match=re.escape("x.csv: no row at 1, 3 MeV")):
        rows_at(plane((1, 2)), plane((1, 3)), "x.csv")
    with pytest.raises(InputError, match=re.escape("x.csv: 1, 2 MeV is a duplicate")):
        rows_at(plane((1, 2), (1, 2)), plane((1, 2)), "x.csv")


def test_masses_are_told_with_their_unit():
    assert masses_text((215.3,)) == "215.3 MeV"
    assert list(masses_of(plane((1, 2)))) == ["mass_MeV", "mass2_MeV"]
