"""The slots `events` and `regions`: a user's tree, its selection."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, model_validator

from darkaon.config.grammar import Expression, parse, plain, power, valued_names
from darkaon.config.schema import Interval, Strict
from darkaon.errors import InputError

ENERGY = ("MeV", "GeV")  # units of branches that are in GeV here, and as an observable in MeV


class Branch(Strict):
    """Where a quantity stands in the tree: branch name, unit, and the element of a jagged array."""

    name: str
    unit: Literal["GeV", "MeV", "m", "cm", "mm", "rad", "mrad", "urad", "ns", "1"] = "1"
    index: Annotated[int, Field(ge=0)] | None = None


class Cut(Strict):
    """Keep events with low <= quantity < high, or those for which the expression holds.

    A quantity is a branch, one of `derived`, or a function of `observables`. An event that reaches the cut with a
    value that is missing (NaN) is a fault, or dropped in a row of its own of the cutflow.
    """

    name: str
    quantity: str | None = None
    low: float | None = None
    high: float | None = None
    expression: Expression | None = None
    missing: Literal["refuse", "drop"] = "refuse"

    @model_validator(mode="after")
    def _has_an_edge(self) -> Cut:
        if (self.quantity is None) == (self.expression is None):
            raise ValueError("a cut needs 'quantity' or 'expression'")
        if self.expression is not None:
            if self.low is not None or self.high is not None:
                raise ValueError("an expression has no 'low' or 'high': write the comparison into it")
            return self
        if self.low is None and self.high is None:
            raise ValueError("a cut needs 'low' or 'high' or both")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"low ({self.low}) must be below high ({self.high})")
        return self


Run = Annotated[int, Field(ge=0)]
RunRange = tuple[Run, Run]


class RunList(Strict):
    """A CSV file of good runs: run, and perhaps last_run, burst, last_burst (ranges, both ends included)."""

    path: str


class Runs(Strict):
    """Runs to keep (all, if empty) and runs to drop: one by one, as ranges [first, last], or from a file.

    Of all events, one in `prescale` is read: those whose number in their file, from 0, is a multiple of it.
    """

    keep: tuple[Run | RunRange, ...] = ()
    drop: tuple[Run | RunRange, ...] = ()
    good: RunList | None = None
    prescale: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _rising(self) -> Runs:
        for pair in (*self.keep, *self.drop):
            if isinstance(pair, tuple) and pair[0] > pair[1]:
                raise ValueError(f"a range of runs rises: {list(pair)}")
        return self

    @property
    def any(self) -> bool:
        """Whether there is a list at all."""
        return bool(self.keep or self.drop or self.good)


class Variation(Strict):
    """A change of the selection: cuts that replace those of the same name, quantities times a factor."""

    cuts: tuple[Cut, ...] = ()
    scale: dict[str, PositiveFloat] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _some(self) -> Variation:
        if not self.cuts and not self.scale:
            raise ValueError("a variation needs 'cuts' or 'scale'")
        return self


class Events(Strict):
    """The layout of the event files and the selection."""

    tree: str = "events"
    branches: dict[str, Branch]
    derived: dict[str, Expression] = Field(default_factory=dict)
    weight: Branch | None = None
    variations: dict[str, Variation] = Field(
        default_factory=dict
    )  # their largest shift of the acceptance is an uncertainty of it
    checksum: Literal["sha256", "none"] = "sha256"  # none: files are known by size and date, as on a grid
    runs: Runs = Runs()
    selection: Annotated[tuple[Cut, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _cut_names(self) -> Events:
        names = ["generated", "read", "enough tracks", "prescale", "run list", "in a region"]
        names += [cut.name for cut in self.selection if cut.name.startswith("region ")]  # the region's own row
        names += [f"{cut.name}: missing" for cut in self.selection if cut.missing == "drop"]
        names += [cut.name for cut in self.selection]
        repeated = [name for name in names if names.count(name) > 1]
        if repeated:
            raise ValueError(f"the cut {repeated[0]!r} needs a name of its own: it is a row of the cutflow")
        return self

    def scale(self, observable: str, where: str = "") -> float:
        """What makes of an observable as a quantity the observable: 1000 of a mass that is in GeV, else 1.

        Raises:
            InputError: a squared observable in MeV; one made of quantities in GeV and of others without unit that
                is no energy.
        """
        if observable.endswith("_squared"):
            if observable in self.branches and self.branches[observable].unit == "MeV":
                raise InputError(
                    f"{where}events.branches.{observable}.unit: an observable '..._squared' is in GeV^2",
                    remedy="leave the unit out if the file is in GeV^2; else derive it, as 1e-6 * x of a branch x "
                    "without unit",
                )
            return 1.0
        made_of = sorted(self._made_of(observable))
        units = [self.branches[name].unit for name in made_of if name in self.branches]
        if len(units) < len(made_of) or not set(units) & set(ENERGY):  # darkaon's own observables have their unit
            return 1.0
        if "1" in units and self._power(observable) != 1:
            bare = [name for name in made_of if self.branches[name].unit == "1"]
            raise InputError(
                f"{where}events.derived.{observable}: mixes quantities in GeV with {', '.join(bare)} without unit",
                remedy="give the unit of what is a mass or energy in events.branches: the observable then is in MeV",
            )
        return 1e3

    def _made_of(self, name: str, above: tuple[str, ...] = ()) -> set[str]:
        """The branches and observables whose values go into that of a quantity."""
        if name not in self.derived or name in above:
            return {name}
        names = valued_names(parse(self.derived[name]))
        return {part for need in names for part in self._made_of(need, (*above, name))}

    def _power(self, name: str) -> float:
        """The power of an energy that a quantity is."""
        if name in self.derived:
            return power(parse(self.derived[name]), self._power)
        return 1.0 if self.branches[name].unit in ENERGY else 0.0


class Region(Interval):
    """A region of the observable, low <= observable < high, with cuts of its own."""

    selection: tuple[Cut, ...] = ()


def plain_expressions(slot: Any) -> Any:
    """The slot as it stands in a YAML, with its expressions written as they are kept: white space changes nothing."""
    if not isinstance(slot, dict):
        return slot
    found = dict(slot)
    if isinstance(slot.get("derived"), dict):
        found["derived"] = {name: plain(text) for name, text in slot["derived"].items()}
    if isinstance(slot.get("selection"), list):
        found["selection"] = [
            cut | {"expression": plain(cut["expression"])} if isinstance(cut, dict) and "expression" in cut else cut
            for cut in slot["selection"]
        ]
    return found


def check_smooth(spectrum: tuple[float, float], regions: Mapping[str, Region]) -> None:
    """Refuse regions that leave steps or gaps in a spectrum into which sidebands reach.

    Raises:
        ValueError: they do not cover the spectrum, or one has cuts of its own.
    """
    ends = sorted((region.low, region.high) for region in regions.values())
    gap = any(left[1] < right[0] for left, right in pairwise(ends))
    if gap or ends[0][0] > spectrum[0] or ends[-1][1] < spectrum[1]:
        raise ValueError(
            f"regions: {', '.join(f'{low:g} to {high:g}' for low, high in ends)} do not cover background.spectrum "
            f"{spectrum[0]:g} to {spectrum[1]:g}, and sidebands would reach into their gaps; shorten the spectrum, "
            "or make a search of each region"
        )
    for name, region in regions.items():
        if region.selection and len(regions) > 1:
            raise ValueError(
                f"regions.{name}.selection: sidebands need the same cuts everywhere; move them to events.selection"
            )
