"""Selecting events: the cuts and the observable that a search's YAML names, applied to arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from darkaon.config.schema import nearest
from darkaon.config.slots.events import Cut, Events, Region
from darkaon.errors import InputError
from darkaon.events import observables
from darkaon.events.branches import IS_SIMULATION, TRUTH, WEIGHT
from darkaon.events.expressions import Expression
from darkaon.events.quantities import FUNCTIONS, Values, needs_of
from darkaon.events.runs import RunFilter
from darkaon.typing import Array, Mask

Columns = Mapping[str, Any]


class Selection:
    """The run list, the cuts, the regions and the observable of a search.

    Attributes:
        needs: names of the quantities that have to be read as numbers.
        exact: names of those that expressions use.
        made: derived quantities of which observables are made, under darkaon's own names.
        checked: whether the observable is a mass [MeV] of the file's own, whose unit may be mistaken.
        jagged: whether events may lack one of them, which stands in an array of tracks.
    """

    def __init__(
        self, events: Events, observable: str, source: str, regions: Mapping[str, Region] | None = None
    ) -> None:
        """Look all names up; `source` names the YAML in errors.

        Raises:
            InputError: a quantity that is neither in `events.branches`, nor in `events.derived`, nor a function of
                `darkaon.events.observables`, or a function whose arguments are none; quantities that shadow others;
                derived ones that need each other; whatever `Events.scale` refuses.
        """
        self.events, self.cuts, self.observable, self.source = events, events.selection, observable, source
        self.regions = dict(regions or {})
        self.runs = RunFilter(events.runs)
        self._check_names()
        self.derived = {
            name: Expression(text, f"{source}: events.derived.{name}") for name, text in events.derived.items()
        }
        cuts = [*events.selection, *(cut for region in self.regions.values() for cut in region.selection)]
        self._conditions = {
            cut: Expression(cut.expression, f"{source}: the cut {cut.name!r}") for cut in cuts if cut.expression
        }
        self.made: dict[str, None] = {}
        needs: dict[str, None] = {}
        exact: dict[str, None] = {}
        for name in (*(cut.quantity for cut in cuts if cut.quantity), observable, *self.runs.needs):
            self._collect(name, needs, exact, ())
        for expression in self._conditions.values():
            for name in expression.needs:
                self._collect(name, exact, exact, ())
        self.needs, self.exact = tuple(needs), tuple(exact)
        read = [*(events.branches[name] for name in (*needs, *exact)), *([events.weight] if events.weight else [])]
        self.jagged = any(branch.index is not None for branch in read)
        self._scale = events.scale(observable, f"{source}: ")
        self.checked = observable not in FUNCTIONS and not observable.endswith("_squared")

    def values(self, columns: Columns, path: str = "", first: int = 0) -> Values:
        """The quantities of some events, whose first has this number in the file `path`."""
        weight = {WEIGHT: self.events.weight} if self.events.weight else {}
        names = {name: branch.name for name, branch in (self.events.branches | weight).items()}
        return Values(columns, self.derived, names, path, first)

    def steps(self, columns: Columns | Values, left: Mask | None = None) -> Iterator[tuple[str, Mask]]:
        """The events left, of all or of those `left`, shape (n,), after each step: prescale, the run list, each cut.

        Raises:
            InputError: an event that reaches a cut with a value that is missing.
        """
        values = self._of(columns)
        left = np.ones(len(values), dtype=bool) if left is None else left
        for step, left in self.runs.steps(values, left):  # noqa: B020
            yield step, left
        for cut in self.cuts:
            passed, missing = self._passes(cut, values)
            if cut.missing == "drop":
                left = left if missing is None else left & ~missing
                yield f"{cut.name}: missing", left
            elif missing is not None:
                values.require(missing & left, cut.quantity or "", f"the cut {cut.name!r}")
            left = left & passed
            yield cut.name, left

    def in_regions(self, columns: Columns | Values, left: Mask | None = None) -> Iterator[tuple[str, Mask]]:
        """The events that are in each region and pass its cuts; of those `left`, none may lack a value of a cut.

        A cut that says `missing: drop` drops them.
        """
        values = self._of(columns)
        value = self.observe(values)
        for (name, passed), region in zip(self.region_cuts(values, left), self.regions.values(), strict=True):
            yield name, passed & (value >= region.low) & (value < region.high)

    def region_cuts(self, columns: Columns | Values, left: Mask | None = None) -> Iterator[tuple[str, Mask]]:
        """The events that pass the cuts of each region, wherever their observable is."""
        values = self._of(columns)
        for name, region in self.regions.items():
            kept = np.ones(len(values), dtype=bool)
            for cut in region.selection:
                passed, missing = self._passes(cut, values)
                if cut.missing == "drop" and missing is not None:
                    kept = kept & ~missing
                elif missing is not None and left is not None:
                    values.require(missing & left & kept, cut.quantity or "", f"the cut {cut.name!r}")
                kept = kept & passed
            yield name, kept

    def passes(self, columns: Columns) -> Mask:
        """Which events are selected, shape (n,): all steps, and one of the regions if there are any."""
        values = self._of(columns)
        *_, (_, left) = self.steps(values)
        if self.regions:
            left = left & np.any([inside for _, inside in self.in_regions(values)], axis=0)
        return left

    def observe(self, columns: Columns | Values) -> Array:
        """The observable, shape (n,), in its own unit; of a branch with a unit of energy, or made of such, in MeV."""
        value = self._of(columns).number(self.observable)
        return value if self._scale == 1 else value * self._scale

    def _of(self, columns: Columns | Values) -> Values:
        return columns if isinstance(columns, Values) else self.values(columns)

    def _passes(self, cut: Cut, values: Values) -> tuple[Mask, Mask | None]:
        """Which events pass a cut, and which lack a value for it."""
        if cut.expression:
            return self._conditions[cut].condition(values.taken)
        assert cut.quantity is not None
        return within(cut, values.number(cut.quantity)), values.missing(cut.quantity)

    def _check_names(self) -> None:
        """Refuse quantities under a name that means something else already."""
        branches, derived = self.events.branches, self.events.derived
        shipped = dict.fromkeys(FUNCTIONS, f"stands in {observables.__name__}")
        truth = {name for name in (IS_SIMULATION, *TRUTH) if name in branches and branches[name].name != name}
        others = dict.fromkeys(truth, "is that of a branch of simulated files") | {WEIGHT: "is that of events.weight"}
        taken = {f"branches.{name}": why for name, why in (shipped | others).items() if name in branches}
        known = dict.fromkeys(branches, "stands in branches") | shipped
        taken |= {f"derived.{name}": known[name] for name in derived if name in known}
        for key, why in taken.items():
            raise InputError(
                f"{self.source}: events.{key}: this name {why} already",
                remedy="give it another name, also in cuts and as the observable",
            )

    def _collect(self, name: str, numbers: dict[str, None], exact: dict[str, None], above: tuple[str, ...]) -> None:
        """Add the branches that a quantity needs to `numbers`, and those in expressions to `exact`."""
        if name in above:
            raise InputError(
                f"{self.source}: events.derived: {' needs '.join((*above[above.index(name) :], name))}",
                remedy="derive one of them from branches alone",
            )
        if name in FUNCTIONS:
            for need in needs_of(name):
                self._known(need, name)
                if need in self.derived:
                    self.made[need] = None
                self._collect(need, numbers, exact, above)
        elif name in self.derived:
            for need in self.derived[name].needs:
                self._collect(need, exact, exact, (*above, name))
        else:
            self._known(name)
            numbers[name] = None

    def _known(self, name: str, function: str = "") -> None:
        known = [*self.events.branches, *self.derived]
        if name in known:
            return
        if function:
            raise InputError(
                f"{self.source}: events.branches: {function} needs the quantity {name!r}, which has no branch"
                f"{nearest(name, known)}",
                remedy="add it to events.branches, or derive it",
            )
        known = [*FUNCTIONS, *known]
        raise InputError(
            f"{self.source}: {name!r} is neither a quantity of events.branches nor a function of "
            f"{observables.__name__}{nearest(name, known)} (there are {', '.join(known)})",
            remedy="name one of these" if name.isidentifier() else "name one of these, or call the key 'expression'",
        )


def within(cut: Cut, value: Array) -> Mask:
    """Which values lie between the edges of a cut, any shape."""
    passed: Mask = np.ones(value.shape, dtype=bool)
    if cut.low is not None:
        passed &= value >= cut.low
    if cut.high is not None:
        passed &= value < cut.high
    return passed
