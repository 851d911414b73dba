"""Backgrounds that are not simulated: histograms and control samples."""

import numpy as np
import pytest
import uproot

from darkaon.config.slots.background import Components
from darkaon.errors import InputError
from darkaon.tables.blocks import Writer
from darkaon.windows.other_components import added, other_background, read_histogram

SCALE = {"value": 2.0, "uncertainty": 0.2, "source": "x", "status": "derived"}
LOW, HIGH = np.array([10.0, 15.0, 12.0]), np.array([20.0, 25.0, 13.0])


def others(**kinds):
    return Components.model_validate({"kind": "components", "others": kinds}).others


def histogram(path, **more):
    return others(h={"kind": "histogram", "path": str(path), "scale": SCALE} | more)["h"]


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("low,high,events,error\n0,10,5,1\n10,20,8,2\n20,40,4,3\n")
    return path


def test_a_histogram_is_shared_out_evenly_within_its_bins(csv):
    found = other_background("h", histogram(csv), {}, LOW, HIGH)
    np.testing.assert_allclose(found.background, 2 * np.array([8, 4 + 1, 0.8]))
    np.testing.assert_allclose(found.statistical, 2 * np.array([2, np.hypot(1, 0.75), 0.2]))
    np.testing.assert_allclose(found.systematic, 0.1 * found.background)


def test_a_histogram_of_root_is_the_same(tmp_path, csv):
    with uproot.recreate(tmp_path / "h.root") as file:
        file["mass"] = np.array([5.0, 8, 4]), np.array([0.0, 10, 20, 40])
    edges, events, errors = read_histogram(str(tmp_path / "h.root"), "mass")
    assert edges.tolist() == [0, 10, 20, 40] and events.tolist() == [5, 8, 4]
    np.testing.assert_allclose(errors, np.sqrt(events))
    with pytest.raises(InputError, match=r"no histogram 'm' .it holds mass"):
        read_histogram(str(tmp_path / "h.root"), "m")


@pytest.mark.parametrize(
    "text, message",
    [
        ("low,high,events\n0,10,5\n11,20,8\n", "row 2: bins must follow"),
        ("low,high,events\n0,10,-5\n10,20,8\n", "row 1: events is -5"),
        ("low,high,events\n10,5,5\n5,20,8\n", "edges must rise"),
        ("low,high,events,error\n0,10,5,-1\n", "error is -1"),
    ],
)
def test_histograms_at_fault(tmp_path, text, message):
    (tmp_path / "h.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_histogram(str(tmp_path / "h.csv"), None)


def test_windows_beyond_a_histogram(csv):
    with pytest.raises(InputError, match="covers 0 to 40, and a window is 35 to 45"):
        other_background("h", histogram(csv), {}, np.array([35.0]), np.array([45.0]))


def control(tmp_path):
    writer = Writer(tmp_path / "c.npy", ["observable"])
    writer.add([np.array([11.0, 12, 12.5, 19, 21, 50])])
    writer.close()
    return {"c": [str(tmp_path / "c.npy")]}


def test_a_control_sample_is_counted_in_the_same_windows(tmp_path):
    component = others(c={"kind": "control", "transfer": SCALE})["c"]
    found = other_background("c", component, control(tmp_path), np.append(LOW, 30.0), np.append(HIGH, 40.0))
    assert found.background.tolist() == [8, 4, 4, 0]
    np.testing.assert_allclose(found.statistical, 2 * np.sqrt([4, 2, 2, 1]))
    np.testing.assert_allclose(found.systematic, 0.2 * np.array([4, 2, 2, 0]))
    with pytest.raises(InputError, match="'c' needs a sample with role 'control'"):
        other_background("c", component, {}, LOW, HIGH)


def test_the_sum(tmp_path, csv):
    parts = [other_background("h", histogram(csv), {}, LOW, HIGH)]
    parts.append(
        other_background("c", others(c={"kind": "control", "transfer": SCALE})["c"], control(tmp_path), LOW, HIGH)
    )
    total = added(parts)
    np.testing.assert_allclose(total.background, [24, 14, 5.6])
    np.testing.assert_allclose(total.systematic, np.hypot(parts[0].systematic, parts[1].systematic))
    with pytest.raises(InputError, match="window 1 expects no background"):
        added(
            [other_background("h", histogram(csv), {}, LOW[:0], HIGH[:0])] * 0
            or [parts[0].__class__(*[np.zeros(1)] * 3)]
        )


def test_the_slot():
    for bad, message in (
        ({}, "at least one of"),
        ({"components": {"a": {"kind": "decay", "decay": "pi_mumu", "branching_ratio": SCALE | {"value": 0.5}}},
          "others": {"a": {"kind": "control", "transfer": SCALE}}}, "is a name both"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            Components.model_validate({"kind": "components"} | bad)
