import numpy as np
import pytest
import yaml

from darkaon.config.schema import validate
from darkaon.config.slots.published import HEPDataColumn, Published
from darkaon.errors import InputError
from darkaon.tables.published import read_published

HEAD = "# NA62, observed.\nlifetime_ns,mass_MeV,upper_limit\n"
ROWS = [(0.1, 0, 3e-11), (0.1, 1.4, 2e-11), (np.inf, 0, 1e-11), (np.inf, 1.4, 2e-11)]


def csv_of(rows):
    return HEAD + "".join(f"{t},{m},{u}\n" for t, m, u in rows)


def test_every_shipped_table_is_sound(request):
    tables = sorted((request.config.rootpath / "resources/published").glob("*.csv"))
    assert len(tables) >= 7
    for path in tables:
        table = read_published(Published(path=str(path)))
        assert table.comments, path
        assert np.all(table["observed"] < 1)


def test_the_notes_and_limits_are_carried(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text(csv_of(ROWS))
    table = read_published(Published(path=str(path)))
    assert table.comments == ("NA62, observed.",)
    assert table["lifetime_ns"].tolist() == [0.1, 0.1, np.inf, np.inf]
    assert table["observed"].tolist() == [3e-11, 2e-11, 1e-11, 2e-11]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(0.1, 0, -3e-11)], r"row 1: upper_limit is -3e-11: must be above 0; correct the row"),
        ([(0.1, 0, "nan")], "upper_limit is nan"),
        ([(0.1, -1, 1)], "mass_MeV is -1"),
        ([(-1, 1, 1)], "lifetime_ns is -1"),
        ([(0.1, 2, 1), (0.1, 1, 1)], "row 2: mass 1 MeV comes after 2 MeV at lifetime 0.1 ns; masses must rise"),
        ([(0.1, 2, 1), (0.1, 2, 1)], "row 2: mass 2 MeV is a duplicate"),
        ([], "no rows"),
    ],
)
def test_faults(tmp_path, rows, message):
    path = tmp_path / "p.csv"
    path.write_text(csv_of(rows))
    with pytest.raises(InputError, match=message) as error:
        read_published(Published(path=str(path)))
    assert str(error.value).startswith(str(path))


@pytest.fixture
def hepdata(tmp_path):
    """The same limits as HEPData tables, in GeV and MeV, with a submission.yaml."""

    def table(name, unit, factor, rows):
        axis = {"header": {"name": "X mass", "units": unit}, "values": [{"value": m * factor} for _, m, _ in rows]}
        limit = {"header": {"name": "Obs. BR UL"}, "values": [{"value": u} for *_, u in rows]}
        content = {"independent_variables": [axis], "dependent_variables": [limit]}
        (tmp_path / name).write_text(yaml.safe_dump(content))

    table("figure_2b.yaml", "MeV/c^2", 1, ROWS[:2])
    table("figure_2a.yaml", "GeV/c^2", 1e-3, ROWS[2:])
    parts = [{"comment": "x"}] + [
        {"name": f"Figure 2-{letter}", "data_file": f"figure_2{letter}.yaml"} for letter in "ab"
    ]
    (tmp_path / "submission.yaml").write_text(yaml.safe_dump_all(parts))
    return tmp_path


def test_hepdata_folder_gives_the_same_table(tmp_path, hepdata):
    path = tmp_path / "p.csv"
    path.write_text(csv_of(ROWS))
    columns = (
        HEPDataColumn(table="Figure 2-b", lifetime_ns=0.1, observed="Obs. BR UL"),
        HEPDataColumn(table="Figure 2-a", lifetime_ns=np.inf, observed="Obs. BR UL"),
    )
    ours = read_published(Published(path=str(hepdata), hepdata=columns))
    plain = read_published(Published(path=str(path)))
    for name in plain.columns:
        np.testing.assert_allclose(ours[name], plain[name], rtol=1e-15)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"table": "Figure 2a"}, "no table 'Figure 2a'; did you mean 'Figure 2-a'"),
        ({"observed": "Obs BR UL"}, "no column 'Obs BR UL'; did you mean 'Obs. BR UL'"),
    ],
)
def test_hepdata_faults(hepdata, column, message):
    wanted = {"table": "Figure 2-a", "lifetime_ns": np.inf, "observed": "Obs. BR UL"} | column
    with pytest.raises(InputError, match=message):
        read_published(Published(path=str(hepdata), hepdata=(HEPDataColumn(**wanted),)))


def test_a_folder_needs_its_columns(hepdata):
    with pytest.raises(InputError, match="say under 'hepdata' which tables"):
        validate(Published, {"path": str(hepdata)}, "x.yaml")
