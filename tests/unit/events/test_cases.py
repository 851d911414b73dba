"""Files as experimenters have them: which are read, and which refused with a sentence that says what they are."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from darkaon.config.event_files import expand, files_of
from darkaon.config.samples import read_samples
from darkaon.config.search import Search
from darkaon.errors import InputError
from darkaon.events.selecting import select

DATA = Path(__file__).parents[2] / "data" / "events"
with (DATA / "expected.csv").open(encoding="utf-8") as _stream:
    EXPECTED = {row["file"]: row["answer"] for row in csv.DictReader(_stream)}
SAYS = {  # what the sentence of a refusal names
    "hash_header": "commented out", "header_hash_space": "commented out", "no_header": "no line of column names",
    "latin1_comment": "latin1", "utf16": "UTF-16", "complex": r"line 2: m is '215.5\+0j'",
    "decimal_comma_in_csv": "line 2: 4 cells .* decimal point", "empty_cell": "line 2: m is ''",
    "fortran_D": r"line 2: m is '2.155D\+02'", "hash_mid": "line 3: m is '3#00.25'.*comments",
    "header_twice": "line 4: ",
    "hexnum": "line 2: run is '0x10'", "inf": "'m' is inf in event 0", "nan": "'m' is nan in event 0",
    "inline_comment": "line 2: x is '7 # good'", "ragged_long": "line 2: 4 cells", "ragged_short": "line 2: 2 cells",
    "true": "line 2: run is 'True'", "trunc_last": "line 3: 2 cells", "underscore": "line 2: run is '1_000'",
    "unicode_minus": "line 2: m is", "vector": r"line 2: m is '\[1,2\]'", "semicolon": "semicolons",
    "decimal_comma": "semicolons", "tab": "tabs", "units_in_header": r"no branch 'm'; did you mean 'm \[MeV\]'",
    "dat": "'.dat'", "tsv": "'.tsv'", "txt": "'.txt'", "gz_named_csv": "is compressed by gzip",
    "empty": "holds nothing", "only_header": "holds no events",
}  # fmt: skip


def selected(path, output, names):
    search = Search.model_validate(
        {
            "events": {
                "branches": {name: {"name": name} for name in names},
                "selection": [{"name": f"any {name}", "quantity": name, "low": -1e9} for name in names],
            },
            "observable": "m",
        }
    )
    found = select(search, "x.yaml", [str(path)], output, label="measured")
    if not found.events:  # as select_events.py says of a whole sample
        raise InputError(f"{path}: holds no events", remedy="take it out")
    return np.load(output)["observable"]


@pytest.mark.parametrize("name", sorted(name[4:] for name in EXPECTED if name.startswith("csv/")))
def test_event_files(tmp_path, name):
    path, answer = DATA / "csv" / name, EXPECTED[f"csv/{name}"]
    columnar = name in ("a.parquet", "a.feather")
    names = ("run", "m") if columnar or name == "root_index_col.csv" else ("run", "m", "x")
    if columnar:
        pytest.importorskip("pyarrow")
    if answer.startswith("read"):
        assert selected(path, tmp_path / "o.npy", names)[0] in (215.5, 300.25)
    else:
        with pytest.raises(InputError, match=SAYS[name.partition(".")[0]]):
            selected(path, tmp_path / "o.npy", names)


# --- lists of samples -------------------------------------------------------------------------------------


SAMPLES = {  # what the sentence of a refusal names
    "case": "did you mean 'data'", "colon_tree": "events.tree: ntuple/Kaons",
    "comment_inline": "comment on a line of its own", "dup_path": "'my_2017' and 'my_x'",
    "dup_row": "'my_2017' is a duplicate", "two_signals": "'my_signal' and 'my_s2'",
    "data_as_signal": "'my_2017' and 'my_signal'", "signal_as_data": "'my_2018' and 'my_signal'",
    "empty_id": "line 2: sample id ''", "id_dash": "column 'sample' is missing", "id_leading_dash": "'-2017'",
    "id_space": "'my 2017'", "noheader": "no line of column names", "tab": "tabs",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The files that the lists name, where they are run."""
    (tmp_path / "data").mkdir()
    for name in ("kaons_2017.root", "kaons_2018.root", "x_mumu.root", "a,b.root"):
        (tmp_path / "data" / name).write_bytes(name.encode())
        shutil.copy(tmp_path / "data" / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DATA", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", sorted(n[8:] for n in EXPECTED if n.startswith("samples/") and "period" not in n))
def test_lists_of_samples(folder, name):
    def read():
        return files_of(read_samples(DATA / "samples" / name), name)

    if not EXPECTED[f"samples/{name}"].startswith("read"):
        with pytest.raises(InputError, match=SAMPLES[name.partition(".")[0]]):
            read()
    elif name in ("dir.csv", "glob.csv"):  # they name the other files of the list too
        with pytest.raises(InputError, match="'my_2017' and 'my_2018'"):
            read()
        assert len(expand({"dir.csv": "data/", "glob.csv": "data/kaons_*.root"}[name], "x")) == (
            4 if name == "dir.csv" else 2
        )
    else:
        assert all(files for files in read().values())


def test_a_link_is_the_same_file(folder):
    (folder / "link.root").symlink_to(folder / "data" / "kaons_2017.root")
    text = (DATA / "samples" / "dup_path.csv").read_text(encoding="utf-8")
    for other in ("link.root", "data/../data/kaons_2017.root"):
        (folder / "s.csv").write_text(text[: text.rindex("data/")] + other + "\n", encoding="utf-8")
        with pytest.raises(InputError, match="'my_2017' and 'my_x'"):
            files_of(read_samples(folder / "s.csv"), "s.csv")
