"""K -> pi gamma gamma: the whole chain of scripts on small samples, and the published curve in its band."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import yaml

import compare_published
import compute_acceptance
import compute_limits
import convert_limits
import import_published
import make_windows
import select_events
import simulate_background
import simulate_events
import simulate_signal
from darkaon.config.search import load_search
from darkaon.tables.table import read_table
from darkaon.windows.hypotheses import load_candidates

ROOT = Path(__file__).parents[2]
SEARCH = ROOT / "config/searches/na62_kpix_gammagamma.yaml"


class Chain:
    """The files of the chain by name, in one folder."""

    def __init__(self, folder, **slots):
        self.folder = folder
        content = yaml.safe_load(SEARCH.read_text()) | slots
        content["masses"]["step"] = 2.5
        content["simulation"]["signal"]["decays"] = 8000
        content["simulation"]["background"]["decays"] = 100_000
        self.search = folder / "digamma.yaml"
        self.search.write_text(yaml.safe_dump(content))
        for sample, script, more in (
            ("2017", simulate_events, ["--period", "2017"]),
            ("2018", simulate_events, ["--period", "2018"]),
            ("signal", simulate_signal, []),
            ("background", simulate_background, []),
        ):
            self.run(script, ["--sample", sample, "--seed", "1", "--output", self.path(f"{sample}.root"), *more])
            self.run(
                select_events,
                ["--sample", sample, "--label", "simulated", "--input", self.path(f"{sample}.root"),
                 "--output", self.path(f"{sample}.npy"), "--cutflow", self.path(f"{sample}.csv")],
            )  # fmt: skip
        data = [self.path("2017.npy"), self.path("2018.npy")]
        self.run(
            make_windows,
            ["--name", "s", "--label", "simulated", "--candidates", *data, "--background",
             self.path("background.npy"), "--output", self.path("windows.csv")],
        )  # fmt: skip
        signal = ["--candidates", self.path("signal.npy"), "--cutflow", self.path("signal.csv")]
        self.run(compute_acceptance, [*signal, "--output", self.path("acceptance.csv")])
        both = ["--acceptance", self.path("acceptance.csv")]
        self.run(compute_limits, [*both, "--windows", self.path("windows.csv"), "--output", self.path("events.csv")])
        self.run(
            convert_limits, [*both, "--event-limits", self.path("events.csv"), "--output", self.path("limits.csv")]
        )

    def path(self, name):
        return str(self.folder / name)

    def run(self, script, arguments):
        script.main(["--search", str(self.search), *arguments])

    def table(self, name):
        return read_table(self.path(f"{name}.csv"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        yield Chain(tmp_path_factory.mktemp("digamma"))
    finally:
        os.chdir(here)


def test_data_hold_the_published_numbers(made):
    """3693 decays and 291 others in 0.20 < z < 0.51, by one Poisson draw."""
    found = np.concatenate([load_candidates([made.path(f"{year}.npy")])["observable"] for year in (2017, 2018)])
    z = (found / 493.677) ** 2
    assert np.sum((z > 0.20) & (z < 0.51)) == pytest.approx(3984, abs=4 * np.sqrt(3984))
    assert found.min() >= 205 and np.sum(z < 0.20) > 20  # there is a spectrum below the Standard Model sample


def test_background_of_the_windows(made):
    windows = made.table("windows")
    assert windows.header["expected_events"] == "3984.00"
    pull = (windows["n_observed"] - windows["background"]) / np.sqrt(windows["background"])
    assert abs(pull.mean()) < 0.5 and pull.std() == pytest.approx(1, abs=0.35)
    # the cusp at twice the pion mass: three times the background within 20 MeV
    low, high = (np.interp(m, windows["mass_MeV"], windows["background"] / windows["resolution"]) for m in (262, 285))
    assert high > 2 * low
    assert "derived: background.components.pi_gammagamma.events" in windows.header["statuses"]


def test_resolution_table_is_that_of_the_simulation(made):
    """68.3 % half-width of the selected signal; 2.0 to 0.2 MeV as recalled of the publication."""
    table = read_table(ROOT / "resources/na62/digamma_resolution.csv")
    signal = load_candidates([made.path("signal.npy")])
    for mass in (222.0, 260.0, 290.0, 328.0, 346.0):
        low, high = np.quantile(signal["observable"][signal["x_mass_MeV"] == mass], [0.1587, 0.8413])
        assert (high - low) / 2 == pytest.approx(
            np.interp(mass, table["mass_MeV"], table["resolution_MeV"]), rel=0.06
        )
    assert np.interp([207, 350], table["mass_MeV"], table["resolution_MeV"]) == pytest.approx([2.0, 0.2], rel=0.1)


def test_efficiency_is_the_yield_over_the_simulated_acceptance(made, capsys):
    """efficiency = 3693 / (N_K B(K -> pi gamma gamma) A_geometry): N_K drops out of the limits."""
    made.run(
        simulate_events, ["--sample", "a", "--period", "2018", "--seed", "3", "--output", made.path("again.root")]
    )
    line = next(s for s in capsys.readouterr().out.splitlines() if s.startswith("pi_gammagamma acceptance"))
    search = load_search(SEARCH, ("normalisation", "acceptance"))
    effective = search.normalisation.value * search.acceptance.efficiency.value * float(line.split(": ")[1])
    assert effective * 9.61e-7 == pytest.approx(3693, rel=0.03)


def test_an_injected_signal_has_the_efficiency_of_the_data(made, tmp_path, capsys):
    """N_K x share x B x efficiency x A_geometry candidates."""
    content = yaml.safe_load(made.search.read_text()) | {"inject": {"mass_MeV": 300.0, "branching_ratio": 1e-6}}
    content["background"]["components"]["pi_gammagamma"]["events"]["value"] = 10.0
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(content))
    simulate_events.main(
        ["--search", str(tmp_path / "x.yaml"), "--sample", "x", "--period", "2018", "--seed", "1", "--output",
         str(tmp_path / "x.root")]
    )  # fmt: skip
    line = next(s for s in capsys.readouterr().out.splitlines() if s.startswith("injected_candidates"))
    signal = made.table("acceptance")
    inside = signal["acceptance"] / signal["window_efficiency"]  # efficiency x A_geometry
    expected = 5.55e10 * 0.65 * 1e-6 * inside[(signal["lifetime_ns"] == 0) & (signal["mass_MeV"] == 300)][0]
    assert int(line.split(": ")[1]) == pytest.approx(expected, rel=0.06)


def test_lifetimes_by_the_prompt_law(made):
    limits = made.table("limits")
    prompt = limits["observed"][limits["lifetime_ns"] == 0]
    for tau in (0.1, 0.2, 0.5, 1, 2):
        at_tau = limits["observed"][limits["lifetime_ns"] == tau]
        np.testing.assert_allclose(at_tau / prompt, 1 / (1 - np.exp(-0.087 / tau)), rtol=1e-6)


def test_the_published_curve_lies_in_the_band(made):
    """80 % at least within +-2 sigma, normalised by the Standard Model yield alone; for every lifetime."""
    made.run(import_published, ["--name", "s", "--output", made.path("published.csv")])
    arguments = {name: made.path(f"{name}.csv") for name in ("acceptance", "published")}
    arguments |= {"own": made.path("limits.csv"), "output": made.path("comparison.csv")}
    compare_published.main([part for name, value in arguments.items() for part in (f"--{name}", value)])
    comparison = read_table(made.path("comparison.csv"), text=("scope",))
    comparison = comparison.where(comparison["scope"] == "range")  # the others are parts of it
    assert len(comparison) == 6
    assert np.all(comparison["inside_band"] >= 0.80)
    assert np.all((comparison["ratio"] > 0.8) & (comparison["ratio"] < 1.5))
