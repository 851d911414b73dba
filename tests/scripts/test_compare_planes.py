from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from compare_planes import UNEXPLAINED, main
from darkaon.config.planes import load_planes
from darkaon.constants import HBAR_GEV_NS, M_ELECTRON, M_MUON
from darkaon.exclusion.comparison import ratios
from darkaon.exclusion.files import read_limits
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


def compared(name, span, lifetime_ns=None, rate=1.0):
    """Ratios of edges with another lifetime of X, and a factor on its production."""
    plane = load_planes(ROOT / "config" / "planes.yaml")[name]
    model = load_model(plane.model)
    if lifetime_ns is not None:
        production = {p: (lambda m, g, b=b: rate * b(m, g)) for p, b in model.production.items()}
        model = replace(model, production=production, continue_lifetimes="full", lifetime_ns=lifetime_ns(model))
    contour = read_table(ROOT / plane.contour)
    if plane.open_above:
        contour = replace(contour, header={**contour.header, "open_above": str(plane.open_above)})
    return ratios(model, read_limits(plane.limits, {})[1], contour, span)


def test_the_region_of_2017_has_muons_in_an_s_wave():
    """Both its edges above 2 m_mu follow from Gamma(S -> mumu) ~ beta in place of beta^3."""

    def lifetime(model):
        return lambda mass, g: model.lifetime_ns(mass, g) * (1 - (2e3 * M_MUON / mass) ** 2)

    ours, theirs = (compared("bc4_na62_2017", (213, 247), how) for how in (None, lifetime))
    assert ours["lower"].median < 0.85 and ours["upper"].lowest > 5
    assert theirs["lower"].median == pytest.approx(1, abs=0.03) and theirs["lower"].lowest > 0.9
    assert theirs["upper"].median == pytest.approx(0.87, abs=0.05) and theirs["upper"].highest < 1.1


@pytest.mark.parametrize(
    ("name", "span", "rate", "factor"),
    [("bc10_e949", (2, 113), 1.7, 2.28), ("bc10_na62_2016_18", (161, 209), 4.6, 6.2)],
)
def test_older_contours_of_alps_decay_to_photons_by_every_fermion(name, span, rate, factor):
    """Their upper edges, from 4 to 0.6 per TeV, follow from one factor and sum N_c Q^2 = 8 of the loops."""

    def lifetime(loops):
        def of(mass, g):
            m, f = mass / 1e3, 1e3 / g
            electrons = m * M_ELECTRON**2 * np.sqrt(1 - 4 * (M_ELECTRON / m) ** 2) / (8 * np.pi)
            photons = loops**2 * (1 / 137.036) ** 2 * m**3 / (64 * np.pi**3)
            return HBAR_GEV_NS / (factor * (electrons + photons) / f**2)

        return lambda model: of

    theirs, without = (compared(name, span, lifetime(loops), rate) for loops in (8, 0))
    assert theirs["lower"].median == pytest.approx(1, abs=0.01)
    assert 0.95 < theirs["upper"].lowest <= theirs["upper"].highest < 1.07
    assert without["upper"].highest / without["upper"].lowest > 1.15 and without["upper"].median > 1.5


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
