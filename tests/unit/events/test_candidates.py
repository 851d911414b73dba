import numpy as np
import pytest

from darkaon.errors import InputError
from darkaon.events.branches import Chunk
from darkaon.events.candidates import Collector
from darkaon.events.selection import Selection
from trees import branch_map, layout


@pytest.fixture
def columns():
    rng = np.random.default_rng(3)
    n = 1000
    return {
        "track1_momentum": rng.integers(1, 100, n).astype(float),  # with ties
        "vertex_z": rng.uniform(100, 170, n),
        "weight": rng.uniform(0.5, 1.5, n),
        "x_mass_MeV": rng.choice([220.0, 250.0, 300.0], n),
    }


PLAIN = branch_map(track1_momentum={"unit": "1"})
CUTS = [
    {"name": "fiducial", "quantity": "vertex_z", "low": 105, "high": 165},
    {"name": "slow", "quantity": "track1_momentum", "high": 60},
]


def collect(output, columns, edges, label="simulated", complete=None):
    collector = Collector(Selection(layout(PLAIN, selection=CUTS), "track1_momentum", "x.yaml"), label, output)
    n = len(columns["vertex_z"])
    complete = np.ones(n, dtype=bool) if complete is None else complete
    for low, high in zip([0, *edges], [*edges, n], strict=True):
        collector.add(Chunk({name: v[low:high] for name, v in columns.items()}, complete[low:high], low))
    collector.close()
    return collector, np.load(output)


@pytest.fixture
def output(tmp_path):
    return tmp_path / "c.npy"


def test_neither_chunks_nor_order_change_a_byte(output, columns):
    whole, found = collect(output, columns, [])
    mixed = np.random.default_rng(4).permutation(1000)
    for other, edges in ((columns, [1, 2, 500, 999]), ({k: v[mixed] for k, v in columns.items()}, [333])):
        again, same = collect(output, other, edges)
        assert found.tobytes() == same.tobytes() and whole.cutflow({}) == again.cutflow({})


def test_candidates_are_sorted_and_keep_weight_and_mass_together(output, columns):
    _, found = collect(output, columns, [400])
    assert found.dtype.names == ("observable", "weight", "x_mass_MeV")
    assert np.all(np.diff(found["observable"]) >= 0)
    passed = (columns["vertex_z"] >= 105) & (columns["vertex_z"] < 165) & (columns["track1_momentum"] < 60)
    kept = [columns[name][passed] for name in ("track1_momentum", "weight", "x_mass_MeV")]
    expected = set(zip(*kept, strict=True))
    assert {tuple(row) for row in found.tolist()} == expected and len(found) == passed.sum()


def test_cutflow_of_data(output, columns):
    del columns["x_mass_MeV"]
    inside = (columns["vertex_z"] >= 105) & (columns["vertex_z"] < 165)
    slow = inside & (columns["track1_momentum"] < 60)
    flow = collect(output, columns, [100])[0].cutflow({})
    assert flow == {"cut": ["read", "fiducial", "slow"], "events": [1000, inside.sum(), slow.sum()]}


def test_cutflow_of_signal_has_a_block_for_each_mass_even_without_events(output, columns):
    flow = collect(output, columns, [100])[0].cutflow({220.0: 5000, 250.0: 5000, 300.0: 5000, 310.0: 5000})
    assert flow["x_mass_MeV"][:4] == [220.0] * 4 and flow["cut"][:4] == ["generated", "read", "fiducial", "slow"]
    assert flow["events"][0] == 5000 and flow["events"][1] == (columns["x_mass_MeV"] == 220).sum()
    assert flow["events"][-4:] == [5000, 0, 0, 0]


def test_incomplete_events_are_never_selected(output, columns):
    complete = np.arange(1000) % 2 == 0
    columns["vertex_z"][~complete] = 120.0
    columns["track1_momentum"][~complete] = np.nan
    _, found = collect(output, columns, [10], complete=complete)
    assert np.all(np.isfinite(found["observable"]))


@pytest.mark.parametrize("name, cut", [("vertex_z", 0), ("track1_momentum", 1), ("weight", 2)])
def test_a_missing_value_is_a_fault_where_the_event_reaches_its_use(output, columns, name, cut):
    lost = columns["vertex_z"] < 105
    slow = columns["track1_momentum"] < 60
    removed = [np.zeros(1000, dtype=bool), lost, lost | ~slow][cut]
    columns[name][removed] = np.nan
    collect(output, columns, [300])  # removed by an earlier cut: nothing is said
    at = int(np.flatnonzero(~removed & (columns["vertex_z"] >= 105) & (columns["vertex_z"] < 165) & slow)[0])
    columns[name][at] = np.nan
    with pytest.raises(
        InputError, match=rf"branch '{'vtx_z' if name == 'vertex_z' else name}' is nan in event {at} "
    ):
        collect(output, columns, [3])


@pytest.mark.parametrize("label, flag", [("measured", 1.0), ("simulated", 0.0)])
def test_a_file_cannot_be_relabelled(output, columns, label, flag):
    held = "simulated" if flag else "measured"
    columns["is_simulation"] = np.full(1000, flag)
    with pytest.raises(InputError, match=rf"events are {held}, but the sample is declared {label}"):
        collect(output, columns, [], label)
    collect(output, columns, [], held)


def test_nothing_selected_is_an_empty_table(output, columns):
    columns["vertex_z"][:] = 0
    collector, found = collect(output, columns, [5])
    assert len(found) == 0 and collector.cutflow({})["events"][-1] == 0


def test_no_events_at_all(output):
    collector = Collector(Selection(layout(PLAIN, selection=CUTS), "track1_momentum", "x.yaml"), "measured", output)
    collector.close()
    assert len(np.load(output)) == 0 and collector.cutflow({}) == {"cut": ["read"], "events": [0]}


def test_a_missing_weight_is_named_by_its_branch(output, columns):
    columns["weight"][:] = np.nan
    selection = Selection(layout(PLAIN, selection=CUTS, weight={"name": "w"}), "track1_momentum", "x.yaml")
    with pytest.raises(InputError, match="branch 'w' is nan in event"):
        Collector(selection, "simulated", output).add(Chunk(columns, np.ones(1000, dtype=bool)), "a.root")
