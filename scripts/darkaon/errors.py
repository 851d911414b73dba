"""The one exception for what a user can mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

CORRECT_ROW = "correct the row or remove it"


class InputError(ValueError):
    """A fault in a file, an option or the configuration: one sentence, no traceback.

    Attributes:
        fault: file or argument, key or row, value, and what is wrong with it.
        remedy: what the user can do.
    """

    def __init__(self, fault: str, *, remedy: str) -> None:
        """A message of two parts, both needed."""
        super().__init__(f"{fault}; {remedy}")
        self.fault, self.remedy = fault, remedy

    def at(self, place: str) -> InputError:
        """The same fault, found in `place` (a file or key)."""
        return InputError(f"{place}: {self.fault}", remedy=self.remedy)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with both parts, so that it comes whole out of a pool of processes."""
        return _again, (self.fault, self.remedy)


def _again(fault: str, remedy: str) -> InputError:
    return InputError(fault, remedy=remedy)


@contextmanager
def located(place: object) -> Iterator[None]:
    """Say of a fault inside where it was found: in `place` (a file or key)."""
    try:
        yield
    except InputError as fault:
        raise fault.at(str(place)) from None


def refuse(bad: NDArray[np.bool_], fault: Callable[[int], str], *, remedy: str = CORRECT_ROW) -> None:
    """Raise an `InputError` for the first place where `bad` holds; `fault` is the sentence for its (flat) index.

    Raises:
        InputError: `bad` holds somewhere.
    """
    if np.any(bad):
        raise InputError(fault(int(np.flatnonzero(bad)[0])), remedy=remedy)


def in_row(source: str, name: str, values: Any, why: str) -> Callable[[int], str]:
    """The sentence for `refuse` on a column of a table: rows count from 1, below the line of names."""
    return lambda row: f"{source}: row {row + 1}: {name} is {values[row]:g}: {why}"
