from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import brentq

from darkaon.errors import InputError
from darkaon.exclusion.combine import common_masses, contours, envelope, exclude_all, union
from darkaon.exclusion.intervals import exclude
from darkaon.exclusion.lifetime import lifetime_curves
from darkaon.exclusion.limits import Limits, limits_from_table
from darkaon.models.loading import load_model
from darkaon.models.model import Coupling, Model, escapes, relative
from darkaon.paths import named
from darkaon.tables.gaps import gaps
from darkaon.tables.table import Table, read_table

PUBLISHED = Path(__file__).parents[3] / "resources" / "published"
SEARCHES = {
    "na62_kpix_invisible_2016_22": ("K+ -> pi+ X", "invisible", "escape"),
    "na62_pi0_invisible_2017": ("K+ -> pi+ X", "invisible", "escape"),
    "e949_kpix_invisible": ("K+ -> pi+ X", "invisible", "escape"),
    "na62_kpix_mumu_2017_18": ("K+ -> pi+ X", "mumu", "prompt"),
    "na482_kpix_mumu": ("K+ -> pi+ X", "mumu", "prompt"),
    "na62_kpix_gammagamma_2017_18": ("K+ -> pi+ X", "gammagamma", "prompt"),
    "koto_kl_pi0x_2015": ("KL -> pi0 X", "invisible", "stable"),
}
IDS = list(named("models"))
PAIRS = [(name, search) for name in IDS for search, met in SEARCHES.items() if load_model(name).meets(*met[:2])]
ALL = np.array([0], dtype=np.intp)


@cache
def published(name):
    process, final_state, law = SEARCHES[name]
    given_here = {"process": process, "final_state": final_state, "lifetime_law": law, "label": "published"}
    return limits_from_table(read_table(PUBLISHED / f"{name}.csv"), name, **given_here)


KAPPA = {"lifetimes_ns": "1 10 inf"}
MUMU = {"final_state": "mumu", "lifetime_law": "prompt"}


def table(rows, **header):
    lifetime, mass, limit = np.array(rows, dtype=float).reshape(-1, 3).T
    keys = {"search": "s", "process": "K+ -> pi+ X", "final_state": "invisible", "lifetime_law": "escape"}
    return Table({"lifetime_ns": lifetime, "mass_MeV": mass, "observed": limit}, {**keys, **header})


# --- what the published limits exclude ---------------------------------------------------------------


@pytest.mark.parametrize(("mass", "value"), [(0, 2.1e-8), (80, 1.05e-8), (180, 8.8e-9), (220, 5.9e-9), (250, 1.2e-8)])
def test_bc4_inv_from_na62(mass, value):
    found = exclude(load_model("bc4_inv"), published("na62_kpix_invisible_2016_22"), np.array([mass]))
    assert_allclose(found["coupling_low"], [value], rtol=0.05)
    assert list(found["edge_low"]) == ["root"] and list(found["edge_high"]) == ["end_of_couplings"]


def test_bc4_has_a_closed_region_above_the_dimuon_threshold():
    model = load_model("bc4")
    dimuon = exclude(model, published("na62_kpix_mumu_2017_18"))
    assert len(dimuon["mass_MeV"]) == 198 and set(dimuon["edge_low"]) == {"root"}
    assert np.all((dimuon["coupling_low"] > 1e-6) & (dimuon["coupling_low"] < 1e-5))
    escaped = exclude(model, published("na62_kpix_invisible_2016_22"))
    above, below = escaped["mass_MeV"] > 215, escaped["mass_MeV"] < 211
    assert np.all(escaped["coupling_high"][above] < 5e-4) and np.all(escaped["coupling_high"][below] > 0.05)
    assert set(escaped["edge_high"][above]) <= {"root", "extrapolated"}


def test_nothing_is_excluded_inside_the_gap_at_the_pi0():
    mass = np.array([109.0, 115.0, 135.0, 150.0, 155.0])
    found = exclude(load_model("bc4_inv"), published("na62_kpix_invisible_2016_22"), mass)
    assert list(found["mass_MeV"]) == [109, 155]


@pytest.mark.parametrize(("name", "search"), PAIRS)
def test_brute_force_agrees(name, search):
    brute_force(load_model(name), published(search))


@pytest.mark.parametrize("name", sorted(set(IDS) - {name for name, _ in PAIRS}))
def test_brute_force_agrees_where_no_search_is_published(name):
    model = load_model(name)
    masses = np.arange(2.0, 300, 20)
    for process in model.production:
        rows = [(np.inf, m, 10 ** (-8 - m / 100)) for m in masses]
        limits = limits_from_table(table(rows, process=process, lifetime_law="stable"), "x.csv")
        assert len(exclude(model, limits)["mass_MeV"])
        brute_force(model, limits)


def brute_force(model, limits):
    mass = limits.mass_MeV[:: max(1, len(limits.mass_MeV) // 40)]
    found = exclude(model, limits, mass)
    x = np.linspace(np.log(model.coupling.low), np.log(model.coupling.high), 2000)
    for m in mass:
        own = limits.values["observed"][:, limits.mass_MeV == m][:, 0]
        excluded = slow_excess(model, limits, own, m, np.exp(x)) > 0
        inside = np.zeros(len(x), dtype=bool)
        near = np.zeros(len(x), dtype=bool)
        for i in np.flatnonzero(found["mass_MeV"] == m):
            low, high = np.log(found["coupling_low"][i]), np.log(found["coupling_high"][i])
            inside |= (x >= low) & (x <= high)
            near |= (np.abs(x - low) < 1e-8) | (np.abs(x - high) < 1e-8)
        assert np.array_equal(excluded[~near], inside[~near]), f"{m} MeV"


def slow_excess(model, limits, own, m, g):
    """log(signal/UL) of one mass by the formulas, written without the library; own: UL at each lifetime."""
    g = np.asarray(g, dtype=float)
    produced = np.minimum(model.production[limits.process](m, g), 1)
    tau = model.lifetime_ns(m, g)
    with np.errstate(divide="ignore"):
        if limits.final_state != "invisible":
            return np.log(produced * model.decays[limits.final_state](m, g) / slow_limit(limits, own, tau))
        invisible = model.decays["invisible"](m, g) if "invisible" in model.decays else 0 * g
        stable = own[np.isfinite(own)][-1]
        passed = np.minimum(stable / slow_limit(limits, own, tau), 1)
        return np.log(produced * (invisible + (1 - invisible) * passed) / stable)


def slow_limit(limits, own, tau):
    """UL(tau) by the law's formula, written without the library; inf where there is none."""
    known = np.isfinite(own)
    times, y = limits.lifetime_ns[known], np.log(own[known])
    if limits.law != "prompt":
        rate = 1 / np.maximum(tau, 1e-300)
        value = np.where(tau >= times[0], np.exp(np.interp(rate, 1 / times[::-1], y[::-1])), np.inf)
        if len(times) > 1 and y[0] > y[1]:  # continued to the shortest lifetime of the whole table
            slope = (y[0] - y[1]) / (1 / times[0] - 1 / times[1])
            more = (tau < times[0]) & (tau >= limits.lifetime_ns[0])
            value[more] = np.exp(y[0] + slope * (rate[more] - 1 / times[0]))
        return value
    result = np.where(tau <= times[0], own[known][0], np.inf)

    def phi(t, tau0):
        return -np.log(-np.expm1(-tau0 / np.maximum(t, 1e-300)))

    for t1, t2, y1, y2 in zip(times[:-1], times[1:], y[:-1], y[1:], strict=True):
        bounds = np.log(t2) + np.log([1e-4, 30])
        miss = [phi(t2, np.exp(b)) - phi(t1, np.exp(b)) - (y2 - y1) for b in bounds]
        if miss[0] > 0 > miss[1]:
            u = brentq(
                lambda u, a=t1, b=t2, r=y2 - y1: phi(b, np.exp(u)) - phi(a, np.exp(u)) - r, *bounds, xtol=1e-14
            )
        else:
            u = bounds[0] if miss[0] <= 0 else bounds[1]
        tau0 = np.exp(u)
        part = (phi(tau, tau0) - phi(t1, tau0)) / (phi(t2, tau0) - phi(t1, tau0))
        result = np.where((tau > t1) & (tau <= t2), np.exp(y1 + (y2 - y1) * part), result)
    return result


@pytest.mark.parametrize("name", IDS)
def test_edges_are_roots_or_flagged(name):
    model = load_model(name)
    for search in SEARCHES:
        limits = published(search)
        if not model.meets(limits.process, limits.final_state):
            continue
        found = exclude(model, limits)
        for side in ("low", "high"):
            flag, g = found[f"edge_{side}"], found[f"coupling_{side}"]
            for i in np.flatnonzero(flag == "root")[::7]:
                m = found["mass_MeV"][i]
                own = limits.values["observed"][:, limits.mass_MeV == m][:, 0]
                # one ulp of tau may stand on the other side of a tabulated lifetime
                excess = slow_excess(model, limits, own, m, g[i] * (1 + np.array([-1e-9, 0, 1e-9])))
                assert np.min(np.abs(excess)) < 1e-6
            for i in np.flatnonzero(flag == "end_of_couplings"):
                assert (
                    g[i] in {model.coupling.low, model.coupling.high}
                    or np.isclose(g[i], [model.coupling.low, model.coupling.high], rtol=1e-12, atol=0).any()
                )
            for i in np.flatnonzero((flag == "end_of_lifetimes") | (flag == "end_of_masses")):
                tau = model.lifetime_ns(found["mass_MeV"][i], g[i])
                assert np.isclose(tau, limits.lifetime_ns, rtol=1e-9, atol=0).any()
            for i in np.flatnonzero(flag == "extrapolated"):
                m = found["mass_MeV"][i]
                tabulated = limits.lifetime_ns[np.isfinite(limits.values["observed"][:, limits.mass_MeV == m][:, 0])]
                assert limits.lifetime_ns[0] * (1 - 1e-9) <= model.lifetime_ns(m, g[i]) < tabulated[0]


# --- laws in the lifetime -------------------------------------------------------------------------------


@given(kappa=st.floats(0, 30), tau=st.floats(0.1, 1e6))
def test_escape_law_is_exact(kappa, tau):
    times = np.array([0.1, 0.2, 0.5, 1, 2, 5, np.inf])
    curves = lifetime_curves(times, 1e-10 * np.exp(kappa / times)[:, None], "escape")
    assert_allclose(curves.log_limit(ALL, np.array([tau])), np.log(1e-10) + kappa / tau, rtol=1e-12)


@given(tau0=st.floats(0.01, 1), tau=st.floats(0, 100), first=st.sampled_from([0, 0.01, 0.1]))
def test_prompt_law_is_exact(tau0, tau, first):
    times = np.array([first, 0.3, 1, 10, 100])
    with np.errstate(divide="ignore", over="ignore"):
        law = lambda t: 1e-10 / -np.expm1(-tau0 / np.asarray(t, dtype=float))  # noqa: E731
        curves = lifetime_curves(times, law(times)[:, None], "prompt")
        expected = np.log(law(max(tau, first)))
    assert_allclose(curves.log_limit(ALL, np.array([tau])), expected, rtol=1e-6)


def test_within_ten_percent_of_a_simulated_escape():
    # a decay uniform in 105-165 m, X to pass 241 m; 75 GeV kaons, pions of 15-45 GeV
    kaon, pion, rng = 0.493677, 0.13957, np.random.default_rng(20)
    times, tau = np.array([0.1, 0.2, 0.5, 1, 2, 5, np.inf]), np.geomspace(0.1, 100, 300)
    for mass in (0.02, 0.1, 0.16, 0.2, 0.26):
        energy = (kaon**2 + mass**2 - pion**2) / (2 * kaon)
        cosine = rng.uniform(-1, 1, 40000)
        boosted = (np.hypot(75, kaon) * energy + 75 * np.sqrt(energy**2 - mass**2) * cosine) / kaon
        boosted = boosted[(75 - boosted > 15) & (75 - boosted < 45)]
        flight = (241 - rng.uniform(105, 165, len(boosted))) * mass / np.sqrt(boosted**2 - mass**2) / 0.299792458
        limit = lambda t, f=flight: 1 / np.mean(np.exp(-f / t[:, None]), axis=1)  # noqa: E731
        curves = lifetime_curves(times, limit(times)[:, None], "escape")
        ratio = np.exp(curves.log_limit(ALL, tau)) / limit(tau)
        assert ratio.min() > 0.90 and ratio.max() < 1.0001


def test_outside_the_tabulated_lifetimes_nothing_more_is_excluded():
    escape = lifetime_curves(np.array([1.0, 5.0]), np.array([[4e-10], [1e-10]]), "escape")
    assert (escape.low_ns, escape.high_ns) == (1.0, np.inf)
    assert_allclose(np.exp(escape.log_limit(ALL, np.array([50.0]))), 1e-10)
    prompt = lifetime_curves(np.array([0.1, 1.0]), np.array([[1e-10], [4e-10]]), "prompt")
    assert (prompt.low_ns, prompt.high_ns) == (0.0, 1.0)
    assert_allclose(np.exp(prompt.log_limit(ALL, np.array([0.0]))), 1e-10)


def test_a_single_prompt_lifetime_is_continued_by_its_tau0():
    rows = [(0, 1, 1e-10), (0, 2, 1e-10)]
    described = {"lifetime_law": "prompt", "final_state": "mumu"}
    assert list(limits_from_table(table(rows, **described), "x.csv").lifetime_ns) == [0]
    limits = limits_from_table(table(rows, tau0_ns="0.07", **described), "x.csv")
    curves = lifetime_curves(limits.lifetime_ns, limits.values["observed"], "prompt")
    expected = 1e-10 / -np.expm1(-0.07 / 0.2)
    assert_allclose(np.exp(curves.log_limit(ALL, np.array([0.2]))), expected, rtol=1e-6)
    assert_allclose(curves.high_ns, 0.7)


# --- masses -------------------------------------------------------------------------------------------------


def test_gaps_are_steps_much_larger_than_their_neighbours():
    assert list(gaps(np.array([0, 1, 2, 3, 40, 41, 42.0]))) == [False] * 3 + [True] + [False] * 2
    assert not gaps(published("koto_kl_pi0x_2015").mass_MeV).any()
    assert gaps(published("na62_kpix_invisible_2016_22").mass_MeV).sum() == 1
    assert not gaps(np.array([0, 1.4, 2.8, 4.2, 14.2, 24.2, 34.2])).any()


def test_each_lifetime_keeps_to_its_own_masses():
    rows = [(0.1, 0, 1e-9), (0.1, 10, 1e-9), (1, 0, 1e-10), (1, 10, 1e-10), (1, 20, 1e-10)]
    limits = limits_from_table(table(rows), "x.csv")
    assert_allclose(limits.values["observed"], [[1e-9, 1e-9, np.nan], [1e-10] * 3])
    assert_allclose(limits.at(np.array([5.0, 15.0, 25.0])).values["observed"][1], [1e-10, 1e-10, np.nan])
    assert np.isnan(limits.at(np.array([15.0])).values["observed"][0, 0])


def test_an_empty_cell_is_no_limit():
    """Blinded at 60 to 70 MeV for the short lifetime alone: it has nothing from 55 to 75, the other has."""
    masses, empty = np.arange(40.0, 91, 5), (60, 65, 70)
    rows = [(tau, m, np.nan if tau == 1 and m in empty else 1e-9) for tau in (1, np.inf) for m in masses]
    limits = limits_from_table(table(rows), "x.csv")
    assert_allclose(limits.values["observed"], [np.where(np.isin(masses, empty), np.nan, 1e-9), np.full(11, 1e-9)])
    assert np.isnan(limits.at(np.array([57.0, 73.0])).values["observed"][0]).all()
    blinded = limits_from_table(table([row for row in rows if row[0] == np.inf or row[1] in empty]), "x.csv")
    assert np.isnan(blinded.values["observed"][0]).all()
    alone = limits_from_table(table([row for row in rows if row[0] == 1]), "x.csv")
    found = exclude(load_model("bc4_inv"), alone)
    assert sorted(found["mass_MeV"]) == [m for m in masses if m not in empty]


def test_a_comment_with_another_word_for_the_level():
    rows = table([(np.inf, 1, 1e-9)])
    with pytest.raises(InputError, match=r"x.csv: '# Confidence level = 95 %' is not read as the confidence level"):
        limits_from_table(replace(rows, comments=("Confidence level = 95 %",)), "x.csv")
    assert limits_from_table(replace(rows, comments=("limits at 90 % CL, digitised",)), "x.csv").level == 0.9
    said = replace(rows, comments=("CL: 0.95",), header=rows.header | {"level": "0.95"})
    assert limits_from_table(said, "x.csv").level == 0.95


def test_two_names_of_one_limit():
    rows = table([(np.inf, 1, 1e-9)])
    both = replace(rows, columns={**rows.columns, "upper_limit": np.array([1e-5])})
    with pytest.raises(InputError, match=r"x.csv: columns 'observed' and 'upper_limit' are two names of one limit"):
        limits_from_table(both, "x.csv")


def test_interpolation_in_mass_is_log_linear_between_neighbours():
    limits = limits_from_table(table([(np.inf, 0, 1e-10), (np.inf, 2, 1e-8)]), "x.csv")
    assert_allclose(limits.at(np.array([1.0])).values["observed"], [[1e-9]])


@pytest.mark.parametrize(
    ("rows", "header", "words"),
    [
        ([(1, 1, -1e-9)], {}, "row 1: observed is -1e-09"),
        ([(1, 1, 1e-9), (1, 1, 1e-9)], {}, "mass_MeV 1 is a duplicate for lifetime_ns 1"),
        ([(-1, 1, 1e-9)], {}, "row 1: lifetime_ns is -1"),
        ([(np.inf, 1, 1e-9)], {"lifetime_law": "prompt"}, "X must decay"),
        ([(1, 1, 1e-9)], {"lifetime_law": "promt"}, "did you mean 'prompt'"),
        ([(1, 1, 1e-9)], {"process": "K+ -> pi+ Y"}, "did you mean 'K\\+ -> pi\\+ X'"),
        ([(1, 1, 1e-9)], {"final_state": "muons"}, "'muons' is none of"),
        ([], {}, "no limit in any row; give a table with limits"),
        ([(1, 1, np.nan)], {}, "no limit in any row"),
        ([(1, 1, 10), (1, 2, 20)], {}, "all 2 limits are above 1, from 10"),
        ([(1, 1, np.inf)], {}, "row 1: observed is inf: an upper limit is finite; empty the cell"),
        ([(1, 1, 1e-9)], {"level": "90"}, "'# level: 90' is not a confidence level between 0 and 1; write"),
        ([(1, 1, 1e-9)], {**MUMU, "tau0_ns": "0,07"}, "'# tau0_ns: 0,07' is not a number above 0"),
        ([(0, 1, 1e-5)], {}, "row 1: lifetime_ns is 0: the lifetime law is escape: no X of lifetime 0 leaves"),
        ([(0, 1, 1e-5)], {**MUMU, "lifetime_law": "displaced"}, "lifetime_ns is 0: the lifetime law is displaced"),
        ([(1, 1, 1e-9)], {"CL": "0.95"}, "'# CL: 0.95' is not read as the confidence level; write '# level: 0.95'"),
        ([(1, 1, 1e-9)], {"confidence_level": "0.95"}, "'# confidence_level: 0.95' is not read as the confidence"),
        (
            [(1, 1, 1e-9)],
            {"lifetime_law": "prompt"},
            "'invisible' contradicts the lifetime_law 'prompt', .* decay",
        ),
        ([(1, 1, 1e-9)], {"final_state": "ee"}, "'ee' contradicts the lifetime_law 'escape', by which X escapes"),
        ([(1, 1, 1e-9)], {"label": "foo"}, "label: 'foo' is not known; there are measured, simulated"),
        ([(np.inf, 1, 1e-9)], {"kappa_m_per_GeV": "90"}, "'# lifetimes_ns: ' is no list of lifetimes above 0"),
        ([(np.inf, 1, 1e-9)], {**KAPPA, "kappa_m_per_GeV": "-90"}, "'# kappa_m_per_GeV: -90' is not a number above"),
        ([(np.inf, 1, 1e-9)], {**KAPPA, "kappa_m_per_GeV": "abc"}, "'# kappa_m_per_GeV: abc' is not a number above"),
        ([(np.inf, 1, 1e-9)], {"kappa_m_per_GeV": "90", "lifetimes_ns": "1 abc"}, "'# lifetimes_ns: 1 abc' is no"),
    ],
)
def test_bad_tables_are_refused(rows, header, words):
    with pytest.raises(InputError, match=f"x.csv: .*{words}"):
        limits_from_table(table(rows, **header), "x.csv")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(1, 1, 1e-9), (1, 2, 2)], "x.csv: 1 of 2 limits are above 1 and exclude nothing"),
        ([(1, 0, 1e-9), (1, 0.24, 1e-9)], "mass_MeV ends at 0.24 MeV: are these masses in GeV"),
        ([(1, 1e5, 1e-9)], "mass_MeV ends at 100000 MeV: are these masses in keV"),
        ([(1e-10, 1, 1e-9)], "lifetime_ns ends at 1e-10 ns: are these lifetimes in s"),
    ],
)
def test_what_looks_wrong_is_warned_of(rows, words):
    with pytest.warns(UserWarning, match=words):
        limits_from_table(table(rows), "x.csv")


# --- intervals -------------------------------------------------------------------------------------------


def toy(lifetime, production=lambda m, g: g**2 * np.ones_like(m), power=2):
    return Model(
        id="toy", title="toy", coupling=Coupling("g", "g", 1e-6, 1.0, 1e-3, power=power),
        production={"K+ -> pi+ X": production}, decays={}, lifetime_ns=lifetime,
        band={"K+ -> pi+ X": relative(0.2, 0.2)},
    )  # fmt: skip


def test_no_more_than_every_kaon_decays_to_x():
    """B = g^2 is 1 at most: a tenth of it in muons is above a limit of 0.05 from B = 0.5, never above one of 0.2."""
    model = replace(
        toy(lambda m, g: 1e-6 + 0 * m * g, production=lambda m, g: g**2 + 0 * m),
        coupling=Coupling("g", "g", 1e-3, 100.0, 1e-2, power=2),
        decays={"mumu": lambda m, g: 0.1 + 0 * m * g},
        power_law=True,
    )
    prompt = np.array([0.0, 1.0])
    for limit, edges in ((0.05, [np.sqrt(0.5)]), (0.2, [])):
        limits = Limits("s", "", "K+ -> pi+ X", "mumu", "prompt", prompt, np.array([250.0]),
                        {"observed": np.full((2, 1), limit)})  # fmt: skip
        found = exclude(model, limits)
        assert_allclose(found["coupling_low"], edges)
        assert found["edge_high"].tolist() == ["end_of_couplings"] * len(edges)


def test_a_fraction_above_1_by_rounding_is_1():
    limits = Limits("s", "", "K+ -> pi+ X", "invisible", "escape", np.array([1.0, np.inf]), np.array([1.0]),
                    {"observed": np.array([[1e-6], [1e-8]])})  # fmt: skip
    model = replace(toy(lambda m, g: 1.0 + 0 * m * g), decays={"invisible": lambda m, g: 1.0 + 2.3e-16 + 0 * m * g})
    assert model.fraction("invisible", np.ones(1), 1e-3) > 1
    assert_allclose(exclude(model, limits)["coupling_low"], [1e-4], rtol=1e-9)


@settings(deadline=None)
@given(scale=st.floats(0.1, 10))
def test_a_limit_scales_with_the_coupling(scale):
    limits = Limits("s", "", "K+ -> pi+ X", "invisible", "escape", np.array([np.inf]), np.array([1.0]),
                    {"observed": np.array([[1e-8 * scale]])})  # fmt: skip
    assert_allclose(exclude(toy(escapes()[1]), limits)["coupling_low"], [1e-4 * np.sqrt(scale)], rtol=1e-9)


def test_several_intervals_at_one_mass():
    def wavy(m, g):
        return 1e-8 * np.exp(3 * np.sin(2 * np.log(g))) * np.ones_like(m)

    limits = limits_from_table(table([(np.inf, 1, 1e-8), (np.inf, 2, 1e-8)]), "x.csv")
    found = exclude(toy(escapes()[1], wavy), limits, np.array([1.0]))
    x = np.linspace(np.log(1e-6), 0, 100001)
    inside = np.sin(2 * x) > 0
    assert len(found["mass_MeV"]) == inside[0] + np.sum(np.diff(inside.astype(int)) == 1)
    assert_allclose(np.sin(2 * np.log(found["coupling_low"][1:])), 0, atol=1e-8)


def test_an_interval_between_two_grid_points_is_found():
    def bump(m, g):  # above the limit for one part in a hundred of log g
        return 1e-8 * np.exp(1e-4 - 4 * (np.log(g) + 5.03) ** 2) * np.ones_like(m)

    limits = limits_from_table(table([(np.inf, 1, 1e-8), (np.inf, 2, 1e-8)]), "x.csv")
    found = exclude(toy(escapes()[1], bump), limits)
    assert_allclose(np.log(found["coupling_low"]), -5.03 - 0.005, atol=1e-6)
    assert_allclose(np.log(found["coupling_high"]), -5.03 + 0.005, atol=1e-6)


def test_the_theory_band_moves_the_edge():
    limits = limits_from_table(table([(np.inf, 1, 1e-8), (np.inf, 2, 1e-8)]), "x.csv")
    found = exclude(toy(escapes()[1]), limits, np.array([1.0]), theory=True)
    assert list(found["kind"]) == ["observed", "observed_theory_m1", "observed_theory_p1"]
    assert_allclose(found["coupling_low"], 1e-4 / np.sqrt([1, 0.8, 1.2]), rtol=1e-9)


@pytest.mark.parametrize("name", ["bc4", "bc10", "bc11"])
def test_a_scan_finds_the_same_as_the_turning_points(name):
    model = load_model(name)
    scanned = replace(model, power_law=False)
    for search in SEARCHES:
        limits = published(search)
        if model.meets(limits.process, limits.final_state):
            mass = np.linspace(0, 330, 60)
            found, slow = exclude(model, limits, mass), exclude(scanned, limits, mass)
            assert np.array_equal(found["mass_MeV"], slow["mass_MeV"])
            for side in ("low", "high"):
                assert_allclose(found[f"coupling_{side}"], slow[f"coupling_{side}"], rtol=1e-8)
                assert np.array_equal(found[f"edge_{side}"], slow[f"edge_{side}"])


@settings(deadline=None)
@given(
    st.lists(st.floats(-12, -8), min_size=4, max_size=4),
    st.sampled_from([("escape", 0.0), ("escape", 1e-4), ("escape", 0.03), ("escape", 0.5), ("prompt", 0.0)]),
)
def test_turning_points_of_any_table(logs, kind):
    law, b = kind
    times = np.array([0.1, 0.3, 1, 10] if law == "prompt" else [0.1, 1, 5, np.inf])
    curves = lifetime_curves(times, 10 ** np.array(logs)[:, None], law)
    for segment in range(3):
        turnings = np.log(np.clip(curves.turning_ns(b)[segment::3, 0], 1e-9, 1e9))
        low, high = curves.knots[segment : segment + 2, 0]
        tau = np.geomspace(low, min(high, 1e4), 2000)
        limit = curves.log_limit(np.zeros(2000, dtype=np.intp), tau)
        signal = np.log(b + (1 - b) * np.exp(curves.longest[0] - limit)) if b else -limit
        excess = signal - np.log(tau)
        turns = np.flatnonzero(np.diff(np.sign(np.diff(excess))) != 0)
        assert all(np.min(np.abs(np.log(tau[i + 1]) - turnings)) < 0.02 for i in turns)


def test_the_result_does_not_depend_on_how_masses_are_cut():
    model, limits = load_model("bc4"), published("na62_kpix_invisible_2016_22")
    whole = exclude(model, limits)
    pieces = [exclude(model, limits, part) for part in np.array_split(limits.mass_MeV, 7)]
    for name, values in whole.items():
        assert np.array_equal(values, np.concatenate([piece[name] for piece in pieces]))


# --- union and contours -------------------------------------------------------------------------------------


def rows(*entries):
    label, kind, mass, low, high, search = zip(*entries, strict=True)
    text = {"search": search, "label": label, "kind": kind, "edge_low": search, "edge_high": search}
    return {
        **{k: np.array(v) for k, v in text.items()},
        "mass_MeV": np.array(mass, dtype=float),
        "coupling_low": np.array(low, dtype=float),
        "coupling_high": np.array(high, dtype=float),
    }


def test_union_merges_what_overlaps():
    found = union(
        rows(
            ("p", "observed", 1, 1, 5, "a"),
            ("p", "observed", 1, 2, 3, "b"),
            ("p", "observed", 1, 4, 7, "c"),
            ("p", "observed", 1, 8, 9, "a"),
            ("p", "observed", 2, 1, 2, "a"),
            ("q", "observed", 1, 6, 8, "a"),
        )
    )
    assert list(found["coupling_low"]) == [1, 8, 1, 6] and list(found["coupling_high"]) == [7, 9, 2, 8]
    assert list(found["edge_low"]) == ["a", "a", "a", "a"] and list(found["edge_high"]) == ["c", "a", "a", "a"]


def test_envelope_and_where_its_edges_come_from():
    found = union(
        rows(("p", "observed", 1, 1, 5, "a"), ("p", "observed", 1, 8, 9, "b"), ("p", "observed", 2, 3, 4, "b"))
    )
    assert list(found["from_low"]) == ["a", "b", "b"]
    outer = envelope(found)
    assert list(outer["coupling_low"]) == [1, 3] and list(outer["coupling_high"]) == [9, 4]
    assert list(outer["from_low"]) == ["a", "b"] and list(outer["from_high"]) == ["b", "b"]
    nothing = union({name: values[:0] for name, values in rows(("p", "observed", 1, 1, 5, "a")).items()})
    assert len(envelope(nothing)["from_low"]) == 0


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 20), st.integers(1, 6)), min_size=1, max_size=12))
def test_union_covers_the_same_points(entries):
    found = union(rows(*(("p", "observed", m, low, low + width, "s") for m, low, width in entries)))
    for mass in range(3):
        for point in np.arange(0, 27, 0.5):
            expected = any(m == mass and low <= point <= low + width for m, low, width in entries)
            own = found["mass_MeV"] == mass
            covers = (found["coupling_low"][own] <= point) & (point <= found["coupling_high"][own])
            assert covers.sum() == expected


def test_union_of_searches_reaches_as_far_as_the_best():
    model = load_model("bc4_inv")
    searches = [published(name) for name in list(SEARCHES)[:3]]
    masses = common_masses(searches)[::10]
    single, together = exclude_all(model, searches, masses), union(exclude_all(model, searches, masses))
    for mass in np.unique(single["mass_MeV"]):
        best = single["coupling_low"][single["mass_MeV"] == mass].min()
        assert together["coupling_low"][together["mass_MeV"] == mass].min() == best


def test_contours_are_closed_and_keep_off_what_is_allowed():
    columns = rows(*(("p", "observed", m, 1, 2, "a") for m in (1, 2, 3, 5, 6)))
    found = contours(columns, np.arange(1.0, 9.0))
    assert set(found["polygon"]) == {0, 1}
    for number in (0, 1):
        own = found["polygon"] == number
        mass, coupling = found["mass_MeV"][own], found["coupling"][own]
        assert (mass[0], coupling[0]) == (mass[-1], coupling[-1])
    assert set(found["mass_MeV"][found["polygon"] == 0]) == {1, 2, 3}


def test_contours_follow_a_region_that_splits():
    columns = rows(
        ("p", "observed", 1, 1, 8, "a"), ("p", "observed", 2, 1, 8, "a"), ("p", "observed", 3, 1, 3, "a"),
        ("p", "observed", 3, 5, 8, "a"), ("p", "observed", 4, 1, 3, "a"), ("p", "observed", 4, 5, 8, "a"),
    )  # fmt: skip
    found = contours(columns, np.arange(1.0, 5.0))
    spans = sorted(
        (found["mass_MeV"][found["polygon"] == n].min(), found["mass_MeV"][found["polygon"] == n].max())
        for n in np.unique(found["polygon"])
    )
    assert spans == [(1, 2), (2, 4), (2, 4)]
