"""X that decays to what is seen and to what is not, against values of an independent program."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from darkaon.constants import HBAR_GEV_NS, MEV, SPEED_OF_LIGHT_M_PER_NS
from darkaon.errors import InputError
from darkaon.exclusion.combination import Counts, combine
from darkaon.exclusion.files import read_limits
from darkaon.exclusion.intervals import cut_at, exclude
from darkaon.exclusion.lifetime import lifetime_curves
from darkaon.exclusion.limits import Limits
from darkaon.models.loading import load_model
from darkaon.models.model import Coupling, Model

PUBLISHED = Path(__file__).parents[3] / "resources" / "published"
MASSES = np.array([60.0, 100.0, 200.0])
OBSERVED = 1e-10 * np.exp(5 / np.array([0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, np.inf]))[:, None]
STABLE = [1.451770e-4, 2.047590e-4, 9.094157e-5]


@cache
def na62():
    return read_limits(str(PUBLISHED / "na62_kpix_invisible_2016_22.csv"), {})[1]


def constant(value):
    return lambda m, g: value * np.ones(np.broadcast_shapes(np.shape(m), np.shape(g)))


def model(invisible, *, width=None, tau=None, rate=1e-3, low=1e-6, high=1.0, power_law=False):
    def production(m, g):
        return rate * np.asarray(g) ** 2 * np.ones(np.broadcast_shapes(np.shape(m), np.shape(g)))

    def lifetime(m, g):
        return HBAR_GEV_NS / (width * np.asarray(g) ** 2) * np.ones(np.broadcast_shapes(np.shape(m), np.shape(g)))

    return Model(
        id="toy", title="toy", coupling=Coupling("g", "g", low, high, 1e-3), production={"K+ -> pi+ X": production},
        decays={"invisible": constant(invisible), "ee": constant(1 - invisible)},
        lifetime_ns=constant(tau) if tau else lifetime, power_law=power_law,
    )  # fmt: skip


@pytest.mark.parametrize("power_law", [True, False])
@pytest.mark.parametrize(
    ("invisible", "edges"), [(0.5, [2.053113e-4, 2.895730e-4, 1.286108e-4]), (1, STABLE)], ids=["half", "all"]
)
def test_prompt_x_that_decays_invisibly(power_law, invisible, edges):
    found = exclude(model(invisible, width=1e-3, power_law=power_law), na62(), MASSES)
    assert_allclose(found["coupling_low"], edges, rtol=1e-6)
    assert_allclose(found["coupling_low"], np.array(STABLE) / np.sqrt(invisible), rtol=1e-6)
    assert set(found["edge_low"]) == {"root"} and set(found["edge_high"]) == {"end_of_couplings"}


def test_a_stable_x_is_as_before():
    assert_allclose(exclude(model(1, tau=np.inf), na62(), MASSES)["coupling_low"], STABLE, rtol=1e-6)


@pytest.mark.parametrize(
    ("invisible", "edges"),
    [(0.1, [1.830314e-4, 2.927102e-4, 1.710736e-4]), (0.5, [1.629286e-4, 2.419333e-4, 1.172645e-4])],
)
def test_fixed_lifetime(invisible, edges):
    at = na62().at(MASSES)
    curves = lifetime_curves(at.lifetime_ns, at.values["observed"], at.law)
    passed = np.exp(curves.longest - curves.log_limit(np.arange(3), np.ones(3)))
    assert_allclose(passed, [0.587929, 0.432600, 0.202879], rtol=2e-6)
    assert_allclose(exclude(model(invisible, tau=1.0), na62(), MASSES)["coupling_low"], edges, rtol=1e-6)


def toy_limits(shortest=0.05, law="escape"):
    times = np.array([shortest, 0.1, 0.2, 0.5, 1, 2, 5, 10, np.inf]) if law == "escape" else np.array([np.inf])
    return Limits(
        "s", "", "K+ -> pi+ X", "invisible", law, times, np.array([1.0]),
        {"observed": 1e-10 * np.exp(5 / times)[:, None]},
    )  # fmt: skip


@pytest.mark.parametrize("power_law", [True, False])
@pytest.mark.parametrize(
    ("invisible", "intervals"),
    [
        (0, [(0.227671, 0.713112)]),
        (0.01, [(0.227220, 0.743690), (2.0, 10)]),
        (1, [(0.2, 10)]),
    ],
)
def test_two_intervals(power_law, invisible, intervals):
    toy = model(invisible, width=6.582119569e-16, rate=2.5e-9, low=1e-3, high=10, power_law=power_law)
    found = exclude(toy, toy_limits())
    assert_allclose(np.column_stack([found["coupling_low"], found["coupling_high"]]), intervals, rtol=2e-6)


@pytest.mark.parametrize("power_law", [True, False])
@pytest.mark.parametrize("invisible", [0, 1e-3, 0.01, 0.05, 0.118, 0.12, 0.5, 1])
def test_brute_force_of_mixed_decays(power_law, invisible):
    for rate in (1e-10, 2e-10, 1e-9, 2.5e-9, 1e-7):
        toy = model(invisible, width=6.582119569e-16, rate=rate, low=1e-3, high=30, power_law=power_law)
        found = exclude(toy, toy_limits())
        g = np.geomspace(1e-3, 30, 20001)
        passed = np.where(1 / g**2 >= 0.05 * (1 - 1e-12), np.exp(-5 * g**2), 0)
        excluded = np.minimum(rate * g**2, 1) * (invisible + (1 - invisible) * passed) > 1e-10
        inside = np.any([(g >= low) & (g <= high) for low, high in zip(found["coupling_low"], found["coupling_high"],
                                                                       strict=True)], axis=0) & True  # fmt: skip
        near = np.any(
            [np.abs(g / e - 1) < 1e-9 for side in ("low", "high") for e in found[f"coupling_{side}"]], axis=0
        )
        assert np.array_equal(excluded[~near & True], np.broadcast_to(inside, g.shape)[~near & True])


def test_invisible_decays_in_a_search_for_a_stable_x():
    found = exclude(model(0.25, width=1e-3), toy_limits(law="stable"))
    assert_allclose(found["coupling_low"], [np.sqrt(1e-10 / 0.25e-3)], rtol=1e-9)
    assert len(exclude(model(0, width=1e-3), toy_limits(law="stable"))["mass_MeV"]) == 0


def test_branching_fractions_are_1_at_most():
    toy = model(0, tau=np.inf, rate=1e4, low=1e-4, high=1)
    assert cut_at(toy, toy_limits()) == pytest.approx(1e-2, rel=0.3)
    above = replace(toy_limits(), values={"observed": 1e-10 * np.ones((9, 1))})
    assert exclude(toy, above)["edge_high"] == ["end_of_couplings"]
    with pytest.raises(InputError, match=r"toy: B\(K\+ -> pi\+ X\) is 1e\+08 at 1 MeV and the lowest coupling"):
        exclude(replace(toy, coupling=Coupling("g", "g", 1e2, 1e3, 1e2)), toy_limits())


# --- shorter lifetimes than those of the table -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mass", "edges", "rtol"),
    [  # none, default, full
        ("bc4", 160.0, [0.11995, 0.23988, 0.38415], 1e-3),
        ("bc4", 200.0, [0.09594, 0.19187, 0.26607], 1e-3),
        ("bc4", 220.0, [9.473e-5, 1.3320e-4, 1.3320e-4], 1e-3),
        ("bc10", 200.0, [1.1958, 1.6911, 1.9755], 0.01),
        ("bc11", 200.0, [0.017643, 0.024952, 0.026227], 0.01),
        ("bc11", 250.0, [0.010669, 0.013542, 0.013542], 0.01),
    ],
)
def test_continued_upper_edges(name, mass, edges, rtol):
    model = load_model(name)
    for how, edge in zip(("none", "tabulated", "full"), edges, strict=True):
        found = exclude(replace(model, continue_lifetimes=how), na62(), np.array([mass]))
        assert_allclose(found["coupling_high"], [edge], rtol=rtol)
        assert list(found["edge_high"]) == ["end_of_masses" if how == "none" else "extrapolated"]


def test_continued_limits():
    at = na62().at(np.array([160.0, 200.0]))
    curves = lifetime_curves(at.lifetime_ns, at.values["observed"], at.law)
    assert_allclose(np.exp(curves.log_limit(np.arange(2), np.full(2, 0.1))), [1.106267e-6, 2.938324e-6], rtol=1e-6)
    assert_allclose(curves.low_ns, 0.1)
    none = lifetime_curves(at.lifetime_ns, at.values["observed"], at.law, "none")
    assert_allclose(none.low_ns, 0.2)


def test_a_line_that_falls_is_not_continued():
    limits = np.array([[np.nan], [1e-10], [2e-10], [2e-10]])
    curves = lifetime_curves(np.array([0.1, 0.2, 1, np.inf]), limits, "escape", "full")
    assert_allclose(curves.low_ns, 0.2)
    column = np.zeros(1, dtype=np.intp)  # and a short lifetime has no better limit than a long one
    assert_allclose(np.exp(curves.log_limit(column, np.array([0.2]))), 2e-10)


def test_least_lifetime():
    bc4 = load_model("bc4")
    strict, mass = replace(bc4, least_lifetime_ns={"mumu": 10.0}), np.array([200.0, 230.0, 250.0])
    found, plain = exclude(strict, na62(), mass), exclude(bc4, na62(), mass)
    assert list(found["edge_high"]) == ["extrapolated", "end_of_validity", "end_of_validity"]
    assert_allclose(bc4.lifetime_ns(mass[1:], found["coupling_high"][1:]), 10)
    assert_allclose(found["coupling_low"], plain["coupling_low"])
    assert np.all(found["coupling_high"][1:] < plain["coupling_high"][1:])


# --- laws of single searches ------------------------------------------------------------------------------


def escape(process, kappa, limit=1e-8, mass=(100.0, 200.0, 300.0, 400.0)):
    mass, times = np.array(mass), np.array([0.1, 1, 10, np.inf])
    grid = limit * np.exp(kappa * MEV * mass / (SPEED_OF_LIGHT_M_PER_NS * times[:, None]))
    return Limits("s", "", process, "invisible", "escape", times, mass, {"observed": grid})


def koto():
    """As the combined observed limits of the default run."""
    mass, limit = np.array([120.0, 130.0, 150.0]), np.array([1.12235e-9, 1.13464e-9, 1.16629e-9])
    times = np.array([0.1, 0.3, 1, 3, 10, 100, np.inf])
    grid = limit * np.exp(5 * MEV * mass / (SPEED_OF_LIGHT_M_PER_NS * times[:, None]))
    return Limits("koto", "", "KL -> pi0 X", "invisible", "escape", times, mass, {"observed": grid})


def test_koto_in_bc10():
    found = exclude(load_model("bc10"), koto())
    assert_allclose(found["coupling_low"], [4.5096e-3, 4.5653e-3, 4.705e-3], rtol=1e-3)


def test_koto_in_bc4():
    bc4 = load_model("bc4")
    found = exclude(bc4, koto())
    mass = found["mass_MeV"]
    assert_allclose(found["coupling_low"], [2.53815e-7, 2.60225e-7, 2.76295e-7], rtol=1e-4)
    assert_allclose(found["coupling_high"], [0.2186, 0.1835, 0.1340], rtol=1e-3)
    assert set(found["edge_low"]) | set(found["edge_high"]) == {"root"}
    tau = bc4.lifetime_ns(mass, found["coupling_low"])
    assert np.all((tau > 1.9e4 * 0.9) & (tau < 1.3e5 * 1.3))


def test_koto_escape_law_against_the_quadrature():
    lines = (Path(__file__).parents[2] / "data" / "models" / "koto_escape.csv").read_text().splitlines()
    rows = [[float(v) for v in line.split(",")] for line in lines if line[:1].isdigit()]
    for tau, mass, passed in rows:
        simple = 5 * MEV * mass / (SPEED_OF_LIGHT_M_PER_NS * tau)
        if 100 <= mass <= 150 and 3 <= tau <= 10:
            assert simple == pytest.approx(-np.log(passed), rel=0.22)
        if mass == 200 and tau == 10:
            assert 1.2 < simple / -np.log(passed) < 1.45


def test_a_dark_photon_that_decays_at_once_is_not_excluded_by_na62():
    bc1 = load_model("bc1")
    tau = bc1.lifetime_ns(80.0, np.sqrt(4e-7))
    assert tau == pytest.approx(8.5e-6, rel=0.02)
    assert len(exclude(bc1, escape("pi0 -> gamma X", 3.5, 1e-8, (60.0, 80.0, 100.0)))["mass_MeV"]) == 0


def test_heavy_neutral_leptons_have_no_upper_edge():
    for name, process in (("bc6", "K+ -> e+ X"), ("bc7", "K+ -> mu+ X")):
        found = exclude(load_model(name), escape(process, 2.65, mass=(150.0, 200.0, 300.0, 350.0)))
        assert list(found["edge_high"]) == ["end_of_couplings"] * len(found["mass_MeV"]) and len(found["mass_MeV"])


def test_escape_alone_of_a_heavy_neutral_lepton():
    bc6 = load_model("bc6")
    alone = replace(bc6, decays={})
    found = exclude(alone, escape("K+ -> e+ X", 2.65, mass=(300.0, 400.0)))
    assert_allclose(found["coupling_high"][1], 0.431, rtol=2e-3)
    assert found["edge_high"][0] == "end_of_couplings"


@pytest.mark.parametrize("invisible", [0, 0.01, 0.5, 1])
def test_combined_windows_follow_the_same_law(invisible):
    """No event in one window: an upper limit of ln 10 signal events whatever the background."""
    two = replace(toy_limits(), mass_MeV=np.array([1.0, 2.0]), values={"observed": np.repeat(OBSERVED, 2, axis=1)})
    one, none = np.ones(2), np.zeros(2)
    relative = np.zeros(two.values["observed"].shape)
    counts = Counts(two, two.mass_MeV, none, one, none, relative, np.full(2, np.nan), none)
    toy = model(invisible, width=6.582119569e-16, rate=6e-9, low=1e-3, high=10)
    joint = combine(toy, [counts], np.array([1.0]))
    limits = replace(two, values={"observed": two.values["observed"] * np.log(10)})
    single = exclude(toy, limits, np.array([1.0]))
    assert len(single["mass_MeV"]) == (2 if invisible == 0.01 else 1)
    for side in ("low", "high"):
        assert_allclose(joint[f"coupling_{side}"], single[f"coupling_{side}"], rtol=1e-6)
