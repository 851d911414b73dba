import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from darkaon.errors import InputError
from darkaon.events.branches import write_simulated
from darkaon.tables.checksums import fingerprint
from darkaon.tables.table import read_table
from select_events import SLOTS, main
from trees import branch_map, events, layout, search_file, write_csv, write_root

SCRIPT = Path(__file__).parents[2] / "scripts" / "select_events.py"


def slot(**changes):
    return {"events": layout(**changes).model_dump(mode="json", exclude_none=True)}


def arguments(tmp_path, path, label="measured", **changes):
    search = search_file(tmp_path / "search.yaml", SLOTS, **slot() | changes)
    return ["--search", str(search), "--sample", "s", "--label", label, "--input", str(path),
            "--output", str(tmp_path / "out" / "s.npy"), "--cutflow", str(tmp_path / "out" / "s.csv")]  # fmt: skip


def run(tmp_path, path, label="measured", **changes):
    """Candidates as array, both outputs as bytes without the lines that name the file."""
    main(arguments(tmp_path, path, label, **changes))
    candidates, cutflow = (tmp_path / "out" / name for name in ("s.npy", "s.csv"))
    text = cutflow.read_bytes()
    for key in ("inputs", "event_files"):
        named = f"# {key}: {fingerprint(path)}\n".encode()
        assert named in text
        text = text.replace(named, b"")
    return np.load(candidates), [candidates.read_bytes(), text]


def test_simulated_events_are_named_by_their_seed(tmp_path, path):
    main([*arguments(tmp_path, path, "simulated"), "--seed", "3"])
    header = read_table(tmp_path / "out" / "s.csv", text=["cut"]).header
    assert header["seed"] == "3" and "inputs" not in header


@pytest.fixture
def raw():
    return events(1000)


@pytest.fixture
def path(tmp_path, raw):
    return write_root(tmp_path / "events.root", raw)


def test_candidates_and_cutflow(tmp_path, path, raw):
    found, _ = run(tmp_path, path)
    table = read_table(tmp_path / "out" / "s.csv", text=["cut"])
    assert found.dtype.names == ("observable",) and np.all(np.diff(found["observable"]) >= 0)
    assert table["cut"].tolist() == ["read", "fiducial volume", "kaon mass"]
    assert table["events"].tolist() == [1000, (raw["vtx_z"] < 165).sum(), len(found)]
    assert table.label == "measured" and table.header["sample"] == "s"
    assert found["observable"][0] > 211 and found["observable"][-1] < 356


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("size", [1, 17, 999])
def test_chunks_change_no_byte(tmp_path, raw, size, weighted, monkeypatch):
    monkeypatch.setattr("darkaon.tables.blocks.BLOCK", 64)
    path = write_root(tmp_path / "events.root", raw | {"w": np.random.default_rng(1).uniform(-1, 2, 1000)})
    changes = slot(weight={"name": "w"}) if weighted else {}
    found, whole = run(tmp_path, path, **changes)
    assert ("weight" in found.dtype.names) == weighted and len(found) > 128
    monkeypatch.setattr("darkaon.events.branches.read_events.__defaults__", (size,))
    assert run(tmp_path, path, **changes)[1] == whole


def test_order_and_format_change_no_byte(tmp_path, path, raw):
    _, whole = run(tmp_path, path)
    mixed = np.random.default_rng(1).permutation(1000)
    assert run(tmp_path, write_root(tmp_path / "mixed.root", {k: v[mixed] for k, v in raw.items()}))[1] == whole
    assert run(tmp_path, write_csv(tmp_path / "events.csv", raw))[1] == whole


def test_units_change_no_candidate(tmp_path, path, raw):
    found, _ = run(tmp_path, path)
    momenta = [name for name in branch_map() if name.endswith("momentum")]
    in_mev = write_root(tmp_path / "mev.root", raw | {name: raw[name].astype(float) * 1000 for name in momenta})
    other, _ = run(tmp_path, in_mev, **slot(branches=branch_map(**{name: {"unit": "MeV"} for name in momenta})))
    assert other.tobytes() == found.tobytes()


def test_run_list_and_weights(tmp_path, raw):
    weight = np.random.default_rng(1).uniform(0, 1, 1000)
    path = write_root(tmp_path / "weighted.root", raw | {"w": weight})
    found, _ = run(tmp_path, path, **slot(runs={"keep": [8000, 8001], "drop": [8001]}, weight={"name": "w"}))
    table = read_table(tmp_path / "out" / "s.csv", text=["cut"])
    assert table["cut"].tolist()[:2] == ["read", "run list"] and table["events"][1] == (raw["run"] == 8000).sum()
    assert found.dtype.names == ("observable", "weight")
    assert set(found["weight"]) <= set(weight[(raw["run"] == 8000) & (raw["vtx_z"] < 165)])


def test_another_observable(tmp_path, path):
    found, _ = run(tmp_path, path, observable="kaon_mass")
    assert np.median(found["observable"]) == pytest.approx(493.68, abs=0.2)


def test_signal_files_have_a_cutflow_for_each_mass(tmp_path, raw):
    mass = np.where(np.arange(1000) % 2, 250.0, 300.0)
    path = tmp_path / "signal.root"
    write_simulated(path, layout(), raw | {"x_mass_MeV": mass}, {}, {250.0: 5000, 300.0: 6000})
    found, _ = run(tmp_path, path, "simulated")
    table = read_table(tmp_path / "out" / "s.csv", text=["cut"])
    assert table["events"][table["cut"] == "generated"].tolist() == [5000, 6000]
    assert found.dtype.names == ("observable", "x_mass_MeV") and set(found["x_mass_MeV"]) == {250.0, 300.0}
    assert table["events"][table["cut"] == "kaon mass"].sum() == len(found)


def test_simulated_files_are_never_labelled_measured(tmp_path, raw):
    path = tmp_path / "simulated.root"
    write_simulated(path, layout(), raw, {})
    with pytest.raises(InputError, match=r"set its kind in config/samples.csv to simulated"):
        run(tmp_path, path, "measured")
    run(tmp_path, path, "simulated")


def faults(raw):
    nan = {name: values.copy() for name, values in raw.items()}
    nan["track1_slope_x"][10] = np.nan
    return {
        "misspelt": (raw, slot(branches=branch_map(vertex_z={"name": "vtz_z"})), "did you mean 'vtx_z'"),
        "tree": (raw, slot(tree="evts"), "no tree 'evts'"),
        "empty": ({k: v[:0] for k, v in raw.items()}, {}, "holds no events"),
        "nan": (nan, {}, "branch 'track1_slope_x' is nan in event 10"),
        "unit": (raw | {"track1_momentum": raw["track1_momentum"] * 1000}, {}, "track1_momentum.unit"),
        "observable": (raw, {"observable": "dimuon"}, "did you mean 'dimuon_mass'"),
    }


@pytest.mark.parametrize("fault", sorted(faults({"track1_slope_x": np.ones(20), "track1_momentum": np.ones(2)})))
def test_one_sentence_status_1_and_no_output(tmp_path, raw, fault):
    content, changes, message = faults(raw)[fault]
    path = write_root(tmp_path / "a.root", content)
    done = subprocess.run(
        [sys.executable, SCRIPT, *arguments(tmp_path, path, **changes)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and message in done.stderr and done.stderr.count("\n") == 1
    assert done.stderr.startswith("select_events.py: error: ") and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("name, content", [("a.root", b"text"), ("a.csv", b"\xff\xfe"), ("none.root", None)])
def test_files_of_another_kind(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        run(tmp_path, tmp_path / name)
    assert not list((tmp_path / "out").iterdir())


def test_a_truncated_file_leaves_nothing(tmp_path, path):
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="cut short"):
        run(tmp_path, path)
    assert not list((tmp_path / "out").iterdir())


def test_a_copy_beside_its_original_is_refused(tmp_path, path, raw):
    """Under the same name in another folder, under another name, and the file itself."""
    run(tmp_path, path)
    (tmp_path / "other").mkdir()
    command = arguments(tmp_path, path)
    place = command.index("--input") + 2
    for name in ("other/events.root", "copy.root"):
        (tmp_path / name).write_bytes(path.read_bytes())
        with pytest.raises(InputError, match=r"hold the same events; take one of them out"):
            main([*command[:place], str(tmp_path / name), *command[place:]])
    with pytest.raises(InputError, match=r"events.root stands there twice"):
        main([*command[:place], str(tmp_path / "other" / ".." / "events.root"), *command[place:]])
    changed = write_root(tmp_path / "other" / "events.root", raw | {"run": raw["run"] + 1})
    main([*command[:place], str(changed), *command[place:]])
    assert read_table(tmp_path / "out" / "s.csv", text=["cut"])["events"][0] == 2000


def test_files_without_a_checksum_are_not_said_to_hold_the_same(tmp_path, path, raw):
    (tmp_path / "other").mkdir()
    second = write_root(tmp_path / "other" / "events.root", raw | {"run": raw["run"] + 1})
    size = max(path.stat().st_size, second.stat().st_size)
    for file in (path, second):
        file.write_bytes(file.read_bytes().ljust(size, b"\0"))
        os.utime(file, (1, 1))
    command = arguments(tmp_path, path, **slot(checksum="none"))
    place = command.index("--input") + 2
    with pytest.raises(InputError, match=r"have one name, size and date, as if .*checksum: sha256 tells them apart"):
        main([*command[:place], str(second), *command[place:]])


def test_the_header_says_which_signal_was_not_generated(tmp_path, raw):
    signal = raw | {"x_mass_MeV": np.where(np.arange(1000) % 2, 250.0, 300.0)}
    for name, generated in (("a", {250.0: 5000, 300.0: 6000}), ("b", {250.0: 5000}), ("c", None)):
        write_simulated(tmp_path / f"{name}.root", layout(), signal, {"seed": name}, generated)
    command = arguments(tmp_path, tmp_path / "a.root", "simulated")
    place = command.index("--input") + 2
    main(command)
    assert "not_generated" not in read_table(tmp_path / "out" / "s.csv", text=["cut"]).header
    main([*command[:place], str(tmp_path / "b.root"), str(tmp_path / "c.root"), *command[place:]])
    header = read_table(tmp_path / "out" / "s.csv", text=["cut"]).header
    assert header["not_generated"] == "b.root: 300\nc.root: 250, 300"


@pytest.mark.parametrize("unit, factor", [("MeV", 1.0), ("1", 1.0), ("GeV", 1e6)])
def test_a_mass_in_another_unit_than_it_is_declared_is_refused(tmp_path, raw, unit, factor):
    path = write_root(tmp_path / "m.root", raw | {"M": np.linspace(0.2, 0.4, 1000) * factor})
    cut = {"name": "any", "quantity": "vertex_z", "low": 0}
    changes = slot(branches=branch_map() | {"m": {"name": "M", "unit": unit}}, selection=[cut])
    with pytest.raises(
        InputError, match=r"m.root: the observable 'm' is .* MeV, typically, in .* expected 1 to 200000"
    ):
        run(tmp_path, path, observable="m", **changes)


@pytest.mark.parametrize("part", [slice(0, 9000), slice(5000, 15_000), slice(19_500, None)])
def test_a_part_of_a_file_in_another_unit_is_refused(tmp_path, part):
    mass = np.random.default_rng(2).uniform(200, 400, 20_000)
    mass[part] /= 1000
    path = write_root(tmp_path / "m.root", {"M": mass, "vtx_z": np.full(20_000, 120.0)})
    cut = {"name": "any", "quantity": "vertex_z", "low": 0}
    changes = slot(branches={"m": {"name": "M"}, "vertex_z": {"name": "vtx_z", "unit": "m"}}, selection=[cut])
    with pytest.raises(InputError, match=r"is 0\.\d+ MeV, typically, in \d+ of \d+ events, .* out of events.der"):
        run(tmp_path, path, observable="m", **changes)
    few = {"M": np.where(np.arange(20_000) < 300, 0.3, 300.0), "vtx_z": np.full(20_000, 120.0)}
    assert len(run(tmp_path, write_root(path, few), observable="m", **changes)[0]) == 20_000


def test_a_missing_mass_is_named_with_its_branch(tmp_path):
    path = write_root(tmp_path / "m.root", {"M": np.where(np.arange(2000) < 1500, 300.0, np.nan)})
    cut = {"name": "any", "expression": "abs(m) > -1 or not m > 0"}
    with pytest.raises(InputError, match=r"branch 'M' is nan in event 1500"):
        run(tmp_path, path, observable="m", **slot(branches={"m": {"name": "M"}}, selection=[cut]))


def test_truth_of_a_small_mass_is_no_fault(tmp_path, raw):
    many = {name: np.resize(values, 20_000) for name, values in raw.items()}
    signal = many | {"x_mass_MeV": np.where(np.arange(20_000) < 18_000, 250.0, 0.5)}
    path = write_root(tmp_path / "s.root", signal)
    assert set(run(tmp_path, path, "simulated")[0]["x_mass_MeV"]) == {250.0, 0.5}


@pytest.mark.parametrize("name", ["M", "p", "track1_momentum"])
def test_another_unit_from_the_middle_of_a_file_on_is_refused(tmp_path, name):
    """As hadd leaves it: 17,000 events in one unit, then 3,100 in another."""
    rng = np.random.default_rng(2)
    raw = {"M": rng.uniform(0.2, 0.4, 20_100), "p": rng.uniform(10, 60, 20_100)}
    raw |= {"track1_momentum": raw["p"].copy()}
    raw[name][17_000:] *= 1000
    path = write_root(tmp_path / "m.root", raw)
    cuts = [{"name": "p", "quantity": "p", "low": 5, "high": 65}, {"name": "t", "expression": "track1_momentum > 5"}]
    branches = {"m": {"name": "M", "unit": "GeV"}} | {n: {"name": n, "unit": "GeV"} for n in ("p", "track1_momentum")}
    message = {"M": "the observable 'm' is", "p": "no event passes the cut 'p'"}.get(name, "has a typical track1_mom")
    with pytest.raises(InputError, match=message):
        run(tmp_path, path, observable="m", **slot(branches=branches, selection=cuts))


def test_a_derived_momentum_in_another_unit_is_refused(tmp_path, raw):
    """As the documentation derives it of a signed one."""
    names = {"track1_momentum": "signed"}
    branches = {names.get(name, name): branch for name, branch in branch_map().items()}
    changes = slot(branches=branches, derived={"track1_momentum": "abs(signed)"})
    found, _ = run(
        tmp_path, write_root(tmp_path / "a.root", raw | {"track1_momentum": -raw["track1_momentum"]}), **changes
    )
    assert len(found) > 800
    lost = {name: np.tile(values, 5) for name, values in raw.items()}
    lost["track1_momentum"][1000:] = 0  # no such track
    for sentinel in ("0", "-999"):
        second = {"track1_momentum": f"where(abs(signed) > 0, abs(signed), {sentinel})"}
        own = slot(branches=branches, derived=second)
        own["events"]["selection"].insert(0, {"name": "found", "expression": "abs(signed) > 0"})
        assert len(run(tmp_path, write_root(tmp_path / "few.root", lost), **own)[0]) == len(found)
    path = write_root(tmp_path / "mev.root", raw | {"track1_momentum": -1000 * raw["track1_momentum"]})
    with pytest.raises(
        InputError, match=r"mev.root: events.derived.track1_momentum has a typical .* expected 0.1 to 450"
    ):
        run(tmp_path, path, **changes)
