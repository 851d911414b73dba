"""What lies beyond the region that the authors of a search exclude."""

import numpy as np
import pytest

from darkaon.exclusion.regions import BEYOND, Region, areas_beyond, beyond, edges_of

SQUARE = np.array([100.0, 200.0, 200.0, 100.0, 100.0]), np.array([1e-4, 1e-4, 1e-2, 1e-3, 1e-4]), np.zeros(5)
REGION = Region(*SQUARE, low=100.0, high=180.0)
MASS = np.array([150.0, 150.0, 150.0, 190.0, 250.0])
FOUND = {
    "search": np.array(["a", "a", "other", "a", "a"]),
    "kind": np.array(["observed", "expected", "observed", "observed", "observed"]),
    "mass_MeV": MASS,
    "coupling_low": np.array([1e-4, 1e-2, 1e-4, 1e-4, 1e-4]),
    "coupling_high": np.full(5, 1.0),
    "edge_high": np.full(5, "root"),
}


def test_edges_are_log_linear_between_the_points():
    low, high = edges_of(*SQUARE, np.array([100.0, 150.0, 250.0]))
    assert low[:2] == pytest.approx(np.array([1e-4, 1e-4]))
    assert high[:2] == pytest.approx(np.array([1e-3, 10**-2.5]))
    assert np.isnan(low[2]) and np.isnan(high[2])


def test_intervals_of_this_search_alone_are_flagged_where_they_pass_its_region():
    assert beyond(FOUND, {"a": REGION})["edge_high"].tolist() == [BEYOND, BEYOND, "root", "root", "root"]
    inside = FOUND | {"coupling_high": np.full(5, 3e-3)}
    assert set(beyond(inside, {"a": REGION})["edge_high"]) == {"root"}


def test_areas_beyond_begin_at_the_upper_end_of_the_region():
    found = areas_beyond(FOUND, {"a": REGION})
    assert found["kind"].tolist() == [BEYOND]
    assert found["coupling_low"] == pytest.approx(np.array([10**-2.5]))
    assert found["coupling_high"].tolist() == [1.0]
