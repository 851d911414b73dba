"""The figures: `config/figures.yaml` as typed models, one class for each kind, and the tables that each needs.

How a kind is drawn stands in `darkaon.plots.<kind>`; here only what may be said about it.
"""

from __future__ import annotations

import json
from typing import Annotated, ClassVar, Literal

from pydantic import Field, PositiveFloat, model_validator

from darkaon.config.schema import AnyLifetime, Strict
from darkaon.typing import Limit

Colour = Literal["black", "blue", "green", "grey", "orange", "purple", "red", "sky"]
Range = tuple[float, float]
OWN = ("events", "counts")  # inputs behind which windows, event limits and own branching limits are made


class Display(Strict):
    """How a search is called and coloured, in all figures."""

    name: str
    colour: Colour = "grey"


class Base(Strict):
    """What every figure says.

    Attributes:
        title: short, above the axes.
        caption: for the report.
        paper: the figure of arXiv:2507.17286 with these contents; empty if there is none.
        x_label, x_range, y_label, y_range: axes; labels are mathtext, units in brackets. Without a range: the data's.
        mass_unit: of axes that are labelled [MeV]: ranges stay in MeV, numbers and labels are in this.
        wide: over both columns of a page.
        notes: whether small print below says which inputs are unsure and which choices the model makes.
        display: names and colours, filled in from the file's `searches`.
    """

    title: str
    caption: str
    paper: str = ""
    x_label: str = r"$m_X$ [MeV]"
    x_range: Range | None = None
    y_label: str = ""
    y_range: Range | None = None
    mass_unit: Literal["MeV", "GeV"] = "MeV"
    wide: bool = False
    notes: bool = True
    display: dict[str, Display] = Field(default_factory=dict)
    log_y: ClassVar[bool] = False  # for all figures of the kind

    @property
    def logarithmic(self) -> bool:
        """Whether the vertical axis is logarithmic."""
        return self.log_y or bool(getattr(self, "log", False))

    @model_validator(mode="after")
    def _ordered(self) -> Base:
        for key in ("x_range", "y_range"):
            ends = getattr(self, key)
            if ends is not None and not ends[0] < ends[1]:
                raise ValueError(f"{key}: {list(ends)}: the lower end comes first")
        if self.logarithmic and self.y_range and self.y_range[0] <= 0:
            raise ValueError(f"y_range: {list(self.y_range)}: the axis is logarithmic; begin above 0")
        return self

    def in_unit(self, label: str) -> str:
        """A label of an axis with the unit of masses that is asked for."""
        return label.replace("[MeV]", f"[{self.mass_unit}]")

    def text(self) -> str:
        """All that the entry says, as JSON: the param that makes its rule run again."""
        return json.dumps(self.model_dump(), sort_keys=True)

    def shown(self, search: str) -> Display:
        """Name and colour of a search; its id in grey if the file has none."""
        return self.display.get(search, Display(name=search))


class OfSearch(Base):
    """A figure of one search."""

    search: str
    inputs: ClassVar[tuple[str, ...]] = OWN
    tables_shown: ClassVar[tuple[str, ...]] = ()

    def tables(self) -> tuple[str, ...]:
        """The search's tables that are drawn."""
        return self.tables_shown


class Spectrum(OfSearch):
    """The observable of all selected candidates, binned, with Poisson errors and the range of the search."""

    kind: Literal["spectrum"]
    tables_shown: ClassVar[tuple[str, ...]] = ("windows",)
    inputs: ClassVar[tuple[str, ...]] = ("events",)
    bin_width: PositiveFloat
    unit: str = "MeV"


class Stack(OfSearch):
    """The candidates in bins of the observable over the expected background, component by component.

    Attributes:
        bin_width: in the unit of the observable, cut short at the ends of the regions.
        names: component -> what the key calls it; in this order, from below.
    """

    kind: Literal["stack"]
    inputs: ClassVar[tuple[str, ...]] = ("events",)
    bin_width: PositiveFloat
    names: Annotated[dict[str, str], Field(min_length=1, max_length=7)]

    def tables(self) -> tuple[str, ...]:
        """The search's tables that are drawn."""
        return (f"spectrum_{self.bin_width:g}",)


class Mark(Strict):
    """A published number drawn into a figure as a line over a range of masses."""

    masses_MeV: Range
    value: PositiveFloat
    label: str


class Curve(OfSearch):
    """A column of one of the search's tables against the mass hypothesis, with its error if there is one."""

    kind: Literal["curve"]
    table: Literal["acceptance", "windows", "event_limits"]
    column: str
    error: str | None = None
    lifetimes_ns: tuple[AnyLifetime, ...] = ()
    log: bool = False
    marks: tuple[Mark, ...] = ()

    def tables(self) -> tuple[str, ...]:
        """The search's tables that are drawn."""
        return (self.table,)


class Windows(OfSearch):
    """Expected and observed events in each window, and the limits on signal events below."""

    kind: Literal["windows"]
    tables_shown: ClassVar[tuple[str, ...]] = ("windows", "event_limits")
    limits_label: str


class Significance(OfSearch):
    """The p-value over mass, local and in the whole scan, of a peak search."""

    kind: Literal["significance"]
    tables_shown: ClassVar[tuple[str, ...]] = ("p_values",)
    inputs: ClassVar[tuple[str, ...]] = ("events",)
    y_label: str = "p-value"


class Methods(OfSearch):
    """Limits on all signal of a peak search by counting and by a fit, side by side."""

    kind: Literal["methods"]
    tables_shown: ClassVar[tuple[str, ...]] = ("methods",)
    inputs: ClassVar[tuple[str, ...]] = ("events",)


class Limits(OfSearch):
    """Limits on the branching ratio: own and published.

    With one lifetime: the expected band, own observed, and the published observed limit over them. With several:
    a curve for each.

    Attributes:
        lifetimes_ns: .inf: X escapes.
        own: which of this run's limits the curves for several lifetimes are, and those of searches beside; the
            expected one is the smoother.
        beside: other searches whose published limit is drawn as well, for comparison; own limits, if it has none.
        marks: numbers to compare with.
    """

    kind: Literal["limits"]
    log_y: ClassVar[bool] = True
    inputs: ClassVar[tuple[str, ...]] = (*OWN, "limits")
    lifetimes_ns: Annotated[tuple[AnyLifetime, ...], Field(min_length=1, max_length=7)]
    own: Literal["observed", "expected"] = "observed"
    beside: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()


class Plane(OfSearch):
    """Limits on the branching ratio over the mass of X and of what it decays to, as colours.

    Attributes:
        column: which limit.
        colour_label: what the colours are.
    """

    kind: Literal["plane"]
    tables_shown: ClassVar[tuple[str, ...]] = ("branching_limits",)
    column: Literal["observed", "expected"] = "observed"
    colour_label: str


class OfModel(Base):
    """A figure of one model."""

    model: str
    table: ClassVar[str]


class Production(OfModel):
    """Branching ratios of production divided by the coupling squared, with the theory band if asked for."""

    kind: Literal["production"]
    log_y: ClassVar[bool] = True
    table: ClassVar[str] = "predictions"
    theory: bool = False
    processes: Annotated[tuple[str, ...], Field(min_length=1)]


class Lifetime(OfModel):
    """The lifetime of X over mass and coupling, as colours."""

    kind: Literal["lifetime"]
    log_y: ClassVar[bool] = True
    table: ClassVar[str] = "predictions"
    process: str = "K+ -> pi+ X"
    y_range: Range


class AtCoupling(Strict):
    """A coupling at which something is drawn, and what the key says of it."""

    value: PositiveFloat
    label: str


class MeanPath(OfModel):
    """The mean path of X before it decays, for an energy and couplings."""

    kind: Literal["path"]
    log_y: ClassVar[bool] = True
    table: ClassVar[str] = "predictions"
    process: str = "K+ -> pi+ X"
    energy_GeV: PositiveFloat
    couplings: Annotated[tuple[AtCoupling, ...], Field(min_length=1, max_length=7)]


class Region(Strict):
    """A region that others exclude, one of resources/contours.

    Attributes:
        path: its CSV: mass_MeV, coupling, polygon; the header says level, open_above, open_below (`what`).
        name: in the figure; none, if empty.
        style: ``grey``: filled; ``line``: to compare with, as an experiment's own earlier region; ``projection``:
            dashed; ``own``: filled in `colour`.
        colour: of style own.
        reference: for the caption.
        search: one whose published limits are the same data: where they are drawn, the region is a line without name.
    """

    path: str
    name: str
    style: Literal["grey", "line", "projection", "own"] = "grey"
    colour: Colour = "grey"
    reference: str = ""
    search: str = ""


class Overlay(Strict):
    """Contours of the user's own: a CSV with the columns mass_MeV, coupling, polygon (a number) and label.

    Attributes:
        path: the CSV.
        label: its name in the key, in place of the column `label`.
        colour: of the lines.
    """

    path: str
    label: str = ""
    colour: Colour = "black"


class Exclusion(OfModel):
    """Excluded regions of mass and coupling: published limits filled, own limits outlined.

    Attributes:
        searches: those to draw; all that constrain the model, if empty.
        own: which of this run's limits are outlined.
        regions: those of others, by the name of their plane in the file's `regions`; none, if empty.
        at: search -> [mass, coupling] of its name in the figure, where the automatic place does not read well.
        theory: whether the theory band is drawn, about the observed contours that are filled (about own ones, if
            no published limit of the search is there).
        variation_label: what the key says of the model's `theory_variations`, which are then dotted.
        projections: search -> factor on its data; the expected limit with as much, dashed. Only a search with own
            windows can be projected.
        projection_label: what the key says of them, in place of the factors.
        combination: whether the combined limit from the windows of several searches is drawn, if there is one.
        overlays: contours given by the user.
        drawn: the regions of others, filled in from the file.
        hatched, hatched_label: a range of masses in which the model is not to be trusted, and what the key says.
    """

    kind: Literal["exclusion"]
    log_y: ClassVar[bool] = True
    table: ClassVar[str] = "contours"
    searches: tuple[str, ...] = ()
    own: tuple[Limit, ...] = ("observed",)
    regions: str = ""
    drawn: dict[str, Region] = Field(default_factory=dict)
    at: dict[str, Range] = Field(default_factory=dict)
    theory: bool = False
    variation_label: str = "other options of the model"
    projections: dict[str, PositiveFloat] = Field(default_factory=dict)
    projection_label: str = ""
    combination: bool = False
    overlays: tuple[Overlay, ...] = ()
    hatched: Range | None = None
    hatched_label: str = "uncertain"
    x_range: Range
    y_range: Range


Figure = Annotated[
    Spectrum
    | Stack
    | Curve
    | Windows
    | Significance
    | Methods
    | Limits
    | Plane
    | Production
    | Lifetime
    | MeanPath
    | Exclusion,
    Field(discriminator="kind"),
]
