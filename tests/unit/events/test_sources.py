"""Files that are not what their name says, or cannot be opened: one sentence, and what to do."""

import gzip

import numpy as np
import pytest
import uproot

from darkaon.config.slots.events import Events
from darkaon.errors import InputError
from darkaon.events.branches import read_events

SLOT = Events.model_validate({"branches": {"m": {"name": "m"}}, "selection": [{"name": "c", "expression": "m > 0"}]})
KINDS = {
    "a ROOT file; name it .root": b"root" + bytes(60),
    "Parquet; name it .parquet": b"PAR1" + bytes(60),
    "Feather; name it .feather": b"ARROW1" + bytes(60),
    "compressed by gzip; name it .csv.gz": gzip.compress(b"m\n1\n"),
    "a web page; download": b"<!DOCTYPE html>\n<html>404</html>\n",
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\n",
}
SUFFIXES = (".root", ".csv", ".csv.gz", ".csv.zst", ".parquet", ".feather", ".txt")


def read(path, slot=SLOT):
    return np.concatenate([part.columns["m"] for part in read_events(path, slot, ["m"])])


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("says", KINDS)
def test_a_file_named_as_another_kind(tmp_path, suffix, says):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(KINDS[says])
    if f"name it {suffix}" in says or (suffix == ".txt" and "ROOT" in says):  # its own name, or no name of another
        return
    with pytest.raises(InputError, match=f"a{suffix}: is named .* but is {says}"):
        read(path)


@pytest.mark.parametrize("suffix", [".csv.gz", ".csv.zst"])
def test_text_named_as_compressed(tmp_path, suffix):
    (tmp_path / f"a{suffix}").write_bytes(b"m\n1\n")
    with pytest.raises(InputError, match=r"is not compressed; name it \.csv"):
        read(tmp_path / f"a{suffix}")


def test_what_cannot_be_opened(tmp_path):
    (tmp_path / "empty.root").touch()
    (tmp_path / "folder.root").mkdir()
    (tmp_path / "a.root").symlink_to(tmp_path / "b.root")
    (tmp_path / "b.root").symlink_to(tmp_path / "a.root")
    for name, says in (("empty", "with 0 bytes"), ("folder", "is a directory"), ("a", "symbolic links")):
        with pytest.raises(InputError, match=f"{name}.root: .*{says}"):
            read(tmp_path / f"{name}.root")


@pytest.mark.parametrize("name", ["a b", "µ", "x:y", "[1]", "a#b", "50%", "it's", "{x}", "*", "-x", "$HOME", "a;b"])
def test_any_name(tmp_path, name):
    with uproot.recreate(tmp_path / "plain.root") as file:
        file.mktree("events", {"m": "f8"}).extend({"m": np.arange(3.0)})
    path = (tmp_path / "plain.root").rename(tmp_path / f"{name}.root")
    assert read(path).tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i2", "u4", "i8", "?", "f4"])
def test_numbers_of_any_kind(tmp_path, kind):
    values = np.array([1, 0, 1]).astype(kind)
    with uproot.recreate(tmp_path / "a.root", compression=uproot.ZSTD(1)) as file:
        file.mktree("events", {"m": values.dtype}).extend({"m": values})
    assert read(tmp_path / "a.root").tolist() == [1.0, 0.0, 1.0]


def test_the_last_cycle_of_a_tree(tmp_path):
    with uproot.recreate(tmp_path / "a.root") as file:
        for values in (np.arange(3.0), np.arange(5.0)):
            file["events"] = {"m": values}
        assert file.keys() == ["events;1", "events;2"]
    assert read(tmp_path / "a.root").tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_old_trees_count_in_floats(tmp_path, monkeypatch):
    with uproot.recreate(tmp_path / "a.root") as file:
        file.mktree("events", {"m": "f8"}).extend({"m": np.arange(3.0)})
    number = property(lambda tree: float(tree.member("fEntries")))
    monkeypatch.setattr("uproot.behaviors.TTree.TTree.num_entries", number)
    assert read(tmp_path / "a.root").tolist() == [0.0, 1.0, 2.0]


def test_a_branch_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    with uproot.recreate(tmp_path / "a.root") as file:
        file.mktree("events", {"m": "f8"}).extend({"m": np.arange(3.0)})

    def broken(*_, **__):
        raise ValueError("no such streamer")

    monkeypatch.setattr("uproot.behaviors.TBranch.TBranch.array", broken)
    with pytest.raises(InputError, match=r"branch 'm' \(double\) is damaged, or of a kind that is not read"):
        read(tmp_path / "a.root")
