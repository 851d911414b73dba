"""The explorer's document: kinds, shapes, rounding, safe text."""

import json

import numpy as np
import pytest

from darkaon.errors import InputError
from darkaon.report.explorer import Plane, Search, document, kind_of, log_steps
from darkaon.tables.table import Table

HEADER = {
    "title": "A <model>", "coupling": "g", "coupling_unit": "1", "coupling_power": "2",
    "label": "published, simulated",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "label", "group"),
    [
        ("observed", "published", "published"), ("expected", "published", ""), ("observed", "simulated", "unreal"),
        ("observed", "measured", "observed"), ("observed", "published counts", "observed"),
        ("observed", "assumed counts", "unreal"), ("observed", "interpolated", "unreal"),
        ("observed", "recast", "unreal"),
        ("expected", "simulated", "expected"), ("expected_m1", "simulated", "band1"),
        ("expected_p2", "simulated", "band2"), ("observed_theory_m1", "published", "theory"),
        ("observed_variation_1", "simulated", "theory"), ("expected", "projection x10", "projection"),
        ("expected_m1", "projection x10", ""), ("beyond_own_region", "published", "beyond"),
    ],
)  # fmt: skip
def test_kinds(kind, label, group):
    assert kind_of(kind, label) == group


def contours(mass, coupling):
    n = len(mass)
    words = {"search": ["s"] * n, "label": ["published"] * n, "kind": ["observed"] * n, "edge": ["root"] * n}
    columns = {name: np.array(column) for name, column in words.items()}
    return Table(
        columns | {"polygon": np.zeros(n), "mass_MeV": np.array(mass), "coupling": np.array(coupling)}, HEADER
    )


def predictions(law):
    columns = {"mass_MeV": np.array([100.0, 200.0]), "lifetime_s_at_reference": np.array([1e-9, np.inf])}
    return Table(columns, {"power_law": law, "reference": "1e-3"})


def content(planes):
    return json.loads(document(planes, [], {"s": Search("S", "red", "2507.17286")}))


def shown(plane):
    return content([plane])["planes"][0]


def test_a_polygon_there_and_back_is_two_edges_and_another_its_points():
    there = content([Plane("m", contours([1.0, 2, 2, 1, 1], [1e-3, 2e-3, 5e-3, 4e-3, 1e-3]), predictions("yes"))])
    (region,) = there["planes"][0]["regions"]
    assert region == {"s": "s", "k": "published", "l": "published", "m": 0, "lo": 0, "hi": 1}
    assert there["masses"] == [[1.0, 2.0]]
    low, high = (np.exp(np.cumsum(steps) * there["log_step"]) for steps in there["values"])
    np.testing.assert_allclose([low, high], [[1e-3, 2e-3], [4e-3, 5e-3]], rtol=5e-5)
    other = content([Plane("m", contours([1.0, 2, 3, 1], [1e-3, 2e-3, 5e-3, 1e-3]), predictions("yes"))])
    assert other["masses"][other["planes"][0]["regions"][0]["px"]] == [1.0, 2.0, 3.0, 1.0]


def test_a_column_stands_once():
    square = contours([1.0, 2, 2, 1, 1], [1e-3, 2e-3, 5e-3, 4e-3, 1e-3])
    higher = contours([1.0, 2, 2, 1, 1], [2e-3, 3e-3, 5e-3, 4e-3, 2e-3])
    held = content([Plane("a", square, predictions("no")), Plane("b", higher, predictions("no"))])
    regions = [region for plane in held["planes"] for region in plane["regions"]]
    assert [[region[key] for key in ("m", "lo", "hi")] for region in regions] == [[0, 0, 1], [0, 2, 1]]
    assert len(held["masses"]) == 1 and len(held["values"]) == 3


@pytest.mark.parametrize("value", [0.0, -1e-3, np.nan])
def test_what_has_no_logarithm_is_refused(value):
    with pytest.raises(InputError, match="is no value of a logarithmic axis"):
        log_steps(np.array([1e-3, value]))


def test_lifetimes_need_a_power_law_and_an_end():
    square = contours([1.0, 2, 2, 1, 1], [1e-3, 2e-3, 5e-3, 4e-3, 1e-3])
    assert shown(Plane("m", square, predictions("yes")))["lifetime"] == {"g": 1e-3, "m": [100.0], "ns": [1.0]}
    assert shown(Plane("m", square, predictions("no")))["lifetime"] == {}


def test_masses_have_seven_digits_and_the_text_is_safe_in_a_script():
    square = contours([224.00512345, 230, 230, 224.00512345, 224.00512345], [1.23456789e-3] * 5)
    text = document([Plane("m", square, predictions("no"))], [], {})
    assert "224.0051" in text and "<" not in text and r"\u003cmodel>" in text
