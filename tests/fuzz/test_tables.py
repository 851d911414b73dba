"""Fuzzing the tables of users: limits, samples, HEPData folders."""

from __future__ import annotations

import math
import re

import numpy as np
import yaml
from hypothesis import given
from hypothesis import strategies as st

import exclude
import import_published
from darkaon.config.samples import read_samples
from darkaon.errors import InputError
from darkaon.exclusion.files import read_limits
from darkaon.tables.table import read_table

from .harness import contents, fuzz, plain_rows, run, written

HEADER = "# process: K+ -> pi+ X\n# final_state: invisible\n# lifetime_law: escape\n# search: s\n# label: published\n"
ROWS = [(tau, mass, 5e-11 * (1 + mass / 100)) for tau in (1, math.inf) for mass in (0, 40, 80, 120)]
LIMITS = (HEADER + "lifetime_ns,mass_MeV,upper_limit\n" + "".join(f"{t},{m},{u:g}\n" for t, m, u in ROWS)).encode()
SAMPLES = b"""# the samples
sample,search,period,role,kind,path
my_2017,my,2017,data,measured,data/a.root
my_2018,my,2018,data,measured,"data/b,c.root"
my_signal,my,,signal,simulated,data/x.root
"""


@fuzz
@given(content=contents(LIMITS))
def test_limits(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("limits")
    path, output = folder / "limits.csv", folder / "out" / "exclusion.csv"
    path.write_bytes(content)
    if run(exclude.main, ["--model", "bc4_inv", "--limits", path, "--output", output], output):
        return
    names, rows = plain_rows(content)
    _, limits = read_limits(str(path), {})
    column = next(name for name in ("observed", "upper_limit", "expected") if name in names)
    for row in rows:
        cells = dict(zip(names, row, strict=True))
        value = float(cells[column] or "nan")
        if column != "expected" and not math.isnan(value):
            at = limits.lifetime_ns == float(cells["lifetime_ns"]), limits.mass_MeV == float(cells["mass_MeV"])
            np.testing.assert_allclose(limits.values["observed"][np.ix_(*at)], value, rtol=1e-12)


@fuzz
@given(content=contents(SAMPLES))
def test_samples(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("samples") / "samples.csv"
    path.write_bytes(content)
    try:
        samples = read_samples(path)
    except InputError as error:
        assert error.fault and error.remedy and "\n" not in str(error)
        return
    names, rows = plain_rows(content)
    read = [{name: getattr(sample, name) for name in ("sample", "search", "role", "kind")} for sample in samples]
    assert read == [{name: dict(zip(names, row, strict=True))[name] for name in read[0]} for row in rows] or not read
    assert len({sample.sample for sample in samples}) == len(samples)


MASSES, LIMIT = (0, 50, 100, 150), (5e-11, 4e-11, 3e-11, 6e-11)
UNITS = {"MeV": 1, "GeV": 1e3, "GEV/c^2": 1e3, "$\\mathrm{keV}/c^{2}$": 1e-3, "log10(MeV)": None, "GeV^2": None,
         "": None, "MeV (GeV in the paper)": None}  # fmt: skip
SCALES = {
    "": 1,
    "$10^{-11}$": 1e-11,
    "%": 1e-2,
    "1e-11": 1e-11,
    "10**-11": 1e-11,
    "pb": None,
    "10^{-11} events": None,
}
CELLS = ["-", "---", "", "nan", "<4e-11", "4,0e-11", None, True, "x", -1, 0, 1e-3, {"errors": 1}]


@st.composite
def records(draw):
    """A table of HEPData with what it should be read as; None: it may not be read."""
    unit, scale = draw(st.sampled_from(list(UNITS))), draw(st.sampled_from(list(SCALES)))
    factor = UNITS[unit] or 1.0
    size = SCALES[scale] or 1.0
    axis = [{"value": mass / factor} for mass in MASSES]
    column = [{"value": limit / size} for limit in LIMIT]
    rows = [(mass, limit) for mass, limit in zip(MASSES, LIMIT, strict=True)]
    expected = None if UNITS[unit] is None or SCALES[scale] is None else rows
    change = draw(st.sampled_from(["none", "cell", "short", "errors", "axis", "bins", "twice"]))
    header = {"name": "UL", "units": scale}
    axes = [{"header": {"name": "$m_X$", "units": unit}, "values": axis}]
    columns = [{"header": header, "values": column}]
    if change == "cell":
        at, cell = draw(st.integers(0, 3)), draw(st.sampled_from(CELLS))
        column[at] = {"value": cell}
        if cell is None or (isinstance(cell, str) and cell in ("-", "---", "", "nan")):
            expected = expected and [row for place, row in enumerate(rows) if place != at]
        elif cell == "<4e-11" or (cell == 1e-3 and cell is not True):
            number = size * (4e-11 if cell == "<4e-11" else 1e-3)
            expected = expected and [(m, number if place == at else u) for place, (m, u) in enumerate(rows)]
        else:
            expected = None
    elif change == "short":
        del (column if draw(st.booleans()) else axis)[-1]
        expected = None
    elif change == "errors":
        column[0] = column[0] | {"errors": [{"symerror": 1e-12}]}
        expected = None
    elif change == "axis":
        axes.append({"header": {"name": "$p$", "units": "GeV/c"}, "values": [{"value": 1}] * 4})
        expected = None
    elif change == "bins":
        axes[0]["values"] = [{"low": (m - 2) / factor, "high": (m + 2) / factor} for m in MASSES]
        expected = None if expected is None else rows
    elif change == "twice":
        columns.append({"header": header, "values": list(column)})
        expected = None
    return {"independent_variables": axes, "dependent_variables": columns}, expected


def import_table(folder, content):
    """Import a table: its sentence, and the rows that were written."""
    (folder / "record").mkdir()
    (folder / "record" / "t.yaml").write_bytes(content)
    hepdata = [{"table": "t", "observed": "UL", "lifetime_ns": math.inf}]
    search = {
        "title": "t", "process": "K+ -> pi+ X", "final_state": "invisible", "input": "limits",
        "lifetime": {"kind": "escape", "values_ns": [math.inf]},
        "published": {"path": str(folder / "record"), "hepdata": hepdata},
    }  # fmt: skip
    (folder / "s.yaml").write_text(yaml.safe_dump(search))
    output = folder / "out" / "published.csv"
    said = run(import_published.main, ["--search", folder / "s.yaml", "--name", "s", "--output", output], output)
    return said, None if said else read_table(output)


@fuzz
@given(record=records())
def test_hepdata_records(tmp_path_factory, record):
    content, expected = record
    said, table = import_table(tmp_path_factory.mktemp("hepdata"), yaml.safe_dump(content).encode())
    if expected is None:
        assert said, "a fault was read"
        return
    assert not said, said
    np.testing.assert_allclose(np.column_stack([table["mass_MeV"], table["observed"]]), expected, rtol=1e-8)


RECORD = {
    "independent_variables": [{"header": {"name": "$m_X$", "units": "MeV"},
                               "values": [{"value": m} for m in MASSES]}],
    "dependent_variables": [{"header": {"name": "UL"}, "qualifiers": [{"name": "CL", "value": "90%"}],
                             "values": [{"value": u} for u in LIMIT]}],
}  # fmt: skip


@fuzz
@given(content=written(RECORD))
def test_hepdata_files(tmp_path_factory, content):
    said, table = import_table(tmp_path_factory.mktemp("hepdata"), content)
    if said:
        return
    read = yaml.load(content.decode("utf-8-sig"), Loader=yaml.CBaseLoader)  # all scalars as text
    cells = [v["values"] for v in (read["independent_variables"][0], *read["dependent_variables"])]
    number = re.compile(r"<? *([-+.\deE]+)")
    texts = [
        str(cell.get("value", "")) if isinstance(cell, dict) else str(cell) for column in cells for cell in column
    ]
    matches = [found[1] for text in texts if (found := number.fullmatch(text)) and re.search(r"\d", text)]
    known = {float(text) for text in matches}
    scaled = known | {k * f for k in known for f in (1e-2, 1e-11, 1e3, 1e-6, 1e-3, 1e6)}
    for name in ("mass_MeV", "observed"):
        for value in table[name]:
            assert any(math.isclose(value, k, rel_tol=1e-8) for k in scaled) or "low" in str(read), (name, value)
