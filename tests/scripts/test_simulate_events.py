import json

import numpy as np
import pytest
import uproot
import yaml

from darkaon.config.search import load_search
from darkaon.errors import InputError
from darkaon.events.branches import read_events
from darkaon.events.selection import Selection
from simulate_events import SLOTS, main
from trees import SEARCH, search_file

SIMULATION = yaml.safe_load(SEARCH.read_text(encoding="utf-8"))["simulation"]


def candidates(number, decay="pi_mumu", **more):
    """The slot `simulation` with so many candidates of a decay."""
    return SIMULATION | {"decays": {decay: {"value": number, "source": "test", "status": "tuned"}}} | more


SMALL = candidates(400)


@pytest.fixture
def simulate(tmp_path):
    """Run the script on a search with only its own slots; the arrays of the tree."""

    def run(seed=1, sample="s", period="2018", **changes):
        search = search_file(tmp_path / "search.yaml", SLOTS, **{"simulation": SMALL} | changes)
        path = tmp_path / "out" / "events.root"
        arguments = {"search": search, "sample": sample, "period": period, "seed": seed, "output": path}
        main([f"--{name}={value}" for name, value in arguments.items()])
        return path

    return run


def selected(path, search=SEARCH):
    search = load_search(search, ("events", "observable"))
    selection = Selection(search.events, search.observable, "x")
    parts = list(read_events(path, search.events, selection.needs))
    return np.concatenate([selection.observe(part.columns)[selection.passes(part.columns)] for part in parts])


def test_the_tree_is_flat_labelled_and_repeats(simulate):
    path = simulate()
    with uproot.open(path) as file:
        first, metadata = file["events"].arrays(library="np"), json.loads(str(file["metadata"]))
    assert {"run", "burst", "event_time", "vtx_z", "beam_momentum", "track3_slope_y"} < set(first)
    assert first["is_simulation"].all() and metadata["label"] == "simulated"
    assert (metadata["seed"], metadata["period"], metadata["sample"]) == (1, "2018", "s")
    with uproot.open(simulate()) as file:
        again = file["events"].arrays(library="np")
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
    with uproot.open(simulate(sample="t")) as file:
        other = file["events"]["track1_momentum"].array(library="np")
    assert not np.array_equal(other[:50], first["track1_momentum"][:50])


def test_a_part_of_the_data_has_that_part_of_the_candidates_and_of_an_injected_signal(simulate):
    fraction = 0.1
    part = candidates(400 / fraction, fraction=fraction)
    counts = [len(selected(simulate(seed, simulation=part))) for seed in range(10)]
    assert np.mean(counts) == pytest.approx(400 * 0.65, abs=4 * np.sqrt(400 * 0.65 / 10))
    inject = {"mass_MeV": 250, "branching_ratio": 2e-9}
    extra = []
    for f in (1.0, fraction):
        with uproot.open(simulate(simulation=SMALL | {"fraction": f}, inject=inject)) as file:
            extra.append(json.loads(str(file["metadata"]))["injected_candidates"])
    assert extra[1] == pytest.approx(fraction * extra[0], abs=5 * np.sqrt(fraction * extra[0]))


def test_the_number_selected_is_poisson_with_the_declared_mean(simulate, capsys):
    counts = [len(selected(simulate(seed))) for seed in range(40)]
    mean = 400 * 0.65
    assert np.mean(counts) == pytest.approx(mean, abs=4 * np.sqrt(mean / 40))
    assert np.var(counts) == pytest.approx(mean, rel=0.6)
    assert f"pi_mumu: {counts[-1]}" in capsys.readouterr().out


def test_shares_make_up_the_whole():
    search = load_search(SEARCH, ("periods", "simulation"))
    assert sum(period.share for period in search.periods.values()) == pytest.approx(1)
    assert search.simulation.decays["pi_mumu"].value == 27679


def test_the_efficiency_closes_the_normalisation(simulate):
    """efficiency = 27679 / (N_K B(K -> pi mu mu) A_geometry), with the acceptance that the script finds."""
    with uproot.open(simulate(simulation=candidates(50_000))) as file:
        acceptance = json.loads(str(file["metadata"]))["pi_mumu acceptance"]
    search = load_search(SEARCH, ("normalisation", "acceptance"))
    efficiency = search.acceptance.efficiency.value
    assert search.normalisation.value * 9.15e-8 * acceptance * efficiency == pytest.approx(27679, rel=0.015)
    assert acceptance * efficiency == pytest.approx(0.087, rel=0.015)


def test_injection_adds_a_peak(simulate):
    inject = {"mass_MeV": 260.0, "branching_ratio": 1e-9}
    without, with_signal = selected(simulate()), selected(simulate(inject=inject))
    extra = len(with_signal) - len(without)
    expected = 3.48e12 * 0.65 * 1e-9 * 0.253 * 0.33  # N_K x share x B x efficiency x acceptance
    assert extra == pytest.approx(expected, abs=5 * np.sqrt(expected))
    near = abs(with_signal - 260) < 1.5
    assert near.sum() - (abs(without - 260) < 1.5).sum() > 0.97 * extra


def test_the_branch_map_shapes_the_file(simulate):
    content = yaml.safe_load(SEARCH.read_text(encoding="utf-8"))["events"]
    content["branches"]["track1_momentum"] = {"name": "p_pi", "unit": "MeV"}
    path = simulate(events=content | {"tree": "Reco"})
    with uproot.open(path) as file:
        assert 3000 < np.median(file["Reco"]["p_pi"].array(library="np")) < 60_000


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"period": "2019"}, r"periods: there is no period '2019'; did you mean '201\d'"),
        ({"simulation": None}, "simulation: this slot is missing"),
        (
            {"simulation": candidates(400, "pi_mumumu")},
            "decay 'pi_mumumu'; did you mean 'pi_mumu'",
        ),
        ({"inject": {"mass_MeV": 100.0, "branching_ratio": 1e-9}}, "X of 100 MeV cannot be simulated"),
        ({"inject": {"mass_MeV": 260.0, "branching_ratio": 0.5}}, "inject.branching_ratio: .* too many"),
        ({"final_state": "ee", "inject": {"mass_MeV": 260.0, "branching_ratio": 1e-9}}, "no simulation of 'ee'"),
        ({"seed": -1}, "--seed"),
    ],
)
def test_faults_leave_no_file(simulate, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        simulate(**changes)
    assert not list(tmp_path.glob("**/*.root"))
