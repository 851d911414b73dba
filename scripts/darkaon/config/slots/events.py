"""The slots `events` and `regions`: a user's tree, its selection."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from darkaon.config.schema import Strict


class Branch(Strict):
    """Where a quantity stands in the tree: branch name, unit, and the element of a jagged array."""

    name: str
    unit: Literal["GeV", "MeV", "m", "cm", "mm", "rad", "mrad", "urad", "ns", "1"] = "1"
    index: Annotated[int, Field(ge=0)] | None = None


class Cut(Strict):
    """Keep events with low <= quantity < high; a quantity is a branch or a function of `observables`."""

    name: str
    quantity: str
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _has_an_edge(self) -> Cut:
        if self.low is None and self.high is None:
            raise ValueError("a cut needs 'low' or 'high' or both")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"low ({self.low}) must be below high ({self.high})")
        return self


class Runs(Strict):
    """Runs to keep (all, if empty) and runs to drop."""

    keep: tuple[int, ...] = ()
    drop: tuple[int, ...] = ()


class Events(Strict):
    """The layout of the event files and the selection."""

    tree: str = "events"
    branches: dict[str, Branch]
    weight: Branch | None = None
    runs: Runs = Runs()
    selection: Annotated[tuple[Cut, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _cut_names(self) -> Events:
        names = ["generated", "read", "enough tracks", "run list", *(cut.name for cut in self.selection)]
        repeated = [name for name in names if names.count(name) > 1]
        if repeated:
            raise ValueError(f"the cut {repeated[0]!r} needs a name of its own: it is a row of the cutflow")
        return self


class Region(Strict):
    """A region of the observable, low <= observable < high, with cuts of its own."""

    low: float
    high: float
    selection: tuple[Cut, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Region:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low}) must be below high ({self.high})")
        return self


def check_smooth(spectrum: tuple[float, float], regions: Mapping[str, Region]) -> None:
    """Refuse regions that leave steps or gaps in a spectrum into which sidebands reach.

    Args:
        spectrum: where the observable can be; sidebands end there.
        regions: of the search.

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
