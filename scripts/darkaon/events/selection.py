"""Selecting events: the cuts and the observable that a search's YAML names, applied to arrays."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from darkaon.config.schema import nearest
from darkaon.config.slots.events import Cut, Events, Region
from darkaon.errors import InputError
from darkaon.events import observables
from darkaon.typing import Array, Mask

Columns = Mapping[str, Array]

TRACK = ("momentum", "slope_x", "slope_y")
FUNCTIONS: dict[str, Callable[..., Array]] = {
    name: function
    for name, function in inspect.getmembers(observables, inspect.isfunction)
    if function.__module__ == observables.__name__ and not name.startswith("_")
}


class Selection:
    """The run list, the cuts, the regions and the observable of a search.

    Attributes:
        needs: names of the quantities that have to be read.
        jagged: whether events may lack one of them, which stands in an array of tracks.
    """

    def __init__(
        self, events: Events, observable: str, source: str, regions: Mapping[str, Region] | None = None
    ) -> None:
        """Look all names up; `source` names the YAML in errors.

        Raises:
            InputError: a quantity that is neither in `events.branches` nor a function of
                `darkaon.events.observables`, or a function whose arguments are not in `events.branches`.
        """
        self.cuts, self.runs, self.observable = events.selection, events.runs, observable
        self.regions = dict(regions or {})
        cuts = [*events.selection, *(cut for region in self.regions.values() for cut in region.selection)]
        used = [*(cut.quantity for cut in cuts), observable]
        if self.runs.keep or self.runs.drop:
            used.append("run")
        needs = [need for name in used for need in _needs(name, events, source)]
        self.needs = tuple(dict.fromkeys(needs))
        read = [*(events.branches[need] for need in self.needs), *([events.weight] if events.weight else [])]
        self.jagged = any(branch.index is not None for branch in read)

    def steps(self, columns: Columns) -> Iterator[tuple[str, Mask]]:
        """The events left, shape (n,), after each step in the order of the YAML: the run list, each cut."""
        left: Mask = np.ones(len(next(iter(columns.values()))), dtype=bool)
        if self.runs.keep or self.runs.drop:
            left = left & _in_runs(columns["run"], self.runs.keep, self.runs.drop)
            yield "run list", left
        for cut in self.cuts:
            left = left & passes_cut(cut, columns)
            yield cut.name, left

    def in_regions(self, columns: Columns) -> Iterator[tuple[str, Mask]]:
        """The events that are in each region and pass its cuts."""
        value = self.observe(columns)
        for (name, passed), region in zip(self.region_cuts(columns), self.regions.values(), strict=True):
            yield name, passed & (value >= region.low) & (value < region.high)

    def region_cuts(self, columns: Columns) -> Iterator[tuple[str, Mask]]:
        """The events that pass the cuts of each region, wherever their observable is."""
        for name, region in self.regions.items():
            passed = np.ones(len(next(iter(columns.values()))), dtype=bool)
            for cut in region.selection:
                passed = passed & passes_cut(cut, columns)
            yield name, passed

    def passes(self, columns: Columns) -> Mask:
        """Which events are selected, shape (n,): all steps, and one of the regions if there are any."""
        *_, (_, left) = self.steps(columns)
        if self.regions:
            left = left & np.any([inside for _, inside in self.in_regions(columns)], axis=0)
        return left

    def observe(self, columns: Columns) -> Array:
        """The observable, shape (n,), in its own unit."""
        return evaluate(self.observable, columns)


def passes_cut(cut: Cut, columns: Columns) -> Mask:
    """Which events pass one cut, shape (n,)."""
    value = evaluate(cut.quantity, columns)
    passed: Mask = np.ones(value.shape, dtype=bool)
    if cut.low is not None:
        passed &= value >= cut.low
    if cut.high is not None:
        passed &= value < cut.high
    return passed


def _in_runs(run: Array, keep: tuple[int, ...], drop: tuple[int, ...]) -> Mask:
    listed = np.isin(run, keep) if keep else np.ones(run.shape, dtype=bool)
    return listed & ~np.isin(run, drop)


def evaluate(name: str, columns: Columns) -> Array:
    """A quantity, or a function of `darkaon.events.observables`, of the events in `columns`, shape (n,)."""
    if name in FUNCTIONS:
        function, arguments = FUNCTIONS[name], {}
        for parameter in inspect.signature(function).parameters:
            values = tuple(columns[need] for need in _quantities(parameter))
            arguments[parameter] = values if _is_track(parameter) else values[0]
        return function(**arguments)
    return columns[name]


def _is_track(parameter: str) -> bool:
    """Whether a parameter of an observable is a whole track, as beam or track1, and no single quantity."""
    return parameter == "beam" or (parameter.startswith("track") and parameter.removeprefix("track").isdigit())


def _quantities(parameter: str) -> list[str]:
    """The quantities that make a parameter of an observable."""
    return [f"{parameter}_{part}" for part in TRACK] if _is_track(parameter) else [parameter]


def needs_of(name: str) -> tuple[str, ...]:
    """The quantities that a quantity or function of `darkaon.events.observables` is made of."""
    if name not in FUNCTIONS:
        return (name,)
    return tuple(need for p in inspect.signature(FUNCTIONS[name]).parameters for need in _quantities(p))


def _needs(name: str, events: Events, source: str) -> tuple[str, ...]:
    if name in FUNCTIONS:
        needs = needs_of(name)
        missing = [need for need in needs if need not in events.branches]
        if missing:
            raise InputError(
                f"{source}: events.branches: {name} needs the quantity {missing[0]!r}, which has no branch"
                f"{nearest(missing[0], events.branches)}",
                remedy="add it to events.branches",
            )
        return needs
    if name not in events.branches:
        known = [*FUNCTIONS, *events.branches]
        raise InputError(
            f"{source}: {name!r} is neither a quantity of events.branches nor a function of "
            f"darkaon.events.observables{nearest(name, known)}",
            remedy=f"there are {', '.join(known)}",
        )
    return (name,)
