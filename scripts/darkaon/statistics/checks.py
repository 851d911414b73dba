"""Checks of what users pass in: every message names the argument, the first offending index and the remedy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from darkaon.errors import InputError, refuse
from darkaon.typing import Array, Mask


def in_window(name: str, values: Array) -> Callable[[int], str]:
    """The sentence for `refuse` on an argument with one number a window."""
    return lambda index: f"{name}[{index}] is {np.ravel(values)[index]:.9g}"


def numbers(name: str, values: Any) -> Array:
    """A one-dimensional contiguous float array of finite numbers; a scalar becomes an array of one."""
    try:
        array = np.atleast_1d(np.asarray(values, dtype=float))
    except (TypeError, ValueError):
        raise InputError(f"{name}: {values!r} is not a number or list of numbers", remedy="give numbers") from None
    if array.ndim != 1:
        raise InputError(f"{name} has {array.ndim} dimensions", remedy="give one number a window")
    refuse(~np.isfinite(array), in_window(name, array), remedy="it must be a finite number")
    return np.ascontiguousarray(array)


def unmasked(arguments: Sequence[Any]) -> tuple[Mask, list[Any]]:
    """The windows that are masked in any of the arguments, and the arguments with harmless numbers in their place."""
    size = max(np.size(values) for values in arguments)
    masks = [
        np.broadcast_to(np.atleast_1d(np.ma.getmaskarray(values)), size) for values in arguments if values is not None
    ]
    hidden = np.logical_or.reduce(masks)
    filled = [
        values if values is None else np.where(hidden, part, np.ma.filled(np.ma.asarray(values).astype(float), part))
        for values, part in zip(arguments, (1.0, 1.0, 0.0, 0.0, 0.0, 1.0), strict=True)
    ]
    return hidden, filled


def not_negative(**arguments: Any) -> list[Array]:
    """Arrays of finite numbers of 0 or more, those of length one repeated to the common length."""
    arrays = {name: numbers(name, values) for name, values in arguments.items()}
    for name, array in arrays.items():
        refuse(array < 0, in_window(name, array), remedy="it must be 0 or more")
    size = max(array.size for array in arrays.values())
    if any(array.size == 0 for array in arrays.values()):
        name = next(name for name, array in arrays.items() if array.size == 0)
        raise InputError(f"{name} is empty", remedy="there is no window to set a limit in")
    for name, array in arrays.items():
        if array.size not in (1, size):
            raise InputError(
                f"{name} has {array.size} entries where another argument has {size}", remedy="give one a window"
            )
    return [np.ascontiguousarray(np.broadcast_to(array, size)) for array in arrays.values()]


def relative(**arguments: Array) -> None:
    """Refuse relative uncertainties above 1, which are percents."""
    for name, array in arguments.items():
        refuse(array > 1, in_window(name, array), remedy="it is relative and at most 1: 0.2 for 20 %")


def counts(name: str, values: Any) -> Array:
    """Observed numbers of events: whole, 0 or more."""
    array = numbers(name, values)
    refuse(array < 0, in_window(name, array), remedy="a number of events cannot be negative")
    refuse(array != np.floor(array), in_window(name, array), remedy="a number of events is a whole number")
    return array


def level_in_range(level: float) -> float:
    """The confidence level, strictly between 0 and 1."""
    try:
        value = float(level)
    except (TypeError, ValueError):
        raise InputError(f"level: {level!r} is not a number", remedy="give one, for example 0.90") from None
    if not 0.0 < value < 1.0:
        raise InputError(f"level is {level}", remedy="a confidence level lies between 0 and 1, for example 0.90")
    return value


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    """A name out of a list."""
    if value not in allowed:
        raise InputError(f"{name}: {value!r} is not known", remedy=f"choose one of {', '.join(allowed)}")
    return value
