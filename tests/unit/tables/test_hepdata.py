"""HEPData folders: a corpus of 22, and what it does not hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from darkaon.config.schema import validate
from darkaon.config.slots.published import Published
from darkaon.errors import InputError
from darkaon.tables.published import read_published

CORPUS = Path(__file__).parents[2] / "data" / "hepdata"
CASES = json.loads((CORPUS / "expected.json").read_text(encoding="utf-8"))
MASS = {"header": {"name": "$m_X$", "units": "MeV"}, "values": [{"value": m} for m in (0, 50)]}
LIMIT = {"header": {"name": "UL"}, "values": [{"value": 5e-11}, {"value": 4e-11}]}


def slot(folder, *columns, level=0.9):
    return validate(Published, {"path": str(folder), "level": level, "hepdata": list(columns)}, "x.yaml")


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_corpus(case):
    wanted = slot(CORPUS / case["case"], *case["hepdata"], level=case["level"])
    if case["expected"] == "error":
        with pytest.raises(InputError, match=case["case"]) as refusal:
            read_published(wanted)
        assert "\n" not in str(refusal.value)
        return
    table = read_published(wanted)
    rows = np.column_stack([table[name] for name in ("lifetime_ns", "mass_MeV", "observed")])
    np.testing.assert_allclose(rows, np.array(case["expected"], dtype=float), rtol=1e-12)


def test_the_corpus_is_whole():
    assert len(CASES) == 22 and sum(case["expected"] == "error" for case in CASES) == 12


def read(folder, axes=(MASS,), columns=(LIMIT,), **item):
    content = {"independent_variables": list(axes), "dependent_variables": list(columns)}
    (folder / "t.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return read_published(slot(folder, {"table": "t", "observed": "UL", "lifetime_ns": np.inf} | item))


def axis(name, units, *values):
    return {"header": {"name": name, "units": units}, "values": [{"value": v} for v in values]}


@pytest.mark.parametrize(
    ("unit", "values", "MeV"),
    [
        ("$\\mathrm{GeV}/c^2$", (0.1, 0.2), (100, 200)),
        ("keV", (100, 200), (0.1, 0.2)),
        ("EV", (1e8, 2e8), (100, 200)),
        ("TeV", (1e-4, 2e-4), (100, 200)),
        ("MeV/c$^{2}$", ("100", "2e2"), (100, 200)),
    ],
)
def test_units_of_mass(tmp_path, unit, values, MeV):
    np.testing.assert_allclose(read(tmp_path, (axis("Mass of X", unit, *values),))["mass_MeV"], MeV, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "unit", "value", "ns"),
    [
        ("$\\tau_X$", "ps", 500, 0.5),
        ("lifetime", "\u00b5s", 0.001, 1),
        ("$c\\tau$ [mm]", "", 299.792458, 1),
        ("lifetime of X", "$\\mu$s", 1, 1000),
        ("tau", "fs", 1e6, 1),
        ("tau", "ns", "inf", np.inf),
    ],
)
def test_units_of_lifetime(tmp_path, name, unit, value, ns):
    table = read(tmp_path, (MASS, axis(name, unit, value, value)), lifetime_ns=None)
    np.testing.assert_allclose(table["lifetime_ns"], ns, rtol=1e-12)


@pytest.mark.parametrize(
    "unit", ["10^{-11}", "$10^{-11}$", "$\\times 10^{-11}$", "10**-11", "1e-11", "x10^-11", "1.0E-11"]
)
def test_scales_of_the_column(tmp_path, unit):
    column = axis("UL", unit, 5, "< 4")
    np.testing.assert_allclose(read(tmp_path, columns=(column,))["observed"], [5e-11, 4e-11], rtol=1e-12)


def test_a_scale_from_the_yaml(tmp_path):
    column = axis("UL", "pb", 5, 4)
    np.testing.assert_allclose(read(tmp_path, columns=(column,), scale=1e-11)["observed"], [5e-11, 4e-11])
    with pytest.raises(InputError, match="has the unit '10\\^-11', but scale is 2; remove 'scale'"):
        read(tmp_path, columns=(axis("UL", "10^-11", 5, 4),), scale=2)


def test_expected_limits_with_their_bands(tmp_path):
    errors = [{"label": f"{n} s.d.", "asymerror": {"plus": n * 1e-11, "minus": -n * 5e-12}} for n in (1, 2)]
    expected = {"header": {"name": "Expected"}, "values": [{"value": 4e-11, "errors": errors}] * 2}
    table = read(tmp_path, columns=(LIMIT, expected), expected="Expected")
    found = [table[f"expected{end}"][0] for end in ("_m2", "_m1", "", "_p1", "_p2")]
    np.testing.assert_allclose(found, [3e-11, 3.5e-11, 4e-11, 5e-11, 6e-11], rtol=1e-12)
    expected["values"][0]["errors"].append({"label": "stat", "symerror": 1e-12})
    with pytest.raises(InputError, match="an error labelled 'stat'"):
        read(tmp_path, columns=(LIMIT, expected), expected="Expected")


@pytest.mark.parametrize("none", ["-", "--", "---", "", "n/a", "NaN", None, float("nan")])
def test_cells_without_a_limit(tmp_path, none):
    assert read(tmp_path, columns=(axis("UL", "", none, 4e-11),))["mass_MeV"] == [50]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"axes": (axis("$m_X$", "log10(MeV)", 1, 2),)}, "is neither a mass"),
        ({"axes": (axis("Energy", "MeV", 1, 2),)}, "the axis 'Energy' .MeV. is neither a mass"),
        ({"axes": (axis("$m_X$", "mev", 1, 2),)}, "is neither a mass"),
        ({"axes": (MASS, axis("$m_Y$", "MeV", 1, 2))}, "2 axes of mass"),
        ({"axes": (axis("tau", "ns", 1, 2),)}, "0 axes of mass and 1 of lifetime"),
        (
            {"columns": (axis("95% CL UL", "", 1e-9, 2e-9),), "observed": "95% CL UL"},
            "at 95 % CL, but published.level",
        ),
        ({"columns": (axis("UL", "", "5,0e-11", 1e-9),)}, "'5,0e-11' is not a number"),
        ({"columns": (axis("UL", "", True, 1e-9),)}, "True is not a number"),
        ({"columns": (axis("UL", "", 0, 1e-9),)}, "observed is 0: must be above 0|upper_limit is 0: must be above 0"),
        ({"columns": (LIMIT | {"qualifiers": True},)}, "qualifiers: True is not a list of mappings"),
        ({"columns": (LIMIT | {"qualifiers": ["CL"]},)}, "qualifiers: .* is not a list of mappings"),
        (
            {
                "columns": (LIMIT, {"header": {"name": "E"}, "values": [{"value": 1, "errors": "x"}] * 2}),
                "expected": "E",
            },
            "errors: 'x' is not a list of mappings",
        ),
        ({"axes": (axis("$m_X$", "MeV", 10**30, 1),)}, "mass_MeV is 1e.30: must be from 0 to 1e.06 MeV"),
        ({"axes": (axis("$m_X$", "MeV", 10**400, 1),)}, "is not a number|must be 0 or more"),
        ({"where": {"tau": "1 ns"}}, "0 columns are observed 'UL' where"),
        ({"observed": "UK"}, "no column 'UK'; did you mean 'UL'"),
        ({"table": "u"}, "no table 'u'"),
    ],
)
def test_refused(tmp_path, change, sentence):
    with pytest.raises(InputError, match=sentence):
        read(tmp_path, **change)


def test_bins(tmp_path):
    bins = {"header": MASS["header"], "values": [{"low": 0, "high": 4}, {"low": 4, "high": 8, "value": 5}]}
    np.testing.assert_array_equal(read(tmp_path, (bins,))["mass_MeV"], [2, 5])
    wide = {"header": MASS["header"] | {"units": "GeV"}, "values": [{"low": 0.24, "high": 0.26}, {"value": 0.3}]}
    np.testing.assert_allclose(read(tmp_path, (wide,))["mass_MeV"], [250, 300])  # 20.000000000000018 MeV
    bins["values"][0]["high"] = 100
    with pytest.raises(InputError, match="the bin 0 to 100 MeV is wider than 20 MeV; give its mass as 'value'"):
        read(tmp_path, (bins,))
