import json

import pytest

from darkaon.errors import InputError
from darkaon.tables import provenance
from darkaon.tables.checksums import checksum
from darkaon.tables.lineage import code, collect, header_of
from darkaon.tables.table import read_table, write_table


@pytest.fixture
def results(tmp_path):
    """outside.csv -> searches/s/windows.csv -> searches/s/limits.csv, and a file that nothing is made from."""
    (tmp_path / "outside.csv").write_text("mass_MeV\n1\n")
    folder = tmp_path / "results"
    made = [tmp_path / "outside.csv"]
    for name in ("windows", "limits"):
        lines = provenance.header(
            name, label="simulated", settings={"x": float("inf")}, tables=[read_table(made[-1])]
        )
        made.append(folder / "searches" / "s" / f"{name}.csv")
        write_table(made[-1], {"mass_MeV": [1.0]}, lines)
    write_table(folder / "searches" / "s" / "stale.csv", {"mass_MeV": [3.0]}, {})
    return folder


FILES = [f"searches/s/{name}.csv" for name in ("windows", "limits", "stale")]


def test_the_chain_is_followed_to_what_comes_from_outside(results):
    found = collect(["searches/s/limits.csv"], FILES, results)
    assert list(found) == ["searches/s/limits.csv", "searches/s/windows.csv"]
    for path, entry in found.items():
        assert entry["sha256"] == checksum(results / path)
        assert entry["label"] == "simulated" and entry["settings"] == {"x": "Infinity"}
        assert entry["inputs"] == [f"outside.csv sha256:{checksum(results.parent / 'outside.csv')}"]
    windows = {"searches/s/windows.csv": found["searches/s/windows.csv"]["sha256"]}
    assert found["searches/s/limits.csv"]["made_from"] == windows
    assert found["searches/s/windows.csv"]["made_from"] == {}
    json.dumps(found, allow_nan=False)


def test_a_broken_chain_is_told(results):
    with (results / "searches/s/windows.csv").open("a") as stream:
        stream.write("2\n")
    with pytest.raises(InputError, match=r"limits.csv: was made from windows.csv sha256:\w+, which is not in"):
        collect(["searches/s/limits.csv"], FILES, results)
    with pytest.raises(InputError, match=r"stale.csv: does not say what made it; make it anew"):
        collect(["searches/s/stale.csv"], FILES, results)


def test_a_figure_carries_its_provenance(tmp_path):
    from matplotlib.figure import Figure

    said = provenance.header("plot_figure", label="simulated", settings={"title": "K⁺ → π⁺X"})
    Figure().savefig(tmp_path / "f.png", metadata={"Software": None, "Description": json.dumps(said)})
    Figure().savefig(tmp_path / "f.pdf", metadata={"Keywords": json.dumps(said)})
    assert header_of(tmp_path / "f.png") == header_of(tmp_path / "f.pdf") == said
    Figure().savefig(tmp_path / "other.png")
    with pytest.raises(InputError, match="does not say what made it"):
        header_of(tmp_path / "other.png")


def test_code_follows_content_and_names_and_nothing_else(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    two.write_text("1")
    assert code({"a.py": one}) == code({"a.py": two}) != code({"b.py": one})
    two.write_text("2")
    assert code({"a.py": one}) != code({"a.py": two})
