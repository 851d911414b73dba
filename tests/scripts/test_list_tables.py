"""The list of published tables; each loads, and says what it is."""

from pathlib import Path

import pytest

from darkaon.errors import InputError
from darkaon.exclusion.limits import limits_from_table
from darkaon.tables.table import read_header, read_table
from list_tables import FOLDER, main

ROOT = Path(__file__).parents[2]
TABLES = sorted((ROOT / FOLDER).glob("*.csv"))
CONTOURS = sorted((ROOT / "resources" / "contours").glob("*/*.csv"))
SAID = ("experiment", "arxiv", "doi", "licence", "level", "process", "final_state", "lifetime_law", "label", "status")


def test_every_table_is_listed(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    main([])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [file.stem for file in TABLES] and len(TABLES) >= 21
    main(["--process", "K+ -> e+ X", "--source"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[0] == "na62_ke_n_2016_18" and "|U_e4|^2" in lines[1] and "CC0" in lines[2]


def test_a_folder_without_tables(tmp_path):
    with pytest.raises(InputError, match="no tables"):
        main(["--folder", str(tmp_path)])


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.stem)
def test_a_published_table_loads_and_says_what_it_is(file):
    table = read_table(file)
    assert not [key for key in SAID if key not in table.header]
    limits = limits_from_table(table, str(file))
    assert limits.process == table.header["process"] and limits.level == float(table.header["level"])
    assert limits.label in ("published", "recast", "interpolated")


@pytest.mark.parametrize("file", CONTOURS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_contour_says_what_it_is_and_is_closed(file):
    table = read_table(file, required=("mass_MeV", "coupling", "polygon"))
    header = read_header(file)
    assert header["plane"] == file.parent.name and header["experiment"] and header["licence"] and header["digitised"]
    for number in set(table["polygon"].tolist()):
        of = table.where(table["polygon"] == number)
        assert of["mass_MeV"][0] == of["mass_MeV"][-1] and of["coupling"][0] == of["coupling"][-1]
