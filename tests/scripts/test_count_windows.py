"""Input level counts: the chain of pi0 -> invisible from published numbers, against what was published."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

import compute_limits
import convert_limits
import count_windows
from darkaon.config.search import load_search
from darkaon.errors import InputError
from darkaon.sensitivity.lifetime import escape_probability
from darkaon.tables.published import read_published
from darkaon.tables.table import read_table

ROOT = Path(__file__).parents[2]
SEARCH = ROOT / "config/searches/na62_pi0_invisible.yaml"


@pytest.fixture(autouse=True)
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def chain(folder, search):
    """Windows, acceptance, limits on events and on the branching ratio."""
    paths = {name: str(folder / f"{name}.csv") for name in ("windows", "acceptance", "event_limits", "limits")}
    shared = ["--search", str(search)]
    count_windows.main([*shared, "--name", "s", "--windows", paths["windows"], "--acceptance", paths["acceptance"]])
    both = [*shared, "--acceptance", paths["acceptance"]]
    compute_limits.main([*both, "--windows", paths["windows"], "--output", paths["event_limits"]])
    convert_limits.main([*both, "--event-limits", paths["event_limits"], "--output", paths["limits"]])
    return {name: read_table(path) for name, path in paths.items()}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return chain(tmp_path_factory.mktemp("counts"), SEARCH)


@pytest.fixture(scope="module")
def published():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return read_published(load_search(SEARCH, ("published",)).published)


@pytest.fixture
def edited(tmp_path):
    """Write the search with slots changed."""

    def write(**slots):
        content = yaml.safe_load(SEARCH.read_text()) | slots
        path = tmp_path / "x.yaml"
        path.write_text(yaml.safe_dump({key: value for key, value in content.items() if value is not None}))
        return path

    return write


def stable(table):
    return table.where(np.isinf(table["lifetime_ns"]))


def test_limits_on_events(made):
    """Two-piece log-normal background 10 +22 -8, and the count without subtraction."""
    limits = made["event_limits"]
    assert np.all(limits["observed"] == limits["observed"][0])
    assert limits["observed"][0] == pytest.approx(14.48, abs=0.01)
    assert limits["observed_no_subtraction"][0] == pytest.approx(17.78, abs=0.01)
    assert (limits["background_uncertainty"][0], limits["background_uncertainty_down"][0]) == (22, 8)


def test_limit_near_the_pi0_mass(made):
    """9.1e-10 at 130-135 MeV within 25 %, by the default; without subtraction within 5 %."""
    own = stable(made["limits"])
    near = (own["mass_MeV"] >= 130) & (own["mass_MeV"] <= 135)
    np.testing.assert_allclose(own["observed"][near], 9.1e-10, rtol=0.25)
    np.testing.assert_allclose(own["observed"][near], 7.5e-10, rtol=0.03)
    np.testing.assert_allclose(own["observed_no_subtraction"][near], 9.1e-10, rtol=0.05)


def test_pi0_to_invisible(made):
    """4.4e-9 within 3 % from the count without subtraction, in the header beside the default."""
    assert made["limits"].header["tagged_limit"] == (
        "B(pi0 -> invisible) below 3.63e-09 (observed), 4.46e-09 (observed_no_subtraction) at CL 0.9"
    )
    assert pytest.approx(4.4e-9, rel=0.03) == 4.46e-9


def test_shape_of_the_published_curve(made, published):
    """Normalised at 130-135 MeV, within 30 % from 118 to 150 MeV: the part of the Gaussian in the box."""
    own, theirs = stable(made["limits"]), stable(published)
    mass = theirs["mass_MeV"]
    ratio = np.exp(np.interp(mass, own["mass_MeV"], np.log(own["observed"]))) / theirs["observed"]
    ratio /= np.median(ratio[(mass >= 130) & (mass <= 135)])
    inside = (mass >= 118) & (mass <= 150)
    assert inside.sum() > 100
    assert np.abs(ratio[inside] - 1).max() < 0.30
    assert np.median(np.abs(ratio[inside] - 1)) < 0.05


def test_published_curve_in_the_expected_band(made, published):
    own, theirs = stable(made["limits"]), stable(published)
    low, high = (np.interp(theirs["mass_MeV"], own["mass_MeV"], own[f"expected_{s}2"]) for s in "mp")
    assert np.mean((theirs["observed"] > low) & (theirs["observed"] < high)) > 0.95


@pytest.fixture(scope="module")
def delayed(tmp_path_factory):
    """The law that the published limits follow, exp(2.2 ns/tau) for all masses, in place of the default."""
    folder = tmp_path_factory.mktemp("delayed")
    content = yaml.safe_load(SEARCH.read_text())
    content["lifetime"]["delay_ns"] = {"value": 2.2, "uncertainty": 0.1, "source": "s", "status": "derived"}
    del content["lifetime"]["pion_momentum_GeV"]
    (folder / "x.yaml").write_text(yaml.safe_dump(content))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return chain(folder, folder / "x.yaml")


def rise(table, tau):
    """Median over the masses of UL(tau) / UL(inf)."""
    at, whole = table.where(table["lifetime_ns"] == tau), stable(table)
    return np.median(at["observed"] / np.interp(at["mass_MeV"], whole["mass_MeV"], whole["observed"]))


@pytest.mark.parametrize(("tau", "tolerance"), [(0.5, 0.15), (1, 0.15), (2, 0.2), (5, 0.1)])
def test_lifetimes_as_published_by_the_law_with_a_delay(delayed, published, tau, tolerance):
    assert rise(delayed["limits"], tau) == pytest.approx(rise(published, tau), rel=tolerance)


@pytest.mark.parametrize("tau", [0.1, 0.2, 0.5, 1, 2, 5])
def test_lifetimes_by_the_flight_as_the_default(made, tau):
    """1/P to fly past the detector, at every mass."""
    limits = made["limits"]
    at, whole = limits.where(limits["lifetime_ns"] == tau), stable(limits)
    escaped = escape_probability(whole["mass_MeV"], np.array([tau]), (25, 40))[0]
    np.testing.assert_allclose(at["observed"] / whole["observed"], 1 / escaped, rtol=1e-6)


def test_the_published_limits_rise_more_than_by_the_flight(made, published):
    """A known difference, which the search's YAML says: a factor of 3 at 1 ns, less at longer lifetimes."""
    factors = [rise(published, tau) / rise(made["limits"], tau) for tau in (1, 2, 5)]
    assert factors == pytest.approx([3.09, 1.75, 1.25], rel=0.02)


def test_tables_say_what_they_are(made):
    assert made["windows"].label == made["limits"].label == "published counts"
    assert list(made["windows"].columns)[-1] == "background_down"
    assert len(made["windows"]) == 95 and len(made["acceptance"]) == 95 * 7
    # the default law, the flight, has no number from outside
    cited = "cited: counts.2017, normalisation, normalisation.branching_ratio, resolution"
    assert made["limits"].header["statuses"] == cited
    assert made["limits"].header["lifetime_law"] == "escape"


def test_a_delay_as_an_option(made, delayed):
    assert delayed["limits"].header["statuses"].startswith("derived: lifetime.delay_ns\ncited: counts.2017")
    tables = (made["limits"], delayed["limits"])
    at_1_ns = [t["observed"][(t["lifetime_ns"] == 1) & (t["mass_MeV"] == 135)][0] for t in tables]
    assert at_1_ns[1] / at_1_ns[0] == pytest.approx(np.exp(2.2) / 3.04, rel=0.01)


def test_a_prompt_law_as_everywhere(edited, tmp_path):
    """A(tau) = A(0) (1 - exp(-tau0/tau)), eq. 3.1 of arXiv:2507.17286."""
    law = {"kind": "prompt", "values_ns": [0, 2], "tau0_ns": {"value": 1, "source": "s", "status": "cited"}}
    limits = chain(tmp_path, edited(lifetime=law))["limits"]
    at = {tau: limits["observed"][limits["lifetime_ns"] == tau] for tau in (0, 2)}
    np.testing.assert_allclose(at[0] / at[2], 1 - np.exp(-0.5), rtol=1e-8)
    assert (limits.header["lifetime_law"], limits.header["tau0_ns"]) == ("prompt", "1")


@pytest.mark.parametrize(
    ("slots", "message"),
    [
        ({"lifetime": {"kind": "escape", "values_ns": [1]}}, "give delay_ns, kappa_m_per_GeV or pion_momentum_GeV"),
        ({"lifetime": {"kind": "prompt", "values_ns": [0, 1]}}, "lifetime: lifetimes above 0 need 'tau0_ns'"),
        ({"window": None}, "window: this slot is missing: acceptance.kind box needs it"),
        ({"masses": {"kind": "step", "step": 1, "ranges": [[100, 400]]}}, "at 243 MeV it is not above 0"),
        ({"normalisation": {"kind": "counts"}}, "needs the 'ses' of every period"),
    ],
)
def test_faults_name_the_file_and_leave_no_table(edited, tmp_path, slots, message):
    search = edited(**slots)
    with pytest.raises(InputError, match=message) as error:
        chain(tmp_path, search)
    assert str(error.value).startswith(str(search))
    assert not list(tmp_path.glob("*.csv"))


def test_a_search_of_events_is_refused(tmp_path):
    with pytest.raises(InputError, match="input: 'events' has no part in this step, which is for counts"):
        chain(tmp_path, Path("config/searches/na62_kpix_mumu.yaml"))
    assert not list(tmp_path.iterdir())
