import json

import numpy as np
import pytest
import uproot

from darkaon.config.search import load_search
from darkaon.errors import InputError
from darkaon.events.branches import read_generated
from simulate_signal import SLOTS, main
from trees import SEARCH, search_file

SIGNAL = {"masses_MeV": [216.0, 240.0, 280.0, 326.0], "decays": 500}


def run(tmp_path, signal=SIGNAL, seed=1, **changes):
    slot = load_search(SEARCH, ("simulation",)).simulation.model_dump(mode="json") | {"signal": signal}
    search = search_file(tmp_path / "search.yaml", SLOTS, **{"simulation": slot} | changes)
    path = tmp_path / "signal.root"
    main(["--search", str(search), "--sample", "sig", "--seed", str(seed), "--output", str(path)])
    return path


def test_events_know_their_mass_and_the_file_what_was_generated(tmp_path):
    path = run(tmp_path)
    assert read_generated(path) == dict.fromkeys(SIGNAL["masses_MeV"], 500)
    with uproot.open(path) as file:
        masses, counts = np.unique(file["events"]["x_mass_MeV"].array(library="np"), return_counts=True)
        assert file["events"]["is_simulation"].array(library="np").all()
        assert json.loads(str(file["metadata"]))["label"] == "simulated"
    assert masses.tolist() == SIGNAL["masses_MeV"]
    assert np.all((counts > 100) & (counts < 300))


def test_the_search_has_twelve_masses_around_its_grid():
    search = load_search(SEARCH, ("simulation", "masses"))
    masses = search.simulation.signal.masses_MeV
    assert len(masses) == 12 and masses[0] < search.masses.start and masses[-1] > search.masses.stop


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"signal": SIGNAL | {"masses_MeV": [200.0, 240.0, 280.0, 326.0]}}, "X of 200 MeV cannot be simulated"),
        ({"final_state": "mumuu"}, "no simulation of 'mumuu'; did you mean 'mumu'"),
        ({"simulation": None}, "simulation: this slot is missing"),
    ],
)
def test_faults_leave_no_file(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        run(tmp_path, **changes)
    assert not list(tmp_path.glob("*.root"))


def test_a_search_without_events_is_refused(tmp_path):
    arguments = ["--search", "config/searches/na62_k4e.yaml", "--sample", "sig", "--seed", "1"]
    with pytest.raises(InputError, match="input: 'counts' has no part in this step, which is for events"):
        main([*arguments, "--output", str(tmp_path / "signal.root")])
    assert not list(tmp_path.iterdir())
