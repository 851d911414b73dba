"""Every refusal says what is wrong and what to do: the syntax tree is asked."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import numpy as np
import pytest

from darkaon.errors import CORRECT_ROW, InputError, in_row, refuse

SCRIPTS = Path(__file__).parents[2] / "scripts"
FILES = sorted(SCRIPTS.rglob("*.py"))


def _calls(tree: ast.AST, *names: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SCRIPTS)))
def test_every_refusal_has_a_remedy(path):
    for call in _calls(ast.parse(path.read_text(encoding="utf-8")), "InputError", "refuse"):
        remedies = [keyword.value for keyword in call.keywords if keyword.arg == "remedy"]
        if not remedies and call.func.id == "refuse":  # of a row of a table: see the next test
            continue
        assert len(remedies) == 1, f"{path}:{call.lineno}: no remedy"
        text = remedies[0]
        assert not isinstance(text, ast.Constant) or (isinstance(text.value, str) and len(text.value) > 5)


def test_what_is_refused_without_a_word_on_it_is_a_row_to_be_corrected():
    with pytest.raises(InputError) as refused:
        refuse(np.array([False, True]), lambda row: f"a.csv: row {row + 1}: too much")
    assert (refused.value.fault, refused.value.remedy) == ("a.csv: row 2: too much", "correct the row or remove it")


def test_the_syntax_tree_is_looked_at():
    """The test above would see a refusal without a remedy, and there are many with one."""
    assert not _calls(ast.parse("raise InputError('x')"), "InputError")[0].keywords
    assert sum(len(_calls(ast.parse(path.read_text(encoding="utf-8")), "InputError")) for path in FILES) > 200


def test_one_refuse():
    """There is one function of that name, and none like it beside."""
    found = [
        (path.name, node.name)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and "refuse" in node.name
    ]
    assert found == [("errors.py", "refuse")]


def test_remedy_is_needed():
    with pytest.raises(TypeError):
        InputError("a fault")  # type: ignore[call-arg]


def test_both_parts_and_the_place():
    error = InputError("x is 3", remedy="make it 2")
    assert str(error) == "x is 3; make it 2"
    assert str(error.at("a.yaml")) == "a.yaml: x is 3; make it 2"
    again = pickle.loads(pickle.dumps(error))
    assert (again.fault, again.remedy) == ("x is 3", "make it 2")


def test_refuse_names_the_first_row():
    values = np.array([1.0, -2.0, -3.0])
    refuse(values > 5, in_row("t.csv", "b", values, "too large"), remedy=CORRECT_ROW)
    with pytest.raises(InputError, match=r"^t.csv: row 2: b is -2: must not be negative; correct the row or remove"):
        refuse(values < 0, in_row("t.csv", "b", values, "must not be negative"), remedy=CORRECT_ROW)
