import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import darkaon.tables.table
from darkaon.errors import InputError
from darkaon.tables.table import atomic_path, format_table, read_table, write_table


def test_written_and_read_again(tmp_path):
    path = tmp_path / "t.csv"
    write_table(
        path,
        {"search": ["a", "b"], "mass_MeV": [1.5, np.inf], "observed": [1.23456789e-11, np.nan]},
        {"label": "simulated", "inputs": "one\ntwo"},
    )
    table = read_table(path, required=("mass_MeV",), text=("search",))
    assert table.label == "simulated"
    assert table.header["inputs"] == "one\ntwo"
    assert table["search"].tolist() == ["a", "b"]
    assert table["mass_MeV"].tolist() == [1.5, np.inf]
    assert table["observed"][0] == 1.23456789e-11
    assert np.isnan(table["observed"][1])


@given(st.lists(st.floats(allow_nan=False, width=32), min_size=1))
def test_nine_digits_survive(values):
    text = format_table({"x": values})
    again = np.array([float(line) for line in text.splitlines()[2:]])
    np.testing.assert_allclose(again, values, rtol=5e-9)


def test_writing_twice_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_table(tmp_path / name, {"x": [1 / 3, 2e300]}, {"label": "measured"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_nothing_is_left_of_an_interrupted_write(tmp_path):
    (tmp_path / "t.csv").write_text("old")
    with pytest.raises(RuntimeError), atomic_path(tmp_path / "t.csv") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]
    assert (tmp_path / "t.csv").read_text() == "old"


def test_a_writer_killed_half_way_leaves_no_table_and_the_next_one_no_stray(tmp_path):
    program = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(darkaon.tables.table.__file__).parents[2])!r})
from darkaon.tables.table import atomic_path
with atomic_path("t.csv") as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False).returncode == -signal.SIGKILL
    assert [p.name for p in tmp_path.iterdir()] == [".t.partial.csv"]
    write_table(tmp_path / "t.csv", {"x": [1.0]})
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("a,b\n1\n", "line 2: 1 cells where there are 2 columns"),
        ("a,b\n1,two\n", "line 2: b is 'two', which is not a number"),
        ("a,a\n1,2\n", "'a' is a duplicate"),
        ("a,b\n1,2\n", "column 'c' is missing; it has a, b and needs c"),
    ],
)
def test_faults_are_told_with_file_and_line(tmp_path, text, message):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=f"^{path}.*{message}"):
        read_table(path, required=("c",) if "'c'" in message else ())


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        format_table({"a": [1], "b": [1, 2]})


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no space left on device"),
        (OSError("4096 requested and 1024 written"), "no space left on device"),  # by NumPy
        (PermissionError(errno.EACCES, "Permission denied"), "permission denied"),
    ],
)
def test_a_full_disk_and_a_folder_without_permission_are_one_sentence(tmp_path, fault, reason):
    path = tmp_path / "t.csv"
    path.write_text("before")
    with (
        pytest.raises(InputError, match=f"t.csv: cannot be written: {reason}; free space"),
        atomic_path(path) as part,
    ):
        part.write_text("half")
        raise fault
    assert [file.read_text() for file in tmp_path.iterdir()] == ["before"]


def test_a_file_in_the_place_of_a_folder(tmp_path):
    (tmp_path / "a").write_text("x")
    with (
        pytest.raises(InputError, match=r"a/b/t.csv: cannot be written: "),
        atomic_path(tmp_path / "a" / "b" / "t.csv"),
    ):
        pass


@pytest.mark.parametrize("path", [".", "", "a", "a/", "pipe"])
def test_a_folder_or_a_device_in_the_place_of_a_file(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    os.mkfifo("pipe")  # as /dev/stdout is one
    with pytest.raises(InputError, match="is a folder or a device and cannot be written"):
        write_table(path, {"x": [1]})
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "pipe"] and Path("pipe").is_fifo()


def test_other_faults_are_not_hidden(tmp_path):
    with pytest.raises(OSError, match="a bug"), atomic_path(tmp_path / "t.csv"):
        raise OSError(errno.EBADF, "a bug")
