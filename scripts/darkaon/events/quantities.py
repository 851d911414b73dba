"""Quantities of some events: branches, what is derived from them, observables; each computed once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from darkaon.errors import InputError
from darkaon.events import observables
from darkaon.events.expressions import Expression
from darkaon.events.ragged import Ragged
from darkaon.kinematics import Track
from darkaon.typing import Array, Mask

TRACK = ("momentum", "slope_x", "slope_y")
FUNCTIONS: dict[str, Callable[..., Array]] = {
    name: function
    for name, function in inspect.getmembers(observables, inspect.isfunction)
    if function.__module__ == observables.__name__ and not name.startswith("_")
}
_PARAMETERS = {name: tuple(inspect.signature(function).parameters) for name, function in FUNCTIONS.items()}


def is_track(parameter: str) -> bool:
    """Whether a parameter of an observable is a whole track, as beam or track1, and not a single quantity."""
    return parameter == "beam" or (parameter.startswith("track") and parameter.removeprefix("track").isdigit())


def needs_of(name: str) -> tuple[str, ...]:
    """The quantities that a quantity or function of `darkaon.events.observables` is made of."""
    if name not in FUNCTIONS:
        return (name,)
    return tuple(need for parameter in _PARAMETERS[name] for need in _quantities(parameter))


def _quantities(parameter: str) -> list[str]:
    return [f"{parameter}_{part}" for part in TRACK] if is_track(parameter) else [parameter]


class Values:
    """The quantities of n events."""

    def __init__(
        self,
        columns: Mapping[str, Any],
        derived: Mapping[str, Expression] | None = None,
        branches: Mapping[str, str] | None = None,
        path: str = "",
        first: int = 0,
    ) -> None:
        """Take columns of a chunk; branches by quantity, file and number of the first event are for errors."""
        self.columns, self.derived, self.branches = columns, derived or {}, branches or {}
        self.path, self.first = path, first
        self._known: dict[str, Any] = {}
        self._derived: dict[tuple[str, bool], tuple[Any, bool]] = {}
        self._missing: dict[str, Mask | None] = {}

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def taken(self, name: str, taken: bool) -> tuple[Any, bool]:
        """What an expression sees of a quantity, shape (n,), or several values an event.

        Comparisons with missing values that derive it come out as `taken`; the second is whether there are any.
        """
        if name in FUNCTIONS:
            value, missing = self.number(name), self.missing(name)
            return (value if missing is None else np.where(missing, np.nan, value)), False
        if name not in self.derived:
            return self.columns[name], False
        if (name, taken) not in self._derived:
            self._derived[name, taken] = self.derived[name](self.taken, taken)
        return self._derived[name, taken]

    def number(self, name: str) -> Array:
        """A branch, a derived quantity or an observable as one number an event, shape (n,).

        Raises:
            InputError: several an event, or text.
        """
        if name in FUNCTIONS:
            if name not in self._known:
                with np.errstate(all="ignore"):  # of events that a cut removes
                    self._known[name] = FUNCTIONS[name](*map(self._argument, _PARAMETERS[name]))
            return self._known[name]
        value, _ = self.taken(name, False)
        if isinstance(value, Ragged) or np.asarray(value).dtype.kind not in "iufb":
            kind = "an array of values an event" if isinstance(value, Ragged) else "text"
            raise InputError(
                f"{self.path or 'events.derived'}: {name!r} is {kind}, where a number is needed",
                remedy="take an element, a sum or another number of it in an expression",
            )
        return value if np.ndim(value) else np.full(len(self), value)

    def _argument(self, parameter: str) -> Any:
        if not is_track(parameter):
            return self.number(parameter)
        if parameter not in self._known:
            self._known[parameter] = Track(self.number(need) for need in _quantities(parameter))
        return self._known[parameter]

    def missing(self, name: str) -> Mask | None:
        """In which events a quantity is missing, shape (n,): it, or what it is made of, is NaN or infinite.

        A derived one is missing too where it depends on how a comparison with a missing value comes out.
        """
        if name not in self._missing:
            masks = [self.missing(need) for need in needs_of(name)] if name in FUNCTIONS else []
            value = self.number(name)
            if name in self.derived and self.taken(name, False)[1]:
                masks.append(value != self.taken(name, True)[0])
            if value.dtype.kind == "f" and not np.all(finite := np.isfinite(value)):
                masks.append(~finite)
            some = [mask for mask in masks if mask is not None]
            self._missing[name] = np.logical_or.reduce(some) if some else None
        return self._missing[name]

    def require(self, events: Mask, name: str, what: str) -> None:
        """Require that a value is missing in none of `events`, shape (n,).

        Raises:
            InputError: there is one.
        """
        if not np.any(events):
            return
        at = int(np.flatnonzero(events)[0])
        number = f"event {self.first + at} (counted from 0)"
        for need in needs_of(name):
            if need in self.columns and not np.isfinite(self.columns[need][at]):
                raise InputError(
                    f"{self.path}: branch {self.branches.get(need, need)!r} is {self.columns[need][at]} in {number}",
                    remedy="remove such events from the file by an earlier cut, or mend the branch",
                )
        raise InputError(
            f"{self.path}: {what} needs a value that is missing in {number}",
            remedy="put a cut before it that removes such events, or set its 'missing: drop'",
        )
