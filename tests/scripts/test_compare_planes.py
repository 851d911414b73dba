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
from darkaon.exclusion.intervals import exclude
from darkaon.exclusion.limits import Limits
from darkaon.exclusion.regions import edges_of
from darkaon.models.alp import Options, build
from darkaon.models.loading import load_model
from darkaon.tables.table import Table, read_table

ROOT = Path(__file__).parents[2]
UNIVERSAL = {"q": -0.5, "l": -0.5, "u": 0.5, "d": 0.5, "e": 0.5}
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


# g_Y of lower edges by mass in MeV, read off the picture from which the BC10 contour of NA62 was digitised
# (jjerhot/ALPINIST at commit 53441e5, Figures/Bound_data/gY/NA62_gY.png; a pixel is 1.2 %)
DRAWN = {
    "na62_kpix_invisible_2016_18": {12: 8.94e-5, 42: 6.67e-5, 54: 6.56e-5, 72: 6.91e-5, 90: 8.78e-5, 175: 5.54e-5},
    "e949_kpix_invisible": {12: 1.477e-4, 30: 1.377e-4, 48: 1.299e-4, 66: 1.142e-4, 78: 1.116e-4, 90: 1.004e-4},
    "na62_pi0_invisible_2017": {125: 4.86e-4, 128: 4.43e-4, 138: 4.38e-4, 140: 4.48e-4},
}


@pytest.mark.parametrize("search", DRAWN)
def test_the_figure_of_bc10_has_one_factor_for_every_search(search):
    """At all masses, of NA62, E949 and pi0 -> invisible; half the axis and the top's loop alone give it."""
    mass, drawn = np.array(list(DRAWN[search]), dtype=float), np.array(list(DRAWN[search].values()))
    _, limits = read_limits(str(ROOT / "resources" / "published" / f"{search}.csv"), {})
    stable = limits.at(mass).values["observed"][-1]
    ours, alone = (build(Options(couplings=UNIVERSAL, **weak)) for weak in ({}, {"g8": 0.0, "g27": 0.0}))
    rate, loop = (model.production["K+ -> pi+ X"](mass, 1.0) for model in (ours, alone))
    factor = np.sqrt(stable / rate) / (drawn / 0.24622)
    assert_allclose(factor, 2.15, rtol=0.02)
    assert_allclose(factor, 2 * np.sqrt(loop / rate), rtol=0.03)
    assert np.all(np.abs(np.sqrt(loop / rate) - 1.09) < 0.01)  # without axis: half the factor is left


def test_bc10_above_two_muons_has_leptons_of_twice_the_coupling():
    """In their width 4 times more than the 4.6 of every rate, both edges follow; the dark scalar's from no width."""
    theirs = compared("bc10_na62_2016_18", (211.4, 260), lambda m: lambda mass, g: m.lifetime_ns(mass, g) / 18.4, 4.6)
    assert theirs["upper"].median == pytest.approx(0.994, abs=0.01)
    assert 0.83 < theirs["upper"].lowest <= theirs["upper"].highest < 1.12
    assert theirs["lower"].median == pytest.approx(0.992, abs=0.01)
    for width in (5, 10, 20):  # times that of S -> mumu
        scalar = compared("bc4_na62_2016_18", (215, 259), lambda m, w=width: lambda x, g: m.lifetime_ns(x, g) / w)
        assert scalar["upper"].highest / scalar["upper"].lowest > 2.5


@pytest.fixture(scope="module")
def scalar():
    """Masses of 2016-18 above 2 m_mu, its edges, ours above, and the edge for a stable S."""
    contour = read_table(ROOT / "resources/contours/bc4/na62_kpix_2016_18_2103.15389.csv")
    _, limits = read_limits(str(ROOT / "resources/published/na62_kpix_invisible_2016_18.csv"), {})
    mass = np.unique(contour["mass_MeV"])
    mass = mass[(mass > 213) & (mass < 259)]
    low, high = edges_of(contour["mass_MeV"], contour["coupling"], contour["polygon"], mass)
    model = load_model("bc4")
    ours = exclude(replace(model, continue_lifetimes="full"), limits, mass, ["observed"])["coupling_high"]
    stable = limits.at(mass).values["observed"][-1] / model.production["K+ -> pi+ X"](mass, 1.0)
    return mass, low, high, ours, stable


def test_the_region_of_2016_18_above_two_muons_rises_with_its_limit(scalar):
    """ln(upper edge) = 0.78 ln(UL / B) + a cubic in the mass, where an escape law has a negative power."""
    mass, _, theirs, ours, stable = scalar

    def power(edge):
        terms = np.column_stack([np.log(stable), np.vander((mass - 236) / 20, 4)])
        return np.linalg.lstsq(terms, np.log(edge), rcond=None)[0][0]

    assert power(theirs) == pytest.approx(0.78, abs=0.11)
    assert power(ours) < 0


def test_the_region_of_2016_18_above_two_muons_has_one_coupling_too_many(scalar):
    """Their lower edge + our upper one times that of a stable S, over 1e-6; nearer to 2 m_mu it does not hold."""
    mass, low, high, ours, stable = scalar
    ratio = (low + ours * stable / 1e-6) / high
    far = ratio[mass >= 224]
    assert np.median(far) == pytest.approx(0.98, abs=0.02) and 0.89 < far.min() <= far.max() < 1.10
    assert ratio.min() < 0.8
    assert np.std(np.log(far)) < 0.5 * np.std(np.log((low + np.median(ours) * stable / 1e-6) / high)[mass >= 224])


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
