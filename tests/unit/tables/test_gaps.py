import numpy as np
import pytest

from darkaon.tables.gaps import gaps


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
