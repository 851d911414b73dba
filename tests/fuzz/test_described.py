"""Fuzzing what a search and a model say in YAML, with the CSV of a model's rates."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import yaml
from hypothesis import given
from hypothesis import strategies as st

import count_windows
import exclude
from darkaon.models.loading import load_model
from darkaon.tables.table import read_table

from .harness import contents, fuzz, plain_rows, run, written, yaml_bytes

SEARCH = {
    "title": "t", "process": "K+ -> pi+ X", "final_state": "invisible", "input": "counts",
    "counts": {"2017": {"observed": 12, "background": {"value": 10.0, "uncertainty": 2.5}, "source": "s",
                        "status": "cited"}},
    "masses": {"kind": "step", "step": 5.0, "ranges": [[110, 150]]},
    "window": {"kind": "box", "low": 0.015, "high": 0.021},
    "resolution": {"kind": "constant", "value": 1.0e-3, "source": "s", "status": "cited"},
    "acceptance": {"kind": "box"},
    "normalisation": {"kind": "tagged", "value": 4.0e9, "source": "s", "status": "cited", "particle": "pi0",
                      "mass_MeV": 134.9768,
                      "branching_ratio": {"value": 0.2067, "uncertainty": 0.0008, "source": "s", "status": "cited"}},
    "lifetime": {"kind": "escape", "delay_ns": {"value": 2.2, "uncertainty": 0.1, "source": "s", "status": "derived"},
                 "values_ns": [1.0, math.inf]},
    "statistics": {"method": "hybrid", "level": 0.9},
}  # fmt: skip
RATES = b"mass_MeV,K+ -> pi+ X,width_GeV,ee\n" + b"".join(b"%d,1e-3,%de-16,1\n" % (m, m) for m in (0, 60, 120, 180))
MODEL = {
    "title": "T", "family": "custom",
    "options": {"path": "rates.csv",
                "coupling": {"name": "g", "low": 1e-6, "high": 1.0, "reference": 1e-3, "power": 2}},
}  # fmt: skip
LIMITS = (
    "# process: K+ -> pi+ X\n# final_state: invisible\n# lifetime_law: escape\nlifetime_ns,mass_MeV,upper_limit\n"
)


def independent(content):
    """The YAML by libyaml alone, all scalars as text."""
    return yaml.load(content.decode("utf-8-sig"), Loader=yaml.CBaseLoader)


def as_number(text):
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


@fuzz
@given(content=written(SEARCH))
def test_searches(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("search")
    path, outputs = folder / "s.yaml", [folder / "out" / f"{name}.csv" for name in ("windows", "acceptance")]
    path.write_bytes(content)
    options = ["--search", path, "--name", "s", "--windows", outputs[0], "--acceptance", outputs[1]]
    if run(count_windows.main, options, *outputs):
        return
    said, windows, acceptance = independent(content), *map(read_table, outputs)
    counts = list(said["counts"].values())
    assert np.all(windows["n_observed"] == sum(as_number(period["observed"]) for period in counts))
    if all("value" in period["background"] for period in counts):
        total = sum(as_number(period["background"]["value"]) for period in counts)
        np.testing.assert_allclose(windows["background"], total, rtol=1e-8)
    if said["masses"]["kind"] == "step":
        step, ranges = as_number(said["masses"]["step"]), said["masses"]["ranges"]
        assert windows["mass_MeV"][0] == float(f"{as_number(ranges[0][0]):.9g}")
        assert np.all(np.diff(windows["mass_MeV"]) >= step * (1 - 1e-6))
    if said["lifetime"]["kind"] != "stable":
        lifetimes = sorted({float(f"{as_number(value):.9g}") for value in said["lifetime"]["values_ns"]})
        assert list(np.unique(acceptance["lifetime_ns"])) == lifetimes
    assert np.all((acceptance["acceptance"] > 0) & (acceptance["acceptance"] <= 1))
    assert np.all((acceptance["ses"] > 0) & np.isfinite(acceptance["ses"]))


@st.composite
def models(draw):
    """The YAML and the CSV of a model, one of them damaged."""
    if draw(st.booleans()):
        return draw(written(MODEL)), RATES
    return yaml_bytes(MODEL), draw(contents(RATES))


@fuzz
@given(files=models())
def test_models(tmp_path_factory, monkeypatch, files):
    content, rates = files
    folder = tmp_path_factory.mktemp("model")
    path, output, limits = folder / "m.yaml", folder / "out" / "exclusion.csv", folder / "limits.csv"
    path.write_bytes(content)
    (folder / "rates.csv").write_bytes(rates)
    limits.write_text(LIMITS + "".join(f"inf,{m},5e-11\n" for m in range(0, 200, 20)))
    monkeypatch.chdir(folder)
    if run(exclude.main, ["--model", path, "--limits", limits, "--output", output], output):
        return
    said = independent(content)
    assert Path(said["options"]["path"]).is_file()
    names, rows = plain_rows((folder / said["options"]["path"]).read_bytes())
    model, coupling = load_model(path), said["options"].get("coupling", {})
    reference = as_number(coupling.get("reference", "1"))
    mass, rate = (np.array([float(row[names.index(name)]) for row in rows]) for name in ("mass_MeV", "K+ -> pi+ X"))
    found = model.production["K+ -> pi+ X"](mass, reference)
    np.testing.assert_allclose(found, rate * reference ** as_number(coupling.get("power", "2")), rtol=1e-9)
    table = read_table(output, text=("kind", "search", "label", "edge_low", "edge_high"))
    for value in (table["coupling_low"], table["coupling_high"]):
        assert np.all((value > 0) & np.isfinite(value))
    if len(table) and "low" in coupling:
        assert table["coupling_low"].min() >= as_number(coupling["low"]) * (1 - 1e-8)
