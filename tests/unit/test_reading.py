"""The one reader of CSV: what it reads, and the sentence for what it does not."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pytest

from darkaon.errors import InputError
from darkaon.reading import read_rows, read_text

PLAIN = "run,m,x\n1,215.5,7\n2,300.25,8\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace(",", " , ").encode(),
        b'"run","m","x"\n"1","215.5","7"\n2, "300.25",8\n',
        b"# a comment\n" + PLAIN.encode(),
        b"run,m,x\n  # a comment\n1,215.5,7\n\n2,300.25,8",
        b"\xef\xbb\xbf# a comment\n" + PLAIN.encode(),
        b"run,m,x\n+1,2.155e2,7.\n2E0,300.25,8\n",
    ],
)
def test_what_is_read(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    rows = read_rows(path, required=("m",))
    assert rows.names == ("run", "m", "x")
    assert np.array_equal(rows.numbers("m"), [215.5, 300.25])
    assert np.array_equal(rows.numbers("run"), [1, 2]) and np.array_equal(rows.numbers("x"), [7, 8])


def test_empty_cells_infinity_and_an_index_without_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(",tau,note\n0,inf,\n1,,a\n2,nan,b\n")
    rows = read_rows(path)
    assert rows.names == ("", "tau", "note")
    assert np.array_equal(rows.numbers("tau"), [np.inf, np.nan, np.nan], equal_nan=True)
    assert rows.text("note") == ["", "a", "b"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the table is empty; it needs a line of column names"),
        (b"# only\n", "the table is empty"),
        (b"#run,m,x\n1,215.5,7\n", r"line 2: the line of column names is commented out \('run,m,x'\); remove"),
        (b"# run,m,x\n1,215.5,7\n", "line 2: the line of column names is commented out"),
        (b"1,215.5,7\n", "line 1: no line of column names; name the columns"),
        (b"run;m;x\n1;2;3\n", "line 1: the cells are separated by semicolons; write commas"),
        (b"run\tm\tx\n1\t2\t3\n", "line 1: the cells are separated by tabs"),
        (b"run,m,m\n1,2,3\n", "column 'm' is a duplicate in line 1"),
        (b"run,m,\n1,2,\n", "line 1: column 3 has no name"),
        (b"run,x,y\n1,2,3\n", "column 'm' is missing; it has run, x, y and needs m"),
        (b"run,m,x\n1,215,5,7\n", "line 2: 4 cells where there are 3 columns; .*numbers have a decimal point"),
        (b"run,m,x\n1,2,3\n1,215.5\n", "line 3: 2 cells where there are 3 columns"),
        (b"run,m,x\n1,2,3\n2,30", "line 3: 2 cells where there are 3 columns"),
        (b'run,m,x\n1,"215,5",7\n', "line 2: m is '215,5', which is not a number; write a decimal point"),
        (b"run,m,x\n1,215.5 # good,7\n", "line 2: m is '215.5 # good', .*comments on lines of their own"),
        (b"run,m,x\n2,3#00.25,8\n", "line 2: m is '3#00.25', which is not a number"),
        (b"run,m,x\n1,1_000,7\n", "line 2: m is '1_000', which is not a number"),
        ("run,m,x\n1,\u2212215.5,7\n".encode(), "line 2: m is '\u2212215.5', which is not a number"),
        ("run,m,x\n1,\u0661\u0662,7\n".encode(), "which is not a number"),
        (b"run,m,x\n1,215.5+0j,7\n", "which is not a number"),
        (b"run,m,x\n1,2.155D+02,7\n", "which is not a number"),
        (b"run,m,x\n1,0x10,7\n", "which is not a number"),
        (b"run,m,x\n1,True,7\n", "which is not a number"),
        (b"run,m,x\n1,2,3\nrun,m,x\n", "line 3: m is 'm', which is not a number"),
        (b'run,m,x\n1,"[1,2]",7\n', "which is not a number"),
        (b'run,m,x\n1,"2\n3",7\n', "line 2: .*end each quote"),
        (b'run,m,x\n1,"2"3,7\n', "line 2: .*end each quote"),
        (b"# Gr\xf6\xdfe\nrun,m,x\n1,2,3\n", r"line 1: byte 0xf6 is not UTF-8 \(in Latin-1 it is '\u00f6'\); save"),
        ("run,m,x\n1,2,3\n".encode("utf-16"), "is UTF-16 text, not text in UTF-8; save it in UTF-8"),
        (gzip.compress(PLAIN.encode(), mtime=0), "is a gzip file, not text in UTF-8; unpack it"),
        (b"PAR1\x15\x04", "is a parquet file"),
        (b"ARROW1\0\0", "is a feather file"),
        (b"PK\x03\x04xl", "a zip archive or an Excel workbook"),
        (b"run,m\n\0\1\2", "is a binary file"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path, content, sentence):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"^{re.escape(str(path))}.*{sentence}") as refusal:
        read_rows(path, required=("m",)).numbers("m")
    assert "\n" not in str(refusal.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"none.csv: no such file; check the path"):
        read_text(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a directory; check the path"):
        read_text(tmp_path)
