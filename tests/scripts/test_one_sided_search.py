"""The shipped searches for K -> mu nu X and K -> mu 3nu in the events of K -> mu N: the scripts as programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

import choose_windows
import compute_acceptance
import compute_limits
import convert_limits
import gather_limits
import make_blinding
import make_windows
import select_events
import simulate_events
import simulate_signal
from darkaon.config.search import load_search
from darkaon.errors import InputError
from darkaon.statistics.limits import set_limits
from darkaon.tables.table import read_table

ROOT = Path(__file__).parents[2]
SEARCHES = ROOT / "config" / "searches"

pytestmark = pytest.mark.xdist_group("one_sided")


@pytest.fixture(scope="module", autouse=True)
def at_root():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # the searches name files from there
        yield


def call(script, **options):
    script.main([f for name, value in options.items() for f in (f"--{name.replace('_', '-')}", str(value))])


def copied(folder, name, parent_changes=None, **changes):
    """A shipped search and the one whose data it has, with changes, in `folder`."""
    content = yaml.safe_load((SEARCHES / f"{name}.yaml").read_text(encoding="utf-8")) | changes
    parent = content.get("data_of", "na62_kmu_n")
    whole = yaml.safe_load((SEARCHES / f"{parent}.yaml").read_text(encoding="utf-8")) | (parent_changes or {})
    folder.mkdir(exist_ok=True)
    (folder / f"{parent}.yaml").write_text(yaml.safe_dump(whole))
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(content))
    return folder / f"{name}.yaml"


def select(search, folder, name, blinding=None):
    files = {"input": folder / f"{name}.root", "output": folder / f"{name}.npy", "cutflow": folder / f"{name}.csv"}
    call(
        select_events,
        search=search,
        sample=name,
        label="simulated",
        **files,
        **({"blinding": blinding} if blinding else {}),
    )
    return files["output"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The candidates of K -> mu N, simulated and selected by its own YAML."""
    folder, search = tmp_path_factory.mktemp("data"), SEARCHES / "na62_kmu_n.yaml"
    call(simulate_events, search=search, sample="data", period="2016-18", seed=1, output=folder / "data.root")
    select(search, folder, "data")
    return folder


def analyse(data, folder, name, decays, **parent_changes):
    content = yaml.safe_load((SEARCHES / f"{name}.yaml").read_text(encoding="utf-8"))
    simulation = content["simulation"] | {"signal": content["simulation"]["signal"] | {"decays": decays}}
    search = copied(folder, name, parent_changes, simulation=simulation)
    call(simulate_signal, search=search, sample="signal", seed=1, output=folder / "signal.root")
    signal = select(search, folder, "signal")
    files = {x: folder / f"{x}.csv" for x in ("edges", "windows", "acceptance", "events", "limits")}
    call(choose_windows, search=search, name=name, signal=signal, output=files["edges"])
    counted = {"candidates": data / "data.npy", "edges": files["edges"]}
    call(make_windows, search=search, name=name, label="simulated", **counted, output=files["windows"])
    simulated = {"candidates": signal, "cutflow": folder / "signal.csv", "edges": files["edges"]}
    call(compute_acceptance, search=search, **simulated, output=files["acceptance"])
    made = {"windows": files["windows"], "acceptance": files["acceptance"]}
    call(compute_limits, search=search, **made, output=folder / "slice.csv")
    call(gather_limits, slices=folder / "slice.csv", output=files["events"])
    limits = {"event_limits": files["events"], "acceptance": files["acceptance"]}
    call(convert_limits, search=search, **limits, output=files["limits"])
    return {"folder": folder} | {x: read_table(path) for x, path in files.items()}


@pytest.fixture(scope="module")
def done(data, tmp_path_factory):
    return analyse(data, tmp_path_factory.mktemp("x"), "na62_kmunu_x", 10_000)


def test_windows_count_what_is_above_their_edge(done, data):
    observed = np.load(data / "data.npy")["observable"]
    windows = done["windows"]
    expected = [np.sum((observed >= low) & (observed < 387)) for low in windows["low"]]
    assert windows["n_observed"].tolist() == expected and np.all(windows["high"] == 387)
    # the data are drawn from the spectrum that is expected: they agree within the Poisson errors
    pull = (windows["n_observed"] - windows["background"]) / np.sqrt(windows["background"])
    assert np.all(np.abs(pull) < 4)
    np.testing.assert_allclose(windows["background_syst"], 0.123 * windows["background"], rtol=1e-7)


def test_edges_rise_with_the_mass_and_leave_the_signal(done):
    edges = done["edges"]
    assert np.all(np.diff(edges["low"]) >= 0) and edges["low"][0] <= 220 and edges["low"][-1] >= 350
    assert np.all(edges["low"] <= np.maximum(edges["mass_MeV"] + 190, 370)) and np.all(edges["signal_inside"] > 0.4)


def expected_limits(edges):
    """On the selected signal, as far as the window decides on it."""
    limits = set_limits(
        None, edges["background"], edges["background_syst"], method="hybrid", nuisance="gamma", level=0.9
    )
    return limits.expected / edges["signal_inside"]


def test_the_edge_of_each_mass_is_the_best(done, tmp_path):
    content = yaml.safe_load((SEARCHES / "na62_kmunu_x.yaml").read_text(encoding="utf-8"))
    best = expected_limits(done["edges"])
    for low in (210, 280, 300):
        search = copied(tmp_path, "na62_kmunu_x", window=content["window"] | {"lows": [low]})
        call(choose_windows, search=search, signal=done["folder"] / "signal.npy", output=tmp_path / "one.csv")
        one = expected_limits(read_table(tmp_path / "one.csv"))
        same = done["edges"]["low"] == low
        assert np.all(one >= best * (1 - 1e-9)) and np.allclose(one[same], best[same], atol=0) and same.any()
    assert np.all(np.diff(done["limits"]["expected"][:-1]) < 0)


def test_three_neutrinos(data, tmp_path):
    """7549 +- 928 events above 0.1 GeV^2 and B < 1.0e-6, both published; the number of events is tuned here."""
    tables = analyse(data, tmp_path / "n", "na62_kmu_3nu", 20_000)
    assert tables["windows"]["background"][0] == pytest.approx(7549, rel=0.03)
    assert tables["windows"]["low"][0] ** 2 == pytest.approx(0.1e6, rel=1e-4)
    assert tables["limits"]["expected"][0] == pytest.approx(1.0e-6, rel=0.5)


def test_no_count_where_the_data_are_blinded(data, tmp_path):
    tables = analyse(data, tmp_path / "b", "na62_kmu_3nu", 5_000, blind=[[250, 260]])
    assert np.isnan(tables["windows"]["n_observed"]).all() and np.isnan(tables["limits"]["observed"]).all()
    assert np.all(tables["limits"]["expected"] > 0)


@pytest.mark.parametrize(
    ("changes", "parent_changes", "message"),
    [
        (
            {"window": {"kind": "one_sided", "lows": [300, 250], "high": 387}},
            {},
            r"window: lows \(300, 250\) and then high",
        ),
        ({"window": {"kind": "one_sided", "lows": [390], "high": 387}}, {}, "must rise"),
        (
            {"window": {"kind": "symmetric", "half_width_sigma": 1}},
            {},
            "one_sided and background.kind: tabulated go together",
        ),
        (
            {"masses": {"kind": "plane", "step": 5, "ranges": [[20, 40]], "step2": 5, "low2": 10}},
            {},
            "masses.kind: 'plane'",
        ),
        ({"observable": "dimuon_mass"}, {}, "observable: with 'data_of' this is what .*na62_kmu_n.yaml says"),
        ({"blind": True}, {}, "blind: with 'data_of'"),
        ({"background": {"kind": "tabulated", "path": "x.csv"}}, {}, "background.uncertainty: this key is missing"),
        ({}, {"variant_of": "x"}, "data_of: 'na62_kmu_n' has no data of its own; name 'x'"),
    ],
)
def test_faults_of_the_slots(tmp_path, changes, parent_changes, message):
    with pytest.raises(InputError, match=message):
        load_search(copied(tmp_path, "na62_kmunu_x", parent_changes, **changes))


def test_spectra_are_those_of_all_data(tmp_path):
    whole = yaml.safe_load((SEARCHES / "na62_kmu_n.yaml").read_text(encoding="utf-8"))
    with pytest.raises(InputError, match=r"a spectrum of all data: simulation.fraction must be 1"):
        load_search(copied(tmp_path, "na62_kmunu_x", {"simulation": whole["simulation"] | {"fraction": 0.5}}))


def test_a_one_sided_search_is_not_blinded_by_itself(tmp_path):
    with pytest.raises(InputError, match=r"window.kind: one_sided needs --edges"):
        call(make_blinding, search=copied(tmp_path, "na62_kmunu_x"), output=tmp_path / "b.csv")
    assert not (tmp_path / "b.csv").exists()
