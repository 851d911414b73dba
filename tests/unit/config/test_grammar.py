"""What an expression may be: known before any event is read."""

import math

import pytest
from pydantic import TypeAdapter, ValidationError

from darkaon.config.grammar import Expression, names_in, parse, plain, power

kept = TypeAdapter(Expression).validate_python


@pytest.mark.parametrize(
    "text, message",
    [
        ("9**9**9", "from -8 to 8"),
        ("x**9", "from -8 to 8"),
        ("x**y", "from -8 to 8"),
        ("1 << 64", "0 to 63"),
        ("x >> y", "0 to 63"),
        ("a > 3 & b < 5", "& binds before the comparisons: put brackets round them, or write 'and'"),
        ("a > 3 & b", "& binds before"),
        ("a < 3 | b > 5", "& binds before"),
        ("open(x)", "there is no function 'open'"),
        ("np.sum(x)", "there is no function 'np.sum'"),
        ("__import__('os')", "there is no function '__import__'"),
        ("x.real + (1).real", "attributes"),
        ("'a'", "not a number|no number"),
        ("x < 'a'", 'name == "text"'),
        ("(x + 1) == 'a'", 'name == "text"'),
        ("lambda: 1", "Lambda is not in the grammar"),
        ("x if y else z", "IfExp is not in the grammar"),
        ("[x, y]", "List is not in the grammar"),
        ("x[1:2]", "not in the grammar"),
        ("x[1, 2]", "not in the grammar"),
        ("x @ y", "the operator MatMult"),
        ("x in y", "comparisons are"),
        ("hypot(x)", "hypot takes 2 arguments"),
        ("sqrt(x=3)", "sqrt takes 1 argument"),
        ("9223372036854775808", "not below 2\\^63"),
        ("1e400 + x", "not below"),
        ("True", "no number"),
        ("a && b", "'and', 'or' and 'not'"),
        ("x +", "is no expression"),
        ("", "is no expression"),
        ("(" * 3000 + "x" + ")" * 3000, "no expression|too deeply"),
        ("-" * 50000 + "x", "no expression|too deeply"),
    ],
)
def test_refused_with_its_text_and_what_to_do(text, message):
    with pytest.raises(ValueError, match=message):
        parse(text)
    with pytest.raises(ValidationError):
        kept(text)


@pytest.mark.parametrize(
    "text",
    ["pid & 5 == 5", "(a > 3) & (b < 5)", "a > (3 & b)", "0x1f | 0b11", "x[0] + x[nearest(t, t0)]", "min(x[x > 3])",
     "x**-2 + y**0.5", "Trk.P > 3", 'kind == "GG"', "not a and b or 1 < c <= 3", "-x // 2 % 3", "1_000 < x"],
)  # fmt: skip
def test_allowed_and_kept_the_same_however_it_is_spaced(text):
    once = kept(text)
    assert kept(once) == once == kept(f"  {text.replace(' ', '  ')} ") == plain(text)


def test_names_are_found_once_and_dotted():
    assert names_in(parse("sqrt(px*px + Trk.P) + px + nearest(t, t0)")) == ["px", "Trk.P", "t", "t0"]


def test_brackets_that_are_needed_stay():
    assert parse(kept("a > (3 & b)"))
    assert plain("a > 3 & b < 5") == "a > 3 & b < 5"  # at fault: left as it is


@pytest.mark.parametrize(
    "text, expected",
    [
        ("E * c", 1),
        ("-E[0]", 1),
        ("sqrt(E ** 2 - p * p)", 1),
        ("hypot(E, p)", 1),
        ("max(E) - 0.5 * p", 1),
        ("where(c > 0, E, 0)", 1),
        ("maximum(E, -1)", 1),
        ("E * p // p", 1),
        ("1 / E", -1),
        ("E / p", 0),
        ("cos(E)", 0),
        ("count(E)", 0),
        ("E + c", math.nan),
        ("E + 1", math.nan),
        ("where(c > 0, E, c) * E", math.nan),
    ],
)
def test_the_power_of_an_energy_in_an_expression(text, expected):
    assert power(parse(text), {"E": 1.0, "p": 1.0, "c": 0.0}.__getitem__) == pytest.approx(expected, nan_ok=True)
