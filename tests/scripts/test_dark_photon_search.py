"""pi0 -> gamma A', A' -> e+ e- of NA48/2: the whole chain of scripts on small samples."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import uproot
import yaml

import compute_acceptance
import compute_limits
import convert_limits
import exclude
import make_windows
import select_events
import simulate_events
import simulate_signal
from darkaon.config.search import load_search
from darkaon.report.headlines import our_number
from darkaon.simulation.dalitz import dalitz_spectrum
from darkaon.tables.table import read_table
from darkaon.windows.hypotheses import hypotheses, load_candidates
from darkaon.windows.sidebands import fit_sidebands, sideband_design

ROOT = Path(__file__).parents[2]
SEARCH = ROOT / "config/searches/na482_dark_photon.yaml"
CHANNELS = ("pi_pi0", "pi0_mu_nu")
FRACTION = 0.004


class Chain:
    """The files of the chain by name, in one folder."""

    def __init__(self, folder, **slots):
        self.folder = folder
        content = yaml.safe_load(SEARCH.read_text()) | slots
        content["simulation"] |= {"fraction": FRACTION}
        content["simulation"]["signal"]["decays"] = 15_000
        self.search = folder / "search.yaml"
        self.search.write_text(yaml.safe_dump(content))
        self.sample("data", simulate_events, ["--period", "2003-04"])

    def limits(self):
        """From windows to limits."""
        for channel in CHANNELS:
            self.sample(channel, simulate_signal, ["--channel", channel])
        names = ["--name", "s", "--label", "simulated"]
        self.run(make_windows, [*names, "--candidates", self.path("data.npy"), "--output", self.path("windows.csv")])
        files = [[self.path(f"{channel}.{end}") for channel in CHANNELS] for end in ("npy", "csv")]
        self.run(
            compute_acceptance,
            ["--candidates", *files[0], "--cutflow", *files[1], "--channels", *CHANNELS, "--output",
             self.path("acceptance.csv")],
        )  # fmt: skip
        both = ["--acceptance", self.path("acceptance.csv")]
        self.run(compute_limits, [*both, "--windows", self.path("windows.csv"), "--output", self.path("events.csv")])
        self.run(
            convert_limits, [*both, "--event-limits", self.path("events.csv"), "--output", self.path("limits.csv")]
        )
        return self

    def sample(self, name, script, more):
        """Simulate and select a sample."""
        self.run(script, ["--sample", name, "--seed", "1", "--output", self.path(f"{name}.root"), *more])
        self.run(
            select_events,
            ["--sample", name, "--label", "simulated", "--input", self.path(f"{name}.root"),
             "--output", self.path(f"{name}.npy"), "--cutflow", self.path(f"{name}.csv")],
        )  # fmt: skip

    def path(self, name):
        return str(self.folder / name)

    def run(self, script, arguments):
        script.main(["--search", str(self.search), *arguments])

    def facts(self):
        """What the simulation of the data says of itself."""
        with uproot.open(self.path("data.root")) as file:
            return json.loads(str(file["metadata"]))


@pytest.fixture(scope="module", autouse=True)
def at_root():
    here = Path.cwd()
    os.chdir(ROOT)
    yield
    os.chdir(here)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Chain(tmp_path_factory.mktemp("dark_photon")).limits()


@pytest.fixture(scope="module")
def search():
    return load_search(SEARCH)


def test_efficiencies_close_the_normalisation(made, search):
    """N_K B_c B(pi0 -> gamma e e) A_c efficiency_c gives 1.38e7 and 0.31e7 candidates; a part is simulated."""
    facts, slot = made.facts(), search.normalisation
    for name, candidates in (("pi_pi0", 1.38e7), ("pi0_mu_nu", 0.31e7)):
        acceptance = facts[f"{name}_dalitz acceptance"]
        expected = slot.value * slot.channels[name].effective * 0.01174 * acceptance
        assert expected == pytest.approx(candidates, rel=0.04)  # Monte Carlo error of the acceptance: 1 to 2 %
        mean = FRACTION * candidates
        assert facts[f"{name}_dalitz"] == pytest.approx(mean, abs=5 * np.sqrt(mean))


def test_404_hypotheses_half_a_resolution_apart(search):
    grid = hypotheses(search, SEARCH)
    assert len(grid.windows.mass_MeV) == 404 and grid.note.startswith("404 masses, 0.497")
    assert (grid.windows.mass_MeV[0], grid.windows.mass_MeV[-1]) == (9, 120)
    # evenly spaced in u = integral dm/(0.067 + 0.0105 m) = ln(0.067 + 0.0105 m)/0.0105
    u = np.log(0.067 + 0.0105 * grid.windows.mass_MeV) / 0.0105
    np.testing.assert_allclose(np.diff(u), np.diff(u).mean(), rtol=1e-6)
    np.testing.assert_allclose(grid.windows.high - grid.windows.mass_MeV, 1.5 * grid.windows.sigma, rtol=1e-9)


def test_the_simulation_has_the_resolution_of_the_table(made, search):
    """68.3 % half-width of m_ee: within 12 % at each mass, 3 % in the mean."""
    table = read_table(search.resolution.path)
    ratio = []
    for mass in (10.0, 20.0, 40.0, 70.0, 100.0, 120.0):
        values = np.concatenate([own[own["x_mass_MeV"] == mass]["observable"] for own in signals(made)])
        ratio.append(np.quantile(np.abs(values - mass), 0.6827) / np.interp(mass, *table.columns.values()))
    assert max(ratio) < 1.12 and min(ratio) > 0.88
    assert np.mean(ratio) == pytest.approx(1, abs=0.03)


def signals(made):
    return [load_candidates([made.path(f"{channel}.npy")]) for channel in CHANNELS]


def test_the_cubic_follows_the_spectrum(search):
    """Expected counts of the whole spectrum without fluctuations: the bias is a tenth of the error of the count."""
    grid, slot = hypotheses(search, SEARCH).windows, search.background
    design = sideband_design(
        grid.centre, grid.low, grid.high, slot.half_width_sigma * grid.sigma, spectrum=slot.spectrum, bins=slot.bins
    )
    fine = np.linspace(slot.spectrum[0], slot.spectrum[1], 400_001)
    density = 2 * fine * dalitz_spectrum((fine * 1e-3) ** 2)  # dGamma/dm
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(fine))])
    cumulative *= 0.02 * 1.69e7 * 0.8 / cumulative[-1]  # of the candidates of this search, 0.8 are above 4 MeV
    fit = fit_sidebands(np.diff(np.interp(design.edges, fine, cumulative), axis=1), design, slot.order)
    true = np.interp(grid.high, fine, cumulative) - np.interp(grid.low, fine, cumulative)
    pull = (fit.background - true) / np.sqrt(true + fit.uncertainty**2)
    assert np.abs(pull).max() < 0.12 and abs(pull.mean()) < 0.02


def test_counts_agree_with_the_sidebands(made):
    windows = read_table(made.path("windows.csv"))
    error = np.hypot(windows["background_stat"], np.sqrt(windows["background"]))
    pull = (windows["n_observed"] - windows["background"]) / error
    assert abs(pull.mean()) < 0.4 and pull.std() == pytest.approx(1, abs=0.3)  # of about 70 independent windows


def test_the_median_limit_is_near_the_published_ones(made, search, tmp_path):
    headline = next(h for h in search.headlines if h.kind == "coupling")
    limits = tmp_path / "branching_limits.csv"
    limits.write_text(Path(made.path("limits.csv")).read_text())
    output = str(tmp_path / "exclusion.csv")
    exclude.main(["--model", "bc1", "--limits", str(limits), "--output", output])
    assert "data_fraction: s 0.004" in Path(output).read_text()
    exclusion = read_table(output, text=("search", "label", "kind", "edge_low", "edge_high"))
    ours = our_number(headline, {"exclusion": exclusion}, "expected", search.normalisation, FRACTION)
    assert headline.value / 3 < ours < headline.value * 3
    # the same by hand: eps^2 = B/(2 B(gamma gamma) (1 - m^2/m_pi0^2)^3), where A' decays at once
    table = read_table(limits)
    prompt = table.where((table["lifetime_ns"] == 0) & (table["mass_MeV"] >= 10) & (table["mass_MeV"] <= 70))
    epsilon2 = prompt["expected"] / (2 * 0.98823 * (1 - (prompt["mass_MeV"] / 134.9768) ** 2) ** 3)
    assert ours == pytest.approx(np.median(epsilon2) * np.sqrt(FRACTION), rel=2e-3)


def test_an_injected_dark_photon_comes_from_both_channels(made, search, tmp_path):
    """N_K f sum_c B_c e_c A_c B events, a peak at its mass; found in a window with its efficiency."""
    inject = {"mass_MeV": 60.0, "branching_ratio": 1e-5}
    with_signal = Chain(tmp_path, inject=inject)
    acceptance = read_table(made.path("acceptance.csv"))
    prompt = acceptance.where(acceptance["lifetime_ns"] == 0)
    row = np.argmin(np.abs(prompt["mass_MeV"] - 60))
    expected = inject["branching_ratio"] / (prompt["ses"][row] * prompt["window_efficiency"][row])
    assert with_signal.facts()["injected_candidates"] == pytest.approx(expected, abs=4.5 * np.sqrt(expected))
    extra = [len(load_candidates([chain.path("data.npy")])) for chain in (with_signal, made)]
    assert extra[0] - extra[1] == with_signal.facts()["injected_candidates"]
