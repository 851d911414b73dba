"""Running a script in process on a damaged input: it ends well, or with a sentence and without half a file."""

from __future__ import annotations

import contextlib
import copy
import io
import os
import warnings
from pathlib import Path

import yaml
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from darkaon.errors import InputError

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))  # of each kind; `make fuzz`: 2000
fuzz = settings(
    max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)

JUNK = st.sampled_from(
    [
        None, True, False, 0, -1, 1, 2, 90, 1e-300, 1e300, float("inf"), float("-inf"), float("nan"), 0.5, 1e-9, "",
        "-", "x", "1", "1e-3", "1,5", "90%", "9:00", "1_000", "on", "\u22121", "[1, 2]", [], [1], [1, 2], [2, 1],
        ["a", "b"], [[0.25, 0.3]], {}, {"value": 1}, {"kind": "none"}, "K+ -> pi+ X", 10**30, -0.0, "\u0661",
    ]
)  # fmt: skip
BYTES = st.sampled_from(
    [b"", b",", b";", b"\t", b"\n", b"\r\n", b"#", b'"', b"'", b" ", b"-", b"e", b".", b":", b"{", b"[", b"\0",
     b"\xe9", b"\xef\xbb\xbf", b"\xff\xfe", b"nan", b"inf", b"1_0", b"0", b"9", b"1e9", b"&a ", b"*a", b"!!", b"|",
     b"%", b"\x1f\x8b"]
)  # fmt: skip


def run(main, arguments, *outputs):
    """What became of a run: '' if it ended well, else its sentence.

    Raises:
        AssertionError: a traceback, a sentence of nothing, half-written files, an output beside a refusal.
    """
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            main([str(argument) for argument in arguments])
            sentence = ""
        except InputError as error:
            sentence = str(error)
            assert error.fault.strip() and error.remedy.strip()
            assert len(sentence) < 20000 and "Traceback" not in sentence
    folders = {Path(output).parent for output in outputs}
    assert not [path for folder in folders for path in folder.glob(".*.partial*")]
    if sentence:
        assert not any(Path(output).exists() for output in outputs), sentence
    else:
        assert all(Path(output).is_file() for output in outputs)
    return sentence


def places(node, here=()):
    """Every key and index in a tree of mappings and lists."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield (*here, key)
        yield from places(value, (*here, key))


@st.composite
def trees(draw, base):
    """A tree with a few values replaced, removed or added."""
    tree = copy.deepcopy(base)
    for _ in range(draw(st.integers(0, 2))):
        there = list(places(tree))
        *parents, last = draw(st.sampled_from(there))
        node = tree
        for part in parents:
            node = node[part]
        what = draw(st.sampled_from(["replace", "scale", "remove", "add"]))
        if what == "remove":
            del node[last]
        elif what == "add" and isinstance(node, dict):
            node[draw(st.sampled_from(["x", "kind", "value", "path", "level", "scale"]))] = copy.deepcopy(
                draw(JUNK)
            )  # or the next change would change the junk itself
        elif what == "scale" and isinstance(node[last], int | float) and not isinstance(node[last], bool):
            node[last] = node[last] * draw(st.sampled_from([1e-3, 0.5, 2, 1e3, -1]))
        else:
            node[last] = copy.deepcopy(draw(JUNK))  # or the next change would change the junk itself
    return tree


@st.composite
def contents(draw, base):
    """Bytes with a few places overwritten, cut or doubled."""
    content = bytearray(base)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content)))
        what = draw(st.sampled_from(["insert", "overwrite", "cut", "double", "drop"]))
        if what == "insert":
            content[at:at] = draw(BYTES)
        elif what == "overwrite":
            content[at : at + 1] = draw(BYTES)
        elif what == "cut":
            del content[at:]
        elif what == "double":
            content[at:at] = content[at : at + draw(st.integers(1, 40))]
        else:
            del content[at : at + draw(st.integers(1, 40))]
    return bytes(content)


def yaml_bytes(tree):
    """A tree as YAML."""
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False).encode()


def written(tree_or_bytes):
    """A strategy for the bytes of a YAML: a changed tree, or changed bytes."""
    return st.one_of(trees(tree_or_bytes).map(yaml_bytes), contents(yaml_bytes(tree_or_bytes)))


def plain_rows(content):
    """An independent reading of a CSV that the reader accepted: names, and rows of cells."""
    text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    import csv

    lines = [line for line in text.split("\n") if line.strip() and not line.strip().startswith("#")]
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, skipinitialspace=True)]
    return rows[0], rows[1:]
