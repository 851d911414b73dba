"""Contours of excluded regions as they are read, of whoever they are."""

from pathlib import Path

import pytest

from darkaon.errors import InputError
from darkaon.tables.contours import read_contours

ROOT = Path(__file__).parents[3]


def test_all_columns_that_exclude_writes_are_read(tmp_path):
    path = tmp_path / "contours.csv"
    path.write_text(
        "search,label,kind,process,polygon,mass_MeV,coupling,edge\n"
        "s,published,observed,K+ -> pi+ X,0,0,1e-3,root\ns,published,observed,K+ -> pi+ X,0,2,2e-3,root\n"
    )
    table = read_contours(path)
    assert table["edge"].tolist() == ["root", "root"] and table["coupling"].tolist() == [1e-3, 2e-3]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("20,0,0", "row 2: coupling is 0: its axis is logarithmic; correct the row or remove it"),
        ("20,-1e-3,0", "row 2: coupling is -0.001"),
        ("20,nan,0", "row 2: coupling is nan"),
        ("-20,1e-3,0", "row 2: mass_MeV is -20: a mass must be 0 or above"),
    ],
)
def test_a_point_off_the_axes_is_refused(tmp_path, row, message):
    path = tmp_path / "mine.csv"
    path.write_text(f"mass_MeV,coupling,polygon\n10,1e-3,0\n{row}\n")
    with pytest.raises(InputError) as fault:
        read_contours(path)
    assert f"{path}: {message}" in str(fault.value)


def test_all_carried_contours_are_read():
    paths = sorted((ROOT / "resources/contours").rglob("*.csv"))
    assert len(paths) > 40 and all(len(read_contours(path)) > 1 for path in paths)
