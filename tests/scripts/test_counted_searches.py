"""The searches of other experiments that enter by published counts or limits: their headlines, run as programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import compare_published
import compute_limits
import convert_limits
import count_windows
import exclude
import import_published
from darkaon.config.search import load_search
from darkaon.constants import B_PI0_GAMMA_GAMMA, M_K0, M_PI0, M_PION, SPEED_OF_LIGHT_M_PER_NS
from darkaon.errors import InputError
from darkaon.models.loading import load_model
from darkaon.models.rates import momentum, triangle
from darkaon.statistics.limits import set_limits
from darkaon.tables.table import read_table

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Search -> its tables, each made once."""
    done = {}

    def chain(name):
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            path = {t: str(folder / f"{t}.csv") for t in ("windows", "acceptance", "event_limits", "limits")}
            shared = ["--search", f"config/searches/{name}.yaml"]
            tables = ["--windows", path["windows"], "--acceptance", path["acceptance"]]
            count_windows.main([*shared, "--name", name, *tables])
            compute_limits.main([*shared, *tables, "--output", path["event_limits"]])
            events = ["--event-limits", path["event_limits"], *tables[2:]]
            convert_limits.main([*shared, *events, "--output", path["limits"]])
            done[name] = {t: read_table(p) for t, p in path.items()}, path
        return done[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        yield chain


def stable(table):
    """The rows of X that escapes; the search has finite lifetimes too."""
    return table.where(np.isinf(table["lifetime_ns"]))


def reference(tables, column):
    """The limit on the decay whose sensitivity was published: B_X A_X/A."""
    return tables["limits"][column] * tables["acceptance"]["acceptance"]


@pytest.mark.parametrize(
    ("period", "published", "systematic"),
    [("2015", 3.0e-9, 3.0e-9), ("2016_18", 4.9e-9, 4.9e-9), ("2021", 2.15e-9, 2.2e-9)],
)
def test_koto_pi0_nu_nu_without_background_subtraction(made, period, published, systematic):
    """Within 5 %, and with the error of the sensitivity; our own limits, which subtract, beside."""
    tables, _ = made(f"koto_kl_pi0x_{period}")
    np.testing.assert_allclose(reference(tables, "observed_no_subtraction"), published, rtol=0.05)
    np.testing.assert_allclose(reference(tables, "observed_cousins_highland"), systematic, rtol=0.05)
    own, above = reference(tables, "observed"), reference(tables, "observed_cousins_highland")
    if tables["windows"]["n_observed"][0] == 0:  # nothing to subtract
        np.testing.assert_allclose(own, above, rtol=0.01)
    else:
        assert np.all(own < 0.85 * above)


def test_koto_periods_together(made):
    """Counts, backgrounds and 1/SES add; one limit on their sum."""
    tables, _ = made("koto_kl_pi0x")
    windows = tables["windows"]
    assert np.all(windows["n_observed"] == 3) and windows.label == "published counts"
    np.testing.assert_allclose(windows["background"], 0.42 + 1.22 + 0.252)
    sensitivity = 1 / (1 / 1.30e-9 + 1 / 7.20e-10 + 1 / 9.33e-10)
    np.testing.assert_allclose(tables["acceptance"]["ses"] * tables["acceptance"]["acceptance"], sensitivity)
    np.testing.assert_allclose(reference(tables, "observed_no_subtraction"), 6.6808 * sensitivity, rtol=1e-4)
    best = made("koto_kl_pi0x_2021")[0]["limits"]
    assert np.all(tables["limits"]["expected"] < best["expected"])


def test_koto_acceptance_of_x(made):
    """1.37 at 135 MeV is tuned (1.6e-9); the shape is that of the transverse momentum of an isotropic decay."""
    tables, _ = made("koto_kl_pi0x_2021")
    limits, escaped = stable(tables["limits"]), stable(tables["acceptance"])
    acceptance, mass = escaped["acceptance"], escaped["mass_MeV"]
    assert acceptance[mass == 135] == pytest.approx(1.37)
    assert limits["observed_no_subtraction"][mass == 135] == pytest.approx(1.6e-9, rel=0.05)
    assert "tuned: acceptance of KL -> pi0 X" in tables["limits"].header["statuses"]

    def part(p):  # of isotropic pi0 of momentum p with p_T from the edge, 0.13-0.15 GeV, to 0.25 GeV
        return np.mean([np.sqrt(np.maximum(1 - (edge / p) ** 2, 0)) for edge in np.linspace(0.13, 0.15, 401)], axis=0)

    q2 = np.linspace(0, (M_K0 - M_PI0) ** 2, 2001)[:-1]
    flux = triangle(M_K0**2, M_PI0**2, q2)
    t = q2 / M_PION**2
    weight = flux**1.5 * (1 + 0.0248 * t + 0.0008 * t**2) ** 2  # KL -> pi0 nu nu
    alone = part(momentum(M_K0, M_PI0, mass * 1e-3)) / np.average(part(np.sqrt(flux) / (2 * M_K0)), weights=weight)
    np.testing.assert_allclose(acceptance / acceptance[mass == 135], alone / alone[mass == 135], rtol=2e-3)
    assert alone[mass == 135] == pytest.approx(1.278, abs=0.005)


def test_koto_lifetimes_by_the_simple_law(made):
    """UL(tau) = UL(inf) exp(kappa m/(c tau)) with kappa = 5 m/GeV."""
    limits = made("koto_kl_pi0x")[0]["limits"]
    whole = stable(limits)
    assert np.unique(limits["lifetime_ns"]).tolist() == [0.1, 0.3, 1, 3, 10, 100, np.inf]
    for tau in (0.1, 1, 10):
        at = limits.where(limits["lifetime_ns"] == tau)
        per_kappa = at["mass_MeV"] * 1e-3 / (SPEED_OF_LIGHT_M_PER_NS * tau)
        np.testing.assert_allclose(at["observed"] / whole["observed"], np.exp(5 * per_kappa), rtol=1e-6)


def test_koto_2015_curve(made):
    """The published curve of 2015, which the acceptance has not seen: within 15 % below 220 MeV."""
    tables, _ = made("koto_kl_pi0x_2015")
    published = read_table(ROOT / "resources/published/koto_kl_pi0x_2015.csv")
    limits = stable(tables["limits"])
    own = np.interp(published["mass_MeV"], limits["mass_MeV"], limits["observed_no_subtraction"])
    ratio = (own / published["upper_limit"])[published["mass_MeV"] < 220]
    assert np.all(np.abs(ratio - 1) < 0.15)
    assert np.median(ratio) == pytest.approx(0.92, abs=0.03)


def test_koto_gamma_aprime(made):
    """13 events on 12.66 +- 4.42 +- 2.13: 3.4e-7 within 15 % with the background subtracted."""
    tables, _ = made("koto_kl_gamma_aprime")
    assert tables["limits"]["mass_MeV"].tolist() == [0]
    assert tables["limits"]["observed"][0] == pytest.approx(3.4e-7, rel=0.15)
    assert tables["limits"]["observed_no_subtraction"][0] > 5e-7
    assert tables["windows"]["background_stat"][0] == pytest.approx(np.hypot(4.42, 2.13), abs=0.005)


def test_koto_four_photons(made):
    """No event: ln 10 whatever the background below 0.62; two ranges of masses, and nothing between."""
    tables, _ = made("koto_kl_xx_4gamma")
    limits = tables["limits"]
    low = limits["mass_MeV"] <= 110
    np.testing.assert_allclose(tables["event_limits"]["observed"], np.log(10), rtol=1e-6)
    assert (limits["observed"][low].min(), limits["observed"][low].max()) == pytest.approx((1e-7, 4e-7), rel=0.01)
    assert (limits["observed"][~low].min(), limits["observed"][~low].max()) == pytest.approx((1e-6, 2e-6), rel=0.01)
    assert limits["mass_MeV"][~low].min() == 210 and limits["lifetime_ns"].tolist() == [0] * len(limits)
    assert limits.header["statuses"].startswith("tuned: counts.all.ses, relative acceptance")
    assert limits.label == "assumed counts"  # no event is published, what one would be worth is not


def test_koto_two_pi0_at_95(made):
    """Three events in all, two near 177 MeV; the level is in every header, and no event gives ln 20."""
    tables, _ = made("koto_kl_pi0pi0x")
    n, mass = tables["windows"]["n_observed"], tables["windows"]["mass_MeV"]
    assert len(mass) == 13 and n.sum() == 3 and n[mass == 175] == 2
    assert tables["event_limits"].header["level"] == tables["limits"].header["level"] == "0.95"
    smeared = set_limits(0, 0.2, 0.1, level=0.95, signal_uncertainty=0.31 / 4.27).observed[0]
    np.testing.assert_allclose(tables["event_limits"]["observed"][n == 0], smeared, rtol=1e-6)
    assert smeared == pytest.approx(np.log(20), rel=0.01)
    observed = tables["limits"]["observed"]
    assert (observed.min(), observed.max()) == pytest.approx((1e-7, 2e-6), rel=0.02)


def test_na62_pi0_to_gamma_aprime(made, tmp_path):
    """B is that of the pi0's own decay; epsilon^2 = B/(2 (1 - m^2/m_pi0^2)^3 B(gamma gamma))."""
    tables, path = made("na62_pi0_gamma_aprime")
    limits = stable(tables["limits"])
    np.testing.assert_allclose(limits["observed"], tables["event_limits"]["observed"] / (4.12e8 * 0.1), rtol=1e-8)
    assert "tagged_limit" not in limits.header
    assert limits.label == "assumed counts"  # none is published here
    assert limits.header["statuses"].splitlines()[0] == "tuned: acceptance, counts.all"
    exclude.main(["--model", "bc2", "--limits", path["limits"], "--output", str(tmp_path / "x.csv")])
    found = read_table(tmp_path / "x.csv", text=("search", "label", "kind", "edge_low", "edge_high"))
    found = found.where(found["kind"] == "observed")
    expected = limits["observed"] / (2 * (1 - (limits["mass_MeV"] * 1e-3 / M_PI0) ** 2) ** 3 * B_PI0_GAMMA_GAMMA)
    np.testing.assert_allclose(found["coupling_low"] ** 2, expected, rtol=1e-6)
    assert 2e-7 < expected.min() < 8e-7


def test_oka_reaches_the_published_scale(tmp_path, monkeypatch):
    """|F_sd^A| > 6.4e7 GeV for a massless axion; the coarse table says that it is coarse."""
    monkeypatch.chdir(ROOT)
    limits, output = tmp_path / "limits.csv", tmp_path / "exclusion.csv"
    import_published.main(["--search", "config/searches/oka_kpipi0x.yaml", "--name", "oka", "--output", str(limits)])
    exclude.main(["--model", "axion_sd", "--limits", str(limits), "--output", str(output)])
    found = read_table(output, text=("search", "label", "kind", "edge_low", "edge_high"))
    assert 1 / found["coupling_low"][0] == pytest.approx(6.4e7, rel=0.02)
    for table in (read_table(limits), found):
        assert table.header["statuses"] == "tuned: limits of OKA between its published points"
    table = read_table(limits)
    assert table.label == "interpolated" and "three points of the abstract" in table.header["source"]
    at = dict(zip(table["mass_MeV"], table["observed"], strict=True))
    assert (at[0], at[135], at[200]) == (2.5e-6, 4.4e-6, 2e-7)


def test_a_level_flows_to_the_exclusion(made, tmp_path, capsys):
    """Limits at 95 % are said to be so on the screen and in the table."""
    text = Path(made("na62_pi0_gamma_aprime")[1]["limits"]).read_text().replace("# level: 0.9\n", "# level: 0.95\n")
    (tmp_path / "a.csv").write_text(text)
    shared = ["--model", "bc2", "--limits", str(tmp_path / "a.csv")]
    exclude.main(shared)
    assert "excluded epsilon at 95 % CL" in capsys.readouterr().out
    exclude.main([*shared, "--output", str(tmp_path / "b.csv")])
    texts = ("search", "label", "kind", "edge_low", "edge_high")
    assert read_table(tmp_path / "b.csv", text=texts).header["level"] == "0.95"
    exclude.main([*shared, str(ROOT / "resources/published/na62_kpix_invisible_2016_22.csv")])
    out = capsys.readouterr().out
    assert "excluded epsilon at 90 %, 95 % CL" in out and "observed at 95 %: 11 masses" in out


def test_limits_at_another_level_are_not_compared(made, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    _, path = made("koto_kl_pi0x_2015")
    own, published = Path(path["limits"]), tmp_path / "published.csv"
    shared = ["--search", "config/searches/koto_kl_pi0x_2015.yaml", "--name", "s", "--output", str(published)]
    import_published.main(shared)
    rest = ["--acceptance", path["acceptance"], "--published", str(published), "--output", str(tmp_path / "c.csv")]
    compare_published.main(["--own", str(own), *rest])
    (tmp_path / "c.csv").unlink()
    other = tmp_path / "95.csv"
    other.write_text(own.read_text().replace("# level: 0.9\n", "# level: 0.95\n"))
    with pytest.raises(InputError, match=r"limits at CL 0\.9, but those of .*95\.csv are at CL 0\.95; set"):
        compare_published.main(["--own", str(other), *rest])
    assert not (tmp_path / "c.csv").exists()


def test_a_published_table_is_known_by_its_variant(capsys):
    """The raw file alone: what the variant does not say of it stands with its search."""
    exclude.main(["--model", "bc4_inv", "--limits", str(ROOT / "resources/published/koto_kl_pi0x_2015.csv")])
    assert "koto_kl_pi0x_2015 (published), observed: 11 masses from 0 to 260.137 MeV" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["koto_kl_gamma_aprime", "koto_kl_xx_4gamma", "koto_kl_pi0pi0x"])
def test_no_model_has_these_decays(name):
    """KL -> gamma A' is a model-independent limit, and so are the others: no coupling plane."""
    search = load_search(ROOT / f"config/searches/{name}.yaml", ("process", "final_state"))
    for model in sorted((ROOT / "config/models").glob("*.yaml")):
        if model.stem != "mine":
            assert not load_model(model).meets(search.process, search.final_state), model.stem
