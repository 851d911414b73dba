import numpy as np
import pytest

from darkaon.errors import InputError
from darkaon.events.branches import Chunk
from darkaon.events.candidates import Collector
from darkaon.events.selection import Selection
from trees import layout


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


CUTS = [
    {"name": "fiducial", "quantity": "vertex_z", "low": 105, "high": 165},
    {"name": "slow", "quantity": "track1_momentum", "high": 60},
]


def collect(columns, edges, label="simulated", complete=None):
    collector = Collector(Selection(layout(selection=CUTS), "track1_momentum", "x.yaml"), label, "a.root")
    n = len(columns["vertex_z"])
    complete = np.ones(n, dtype=bool) if complete is None else complete
    for low, high in zip([0, *edges], [*edges, n], strict=True):
        collector.add(Chunk({name: v[low:high] for name, v in columns.items()}, complete[low:high]))
    return collector


def test_neither_chunks_nor_order_change_a_byte(columns):
    whole = collect(columns, [])
    mixed = np.random.default_rng(4).permutation(1000)
    for other in (collect(columns, [1, 2, 500, 999]), collect({k: v[mixed] for k, v in columns.items()}, [333])):
        assert whole.candidates().tobytes() == other.candidates().tobytes()
        assert whole.cutflow({}) == other.cutflow({})


def test_candidates_are_sorted_and_keep_weight_and_mass_together(columns):
    found = collect(columns, [400]).candidates()
    assert found.dtype.names == ("observable", "weight", "x_mass_MeV")
    assert np.all(np.diff(found["observable"]) >= 0)
    passed = (columns["vertex_z"] >= 105) & (columns["vertex_z"] < 165) & (columns["track1_momentum"] < 60)
    kept = [columns[name][passed] for name in ("track1_momentum", "weight", "x_mass_MeV")]
    expected = set(zip(*kept, strict=True))
    assert {tuple(row) for row in found.tolist()} == expected and len(found) == passed.sum()


def test_cutflow_of_data(columns):
    del columns["x_mass_MeV"]
    inside = (columns["vertex_z"] >= 105) & (columns["vertex_z"] < 165)
    slow = inside & (columns["track1_momentum"] < 60)
    flow = collect(columns, [100]).cutflow({})
    assert flow == {"cut": ["read", "fiducial", "slow"], "events": [1000, inside.sum(), slow.sum()]}


def test_cutflow_of_signal_has_a_block_for_each_mass_even_without_events(columns):
    flow = collect(columns, [100]).cutflow({220.0: 5000, 250.0: 5000, 300.0: 5000, 310.0: 5000})
    assert flow["x_mass_MeV"][:4] == [220.0] * 4 and flow["cut"][:4] == ["generated", "read", "fiducial", "slow"]
    assert flow["events"][0] == 5000 and flow["events"][1] == (columns["x_mass_MeV"] == 220).sum()
    assert flow["events"][-4:] == [5000, 0, 0, 0]


def test_incomplete_events_are_never_selected(columns):
    complete = np.arange(1000) % 2 == 0
    columns["vertex_z"][~complete] = 120.0
    columns["track1_momentum"][~complete] = np.nan
    found = collect(columns, [10], complete=complete).candidates()
    assert np.all(np.isfinite(found["observable"]))


@pytest.mark.parametrize("label, flag", [("measured", 1.0), ("simulated", 0.0)])
def test_a_file_cannot_be_relabelled(columns, label, flag):
    held = "simulated" if flag else "measured"
    columns["is_simulation"] = np.full(1000, flag)
    with pytest.raises(InputError, match=rf"events are {held}, but the sample is declared {label}"):
        collect(columns, [], label)
    collect(columns, [], held)


def test_nothing_selected_is_an_empty_table(columns):
    columns["vertex_z"][:] = 0
    collector = collect(columns, [5])
    assert len(collector.candidates()) == 0 and collector.cutflow({})["events"][-1] == 0
