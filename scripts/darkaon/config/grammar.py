"""The grammar of expressions in YAML: Python's, read by `ast`, of which a white list is allowed. Nothing is run here.

Names (also dotted), numbers, `+ - * / // % **`, shifts, comparisons, `and or not`, `& | ^ ~`, `x[i]`, `x[condition]`
and the functions of `FUNCTIONS` and `REDUCTIONS`. What they mean stands in `darkaon.events.expressions`.
"""

from __future__ import annotations

import ast
import io
import math
import tokenize
from collections.abc import Callable, Iterator
from typing import Annotated

from pydantic import AfterValidator

FUNCTIONS = {  # on each value: name -> number of arguments
    "abs": 1, "sqrt": 1, "hypot": 2, "exp": 1, "log": 1, "log10": 1, "sin": 1, "cos": 1, "tan": 1, "arcsin": 1,
    "arccos": 1, "arctan": 1, "arctan2": 2, "sinh": 1, "cosh": 1, "tanh": 1, "sign": 1, "floor": 1, "ceil": 1,
    "minimum": 2, "maximum": 2, "where": 3,
}  # fmt: skip
REDUCTIONS = {"sum": 1, "min": 1, "max": 1, "any": 1, "all": 1, "count": 1, "first": 1, "nearest": 2}  # of an array
ALIKE = ("abs", "floor", "ceil", "hypot", "minimum", "maximum", "where", "sum", "min", "max")  # in unit to arguments
WITHOUT_UNIT = ("any", "all", "count", "first", "nearest", "sign", "arctan2")  # whatever the unit of the arguments is
LARGEST = 2**63
HIGHEST_POWER, MOST_BITS = 8, 63
BITWISE = (ast.BitAnd, ast.BitOr, ast.BitXor)
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, *BITWISE)
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def parse(text: str) -> ast.expr:
    """The tree of an expression, after all that can be known of it without events.

    Raises:
        ValueError: what is not in the grammar, and what to write in its place.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = (
            "C's '&&', '||' and '!' are 'and', 'or' and 'not' here"
            if {"&&", "||", "!"} & _tokens(text)
            else (getattr(error, "msg", None) or "too long or too deep")
        )
        raise ValueError(f"{text!r} is no expression ({reason})") from None
    try:
        _check(tree, text.strip())
    except RecursionError:
        raise ValueError(f"{text[:60]!r}... is nested too deeply") from None
    return tree


def _tokens(text: str) -> set[str]:
    return {sign for sign in ("&&", "||", "!") if sign in text.replace("!=", "")}


def dotted(node: ast.AST) -> str:
    """The name that a node is, 'a' or 'a.b.c'; '' if it is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def names_in(tree: ast.AST) -> list[str]:
    """The names of quantities in an expression, each once, in their order."""
    return list(dict.fromkeys(_names(tree)))


def valued_names(node: ast.AST) -> Iterator[str]:
    """The names of quantities that go into the value of an expression: not those in its conditions and indices."""
    if isinstance(node, ast.Compare) or (isinstance(node, ast.Call) and dotted(node.func) in WITHOUT_UNIT):
        return
    if name := dotted(node):
        yield name
        return
    parts = ast.iter_child_nodes(node)
    if isinstance(node, ast.Call):
        parts = iter(node.args[dotted(node.func) == "where" :])
    for part in [node.value] if isinstance(node, ast.Subscript) else parts:
        yield from valued_names(part)


def power(node: ast.AST, of: Callable[[str], float]) -> float:
    """The power of a unit in the value of an expression, of quantities with those `of`; NaN of unlike summands."""
    if name := dotted(node):
        return of(name)
    if isinstance(node, ast.Subscript):
        return power(node.value, of)
    if isinstance(node, ast.UnaryOp):
        return power(node.operand, of)
    if isinstance(node, ast.BinOp):
        left, right = power(node.left, of), power(node.right, of)
        if isinstance(node.op, ast.Pow):
            return left * (_number(node.right) or 0)
        if isinstance(node.op, ast.Mult | ast.Div | ast.FloorDiv):
            return left + right if isinstance(node.op, ast.Mult) else left - right
        return left if left == right else math.nan
    if isinstance(node, ast.Call) and (function := dotted(node.func)) == "sqrt":
        return power(node.args[0], of) / 2
    if isinstance(node, ast.Call) and function in ALIKE:  # beside a number, which is a bound or stands for none
        parts = {power(part, of) for part in node.args[function == "where" :] if _number(part) is None}
        return parts.pop() if len(parts) == 1 else math.nan
    return 0.0


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        for argument in node.args:
            yield from _names(argument)
    elif name := dotted(node):
        yield name
    else:
        for child in ast.iter_child_nodes(node):
            yield from _names(child)


def _check(node: ast.expr, text: str) -> None:
    for child in _allowed(node, text):
        _check(child, text)


def _allowed(node: ast.expr, text: str) -> list[ast.expr]:
    """The parts of a node that is allowed."""
    if dotted(node):
        return []
    if isinstance(node, ast.Constant):
        return _constant(node, text)
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.BinOp):
        return _binary(node, text)
    if isinstance(node, ast.Compare):
        return _compare(node, text)
    if isinstance(node, ast.Call):
        return _call(node, text)
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice | ast.Tuple):
        return [node.value, node.slice]
    what = "attributes" if isinstance(node, ast.Attribute) else f"{type(node).__name__}"
    raise ValueError(
        f"{_source(node, text)!r}: {what} is not in the grammar of expressions: names, numbers, operators, x[i] and "
        f"the functions {', '.join((*FUNCTIONS, *REDUCTIONS))}"
    )


def _constant(node: ast.Constant, text: str) -> list[ast.expr]:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        raise ValueError(f'{_source(node, text)!r} is no number: text stands only in name == "text"')
    if not abs(node.value) < LARGEST:
        raise ValueError(f"{_source(node, text)!r} is not below 2^63")
    return []


def _binary(node: ast.BinOp, text: str) -> list[ast.expr]:
    exponent = _number(node.right)
    if isinstance(node.op, ast.Pow):
        if exponent is None or not abs(exponent) <= HIGHEST_POWER:
            raise ValueError(f"{_source(node, text)!r}: a power is a number from -8 to 8: write it out, or use exp")
        return [node.left]
    if isinstance(node.op, ast.LShift | ast.RShift):
        if not isinstance(exponent, int) or not 0 <= exponent <= MOST_BITS:
            raise ValueError(f"{_source(node, text)!r}: a shift is by a whole number from 0 to 63")
        return [node.left]
    if not isinstance(node.op, _OPERATORS):
        raise ValueError(f"{_source(node, text)!r}: the operator {type(node.op).__name__} is not allowed")
    return [node.left, node.right]


def _number(node: ast.expr) -> float | int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    return None


def _compare(node: ast.Compare, text: str) -> list[ast.expr]:
    operands = [node.left, *node.comparators]
    if not all(isinstance(operator, _COMPARISONS) for operator in node.ops):
        raise ValueError(f"{_source(node, text)!r}: comparisons are == != < <= > >=")
    strings = [o for o in operands if isinstance(o, ast.Constant) and isinstance(o.value, str)]
    if strings:
        if len(operands) != 2 or not isinstance(node.ops[0], ast.Eq | ast.NotEq) or not dotted(operands[0]):
            raise ValueError(f'{_source(node, text)!r}: text is compared as name == "text" or name != "text" alone')
        return []
    for operand in node.comparators:
        if isinstance(operand, ast.BinOp) and isinstance(operand.op, BITWISE) and not _bracketed(operand, text):
            raise ValueError(
                f"{_source(node, text)!r}: & binds before the comparisons: put brackets round them, or write 'and'"
            )
    return operands


def _bracketed(node: ast.expr, text: str) -> bool:
    before = text.encode()[: node.col_offset].rstrip()
    after = text.encode()[node.end_col_offset :].lstrip()
    return node.lineno == node.end_lineno == 1 and before.endswith(b"(") and after.startswith(b")")


def _call(node: ast.Call, text: str) -> list[ast.expr]:
    name = dotted(node.func)
    number = {**FUNCTIONS, **REDUCTIONS}.get(name)
    if number is None:
        raise ValueError(
            f"{_source(node, text)!r}: there is no function {name or _source(node.func, text)!r} (there are "
            f"{', '.join((*FUNCTIONS, *REDUCTIONS))})"
        )
    if node.keywords or len(node.args) != number:
        raise ValueError(f"{_source(node, text)!r}: {name} takes {number} argument{'s' * (number > 1)}")
    return node.args


def _source(node: ast.AST, text: str) -> str:
    return ast.get_source_segment(text, node) or text


def _checked(text: str) -> str:
    plain = ast.unparse(parse(text))
    try:
        parse(plain)
    except ValueError:  # brackets that only a reader needs: keep them
        signs = tokenize.generate_tokens(io.StringIO(text.strip()).readline)
        return " ".join(sign.string for sign in signs if sign.string.strip())
    return plain


Expression = Annotated[str, AfterValidator(_checked)]  # written as Python writes it: white space changes nothing


def plain(text: object) -> object:
    """The same text as `Expression` keeps it; unchanged, if it is no expression."""
    try:
        return _checked(text) if isinstance(text, str) else text
    except ValueError:
        return text
