import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from darkaon.config.slots.events import Branch, Cut, Events, Region
from darkaon.errors import InputError
from darkaon.events.selection import Selection
from darkaon.events.variations import varied
from trees import branch_map, layout


def steps(selection, columns):
    return {name: mask.tolist() for name, mask in selection.steps({k: np.array(v) for k, v in columns.items()})}


def cuts(*selection, **more):
    return layout(selection=list(selection), **more)


def test_cuts_are_half_open_and_follow_one_another():
    events = cuts(
        {"name": "near", "quantity": "vertex_z", "low": 105, "high": 165},
        {"name": "slow", "quantity": "track1_momentum", "high": 30},
    )
    selection = Selection(events, "vertex_z", "x.yaml")
    columns = {"vertex_z": [105.0, 165.0, 120.0, 104.9], "track1_momentum": [30.0, 5.0, 29.9, 5.0]}
    assert steps(selection, columns) == {"near": [True, False, True, False], "slow": [False, False, True, False]}
    passed = selection.passes({k: np.array(v) for k, v in columns.items()})
    assert passed.tolist() == [False, False, True, False]


def test_cuts_of_one_name_in_different_regions_are_cuts_of_their_own():
    selection = Selection(
        cuts({"name": "p", "expression": "vertex_z > 110"}),
        "vertex_z",
        "x.yaml",
        {
            "a": Region(low=100, high=130, selection=(Cut(name="p", expression="track1_momentum < 20"),)),
            "b": Region(low=130, high=170, selection=(Cut(name="p", expression="track1_momentum < 40"),)),
        },
    )
    columns = {"vertex_z": np.array([105.0, 120, 120, 140, 140]), "track1_momentum": np.array([10.0, 10, 30, 30, 50])}
    assert selection.passes(columns).tolist() == [False, True, False, True, False]


@pytest.mark.parametrize(
    "runs, kept",
    [
        ({}, None),
        ({"keep": [1, 2]}, [True, True, False]),
        ({"drop": [2]}, [True, False, True]),
        ({"keep": [1, 2], "drop": [2]}, [True, False, False]),
    ],
)
def test_run_lists(runs, kept):
    events = cuts({"name": "any", "quantity": "vertex_z", "low": 0}, runs=runs)
    selection = Selection(events, "vertex_z", "x.yaml")
    columns = {"run": [1.0, 2.0, 3.0], "vertex_z": [1.0, 1.0, 1.0]}
    assert steps(selection, columns).get("run list") == kept
    assert ("run" in selection.needs) == bool(runs)


def test_only_what_is_needed_is_read():
    selection = Selection(layout(), "dimuon_mass", "x.yaml")
    tracks = {f"track{k}_{part}" for k in (1, 2, 3) for part in ("momentum", "slope_x", "slope_y")}
    assert set(selection.needs) == {"vertex_z"} | tracks
    assert len(selection.needs) == len(set(selection.needs))


def test_an_unknown_quantity_has_a_nearest_name():
    events = cuts({"name": "kaon", "quantity": "kaon_mas", "low": 484})
    with pytest.raises(InputError, match=r"x.yaml: 'kaon_mas' is neither .*; did you mean 'kaon_mass'\?"):
        Selection(events, "dimuon_mass", "x.yaml")
    with pytest.raises(InputError, match=r"'dimuon_maas'.*did you mean 'dimuon_mass'"):
        Selection(layout(), "dimuon_maas", "x.yaml")


def test_helpers_are_no_observables():
    with pytest.raises(InputError, match="'four_momentum' is neither"):
        Selection(layout(), "four_momentum", "x.yaml")


def test_a_function_whose_branch_is_missing():
    branches = branch_map()
    branches["track3_slop_y"] = branches.pop("track3_slope_y")
    with pytest.raises(InputError, match=r"needs the quantity 'track3_slope_y'.*did you mean 'track3_slop_y'"):
        Selection(layout(branches), "dimuon_mass", "x.yaml")


def test_cut_names_are_rows_of_the_cutflow():
    cut = {"name": "read", "quantity": "vertex_z", "low": 0}
    with pytest.raises(ValueError, match="'read' needs a name of its own"):
        cuts(cut)
    with pytest.raises(ValueError, match="'a' needs a name"):
        cuts(cut | {"name": "a"}, cut | {"name": "a"})


def runs_kept(columns, runs):
    branches = branch_map() | {"burst": {"name": "burst"}}
    events = cuts({"name": "any", "quantity": "vertex_z", "low": 0}, runs=runs, branches=branches)
    selection = Selection(events, "vertex_z", "x.yaml")
    return dict(selection.steps(selection.values({k: np.array(v, dtype=float) for k, v in columns.items()}, "", 7)))


RUNS = {"run": [1, 2, 3, 4, 5, 6], "burst": [1, 1, 1, 9, 5, 1], "vertex_z": [1] * 6}


def test_ranges_of_runs():
    found = runs_kept(RUNS, {"keep": [[1, 3], 5], "drop": [[2, 2]]})
    assert found["run list"].tolist() == [True, False, True, False, True, False]
    with pytest.raises(ValueError, match="a range of runs rises"):
        cuts({"name": "any", "quantity": "vertex_z", "low": 0}, runs={"keep": [[3, 1]]})


def test_good_runs_and_bursts_from_a_file(tmp_path):
    path = tmp_path / "good.csv"
    path.write_text("run,last_run,burst,last_burst\n1,2,,\n3,4,1,8\n5,,5,\n")
    found = runs_kept(RUNS, {"good": {"path": str(path)}, "drop": [2]})
    assert found["run list"].tolist() == [True, False, True, False, True, False]
    for text, message in (
        ("run,last_run\n5,2\n", "row 1: a range"),
        ("run,quality\n5,2\n", "unknown column 'quality'"),
        ("burst\n5\n", "column 'run' is missing"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            runs_kept(RUNS, {"good": {"path": str(path)}})


def test_a_prescale_counts_the_events_of_a_file():
    found = runs_kept(RUNS, {"prescale": 3})  # the first event here is number 7
    assert list(found) == ["prescale", "any"]
    assert found["prescale"].tolist() == [False, False, True, False, False, True]


def test_a_branch_with_a_unit_of_energy_is_an_observable_in_mev():
    columns = {"vertex_z": np.array([120.0]), "m": np.array([0.25])}
    for unit, expected in (("GeV", 250.0), ("MeV", 250.0), ("1", 0.25)):
        events = cuts(
            {"name": "any", "quantity": "vertex_z", "low": 0},
            branches=branch_map() | {"m": {"name": "M", "unit": unit}},
        )
        assert Selection(events, "m", "x.yaml").observe(columns).tolist() == [expected]


def test_the_layouts_in_the_documentation_are_valid():
    text = (Path(__file__).parents[3] / "docs" / "events.md").read_text(encoding="utf-8")
    found = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(events:.*?)```", text, flags=re.DOTALL)]
    assert len(found) == 2
    for content in found:
        content["events"].get("runs", {}).pop("good", None)
        events = Events.model_validate(content["events"])
        assert Selection(events, content.get("observable", "momentum"), "x").needs


ENERGIES = branch_map() | {"m": {"name": "M", "unit": "MeV"}, "pure": {"name": "pure"}, "unit": {"name": "u"}}


@pytest.mark.parametrize(
    "derived, expected",
    [
        ("m * 1.0", 250.0),
        ("sqrt(m * m + 0 * track1_momentum)", 250.0),
        ("half + half", 250.0),
        ("pure * 1.0", 250.0),
        ("where(m > 1, 0, pure)", 250.0),  # what is only compared gives no unit
        ("where(track1_momentum > 1, m, m)", 250.0),
        ("0 * vertex_z + pure", 250.0),
        ("sqrt(2 * m * m * (1 - 0.5 * unit))", 250.0),
        ("where(unit > 0, maximum(m * unit, 0), -999)", 250.0),
    ],
)
def test_a_derived_mass_is_an_observable_in_mev(derived, expected):
    columns = {"vertex_z": 120.0, "m": 0.25, "pure": 250.0, "track1_momentum": 2.0, "unit": 1.0}
    chosen = cuts(
        {"name": "any", "quantity": "vertex_z", "low": 0},
        branches=ENERGIES,
        derived={"mm": derived, "half": "0.5 * m"},
    )
    selection = Selection(chosen, "mm", "x.yaml")
    assert selection.observe({name: np.array([v]) for name, v in columns.items()}).tolist() == [expected]


@pytest.mark.parametrize(
    "derived",
    [
        "pure * (1 + 0.0001 * (m - 20))",
        "pure + 0.01 * m",
        "pure * m / track1_momentum",
        "pure * cos(m)",
        "half + pure",
    ],
)
def test_a_derived_observable_does_not_mix_gev_with_no_unit(derived):
    chosen = cuts(
        {"name": "any", "quantity": "vertex_z", "low": 0}, branches=ENERGIES, derived={"mm": derived, "half": "m / 2"}
    )
    with pytest.raises(
        InputError, match=r"x.yaml: events.derived.mm: mixes quantities in GeV with pure without unit"
    ):
        Selection(chosen, "mm", "x.yaml")


def test_a_derived_observable_of_darkaons_own_keeps_its_unit():
    events = cuts({"name": "any", "quantity": "vertex_z", "low": 0}, derived={"mm": "1.001 * dimuon_mass"})
    tracks = {"track2": (20.0, 0.004, 0.0), "track3": (30.0, -0.003, 0.0)}
    parts = ("momentum", "slope_x", "slope_y")
    columns = {f"{t}_{part}": np.array([v]) for t, own in tracks.items() for part, v in zip(parts, own, strict=True)}
    columns["vertex_z"] = np.array([120.0])
    own, scaled = (Selection(events, name, "x.yaml").observe(columns)[0] for name in ("dimuon_mass", "mm"))
    assert 211 < own < 500 and scaled == pytest.approx(1.001 * own, rel=1e-12)


def test_a_variation_of_the_mass_is_a_mass_in_mev():
    variations = {"scale": {"scale": {"m": 1.0005}}}
    events = cuts({"name": "any", "quantity": "vertex_z", "low": 0}, branches=ENERGIES, variations=variations)
    columns = {"vertex_z": np.array([120.0]), "nominal_m": np.array([0.25])}
    found = Selection(varied(events, "scale", "x.yaml"), "m", "x.yaml").observe(columns)
    assert found.tolist() == [pytest.approx(250.125, rel=1e-12)]


def test_a_squared_observable_is_in_gev2_whatever_its_unit():
    for unit in ("1", "GeV"):
        events = cuts(
            {"name": "any", "quantity": "vertex_z", "low": 0},
            branches=branch_map() | {"m_squared": {"name": "M2", "unit": unit}},
        )
        columns = {"vertex_z": np.array([120.0]), "m_squared": np.array([0.04])}
        assert Selection(events, "m_squared", "x.yaml").observe(columns).tolist() == [0.04]
    events = events.model_copy(update={"branches": {**events.branches, "m_squared": Branch(name="M2", unit="MeV")}})
    with pytest.raises(
        InputError, match=r"m_squared.unit: an observable '..._squared' .* of a branch x without unit"
    ):
        Selection(events, "m_squared", "x.yaml")


@pytest.mark.parametrize(
    "name, branch, message",
    [
        ("dimuon_mass", {"name": "mfit", "unit": "MeV"}, "stands in darkaon.events.observables already"),
        ("weight", {"name": "w"}, "is that of events.weight already"),
        ("x_mass_MeV", {"name": "m_true"}, "is that of a branch of simulated files already"),
    ],
)
def test_a_branch_has_no_name_that_means_something_else(name, branch, message):
    events = cuts({"name": "any", "quantity": name, "low": 0}, branches=branch_map() | {name: branch})
    with pytest.raises(InputError, match=rf"x.yaml: events.branches.{name}: this name {message}"):
        Selection(events, "vertex_z", "x.yaml")


@pytest.mark.parametrize("name", ["in a region", "region a"])
def test_rows_of_regions_are_no_names_of_cuts(name):
    with pytest.raises(ValueError, match=f"'{name}' needs a name of its own"):
        cuts({"name": name, "quantity": "vertex_z", "low": 0})


@pytest.mark.parametrize(
    "text, message",
    [
        ("run,last_burst\n1,5\n", "row 1: last_burst without burst"),
        ("run,burst,last_burst\n1,1,5\n2,,7\n", "row 2: last_burst without burst"),
        ("run\n100.5\n", "row 1: run 100.5, .*no whole number"),
        ("run,burst\n1,2.5\n", "row 1: .*no whole number"),
        ("run,last_run\n1,2\n,3\n", "row 2: run nan"),
    ],
)
def test_rows_of_good_runs_that_mean_nothing(tmp_path, text, message):
    path = tmp_path / "good.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        runs_kept(RUNS, {"good": {"path": str(path)}})


@pytest.mark.parametrize("runs", [{"drop": [2]}, {"keep": [1, 3]}])
def test_an_event_without_its_run_is_refused_by_a_run_list(runs):
    columns = RUNS | {"run": [1, 2, 3, np.nan, 5, 6]}
    with pytest.raises(InputError, match="branch 'run' is nan in event 10 "):
        runs_kept(columns, runs)
    assert runs_kept(columns, {"prescale": 3} | runs)  # number 9 and 12 are looked at


@pytest.mark.parametrize("cut", [{"quantity": "track1_momentum", "low": 5}, {"expression": "track1_momentum > 5"}])
def test_a_cut_of_a_region_drops_what_is_missing(cut):
    events = cuts({"name": "any", "quantity": "vertex_z", "low": 0})
    columns = {"vertex_z": np.array([105.0, 105, 140]), "track1_momentum": np.array([10.0, np.nan, np.nan])}
    for missing, match in (("drop", ""), ("refuse", "event 1 ")):
        region = Region(low=100, high=170, selection=(Cut(name="p", missing=missing, **cut),))
        selection = Selection(events, "vertex_z", "x.yaml", {"a": region})
        values = selection.values(columns)
        if not match:
            assert [list(m) for _, m in selection.in_regions(values, np.ones(3, dtype=bool))] == [
                [True, False, False]
            ]
        else:
            with pytest.raises(InputError, match=match):
                list(selection.in_regions(values, np.ones(3, dtype=bool)))
