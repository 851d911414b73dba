"""The lazy names of darkaon: the numbers of the workflow, without it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import darkaon
from darkaon.errors import InputError

ROOT = Path(__file__).parents[3]
MUMU, INVISIBLE = "na62_kpix_mumu_2017_18", "na62_kpix_invisible_2016_22"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def own_model(tmp_path):
    """Three rates of a model whose X escapes."""
    rates = tmp_path / "rates.csv"
    rates.write_text("mass_MeV,K+ -> pi+ X,lifetime_ns\n0,1e-3,inf\n150,9e-4,inf\n354,1e-9,inf\n")
    return {"title": "Mine", "family": "custom", "options": {"path": str(rates)}}


def test_an_upper_limit():
    found = darkaon.upper_limit(1, 0.5, 0.1)
    assert float(found) == pytest.approx(3.513943, abs=1e-6)
    assert found.expected[2] == pytest.approx(2.302585, abs=1e-6) and found.method == "hybrid"
    assert np.isnan(float(darkaon.upper_limit(None, 0.5, 0.1)))


def test_excluded_couplings_of_bc4():
    found = darkaon.exclude("bc4", INVISIBLE, MUMU)
    assert len(found) == 391 and found["coupling_low"].min() == pytest.approx(4.12796254e-9, rel=1e-8)
    assert set(found["search"]) == {"na62_kpix_invisible", "na62_kpix_mumu"} and found.table.label == "published"
    assert "391 intervals" in repr(found)


def test_excluded_couplings_of_an_own_model(tmp_path):
    found = darkaon.exclude(own_model(tmp_path), INVISIBLE)
    best = found["coupling_low"].argmin()
    assert len(found) == 193
    assert found["coupling_low"][best] == pytest.approx(8.27074118e-5, rel=1e-8)
    assert found["mass_MeV"][best] == pytest.approx(211.1111)


def test_the_numbers_are_those_of_the_script(tmp_path):
    command = [sys.executable, ROOT / "scripts/exclude.py", "--model", "bc4", "--limits", MUMU, "--output", "e.csv"]
    subprocess.run(command, check=True, capture_output=True)
    found, script = darkaon.exclude("bc4", MUMU), darkaon.read("e.csv")
    found.write("api.csv")
    assert Path("api.csv").read_bytes() == Path("e.csv").read_bytes()
    assert script["edge_low"].dtype.kind == "U" and script["mass_MeV"].dtype == float


def test_limits_from_columns():
    columns = {"lifetime_ns": [np.inf] * 2, "mass_MeV": [100.0, 110.0], "observed": [1e-10, 2e-10]}
    described = {"process": "K+ -> pi+ X", "final_state": "invisible", "lifetime_law": "escape", "search": "mine"}
    own = darkaon.limits(columns, **described)
    assert "2 limits on K+ -> pi+ X" in repr(own)
    weak, strong = darkaon.exclude("bc4_inv", own)["coupling_low"], darkaon.exclude("bc4_inv", INVISIBLE)
    assert len(weak) == 2 and weak.min() > strong["coupling_low"].min()
    with pytest.raises(InputError, match="lifetime_law"):
        darkaon.limits(columns, process="K+ -> pi+ X", final_state="invisible")


ROWS = {"lifetime_ns": [np.inf] * 2, "mass_MeV": [100.0, 110.0], "observed": [1e-10, 2e-10]}
MINE = {"process": "K+ -> pi+ X", "final_state": "invisible", "lifetime_law": "escape"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([ROWS, ROWS], r"both called limits \(no label\); name one .*darkaon.limits\(\.\.\., search=NAME\)"),
        ([[ROWS, ROWS]], "limits: a list is no table of limits; give a name, .* one by one"),
        ([{**ROWS, "note": ["a", "b"]}], "limits: note: could not convert string to float"),
        (
            [{**ROWS, "mass_MeV": [100.0]}],
            "limits: columns of different lengths: lifetime_ns 2, mass_MeV 1, observed 2",
        ),
        ([{**ROWS, "mass_MeV": 100.0}], "limits: mass_MeV: has 0 dimensions"),
    ],
)
def test_what_is_no_table_of_limits(arguments, words):
    with pytest.raises(InputError, match=words):
        darkaon.exclude("bc4_inv", *arguments, **MINE)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kinds": "obs"}, "kinds: 'obs' is no kind of limit; did you mean 'observed'"),
        ({"kinds": ["obs"]}, "kinds: 'obs' is no kind of limit"),
        ({"kinds": ["expected"]}, "kinds: no table has the limit 'expected'; they have observed"),
        ({"lifetim_law": "escape"}, "limits: argument 'lifetim_law' is unknown; did you mean 'lifetime_law'"),
        ({"masses_MeV": "abc"}, "masses_MeV: could not convert"),
        ({"level": 95}, "'# level: 95' is not a confidence level"),
    ],
)
def test_options_that_are_none(options, words):
    with pytest.raises(InputError, match=words):
        darkaon.exclude("bc4_inv", ROWS, **{**MINE, **options})


def test_a_kind_by_its_name_and_a_level_as_a_number():
    both = {**ROWS, "expected": [1e-10, 1e-10]}
    assert set(darkaon.exclude("bc4_inv", both, kinds="observed", **MINE)["kind"]) == {"observed"}
    assert darkaon.limits(ROWS, **MINE, level=0.95).search.level == 0.95
    other = darkaon.limits(ROWS, **MINE, search="other")
    assert len(darkaon.exclude("bc4_inv", ROWS, other, **MINE)) == 4


def test_pictures(tmp_path):
    (tmp_path / "over.csv").write_text("mass_MeV,coupling,polygon\n100,1e-6,0\n200,1e-6,0\n200,1e-5,0\n100,1e-6,0\n")
    found = darkaon.exclude("bc4", MUMU)
    figure = darkaon.plot(found, overlay=["over.csv"], output="bc4.png")
    assert "over (overlaid)" in [text.get_text() for text in figure.legends[0].get_texts()]  # below the axes
    assert Path("bc4.png").read_bytes()[:4] == b"\x89PNG" and b"made_by" in Path("bc4.png").read_bytes()
    assert found._repr_png_()[:4] == darkaon.limits(MUMU)._repr_png_()[:4] == b"\x89PNG"
    own = darkaon.plot(darkaon.exclude(own_model(tmp_path), INVISIBLE))
    assert own.axes[0].get_ylim() == pytest.approx((1e-6, 1), rel=1e-6)
    with pytest.raises(InputError, match="gif"):
        darkaon.plot(found, output="bc4.gif")


def test_the_papers_of_the_dark_scalar_by_the_dimuon_search():
    """NA62's limits, its K -> pi mu mu from which they are made, and those of the model's rates."""
    papers = darkaon.references(darkaon.exclude("bc4", MUMU)).keys
    assert set(papers) == {"2507.17286", "2209.05076", "1809.01876"}


def test_pandas():
    pandas = pytest.importorskip("pandas")
    frame = darkaon.exclude("bc4", MUMU).to_pandas()
    assert isinstance(frame, pandas.DataFrame) and frame.attrs["model"] == "bc4" and len(frame) == len(frame.dropna())


def test_names_are_those_that_are_there():
    assert "bc4" in darkaon.model_names() and "na62_kpix_mumu" in darkaon.search_names()
    for name in darkaon.__all__:
        assert getattr(darkaon, name), name
    assert set(darkaon.__all__) <= set(dir(darkaon))
    with pytest.raises(AttributeError):
        darkaon.nothing  # noqa: B018
    with pytest.raises(InputError, match=r"name some: .*na62_kpix_mumu_2017_18"):
        darkaon.exclude("bc4")


def test_an_import_loads_nothing_else():
    code = "import sys; sys.path.insert(0, sys.argv[1]); import darkaon; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, ROOT / "scripts"], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
