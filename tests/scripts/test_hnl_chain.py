"""P+ -> l+ N: the chain of scripts on simulated parts of the data, and what it must give."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import yaml
from numpy.polynomial import legendre

import compute_acceptance
import compute_limits
import convert_limits
import fit_windows
import make_windows
import select_events
import simulate_events
import simulate_signal
from darkaon.config.search import load_search
from darkaon.constants import B_KAON_E_NU, B_KAON_MU_NU, B_PION_E_NU
from darkaon.events.branches import decode, encode
from darkaon.events.selection import Selection
from darkaon.models.hnl import Options, build
from darkaon.simulation.decays import recoil
from darkaon.simulation.experiment import experiment
from darkaon.simulation.samples import simulate
from darkaon.simulation.spectrum import tabulated
from darkaon.statistics.fit_model import Layout
from darkaon.statistics.limits import set_limits
from darkaon.tables.table import read_table, write_table
from darkaon.typing import BANDS
from darkaon.windows.grid import Resolution, mass_grid
from darkaon.windows.hypotheses import hypotheses, load_candidates
from darkaon.windows.sidebands import fit_sidebands, sideband_design

ROOT = Path(__file__).parents[2]
KE_N, KMU_N, PIE_N = (f"config/searches/na62_{name}.yaml" for name in ("ke_n", "kmu_n", "pie_n"))
PUBLISHED = {200: 6.5e-10, 300: 5.5e-10, 350: 3.5e-10, 400: 2.7e-9}  # |U_e4|^2, the experiment's own
WINDOW = {200: 1.5e4, 300: 1.8e4, 350: 5e3, 400: 1.2e5}  # candidates in a window of all data, tuned


@pytest.fixture(autouse=True, scope="module")
def at_the_root():
    here = Path.cwd()
    os.chdir(ROOT)
    yield
    os.chdir(here)


class Chain:
    """The tables of one search of a part of the data."""

    def __init__(self, folder: Path, path: str, fraction: float, **slots):
        content = yaml.safe_load(Path(path).read_text()) | slots
        content["simulation"] |= {"fraction": fraction}
        content["simulation"]["signal"]["decays"] = 12_000
        self.folder, self.fraction, self.yaml = folder, fraction, folder / "search.yaml"
        self.yaml.write_text(yaml.safe_dump(content))
        period = next(iter(content["periods"]))
        for sample, script, more in (
            ("data", simulate_events, ["--period", period]),
            ("signal", simulate_signal, []),
        ):
            self.run(script, "--sample", sample, "--seed", "3", "--output", self.path(f"{sample}.root"), *more)
            self.run(
                select_events, "--sample", sample, "--label", "simulated", "--input", self.path(f"{sample}.root"),
                "--output", self.path(f"{sample}.npy"), "--cutflow", self.path(f"{sample}.csv"),
            )  # fmt: skip
        signal = ("--signal", self.path("signal.npy"))
        more = signal if content["resolution"]["kind"] == "simulation" else ()
        self.run(
            make_windows, "--name", "s", "--label", "simulated", "--candidates", self.path("data.npy"), *more,
            "--output", self.path("windows.csv"),
        )  # fmt: skip
        self.run(
            compute_acceptance, "--candidates", self.path("signal.npy"), "--cutflow", self.path("signal.csv"),
            "--output", self.path("acceptance.csv"),
        )  # fmt: skip
        both = ("--acceptance", self.path("acceptance.csv"))
        seen = ("--windows", self.path("windows.csv"))
        self.run(
            fit_windows, *both, *seen, *more, "--label", "simulated", "--candidates", self.path("data.npy"),
            "--output", self.path("fits.csv"),
        )  # fmt: skip
        self.run(compute_limits, *both, *seen, "--fits", self.path("fits.csv"), "--output", self.path("events.csv"))
        self.run(
            convert_limits, *both, "--event-limits", self.path("events.csv"), "--output", self.path("limits.csv")
        )

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def run(self, script, *arguments: str) -> None:
        script.main(["--search", str(self.yaml), *arguments])

    def table(self, name: str):
        return read_table(self.path(f"{name}.csv"))

    def stable(self, name: str):
        """The rows of a stable N: the tables of all lifetimes begin with the shortest."""
        table = self.table(name)
        return table.where(np.isinf(table["lifetime_ns"]))

    def coupling(self, flavour: str, process: str, column: str = "expected"):
        """|U_l4|^2 of a stable N at the hypotheses."""
        limits, rate = self.stable("limits"), build(Options(mixing={flavour: 1})).production[process]
        return limits[column] / np.array([float(rate(mass, 1.0)) for mass in limits["mass_MeV"]])


@pytest.fixture(scope="module")
def part(tmp_path_factory):
    return Chain(tmp_path_factory.mktemp("part"), KE_N, 0.1)


@pytest.fixture(scope="module")
def smaller(tmp_path_factory):
    return Chain(tmp_path_factory.mktemp("smaller"), KE_N, 0.02)


def test_264_hypotheses_are_evenly_spaced():
    search = load_search(KE_N)
    resolution = Resolution(read_table(search.resolution.path), "resolution")
    masses, note = mass_grid(search.masses, resolution)
    assert len(masses) == 264 and (masses[0], masses[-1]) == (144, 462)
    spacing = np.diff(resolution.steps(masses))
    np.testing.assert_allclose(spacing, spacing[0], rtol=1e-6)
    assert spacing[0] == pytest.approx(1, abs=0.03) and f"{spacing[0]:.4f} sigma" in note
    read = {144: 5.0, 193: 3.3, 238: 2.4, 302: 1.6, 347: 1.2, 395: 0.8, 436: 0.5, 457.6: 0.4}
    np.testing.assert_allclose(resolution(list(read)), list(read.values()))


def test_63_hypotheses_half_an_mev_apart():
    masses, _ = mass_grid(load_search(PIE_N).masses, lambda mass: mass)
    np.testing.assert_allclose(masses, np.linspace(95, 126, 63))


@pytest.mark.parametrize("chain", ["part", "smaller"])
@pytest.mark.parametrize("mass", PUBLISHED)
def test_background_is_the_declared_one_and_the_coupling_within_a_factor_of_two(chain, mass, request):
    made = request.getfixturevalue(chain)
    events, near = made.table("events"), np.argmin(np.abs(made.table("events")["mass_MeV"] - mass))
    b = events["background"][near] / made.fraction
    at = events["mass_MeV"][near]
    search = load_search(KE_N)
    density = tabulated(read_table(search.simulation.spectrum.path), "table")
    half = 1.5 * made.table("windows")["resolution"][near]
    declared = density.events * np.diff(np.interp([at - half, at + half], density.mass_MeV, density.cumulative))[0]
    error = events["background_uncertainty"][near] / made.fraction
    assert b == pytest.approx(declared, abs=4 * error)
    assert declared == pytest.approx(WINDOW[mass], rel=0.15)  # the hypothesis lies up to sigma/2 beside
    found = made.coupling("e", "K+ -> e+ X")[near] * np.sqrt(made.fraction)
    assert 0.5 < found / PUBLISHED[mass] < 2


def test_limits_scale_with_the_root_of_the_fraction(part, smaller):
    ratio = smaller.coupling("e", "K+ -> e+ X") / part.coupling("e", "K+ -> e+ X")
    few = smaller.table("events")["background"] < 100
    fits = [made.table("fits") for made in (part, smaller)]
    alike = (fits[0]["order"] == fits[1]["order"]) & (fits[0]["counted"] + fits[1]["counted"] == 0)
    assert np.median(ratio[~few]) == pytest.approx(np.sqrt(0.1 / 0.02), rel=0.02)
    assert np.mean(alike) > 0.7  # another order, or counting, is another method in the two
    assert np.all(np.abs(ratio[~few & alike] / np.sqrt(5) - 1) < 0.15)
    for made in (part, smaller):  # and every table says so
        tables = [made.table(name) for name in ("windows", "acceptance", "events", "limits")]
        assert {table.header["data_fraction"] for table in tables} == {f"{made.fraction:g}"}


def test_many_events_make_the_limit_a_gaussian_one(part):
    """1.645 standard deviations of the signal, fitted or n - b: the median of CLs at 90 % for large counts."""
    events, fits = part.table("events"), part.table("fits")
    fitted = fits["counted"] == 0
    assert np.mean(fitted) > 0.9
    np.testing.assert_allclose((events["expected"] / fits["signal_error"])[fitted], 1.645, rtol=0.03)
    inside = events["expected"] * fits["efficiency"] * (1 - events["leak"])
    sigma = np.sqrt(events["background"] + events["background_uncertainty"] ** 2)
    np.testing.assert_allclose((inside / sigma)[~fitted], 1.645, rtol=0.03)


def test_fits_have_the_error_of_a_gaussian_on_a_flat_background(part):
    """Its part beside a polynomial of the order, by hand; near the end of the spectrum there is less to fit."""
    events, fits = part.table("events"), part.table("fits")
    layout, used = Layout(11.25), (fits["counted"] == 0) & (events["mass_MeV"] < 458)
    shape, square = layout.gaussian(), {}
    for order in np.unique(fits["order"][used]):
        basis = legendre.legvander(layout.x, int(order))
        square[order] = np.sum((shape - basis @ np.linalg.lstsq(basis, shape, rcond=None)[0]) ** 2)
    a_bin = events["background"][used] / 3 * np.diff(layout.edges)[0]  # the window is 3 sigma wide
    sigma = np.sqrt(a_bin / [square[order] for order in fits["order"][used]])
    np.testing.assert_allclose(fits["signal_error"][used] / sigma, 1, rtol=0.05)


def test_a_counted_window_gives_total_signal_like_the_others(part):
    """One fitted window is counted instead: its limit stays on all signal, and near that of its fit."""
    fits = part.table("fits")
    place = int(np.flatnonzero(fits["counted"] == 0)[40])
    mass = fits["mass_MeV"][place]
    changed = fits.columns | {"counted": np.where(np.arange(len(fits)) == place, 3.0, fits["counted"])}
    write_table(part.path("forced.csv"), changed, fits.header)
    both = ("--acceptance", part.path("acceptance.csv"))
    more = ("--windows", part.path("windows.csv"), "--fits", part.path("forced.csv"))
    part.run(compute_limits, *both, *more, "--output", part.path("forced_events.csv"))
    part.run(
        convert_limits,
        *both,
        "--event-limits",
        part.path("forced_events.csv"),
        "--output",
        part.path("forced_br.csv"),
    )
    rows = [part.table(name).where(part.table(name)["mass_MeV"] == mass) for name in ("windows", "events")]
    window, event, forced = *rows, part.table("forced_events").where(part.table("forced_events")["mass_MeV"] == mass)
    acceptance = part.table("acceptance").where(part.table("acceptance")["mass_MeV"] == mass)
    inside = set_limits(
        window["n_observed"], window["background"], event["background_uncertainty"], tau=window["tau"],
        signal_uncertainty=float(np.min(acceptance["ses_error"] / acceptance["ses"])),
    ).corrected(window["leak"])  # fmt: skip
    assert 0.8 < fits["efficiency"][place] < 0.9  # +-1.5 sigma hold 0.866
    for name in ("observed", *BANDS):
        assert forced[name] == pytest.approx(getattr(inside, name) / fits["efficiency"][place], rel=1e-6), name
    assert 1.0 < forced["expected"] / event["expected"] < 1.4  # counting is weaker, but not by the efficiency squared
    event_limit, ratio = {}, {}
    for name, events, limits in (("fit", "events", "limits"), ("counted", "forced_events", "forced_br")):
        event_limit[name] = part.table(events).where(part.table(events)["mass_MeV"] == mass)["expected"]
        ratio[name] = part.stable(limits).where(part.stable(limits)["mass_MeV"] == mass)["expected"]
    assert ratio["counted"] / ratio["fit"] == pytest.approx(event_limit["counted"] / event_limit["fit"], rel=1e-6)


def test_expected_and_observed_agree(part):
    events = part.table("events")
    inside = (events["observed"] > events["expected_m2"]) & (events["observed"] < events["expected_p2"])
    assert np.mean(inside) > 0.85  # 0.95 of independent windows


def test_simulated_tracks_have_the_tabulated_resolution(part):
    search = load_search(KE_N)
    table = Resolution(read_table(search.resolution.path), "resolution")
    signal = load_candidates([part.path("signal.npy")])
    for mass in np.unique(signal["x_mass_MeV"]):
        if 144 <= mass <= 400:
            seen = signal["observable"][signal["x_mass_MeV"] == mass]
            low, high = np.quantile(seen, [0.1587, 0.8413])
            assert 0.5 * (high - low) / table(mass) == pytest.approx(1, abs=0.08)


@pytest.mark.parametrize(
    ("path", "candidates", "branching_ratio"),
    [(KE_N, 3.5e6, B_KAON_E_NU), (KMU_N, 2.2e9, B_KAON_MU_NU), (PIE_N, 4.7e7, B_PION_E_NU)],
)
def test_efficiency_gives_the_published_number_of_decays_to_a_neutrino(path, candidates, branching_ratio):
    search = load_search(path)
    slot = search.simulation
    columns = simulate(
        np.random.default_rng(1), recoil(slot.spectrum.decay, path)(0.0), 200_000,
        experiment(slot.experiment, slot.smearing.value, path),
    )  # fmt: skip
    selection = Selection(search.events, search.observable, path)
    acceptance = np.sum(selection.passes(decode(encode(columns, search.events), search.events))) / 200_000
    found = search.normalisation.value * branching_ratio * acceptance * search.acceptance.efficiency.value
    assert found == pytest.approx(candidates, rel=0.01)


def test_an_injected_signal_is_found(tmp_path):
    """B is found back but for what leaks into the sidebands: 13 % of the signal, which raises the background."""
    injected = 5e-8
    made = Chain(tmp_path, KE_N, 0.05, inject={"mass_MeV": 300, "branching_ratio": injected})
    events, acceptance = made.table("events"), made.stable("acceptance")
    best = np.argmax(events["significance"])
    assert abs(events["mass_MeV"][best] - 300) < 2 * made.table("windows")["resolution"][best]
    near = np.argmin(np.abs(events["mass_MeV"] - 300))
    found = (events["n_observed"] - events["background"])[near] * acceptance["ses"][near]
    assert 0.84 < found / injected < 1.04
    assert made.stable("limits")["observed"][near] > injected


@pytest.mark.parametrize("path", [KE_N, KMU_N, PIE_N])
def test_the_cubic_describes_the_background(path, tmp_path):
    """Expected counts without fluctuations: how far the fit is off, in standard deviations of n - b."""
    search = load_search(path)
    slot, bands = search.simulation, search.background
    signal = None
    if search.resolution.kind == "simulation":
        content = yaml.safe_load(Path(path).read_text())
        content["simulation"]["signal"]["decays"] = 5000
        yaml_file = tmp_path / "s.yaml"
        yaml_file.write_text(yaml.safe_dump(content))
        signal = tmp_path / "s.npy"
        common = ["--search", str(yaml_file), "--sample", "s"]
        simulate_signal.main([*common, "--seed", "1", "--output", str(tmp_path / "s.root")])
        select_events.main(
            [*common, "--label", "simulated", "--input", str(tmp_path / "s.root"), "--output", str(signal),
             "--cutflow", str(tmp_path / "s.csv")]
        )  # fmt: skip
    windows = hypotheses(search, path, [signal]).windows
    density = tabulated(read_table(slot.spectrum.path), "table")
    design = sideband_design(
        windows.centre, windows.low, windows.high, bands.half_width_sigma * windows.sigma,
        spectrum=bands.spectrum, bins=bands.bins,
    )  # fmt: skip

    def up_to(mass):
        return slot.fraction * density.events * np.interp(mass, density.mass_MeV, density.cumulative)

    fit = fit_sidebands(np.diff(up_to(design.edges), axis=1), design, bands.order)
    true = up_to(windows.high) - up_to(windows.low)
    pull = (fit.background - true) / np.sqrt(true + fit.uncertainty**2)
    assert np.max(np.abs(pull)) < 0.3 and np.std(pull) < 0.1


def test_the_muon_spectrum_has_the_recalled_number_at_high_missing_mass():
    spectrum = tabulated(read_table(load_search(KMU_N).simulation.spectrum.path), "table")
    above = spectrum.events * (1 - np.interp(np.sqrt(0.1) * 1e3, spectrum.mass_MeV, spectrum.cumulative))
    assert above == pytest.approx(7549, rel=0.05)
