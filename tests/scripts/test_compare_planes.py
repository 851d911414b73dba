from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from compare_planes import UNEXPLAINED, main
from darkaon.config.planes import load_planes
from darkaon.exclusion.comparison import ratios
from darkaon.exclusion.limits import Limits
from darkaon.models.loading import load_model
from darkaon.tables.table import Table, read_table

ROOT = Path(__file__).parents[2]
TEXT = ("plane", "model", "edge", "differs", "reason", "weight")


@pytest.fixture(scope="module")
def planes(tmp_path_factory):
    path = tmp_path_factory.mktemp("planes") / "planes.csv"
    main(["--planes", str(ROOT / "config" / "planes.yaml"), "--output", str(path)])
    return read_table(path, text=TEXT)


def test_every_difference_is_accounted_for(planes):
    for reason in planes["reason"][planes["differs"] == "yes"]:
        assert reason and reason != UNEXPLAINED
    assert not any(planes["reason"][planes["differs"] == "no"])


def of(planes, plane, edge, mass):
    rows = (planes["plane"] == plane) & (planes["edge"] == edge)
    rows &= (planes["from_MeV"] <= mass) & (planes["to_MeV"] >= mass)
    (row,) = np.flatnonzero(rows)
    return planes["median"][row]


def test_edges_of_others(planes):
    assert_allclose([of(planes, "bc4_na62_2016_18", "lower", m) for m in (20, 80, 190)], 1, atol=0.02)
    assert_allclose([of(planes, "bc4_na62_2017", "lower", m) for m in (80, 190)], 1, atol=0.05)
    assert_allclose([of(planes, "bc11_na62_2016_18", "lower", m) for m in (80, 200)], 1, atol=0.03)
    assert_allclose([of(planes, "bc11_na62_2016_18", "upper", m) for m in (80, 200)], 1, atol=0.08)
    assert 0.75 < of(planes, "bc4_na62_2016_18", "upper", 190) < 1  # never beyond NA62 below 2 m_mu
    assert of(planes, "bc4_na62_2016_18", "upper", 240) > 17  # the puzzle above
    assert of(planes, "bc4_e949", "lower", 190) == pytest.approx(1.26, abs=0.03)


def test_every_plane_is_of_a_contour_and_a_table():
    for plane in load_planes(ROOT / "config" / "planes.yaml").values():
        assert (ROOT / plane.contour).is_file() and (ROOT / plane.limits).is_file()


def test_ratios_leave_frames_and_ends_out():
    model, mass = load_model("bc4_inv"), np.array([10.0, 20, 30, 40])
    limits = Limits(
        "s", "", "K+ -> pi+ X", "invisible", "escape", np.array([np.inf]), mass, {"observed": np.full((1, 4), 1e-10)}
    )
    ours = 1e-10 / model.production["K+ -> pi+ X"](mass, 1.0)
    box = {
        "mass_MeV": np.array([10.0, 20, 30, 40, 40, 10, 10]),
        "coupling": np.concatenate([2 * ours, [1e-3, 1e-3], 2 * ours[:1]]),
        "polygon": np.zeros(7),
    }
    found = ratios(model, limits, Table(box, {"open_above": "1e-3"}), (0, 100))
    assert_allclose(found["lower"].median, 0.5, rtol=1e-6)
    assert found["lower"].number == 4 and found["lower"].differs
    assert found["upper"].number == 0 and not found["upper"].differs
