import numpy as np
import pytest

from darkaon.errors import InputError
from darkaon.exclusion.files import read_limits
from darkaon.tables.gaps import gaps, least_gap


@pytest.mark.parametrize(
    ("masses", "after"),
    [
        (np.arange(10.0), []),
        ([0, 1, 2, 3, 9, 10, 11, 12], [3]),
        ([0, 1, 2, 3, 7, 8, 9, 10], []),  # four steps are no gap
        ([*np.arange(0, 5, 0.5), *np.arange(5, 60, 5.0)], []),  # a fine grid meets a coarse one
        ([0, 0.1, 0.2, 0.3, 1.2, 2, 3, 4], []),
        ([109.2, 154, 215.6, 217, 218.4, 219.8, 221.2], [109.2, 154]),  # masses that stand alone
        ([0, 5, 10, 15, 100, 200, 205, 210, 215], [15, 100]),
        ([0, 1, 100], []),  # too few to know
        ([], []),
    ],
)
def test_gaps(masses, after):
    masses = np.array(masses, dtype=float)
    assert masses[:-1][gaps(masses)].tolist() == after


def test_a_table_says_which_steps_are_none():
    masses = np.array([0, 1, 2, 3, 11, 12, 13, 14, 50, 51, 52, 53], dtype=float)
    assert masses[:-1][gaps(masses)].tolist() == [3, 14]
    assert masses[:-1][gaps(masses, 20)].tolist() == [14]
    assert least_gap({"least_gap_MeV": "20"}) == 20 and least_gap({}) == 0
    with pytest.raises(InputError, match="e949.csv: '# least_gap_MeV: wide'"):
        least_gap({"least_gap_MeV": "wide"}, "e949.csv")


@pytest.mark.parametrize(("name", "gap"), [
    ("e949_kpix_invisible_fine", (125, 150.4098)),
    ("na62_kpix_invisible_2016_18", (110.0877, 153.9474)),
    ("na62_kpix_invisible_2017", (110.2459, 154.0984)),
])  # fmt: skip
def test_holes_of_digitised_columns_are_no_gaps(name, gap):
    """A search has the one gap at the pi0, not one wherever its curve is flat and the digitisation has no point."""
    table, limits = read_limits(name, {})
    stable = table["mass_MeV"][np.isinf(table["lifetime_ns"])]
    (place,) = np.flatnonzero(gaps(stable, least_gap(table.header)))
    assert (stable[place], stable[place + 1]) == gap
    whole = limits.at(np.array([64.5, 196.0, 130.0]))
    assert np.isfinite(whole.values["observed"][-1]).tolist() == [True, True, False]
