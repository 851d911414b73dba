"""The shipped searches for K -> pi 4e, from simulated acceptances to limits over one mass and two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

import compare_methods
import compute_limits
import convert_limits
import count_windows
import export_workspace
import gather_limits
import project_limits
import simulate_acceptance
from darkaon.errors import InputError
from darkaon.tables.table import read_table

SEARCHES = Path(__file__).parents[2] / "config" / "searches"
N_KAON = 8.6e11

pytestmark = pytest.mark.xdist_group("four_electrons")


def call(script, **options):
    script.main([f for name, value in options.items() for f in (f"--{name.replace('_', '-')}", str(value))])


def simulate(search, folder, seed=1):
    call(simulate_acceptance, search=search, name=search.stem, seed=seed, output=folder / "simulated.csv")
    return folder / "simulated.csv"


def analyse(name, folder, decays=None):
    search = SEARCHES / f"{name}.yaml"
    if decays:
        content = yaml.safe_load(search.read_text(encoding="utf-8"))
        content["simulation"]["signal"]["decays"] = decays
        for parent in {name, content.get("data_of", name)} - {name}:
            (folder / f"{parent}.yaml").write_text((SEARCHES / f"{parent}.yaml").read_text(encoding="utf-8"))
        search = folder / search.name
        search.write_text(yaml.safe_dump(content))
    files = {x: folder / f"{x}.csv" for x in ("windows", "acceptance", "events", "limits")}
    made = {"windows": files["windows"], "acceptance": files["acceptance"]}
    call(count_windows, search=search, name=name, simulated=simulate(search, folder), **made)
    for k in (0, 1):
        call(compute_limits, search=search, **made, chunk=f"{k}/2", output=folder / f"slice{k}.csv")
    gather_limits.main(
        ["--slices", str(folder / "slice0.csv"), str(folder / "slice1.csv"), "--output", str(files["events"])]
    )
    call(
        convert_limits,
        search=search,
        event_limits=files["events"],
        acceptance=made["acceptance"],
        output=files["limits"],
    )
    return search, {x: read_table(path) for x, path in files.items()}


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return analyse("na62_k4e", tmp_path_factory.mktemp("one"), 100_000)[1]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    search, tables = analyse("na62_k4e_cascade", folder, 40_000)
    return folder, search, tables


def test_no_event_is_ln_10_over_the_acceptance(one):
    """CLs at 0 observed: ln 10 events whatever the background; a little more for the error of the sensitivity."""
    events, limits, acceptance = (one[name] for name in ("events", "limits", "acceptance"))
    assert np.all(events["n_observed"] == 0)
    assert np.all((events["observed"] > np.log(10)) & (events["observed"] < 1.05 * np.log(10)))
    np.testing.assert_allclose(
        limits["observed"], events["observed"] / (N_KAON * acceptance["acceptance"]), rtol=1e-7
    )
    assert limits.label == "published counts, simulated acceptance"


def test_the_axion_of_17_mev_is_excluded(one):
    """The QCD axion needs B(K -> pi a a) > 2e-8; the published limits are at the level of 1e-9."""
    limits = one["limits"]
    assert limits["observed"][limits["mass_MeV"] == 17][0] < 2e-8
    assert np.median(limits["observed"]) == pytest.approx(1e-9, rel=1.0)


def test_the_soft_pairs_of_the_standard_model(tmp_path):
    """B < 1.4e-8 with its acceptance of 1.9e-4; that of X of 150 MeV is some 30 times larger."""
    _, tables = analyse("na62_k4e_sm", tmp_path, 400_000)
    (limit,) = tables["limits"]["observed"]
    assert limit == pytest.approx(1.4e-8, rel=0.5) and tables["limits"]["mass_MeV"].tolist() == [0]
    assert tables["acceptance"]["acceptance"][0] == pytest.approx(1.9e-4, rel=0.8)


def test_the_plane_has_two_masses_in_every_table(two):
    _, _, tables = two
    pairs = [np.stack([t["mass_MeV"], t["mass2_MeV"]], axis=1) for t in tables.values()]
    assert all(np.array_equal(pairs[0], other) for other in pairs) and len(np.unique(pairs[0], axis=0)) == len(
        pairs[0]
    )
    assert np.all(2 * pairs[0][:, 1] <= pairs[0][:, 0])
    limits = tables["limits"]
    assert np.median(limits["observed"]) == pytest.approx(1e-9, rel=2)
    near = 2 * limits["mass2_MeV"] > 0.95 * limits["mass_MeV"]
    far = limits["mass2_MeV"] <= 20
    for mass in (200, 300):  # slow A' leave wide pairs, light A' narrow ones
        row = limits["mass_MeV"] == mass
        assert limits["observed"][row & near].mean() < 0.3 * limits["observed"][row & far].mean()


def test_what_is_made_of_two_masses_beside_the_limits(two, tmp_path):
    folder, search, tables = two
    call(compare_methods, search=search, limits=folder / "events.csv", output=tmp_path / "m.csv")
    assert np.array_equal(read_table(tmp_path / "m.csv")["mass2_MeV"], tables["events"]["mass2_MeV"])
    documents = {"workspace": tmp_path / "w.json", "patchset": tmp_path / "p.json"}
    call(export_workspace, search=search, limits=folder / "events.csv", **documents)
    assert '"m150_m10_MeV"' in documents["patchset"].read_text()
    files = {"windows": folder / "windows.csv", "acceptance": folder / "acceptance.csv"}
    call(project_limits, search=search, **files, factor=1, output=tmp_path / "x.csv")
    np.testing.assert_allclose(read_table(tmp_path / "x.csv")["expected"], tables["limits"]["expected"], rtol=1e-6)


def test_another_mass_changes_no_other(tmp_path):
    content = yaml.safe_load((SEARCHES / "na62_k4e.yaml").read_text(encoding="utf-8"))
    rows = []
    for masses in ([100, 150], [50, 100, 150]):
        content["simulation"]["signal"] = {"masses_MeV": masses, "decays": 20_000}
        (tmp_path / "x.yaml").write_text(yaml.safe_dump(content))
        rows.append(read_table(simulate(tmp_path / "x.yaml", tmp_path))["selected"].tolist())
    assert rows[1][1:] == rows[0]


@pytest.mark.parametrize(
    ("slot", "value", "message"),
    [
        ("masses", {"kind": "step", "step": 1, "ranges": [[10, 20]]}, r"two masses need 'second'.* and kind plane"),
        (
            "masses",
            {"kind": "plane", "step": 5, "ranges": [[15, 30]], "step2": 5, "low2": 10},
            "X of 15 MeV is lighter",
        ),
        (
            "masses",
            {"kind": "plane", "step": 5, "ranges": [[340, 345]], "step2": 5, "low2": 10},
            "no simulated signal",
        ),
        ("counts", {}, "counts: with 'data_of' this is what .*na62_k4e.yaml says; remove it here"),
        ("data_of", "na62_k4", r"data_of: there is no file .*did you mean 'na62_k4e'"),
        ("data_of", "na62_k4e_sm", "data_of: 'na62_k4e_sm' has no data of its own; name 'na62_k4e'"),
    ],
)
def test_faults_of_the_plane(two, tmp_path, slot, value, message):
    folder, *_ = two
    for name in ("na62_k4e", "na62_k4e_sm"):
        (tmp_path / f"{name}.yaml").write_text((SEARCHES / f"{name}.yaml").read_text(encoding="utf-8"))
    content = yaml.safe_load((SEARCHES / "na62_k4e_cascade.yaml").read_text(encoding="utf-8")) | {slot: value}
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(content))
    outputs = {"windows": tmp_path / "w.csv", "acceptance": tmp_path / "a.csv"}
    with pytest.raises(InputError, match=message):
        call(count_windows, search=tmp_path / "x.yaml", simulated=folder / "simulated.csv", **outputs)
    assert not list(tmp_path.glob("*.csv"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"quantity": "dimuon_mas"},
            "acceptance.selection: 'dimuon_mas' needs 'dimuon_mas', which simulated decays",
        ),
        ({"quantity": "cluster_distance"}, "acceptance.selection: 'cluster_distance' needs 'cluster1_x', which"),
    ],
)
def test_faults_of_the_selection(tmp_path, change, message):
    content = yaml.safe_load((SEARCHES / "na62_k4e.yaml").read_text(encoding="utf-8"))
    content["acceptance"]["selection"][1] |= change
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match=message):
        simulate(tmp_path / "x.yaml", tmp_path)
    assert not list(tmp_path.glob("*.csv"))
