from darkaon.tables.checksums import checksum, fingerprint
from darkaon.tables.provenance import header, statuses
from darkaon.tables.table import Table, read_table, write_table

TAU = {"value": 0.07, "source": "s", "status": "cited"}


def test_statuses_are_collected_by_name():
    settings = {"lifetime": {"kind": "prompt", "tau0_ns": TAU}, "normalisation": {"value": 1, "status": "tuned"}}
    assert statuses(settings) == {"cited": ["lifetime.tau0_ns"], "tuned": ["normalisation"]}


def test_statuses_and_inputs_are_handed_on_least_sure_first(tmp_path):
    (tmp_path / "r.csv").write_text("x")
    first = header("a", label="simulated", settings={"tau": TAU}, files=[tmp_path / "r.csv"])
    assert first["inputs"] == f"r.csv sha256:{checksum(tmp_path / 'r.csv')}"
    settings = {"yield": {"value": 1, "status": "tuned"}}
    second = header("b", label="simulated", settings=settings, tables=[Table({}, first)])
    assert second["statuses"] == "tuned: yield\ncited: tau"
    assert second["inputs"] == first["inputs"]
    assert str(tmp_path) not in str(second)


def test_a_part_of_the_data_is_told():
    made = [
        header("a", label="simulated", settings={"simulation": s}) for s in ({"fraction": 0.1}, {"fraction": 1}, None)
    ]
    assert [lines.get("data_fraction") for lines in made] == ["0.1", None, None]


def test_a_folder_has_a_checksum_that_follows_its_files(tmp_path):
    (tmp_path / "a").write_text("1")
    before = checksum(tmp_path)
    (tmp_path / "a").write_text("2")
    assert checksum(tmp_path) != before


def test_files_of_ours_and_files_from_outside_are_told_apart(tmp_path):
    (tmp_path / "published.csv").write_text("mass_MeV\n1\n")
    (tmp_path / "data.npy").write_bytes(b"x")
    outside = read_table(tmp_path / "published.csv")
    own = header("a", label="simulated", tables=[outside], candidates=[tmp_path / "data.npy"])
    assert own["inputs"] == fingerprint(tmp_path / "published.csv")
    assert own["made_from"] == fingerprint(tmp_path / "data.npy")
    write_table(tmp_path / "own.csv", {"mass_MeV": [1.0]}, own)
    table = read_table(tmp_path / "own.csv")
    following = header("b", label="simulated", tables=[table.where(table["mass_MeV"] > 2)])
    assert following["inputs"] == own["inputs"]
    assert following["made_from"] == fingerprint(tmp_path / "own.csv")  # its own parents stand in its own header
