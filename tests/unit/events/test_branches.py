"""Reading, through a branch map, what others wrote."""

import tracemalloc

import awkward as ak
import numpy as np
import pytest
import uproot
from hypothesis import given
from hypothesis import strategies as st

from darkaon.errors import InputError
from darkaon.events.branches import PER_UNIT, decode, encode, read_events, read_generated, write_simulated
from trees import TRACKS, branch_map, events, layout, write_csv, write_root

NEEDS = ("vertex_z", "beam_momentum", *TRACKS)


def read(path, slot=None, needs=NEEDS, size=200_000):
    parts = list(read_events(path, slot or layout(), needs, size))
    return {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}


@pytest.fixture
def raw():
    return events()


@pytest.fixture
def path(tmp_path, raw):
    return write_root(tmp_path / "events.root", raw)


def same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])


@pytest.mark.parametrize("size", [1, 7, 100, 299, 300])
def test_chunks_do_not_matter(path, size):
    same(read(path), read(path, size=size))


def test_memory_holds_one_chunk(path):
    assert [len(chunk) for chunk in read_events(path, layout(), NEEDS, 128)] == [128, 128, 44]


def test_memory_does_not_grow_with_the_file(tmp_path, raw):
    peaks = []
    for baskets in (30, 120):
        with uproot.recreate(tmp_path / f"{baskets}.root") as file:
            file.mktree("events", {name: values.dtype for name, values in raw.items()})
            for _ in range(baskets):
                file["events"].extend(raw)
        for _ in range(2):  # the first pays for imports
            tracemalloc.start()
            assert (
                sum(len(chunk) for chunk in read_events(tmp_path / f"{baskets}.root", layout(), NEEDS, 1000))
                == 300 * baskets
            )
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        peaks.append(peak)
    assert peaks[1] < 2 * peaks[0]  # a little a basket, to know where it is; the events alone would be 4


def test_values_are_those_of_the_file_in_float64(path, raw):
    columns = read(path)
    for name in TRACKS:
        np.testing.assert_array_equal(columns[name], raw[name].astype(float))
    assert all(values.dtype == np.float64 for values in columns.values())


def test_units_of_the_file_do_not_matter(tmp_path, path, raw):
    other = {name: values.astype(float) for name, values in raw.items()}
    changes = {}
    for name in ("beam_momentum", *(t for t in TRACKS if t.endswith("momentum"))):
        other[name] = other[name] * 1000
        changes[name] = {"unit": "MeV"}
    for name in (t for t in TRACKS if "slope" in t):
        other[name] = other[name] * 1e6
        changes[name] = {"unit": "urad"}
    other["vtx_z"] = other["vtx_z"] * 1000
    changes["vertex_z"] = {"unit": "mm"}
    in_mev = write_root(tmp_path / "mev.root", other)
    same(read(path), read(in_mev, layout(branch_map(**changes))))


@given(st.floats(-1e4, 1e4, width=32), st.sampled_from(sorted(PER_UNIT)))
def test_a_float32_survives_any_unit_to_the_last_bit(value, unit):
    assert float(value) * PER_UNIT[unit] / PER_UNIT[unit] == float(value)


def test_csv_is_the_same_as_root(tmp_path, path, raw):
    same(read(path), read(write_csv(tmp_path / "events.csv", raw), size=11))


def test_rntuple_is_the_same_as_ttree(tmp_path, path, raw):
    with uproot.recreate(tmp_path / "rntuple.root") as file:
        file.mkrntuple("events", raw)
    same(read(path), read(tmp_path / "rntuple.root", size=99))


# --- jagged trees -----------------------------------------------------------------------------------------


PARTS = ("momentum", "slope_x", "slope_y")
JAGGED = {f"track{k}_{part}": {"name": f"trk_{part}", "index": k - 1} for k in (1, 2, 3) for part in PARTS}


def jagged(raw, short=()):
    """Tracks as arrays of three a event; of two in the events `short`."""
    flat = {name: values for name, values in raw.items() if name not in TRACKS}
    for part in PARTS:
        stacked = np.stack([raw[f"track{k}_{part}"] for k in (1, 2, 3)], axis=1)
        lists = [row[: 2 if i in short else 3] for i, row in enumerate(stacked.tolist())]
        flat[f"trk_{part}"] = ak.values_astype(ak.Array(lists), np.float32)
    return flat


def test_a_jagged_tree_read_by_index_is_the_flat_one(tmp_path, path, raw):
    other = write_root(tmp_path / "jagged.root", jagged(raw))
    same(read(path), read(other, layout(branch_map(**JAGGED)), size=50))


def test_events_with_too_few_tracks_are_marked(tmp_path, raw):
    path = write_root(tmp_path / "jagged.root", jagged(raw, short=(3, 250)))
    chunks = list(read_events(path, layout(branch_map(**JAGGED)), NEEDS, 100))
    complete = np.concatenate([chunk.complete for chunk in chunks])
    assert np.flatnonzero(~complete).tolist() == [3, 250]
    assert np.isnan(chunks[0].columns["track3_momentum"][3]) and not np.isnan(chunks[0].columns["track2_momentum"][3])


def test_a_jagged_branch_needs_an_index(tmp_path, raw):
    path = write_root(tmp_path / "jagged.root", jagged(raw))
    slot = layout(branch_map(**JAGGED | {"track1_momentum": {"name": "trk_momentum"}}))
    with pytest.raises(InputError, match=r"'trk_momentum' holds an array .* events.branches.track1_momentum.index"):
        read(path, slot)


def test_a_flat_branch_has_no_index(path):
    with pytest.raises(InputError, match=r"'track1_momentum' holds one number .* remove events.branches.track1_mom"):
        read(path, layout(branch_map(track1_momentum={"index": 0})))


def test_fixed_size_arrays_are_read_by_index(tmp_path, raw):
    stacked = {part: np.stack([raw[f"track{k}_{part}"] for k in (1, 2, 3)], axis=1) for part in PARTS}
    flat = {k: v for k, v in raw.items() if k not in TRACKS} | {f"trk_{part}": v for part, v in stacked.items()}
    with uproot.recreate(tmp_path / "fixed.root") as file:
        file.mktree("events", {k: (v.dtype, v.shape[1:]) for k, v in flat.items()})
        file["events"].extend(flat)
    columns = read(tmp_path / "fixed.root", layout(branch_map(**JAGGED)))
    np.testing.assert_array_equal(columns["track2_slope_x"], raw["track2_slope_x"].astype(float))


# --- weights, signal --------------------------------------------------------------------------------------


def test_weights_come_along(tmp_path, raw):
    weight = np.linspace(0.5, 2, len(raw["run"]))
    path = write_root(tmp_path / "weighted.root", raw | {"w": weight})
    columns = read(path, layout(weight={"name": "w"}))
    np.testing.assert_array_equal(columns["weight"], weight)


def test_what_is_written_is_what_decode_foretells(tmp_path, raw):
    columns = {name: np.asarray(raw[name], dtype=float) * 1.0000001 for name in TRACKS}
    slot = layout(branch_map(track1_momentum={"name": "p_pion", "unit": "MeV"}))
    encoded = encode(columns, slot)
    path = tmp_path / "simulated.root"
    write_simulated(path, slot, encoded, {"seed": 1}, {250.0: 1000, 220.5: 3})
    again = read(path, slot, TRACKS)
    assert np.all(again.pop("is_simulation") == 1)
    same(decode(encoded, slot), again)
    assert np.allclose(again["track1_momentum"], columns["track1_momentum"], rtol=1e-7, atol=0)
    assert read_generated(path) == {250.0: 1000, 220.5: 3}
    with uproot.open(path) as file:
        assert "p_pion" in file["events"].keys() and '"label": "simulated"' in str(file["metadata"])  # noqa: SIM118


def test_simulated_files_have_the_arrays_of_the_map(tmp_path, raw):
    columns = {name: np.asarray(raw[name], dtype=float) for name in TRACKS}
    slot = layout(branch_map(**JAGGED) | {"beam_momentum": {"name": "p", "index": 6, "unit": "MeV"}}, tree="a/tree")
    encoded = encode(columns | {"beam_momentum": np.full(len(raw["run"]), 75.0)}, slot)
    path = tmp_path / "simulated.root"
    write_simulated(path, slot, encoded, {"seed": 1})
    again = read(path, slot, [*TRACKS, "beam_momentum"])
    again.pop("is_simulation")
    same(again, columns | {"beam_momentum": np.full(len(raw["run"]), 75.0)})
    same(decode(encoded, slot), again)
    np.testing.assert_array_equal(encoded["p"][:, 5], 0)


def test_no_generated_tree_in_data(path, tmp_path, raw):
    assert read_generated(path) == {} == read_generated(write_csv(tmp_path / "a.csv", raw))


def test_a_generated_tree_of_another_shape(tmp_path, raw):
    path = write_root(tmp_path / "a.root", raw, generated={"mass": np.ones(3)})
    with pytest.raises(InputError, match="'generated' needs the branches 'x_mass_MeV' and 'decays'"):
        read_generated(path)


# --- bad input --------------------------------------------------------------------------------------------


def test_a_misspelt_branch(path):
    with pytest.raises(
        InputError, match=r"events.root: tree 'events' has no branch 'vtx_zz'; did you mean 'vtx_z'\?"
    ):
        read(path, layout(branch_map(vertex_z={"name": "vtx_zz"})))


def test_a_missing_weight(path):
    with pytest.raises(InputError, match="no branch 'w'"):
        read(path, layout(weight={"name": "w"}))


def test_a_missing_tree(path):
    with pytest.raises(InputError, match=r"no tree 'event' \(it holds events\); did you mean 'events'\?"):
        read(path, layout(tree="event"))


def test_a_file_without_trees(tmp_path):
    with uproot.recreate(tmp_path / "a.root") as file:
        file["events"] = np.histogram([1, 2])
    with pytest.raises(InputError, match=r"no tree 'events' .*no tree at all"):
        read(tmp_path / "a.root")


def test_an_empty_tree(tmp_path, raw):
    path = write_root(tmp_path / "a.root", {name: values[:0] for name, values in raw.items()})
    assert list(read_events(path, layout(), NEEDS)) == []


def test_an_empty_csv(tmp_path, raw):
    assert list(read_events(write_csv(tmp_path / "a.csv", {k: v[:0] for k, v in raw.items()}), layout(), NEEDS)) == []


@pytest.mark.parametrize("part", [0.0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.999])
def test_a_truncated_file(path, part):
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(InputError, match=r"events.root: .*(cut short|damaged|is empty)"):
        read(path)


def test_a_damaged_basket(path):
    content = bytearray(path.read_bytes())
    content[2000:6000] = bytes(4000)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"events.root"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"run,burst\n1,2\n", bytes(1000), b"root" + bytes(60)])
def test_no_root_file(tmp_path, content):
    (tmp_path / "a.root").write_bytes(content)
    with pytest.raises(InputError, match=r"a.root: .*(cannot be read as a ROOT file|cut short|is empty)"):
        read(tmp_path / "a.root")


@pytest.mark.parametrize("name", ["a.root", "a.csv"])
def test_no_file(tmp_path, name):
    with pytest.raises(InputError, match=f"{name}: no such file"):
        read(tmp_path / name)


def test_a_folder(tmp_path):
    for name in ("a.root", "a.csv"):
        (tmp_path / name).mkdir()
        with pytest.raises(InputError, match=name):
            read(tmp_path / name)


def test_text_is_no_number(tmp_path, raw):
    path = write_root(tmp_path / "a.root", raw)
    with uproot.recreate(path) as file:
        file.mktree("events", {**{k: v.dtype for k, v in raw.items() if k != "vtx_z"}, "vtx_z": "string"})
        file["events"].extend({k: ak.Array(["a"] * len(v)) if k == "vtx_z" else v for k, v in raw.items()})
    with pytest.raises(InputError, match="branch 'vtx_z' holds text"):
        read(path)


@pytest.mark.parametrize(
    "quantity, factor, unit",
    [("beam_momentum", 1000, "GeV"), ("beam_momentum", 1, "MeV"), ("track1_momentum", 1, "MeV"),
     ("track2_slope_x", 1000, "1"), ("vertex_z", 100, "m"),
     ("track2_slope_x", 1000, "urad"), ("track3_slope_y", 1, "mrad")],
)  # fmt: skip
def test_a_wrong_unit_is_noticed(tmp_path, raw, quantity, factor, unit):
    name = "vtx_z" if quantity == "vertex_z" else quantity
    raw[name] = raw[name] * np.float32(factor)
    path = write_root(tmp_path / "a.root", raw)
    declared = "without a unit" if unit == "1" else f"in {unit}"
    with pytest.raises(
        InputError, match=rf"typical {quantity} of .* declared {declared}; set events.branches.{quantity}"
    ):
        read(path, layout(branch_map(**{quantity: {"unit": unit}})))


def test_csv_faults(tmp_path, raw):
    path = write_csv(tmp_path / "a.csv", {k: v for k, v in raw.items() if k != "track3_slope_y"})
    with pytest.raises(InputError, match=r"the table has no branch 'track3_slope_y'; did you mean"):
        read(path)
    path = write_csv(tmp_path / "b.csv", raw)
    lines = path.read_text().splitlines()
    lines[2 + 70] = "one,two"
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match=r"b.csv, line 73: 2 cells where there are 12 columns"):
        read(path, size=64)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is UTF-16 text; save it as UTF-8"):
        read(path)


def generated(tmp_path, raw, masses, decays):
    return write_root(tmp_path / "g.root", raw, generated={"x_mass_MeV": masses, "decays": decays})


def test_rows_of_one_mass_add_up(tmp_path, raw):
    """A merge of three files leaves three rows."""
    path = generated(tmp_path, raw, np.array([215.0, 250, 215, 215]), np.array([100, 7, 100, 100]))
    assert read_generated(path) == {215.0: 300, 250.0: 7}


def test_masses_of_float32_are_as_they_are_written(tmp_path, raw):
    path = generated(tmp_path, raw, np.array([215.3], dtype=np.float32), np.array([5]))
    assert read_generated(path) == {215.3: 5}


@pytest.mark.parametrize("decays", [0, -3, 1.5, np.nan])
def test_decays_are_whole_numbers_above_0(tmp_path, raw, decays):
    path = generated(tmp_path, raw, np.array([215.0, 250]), np.array([1.0, decays]))
    with pytest.raises(
        InputError, match=f"g.root: tree 'generated', row 1: decays is {decays}.*whole number above 0"
    ):
        read_generated(path)


@pytest.mark.parametrize("mass", [-1.0, np.inf, np.nan])
def test_masses_generated_are_masses(tmp_path, raw, mass):
    with pytest.raises(InputError, match=f"row 0: x_mass_MeV is {mass}"):
        read_generated(generated(tmp_path, raw, np.array([mass]), np.array([1])))


def test_a_cut_that_would_pass_in_another_unit(tmp_path, raw):
    """cm declared mm: 11 m is a place for a vertex, but no event passes the cut."""
    raw["vtx_z"] = raw["vtx_z"] * np.float32(100)
    path = write_root(tmp_path / "a.root", raw)
    with pytest.raises(
        InputError, match="no event passes the cut 'fiducial volume', and most would if it were in cm"
    ):
        read(path, layout(branch_map(vertex_z={"unit": "mm"})))


def test_a_beam_in_rad_declared_mrad(tmp_path, raw):
    raw |= {f"beam_slope_{axis}": np.full(len(raw["run"]), 8e-4, dtype=np.float32) for axis in "xy"}
    path = write_root(tmp_path / "a.root", raw)

    def declared(unit):
        slopes = {f"beam_slope_{axis}": {"name": f"beam_slope_{axis}", "unit": unit} for axis in "xy"}
        return read(path, layout(branch_map() | slopes), (*NEEDS, *slopes))

    assert declared("rad")["beam_slope_x"][0] == np.float32(8e-4)
    with pytest.raises(InputError, match=r"the beam is inclined by 1.13e-06 rad, typically: .* declared in mrad"):
        declared("mrad")


def test_a_signed_momentum_is_no_magnitude(tmp_path, raw):
    raw["track1_momentum"] = -raw["track1_momentum"]
    path = write_root(tmp_path / "a.root", raw)
    with pytest.raises(InputError, match=r"'track1_momentum' is -.* is a magnitude; if its sign is the charge"):
        read(path)


def test_what_was_generated_stands_in_the_folder_of_the_tree_too(tmp_path, raw):
    known = {"x_mass_MeV": np.array([215.0]), "decays": np.array([5])}
    path = write_root(tmp_path / "g.root", raw, tree="nt/events", **{"nt/generated": known})
    assert read_generated(path, "nt/events") == {215.0: 5}
    assert read_generated(path, "other/events") == {}
    with pytest.raises(InputError, match="holds 'nt/generated', which only simulated events have"):
        list(read_events(path, layout(tree="nt/events"), NEEDS, label="measured"))
