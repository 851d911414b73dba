from darkaon.provenance import checksum, header, statuses
from darkaon.tables import Table

TAU = {"value": 0.07, "source": "s", "status": "read"}


def test_statuses_are_collected_by_name():
    settings = {"lifetime": {"kind": "prompt", "tau0_ns": TAU}, "normalisation": {"value": 1, "status": "tuned"}}
    assert statuses(settings) == {"read": ["lifetime.tau0_ns"], "tuned": ["normalisation"]}


def test_statuses_and_inputs_are_handed_on_least_sure_first(tmp_path):
    (tmp_path / "r.csv").write_text("x")
    first = header("a", label="simulated", settings={"tau": TAU}, files=[tmp_path / "r.csv"])
    assert first["inputs"] == f"r.csv sha256:{checksum(tmp_path / 'r.csv')[:16]}"
    settings = {"yield": {"value": 1, "status": "tuned"}}
    second = header("b", label="simulated", settings=settings, tables=[Table({}, first)])
    assert second["statuses"] == "tuned: yield\nread: tau"
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
