from pathlib import Path

import numpy as np
import pytest

from darkaon.config.search import load_search
from darkaon.errors import InputError
from darkaon.events.quantities import Values
from darkaon.simulation.decays import STANDARD_MODEL, signal
from darkaon.simulation.experiment import experiment
from darkaon.simulation.samples import as_recorded, injected, signal_sample, simulate, until_selected
from darkaon.simulation.seeds import generator
from darkaon.tables.table import read_table
from darkaon.windows.grid import Resolution

ROOT = Path(__file__).parents[3]
PI_MUMU = STANDARD_MODEL["pi_mumu"]
APPARATUS = experiment("na62", 0.54, "x")
X = signal("K+ -> pi+ X", "mumu", 260.0, "x")


def dimuon(columns):
    return Values(columns).number("dimuon_mass")


def test_a_sample_has_its_own_numbers():
    draws = {name: generator(1, name).integers(0, 2**60) for name in ("a_2017", "a_2018")}
    assert draws["a_2017"] != draws["a_2018"]
    assert generator(1, "a_2017").integers(0, 2**60) == draws["a_2017"] != generator(2, "a_2017").integers(0, 2**60)
    with pytest.raises(InputError, match="--seed: -1"):
        generator(-1, "a")


def test_columns_are_those_of_a_flat_tree():
    columns = simulate(np.random.default_rng(1), PI_MUMU, 1000, APPARATUS)
    parts = ("momentum", "slope_x", "slope_y")
    tracks = {f"{k}_{p}" for k in ("beam", "track1", "track2", "track3") for p in parts}
    assert set(columns) == {"vertex_x", "vertex_y", "vertex_z", *tracks}
    assert len({len(values) for values in columns.values()}) == 1
    total = sum(columns[f"track{k}_momentum"] for k in (1, 2, 3))
    assert abs(total - columns["beam_momentum"]).max() < 1.5


def passes(columns):
    return columns["beam_momentum"] < 75.542  # three quarters


@pytest.mark.parametrize("wanted", [0, 1, 777, 20_000])
def test_exactly_as_many_are_selected_as_wanted(wanted):
    sample = until_selected(np.random.default_rng(1), PI_MUMU, wanted, APPARATUS, passes)
    p = sample.columns["beam_momentum"]
    assert sample.selected == wanted == passes(sample.columns).sum()
    if wanted:
        assert p[-1] < 75.542  # ends with the last selected one; those that fail stay in
        assert len(p) == pytest.approx(wanted * 4 / 3, abs=6 * np.sqrt(wanted) + 5)
    assert sample.acceptance == pytest.approx(0.75 * 0.34, abs=0.02)


def test_a_hopeless_selection_ends(monkeypatch):
    monkeypatch.setattr("darkaon.simulation.samples.BATCH", 100)
    with pytest.raises(InputError, match="none of 2000 simulated decays passes"):
        until_selected(
            np.random.default_rng(1), PI_MUMU, 5, APPARATUS, lambda c: np.zeros(len(c["vertex_z"]), dtype=bool)
        )


def test_injection_is_poisson_with_the_mean_of_the_selected():
    decay, mean = X, 300
    counts = [injected(np.random.default_rng(k), decay, mean, APPARATUS, passes).selected for k in range(300)]
    sample = simulate(np.random.default_rng(1), decay, 100_000, APPARATUS)
    expected = mean * passes(sample).sum() / 100_000
    assert np.mean(counts) == pytest.approx(expected, abs=4 * np.sqrt(expected / 300))
    assert np.var(counts) == pytest.approx(expected, rel=0.3)  # as Poisson; a fixed number of decays gives less


def test_injection_in_batches_and_its_bounds(monkeypatch):
    monkeypatch.setattr("darkaon.simulation.samples.BATCH", 100)
    decay = X
    sample = injected(np.random.default_rng(1), decay, 1000, APPARATUS, passes)
    assert 800 < sample.decays < 1200 and 100 < sample.selected < 400
    assert injected(np.random.default_rng(1), decay, 0.0, APPARATUS, passes).selected == 0
    with pytest.raises(InputError, match=r"inject.branching_ratio: 1e\+09 decays are too many"):
        injected(np.random.default_rng(1), decay, 1e9, APPARATUS, passes)


def test_injected_events_lie_at_their_mass():
    mass = dimuon(injected(np.random.default_rng(1), X, 5000, APPARATUS, passes).columns)
    assert np.median(mass) == pytest.approx(260, abs=0.05) and abs(mass - 260).max() < 4


def test_resolution_follows_the_table():
    # what `smearing` is tuned to: the half-width of the central 68.3 %, mean over the search
    path = ROOT / "resources" / "na62" / "dimuon_resolution.csv"
    resolution = Resolution(read_table(path), str(path))
    search = load_search(ROOT / "config" / "searches" / "na62_kpix_mumu.yaml", ("simulation", "masses"))
    masses = np.array([216, 225, 240, 255, 270, 285, 300, 315, 326])
    columns = signal_sample(
        np.random.default_rng(1),
        {m: signal("K+ -> pi+ X", "mumu", m, "x") for m in masses},
        20_000,
        experiment("na62", search.simulation.smearing.value, "x"),
    )
    error = abs(dimuon(columns) - columns["x_mass_MeV"])
    widths = np.array([np.quantile(error[columns["x_mass_MeV"] == m], 0.6827) for m in masses])
    ratio = widths / resolution(masses)
    assert ratio.mean() == pytest.approx(1, abs=0.02)
    assert np.all(abs(ratio - 1) < 0.12)


def test_signal_samples_are_labelled_by_mass():
    decays = {m: signal("K+ -> pi+ X", "mumu", m, "x") for m in (220.0, 300.0)}
    columns = signal_sample(np.random.default_rng(1), decays, 2000, APPARATUS)
    for mass in decays:
        assert abs(np.median(dimuon(columns)[columns["x_mass_MeV"] == mass]) - mass) < 0.1


def test_recorded_events_are_in_time_order_and_mixed():
    columns = {"a": np.arange(5000.0), "b": -np.arange(5000.0)}
    record = as_recorded(np.random.default_rng(1), columns, 3000)
    time = record["run"] * 1e14 + record["burst"] * 1e10 + record["event_time"]
    assert np.all(np.diff(time) >= 0) and record["run"].min() >= 3000 and record["run"].max() < 3200
    np.testing.assert_array_equal(record["a"], -record["b"])
    assert abs(np.corrcoef(record["a"], np.arange(5000))[0, 1]) < 0.1 and sorted(record["a"]) == list(range(5000))
