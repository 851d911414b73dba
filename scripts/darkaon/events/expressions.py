"""What expressions in YAML mean: closures over NumPy, made once from the checked tree, evaluated on events.

Values are one number (or condition, or text) an event, shape (n,), or several, `Ragged`. Floats are float64, whole
numbers int64; conditions are booleans and nothing else. There is no `eval`.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon.config.grammar import FUNCTIONS, LARGEST, dotted, names_in
from darkaon.errors import InputError
from darkaon.events.ragged import Ragged
from darkaon.typing import Mask

Value = Any  # NDArray of shape (n,), Ragged, or a number
Quantities = Callable[[str, bool], tuple[Value, bool]]  # name, `Get.taken` -> it, `Get.met` in what derives it


class Get:
    """Quantities by their names, and what a comparison with a missing value (NaN, or infinite) is taken for.

    Attributes:
        taken: the outcome of such comparisons.
        met: whether there was one.
    """

    def __init__(self, values: Quantities, taken: bool = False) -> None:
        """Quantities come from `values`."""
        self.values, self.taken, self.met = values, taken, False

    def __call__(self, name: str) -> Value:
        """A quantity."""
        value, met = self.values(name, self.taken)
        self.met |= met
        return value


Node = Callable[[Get], Value]

_ARITHMETIC: dict[type, Any] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip
_BITS: dict[type, Any] = {
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}  # fmt: skip
_COMPARE: dict[type, Any] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip


class Expression:
    """An expression of a YAML.

    Attributes:
        needs: names of the quantities in it.
    """

    def __init__(self, text: str, key: str) -> None:
        """Compile `text`, which `darkaon.config.grammar` has checked; `key` names it in errors."""
        tree = ast.parse(text, mode="eval").body
        self.text, self.key = text, key
        self.needs = tuple(names_in(tree))
        self._node = _compile(tree)

    def __call__(self, values: Quantities, taken: bool = False) -> tuple[Value, bool]:
        """The value for the events whose quantities `values` gives, comparisons with missing ones `taken` so.

        Returns:
            The value, and whether there was such a comparison.

        Raises:
            InputError: kinds of values that do not go together, whole numbers beyond 2^63.
        """
        get = Get(values, taken)
        return self._evaluate(get), get.met

    def condition(self, values: Quantities) -> tuple[Mask, Mask | None]:
        """For which events it holds, and for which that depends on a value that is missing; shapes (n,).

        Raises:
            InputError: the same; a value that is no condition, or one of several an event.
        """
        get = Get(values)
        found = self._flag(self._evaluate(get))
        if not get.met:
            return found, None
        other = self._flag(self._evaluate(Get(values, taken=True)))
        return found, found != other

    def _evaluate(self, get: Get) -> Value:
        try:
            with np.errstate(all="ignore"):
                return self._node(get)
        except _KindError as fault:
            raise InputError(f"{self.key}: {self.text!r}: {fault}", remedy=fault.remedy) from None

    def _flag(self, value: Value) -> Mask:
        if isinstance(value, Ragged) or not isinstance(value, np.ndarray) or value.dtype.kind != "b":
            raise InputError(
                f"{self.key}: {self.text!r} is no condition on an event",
                remedy="compare it with a number; over the array of an event use any(...) or all(...)",
            )
        return value


class _KindError(Exception):
    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(fault)
        self.remedy = remedy


def _compile(node: ast.expr) -> Node:
    if name := dotted(node):
        return lambda get: get(name)
    if isinstance(node, ast.Constant):
        constant = node.value
        return lambda _: constant
    if isinstance(node, ast.BoolOp):
        combine = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        parts = [_compile(value) for value in node.values]
        return lambda get: reduce(lambda a, b: _pair(combine, a, b), (_condition(part(get)) for part in parts))
    if isinstance(node, ast.UnaryOp):
        return _unary(node)
    if isinstance(node, ast.BinOp):
        left, right, kind = _compile(node.left), _compile(node.right), type(node.op)
        if kind in _BITS:
            return lambda get: _bits(kind, left(get), right(get))
        return lambda get: _arithmetic(kind, left(get), right(get))
    if isinstance(node, ast.Compare):
        return _comparison(node)
    if isinstance(node, ast.Subscript):
        array, index = _compile(node.value), _compile(node.slice)
        return lambda get: _subscript(array(get), index(get))
    assert isinstance(node, ast.Call)
    name, arguments = dotted(node.func), [_compile(argument) for argument in node.args]
    if name in FUNCTIONS:
        function = getattr(np, name)
        return lambda get: _function(name, function, [argument(get) for argument in arguments])
    return lambda get: _REDUCE[name](*(_array(name, k, argument(get)) for k, argument in enumerate(arguments)))


def _unary(node: ast.UnaryOp) -> Node:
    inner = _compile(node.operand)
    if isinstance(node.op, ast.Not):
        return lambda get: _map(np.logical_not, _condition(inner(get)))
    if isinstance(node.op, ast.Invert):
        return lambda get: _map(np.invert, _whole(inner(get)))
    if isinstance(node.op, ast.USub):
        return lambda get: _map(operator.neg, _number(inner(get)))
    return lambda get: _number(inner(get))


def _comparison(node: ast.Compare) -> Node:
    operands = [_compile(operand) for operand in (node.left, *node.comparators)]
    kinds = [type(kind) for kind in node.ops]

    def value(get: Get) -> Value:
        found = [operand(get) for operand in operands]
        if isinstance(found[-1], str):
            return _text(kinds[0], found[0], found[1])
        pairs = zip(kinds, found[:-1], found[1:], strict=True)
        return reduce(lambda a, b: _pair(np.logical_and, a, b), (_compared(get, k, a, b) for k, a, b in pairs))

    return value


def _compared(get: Get, kind: type, a: Value, b: Value) -> Value:
    result = _pair(_COMPARE[kind], _number(a), _number(b))
    for value in (a, b):
        if _kind(value) == "f" and not np.all(np.isfinite(_plain(value))):
            get.met = True
            missing = _pair(lambda x, _: ~np.isfinite(x), value, result)
            result = _pair(lambda r, m: np.where(m, get.taken, r), result, missing)
    return result


# --- kinds of values ------------------------------------------------------------------------------------


def _plain(value: Value) -> Any:
    return value.values if isinstance(value, Ragged) else value


def _kind(value: Value) -> str:
    return np.asarray(_plain(value)).dtype.kind


def _number(value: Value) -> Value:
    if _kind(value) not in "iufb":
        raise _KindError("text is no number", 'compare it as name == "text"')
    return value


def _condition(value: Value) -> Value:
    if _kind(value) != "b":
        raise _KindError("'and', 'or' and 'not' are for conditions", "compare with a number, as x != 0")
    return value


def _whole(value: Value) -> Value:
    if _kind(value) not in "iub":
        raise _KindError(
            "& | ^ ~ << >> are for whole numbers and conditions",
            "use a branch of whole numbers without unit; of an element, which may be missing, write (x & 1)[0]",
        )
    return value


def _map(function: Callable[[Any], Any], value: Value) -> Value:
    return value.map(function) if isinstance(value, Ragged) else function(value)


def _pair(function: Callable[[Any, Any], Any], a: Value, b: Value) -> Value:
    """`function` of two values, beside each other where one or both are arrays of an event."""
    if not isinstance(a, Ragged) and not isinstance(b, Ragged):
        return function(a, b)
    like = a if isinstance(a, Ragged) else b
    if isinstance(a, Ragged) and isinstance(b, Ragged) and not np.array_equal(a.counts, b.counts):
        raise _KindError(
            "arrays of different lengths in one event", "combine arrays of one length, or reduce them first"
        )
    return Ragged(function(_beside(a, like), _beside(b, like)), like.counts)


def _beside(value: Value, like: Ragged) -> Any:
    if isinstance(value, Ragged):
        return value.values
    return like.spread(value) if np.ndim(value) else value


# --- operators ------------------------------------------------------------------------------------------


def _arithmetic(kind: type, a: Value, b: Value) -> Value:
    for value in (a, b):
        if _kind(_number(value)) == "b":
            raise _KindError("a condition is no number", "use where(condition, 1, 0)")
    return _pair(_exact(_ARITHMETIC[kind], kind), a, b)


def _exact(function: Callable[[Any, Any], Any], kind: type) -> Callable[[Any, Any], Any]:
    """The same function, whose whole numbers do not wrap around; division by 0 and 1/x of them are floats."""

    def value(a: Any, b: Any) -> Any:
        if np.asarray(a).dtype.kind == "f" or np.asarray(b).dtype.kind == "f" or kind is ast.Div:
            return function(np.asarray(a, dtype=float) if np.ndim(a) else float(a), b)
        if (kind in (ast.FloorDiv, ast.Mod) and np.any(np.asarray(b) == 0)) or (kind is ast.Pow and b < 0):
            return function(np.asarray(a, dtype=float), b)
        size = np.abs(function(np.asarray(a, dtype=float), np.asarray(b, dtype=float)))
        if np.any(size >= LARGEST):
            raise _KindError("whole numbers beyond 2^63", "make one of them a float, as 1.0*x")
        return function(a, b)

    return value


def _bits(kind: type, a: Value, b: Value) -> Value:
    kinds = {_kind(_whole(a)) == "b", _kind(_whole(b)) == "b"}
    shift = kind in (ast.LShift, ast.RShift)
    if len(kinds) > 1 or (shift and True in kinds):
        raise _KindError("a condition and a whole number do not go together", "compare the number first, in brackets")
    if kind is ast.LShift and np.any(np.abs(np.asarray(_plain(a), dtype=float)) * 2.0**b >= LARGEST):
        raise _KindError("whole numbers beyond 2^63", "shift by less")
    return _pair(_BITS[kind], a, b)


def _text(kind: type, value: Value, text: str) -> NDArray[np.bool_]:
    if _kind(value) not in "OUT" or isinstance(value, Ragged):
        raise _KindError(f"{text!r} is text, and what it is compared with is none", "compare with a number")
    return np.asarray(_COMPARE[kind](np.asarray(value, dtype=object), text), dtype=np.bool_)


def _function(name: str, function: Callable[..., Any], values: list[Value]) -> Value:
    if name == "where":
        condition, one, other = _condition(values[0]), _number(values[1]), _number(values[2])
        like = next((value for value in values if isinstance(value, Ragged)), None)
        if like is None:
            return np.where(condition, one, other)
        zero = like.map(np.zeros_like)
        parts = [_pair(lambda a, _: a, v if isinstance(v, Ragged) else _spread(v, like), zero) for v in values]
        return Ragged(np.where(*(part.values for part in parts)), like.counts)
    floats = [
        _map(lambda x: x if np.asarray(x).dtype.kind != "b" else np.asarray(x, dtype=float), _number(v))
        for v in values
    ]
    return _map(function, floats[0]) if len(floats) == 1 else _pair(function, *floats)


def _spread(value: Value, like: Ragged) -> Ragged:
    return Ragged(np.broadcast_to(np.asarray(_beside(value, like)), like.values.shape), like.counts)


def _subscript(array: Value, index: Value) -> Value:
    if not isinstance(array, Ragged):
        raise _KindError("[] is for arrays, and this is one value an event", "leave the brackets out")
    if isinstance(index, Ragged):
        if index.values.dtype.kind != "b" or not np.array_equal(index.counts, array.counts):
            raise _KindError("x[...] takes an index, or a condition on x", "write x[x > 3], or x[nearest(x, y)]")
        return array.chosen(index.values)
    if _kind(index) not in "iu":
        raise _KindError("an index is a whole number", "use first, nearest or a number")
    return array.element(index)[0]


# --- over the array of an event -------------------------------------------------------------------------


def _array(name: str, place: int, value: Value) -> Value:
    if place == 0 and not isinstance(value, Ragged):
        raise _KindError(
            f"{name} is over the array of an event, and this is one value an event",
            "minimum and maximum are of two values" if name in ("min", "max") else "leave it out",
        )
    return value


def _count(x: Ragged) -> NDArray[Any]:
    """How many values; of a condition, for how many it holds."""
    return x.reduce(np.add, 0, x.values.astype(np.int64)) if x.values.dtype.kind == "b" else x.counts


def _nearest(x: Ragged, to: Value) -> NDArray[Any]:
    apart = _pair(lambda a, b: np.abs(np.asarray(a, dtype=float) - b), x, to)
    return x.least(apart.values)


_REDUCE: dict[str, Callable[..., Any]] = {
    "sum": lambda x: x.reduce(np.add, 0 if x.values.dtype.kind in "iub" else 0.0),
    "min": lambda x: x.reduce(np.minimum, np.nan, np.asarray(x.values, dtype=float)),
    "max": lambda x: x.reduce(np.maximum, np.nan, np.asarray(x.values, dtype=float)),
    "any": lambda x: _condition(x).reduce(np.logical_or, False),
    "all": lambda x: _condition(x).reduce(np.logical_and, True),
    "count": _count,
    "first": lambda x: _condition(x).first(x.values),
    "nearest": _nearest,
}
