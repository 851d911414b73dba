"""Many files: what a path means, and which job reads which."""

import os
from dataclasses import replace

import numpy as np
import pytest

from darkaon.config.event_files import batch, batch_bits, expand, files_of, parts
from darkaon.config.samples import Sample
from darkaon.errors import InputError

SAMPLE = Sample("s", "x", "2017", "data", "measured", "p")


def test_batches_of_names():
    """The figures of the specification."""
    assert [batch("run00000.root", 7), batch("run00000.root", 6)] == [110, 46]
    assert [batch("run00001.root", 7), batch("run00001.root", 6)] == [56, 56]
    names = [f"run{i:05d}.root" for i in range(10_000)]
    assert batch_bits([f"https://x/{name}" for name in names]) == 7
    assert batch_bits([f"https://x/{name}" for name in names[:1000]]) == 3
    sizes = np.bincount([batch(name, 7) for name in names], minlength=128)
    assert sizes.min() == 60 and sizes.max() == 101


def test_a_new_file_changes_its_batch_alone(tmp_path):
    files = [f"https://x/run{i}.root" for i in range(300)]
    before = {part.id: part.files for part in parts(SAMPLE, files, {})}
    after = {part.id: part.files for part in parts(SAMPLE, [*files, "https://x/new.root"], {})}
    changed = [name for name in after if after[name] != before.get(name)]
    assert len(before) == 4 and len(changed) == 1 and sorted(sum(before.values(), ())) == sorted(files)


def test_braces_are_wildcards_of_the_workflow(tmp_path):
    (tmp_path / "{x}.root").touch()
    sample = replace(SAMPLE, path=str(tmp_path))
    with pytest.raises(InputError, match=r"samples.csv: sample 's': .*brace.*; rename it"):
        files_of([sample], "samples.csv")


def test_few_files_are_one_job():
    assert [part.id for part in parts(SAMPLE, ["https://x/a.root"] * 3, {})] == ["s"]
    assert [(part.id, part.files) for part in parts(SAMPLE, [], {})] == [("s", ())]


def test_bytes_count_too(tmp_path):
    for name in "abcd":
        with (tmp_path / f"{name}.root").open("wb") as file:
            file.truncate(3 * 10**9)
    assert batch_bits([str(tmp_path / f"{name}.root") for name in "abcd"]) == 2
    assert batch_bits([str(tmp_path / "a.root")]) == 0


def test_a_large_file_is_read_in_fixed_ranges():
    found = parts(SAMPLE, ["/d/a.root", "https://x/b.root"], {"/d/a.root": 250_000_000})
    assert [part.entries for part in found] == ["0:100000000", "100000000:200000000", "200000000:300000000", ""]
    assert len({part.id for part in found}) == 4 and found[-1].files == ("https://x/b.root",)


def test_paths(tmp_path, monkeypatch):
    for name in ("b.root", "a.root", "note.txt", "c.csv.gz", "sub/d.parquet", "._a.root"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    monkeypatch.setenv("EVENTS", str(tmp_path))
    a, b, c, d = (str(tmp_path / name) for name in ("a.root", "b.root", "c.csv.gz", "sub/d.parquet"))
    with pytest.warns(UserWarning, match="sub/d.parquet"):
        assert expand(str(tmp_path), "x") == [a, b, c]
    assert expand("$EVENTS/?.root", "x") == [a, b]
    assert expand(f"{tmp_path}/**/*.parquet", "x") == [d]
    assert expand("https://x/y.root", "x") == ["https://x/y.root"]
    (tmp_path / "list.txt").write_text(f"# files\n{a}\n\n$EVENTS/sub\nroot://h//e.root\n")
    assert expand(f"@{tmp_path}/list.txt", "x") == [a, d, "root://h//e.root"]


@pytest.mark.parametrize(
    "path, message",
    [
        ("none.root", "there is no file none.root"),
        ("$NOT_SET_HERE/a.root", "the variable in '\\$NOT_SET_HERE/a.root' is not set"),
        ("*.nothing", "no file fits"),
        (".", "holds no event files"),
        ("@none.txt", "the list none.txt cannot be read"),
        ("@empty.txt", "holds no paths"),
        ("@loop.txt", "names another list"),
        ("a.root:tree", "write a.root, and events.tree: tree"),
        ("a.root # good", "comment on a line of its own"),
    ],
)
def test_paths_at_fault(tmp_path, monkeypatch, path, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.txt").write_text("# nothing\n")
    (tmp_path / "loop.txt").write_text("@loop.txt\n")
    if "a.root" in path and "$" not in path:
        (tmp_path / "a.root").write_text("x")
    with pytest.raises(InputError, match=f"samples.csv: .*{message}|samples.csv.*{message}"):
        expand(path, "samples.csv")


def test_event_files_below_a_folder_are_not_passed_over_in_silence(tmp_path):
    for name in ("a.root", "sub/.b.root", ".hidden/b.root", "sub/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert expand(str(tmp_path), "x") == [str(tmp_path / "a.root")]
    (tmp_path / "sub" / "c").mkdir()
    (tmp_path / "sub" / "c" / "b.root").touch()
    with pytest.warns(
        UserWarning, match=r"x: event files in folders below .* are not read, as .*sub/c/b.root; .*\*\*"
    ):
        expand(str(tmp_path), "x")
    assert len(expand(f"{tmp_path}/**/*.root", "x")) == 2


def test_a_name_that_is_not_utf8_is_refused(tmp_path):
    with open(os.fsencode(tmp_path) + b"/na\xefve.root", "w"):  # noqa: PTH123  (bytes)
        pass
    with pytest.raises(
        InputError, match=r"sample 's': the name of '.*na\\udcefve.root' is not UTF-8; rename the file"
    ):
        files_of([replace(SAMPLE, path=str(tmp_path))], "samples.csv")
