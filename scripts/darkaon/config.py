"""The configuration as typed models: one class for each slot of a search's YAML, and the run itself.

A slot with variants has a `kind`. A quantity that comes from outside is a `Quantity` with source and
status; a choice is a plain value. `load_search(path, slots)` gives a script just the slots that it declares,
so that an edit elsewhere in the file changes nothing for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, PositiveFloat, PositiveInt, model_validator

from darkaon.errors import InputError
from darkaon.settings import Quantity, Strict, nearest, read_yaml, validate

Fraction = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(gt=0, le=1)]
NotNegative = Annotated[float, Field(ge=0)]
PositiveLifetime = Annotated[float, Field(gt=0, allow_inf_nan=True)]  # inf: X escapes


# --- events: a user's tree, its selection -------------------------------------------------------------


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


# --- simulation: only where no measured files are given -------------------------------------------------


class SignalSamples(Strict):
    """Simulated K -> pi X samples for the acceptance."""

    masses_MeV: Annotated[tuple[NotNegative, ...], Field(min_length=4)]
    decays: PositiveInt  # per mass


class BackgroundSamples(Strict):
    """Simulated samples of the components of the background."""

    decays: PositiveInt  # per component


class Simulation(Strict):
    """How the simulated event files are made (darkaon.simulation).

    The data are one decay with its number of candidates, or the sum of the components of the background.
    """

    decay: str | None = None  # the Standard Model decay, a name in darkaon.simulation.decays
    candidates: Quantity | None = None  # mean number of selected candidates, all periods together
    smearing: Quantity  # factor on the nominal resolutions
    signal: SignalSamples
    background: BackgroundSamples | None = None

    @model_validator(mode="after")
    def _decay_has_candidates(self) -> Simulation:
        if (self.decay is None) != (self.candidates is None):
            raise ValueError("'decay' and 'candidates' go together (neither: the data are background.components)")
        return self


class Period(Strict):
    """A period of data taking: its share of the candidates, or its single event sensitivity and background."""

    share: Share | None = None
    ses: Quantity | None = None  # branching ratio of one expected event, of the decay that normalises
    background: Quantity | None = None  # expected events of all components that have no branching ratio

    @model_validator(mode="after")
    def _share_or_ses(self) -> Period:
        if (self.share is None) == (self.ses is None):
            raise ValueError("a period needs 'share' or 'ses'")
        if self.ses is not None and self.ses.value <= 0:
            raise ValueError(f"ses must be above 0, it is {self.ses.value}")
        if self.background is not None and self.background.value < 0:
            raise ValueError(f"background must be 0 or more, it is {self.background.value}")
        return self


class Injection(Strict):
    """A signal put into the simulated data: B is B(K -> pi X) x B(X -> final state)."""

    mass_MeV: PositiveFloat
    branching_ratio: PositiveFloat


# --- mass hypotheses, windows, background -----------------------------------------------------------------


class ResolutionSteps(Strict):
    """`count` masses from start to stop, evenly spaced in u = integral dm / sigma_m."""

    kind: Literal["resolution_steps"]
    start: PositiveFloat
    stop: PositiveFloat
    count: Annotated[int, Field(ge=2)]

    @model_validator(mode="after")
    def _ordered(self) -> ResolutionSteps:
        if not self.start < self.stop:
            raise ValueError(f"start ({self.start}) must be below stop ({self.stop})")
        return self


class Steps(Strict):
    """Masses `step` apart in one or several ranges, both ends included as far as the step reaches."""

    kind: Literal["step"]
    step: PositiveFloat
    ranges: Annotated[tuple[tuple[NotNegative, PositiveFloat], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ordered(self) -> Steps:
        ends = [end for pair in self.ranges for end in pair]
        if sorted(set(ends)) != ends:
            raise ValueError(f"ranges must rise and not overlap: {[list(pair) for pair in self.ranges]}")
        return self


Masses = Annotated[ResolutionSteps | Steps, Field(discriminator="kind")]


class ResolutionTable(Strict):
    """Resolution of the observable against mass, interpolated linearly."""

    kind: Literal["table"]
    path: str


class SimulatedResolution(Strict):
    """Resolution of the observable from the simulated signal: standard deviation at its masses, linear between."""

    kind: Literal["simulation"]


class ConstantResolution(Strict):
    """The same resolution for all masses, in the unit of the observable."""

    kind: Literal["constant"]
    value: PositiveFloat
    source: str
    status: Literal["read", "derived", "recalled", "tuned"]


ResolutionKind = Annotated[ResolutionTable | SimulatedResolution | ConstantResolution, Field(discriminator="kind")]


class SymmetricWindow(Strict):
    """Window of +- half_width_sigma resolutions around the mass hypothesis, clipped to the regions.

    A clipped window is never shorter than half_width_sigma: then it is that end of the nearest region.
    """

    kind: Literal["symmetric"]
    half_width_sigma: PositiveFloat


class BoxWindow(Strict):
    """One window for all masses, low <= observable < high."""

    kind: Literal["box"]
    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> BoxWindow:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low}) must be below high ({self.high})")
        return self


WindowKind = Annotated[SymmetricWindow | BoxWindow, Field(discriminator="kind")]


class Sidebands(Strict):
    """Polynomial fit to the sidebands; the alternatives' largest shift is the systematic uncertainty."""

    kind: Literal["sidebands"]
    half_width_sigma: PositiveFloat
    order: Annotated[int, Field(ge=0, le=5)]
    alternatives: tuple[Annotated[int, Field(ge=0, le=5)], ...] = ()
    bins: PositiveInt = 180  # over the whole range of sidebands and window
    spectrum: tuple[float, float]  # where the observable can be: sidebands end there


class Uniform(Strict):
    """Recoil mass squared of a background: all values alike."""

    kind: Literal["uniform"]


class Tails(Strict):
    """Recoil mass squared of a background: falling exponentially on both sides of a peak."""

    kind: Literal["tails"]
    peak_GeV2: float
    scale_GeV2: PositiveFloat


class Split(Strict):
    """Shares of the regions in a background."""

    value: dict[str, NotNegative]
    source: str
    status: Literal["read", "derived", "recalled", "tuned"]

    @model_validator(mode="after")
    def _sum(self) -> Split:
        if abs(sum(self.value.values()) - 1) > 1e-9:
            raise ValueError(f"the shares of the regions sum to {sum(self.value.values()):g}, not to 1")
        return self


class DecayComponent(Strict):
    """A background decay with its branching ratio: B / SES events, as the simulation distributes them."""

    kind: Literal["decay"]
    decay: str  # a name in darkaon.simulation.decays
    branching_ratio: Quantity


class CategoryComponent(Strict):
    """A background by its number of events: its part of every period's `background`, split over the regions."""

    kind: Literal["category"]
    events: Quantity  # the parts of the categories are those of their events
    split: Split
    spectrum: Annotated[Uniform | Tails, Field(discriminator="kind")]


class Range(Strict):
    """A range low <= x < high that comes from outside."""

    low: float
    high: float
    source: str
    status: Literal["read", "derived", "recalled", "tuned"]

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low}) must be below high ({self.high})")
        return self


class YieldComponent(Strict):
    """A simulated decay by its number of selected events, of which every period has its `share`."""

    kind: Literal["yield"]
    decay: str  # a name in darkaon.simulation.decays
    events: Quantity
    counted_in: Range | None = None  # of the observable, where the events were counted; everywhere, if none


Component = Annotated[DecayComponent | CategoryComponent | YieldComponent, Field(discriminator="kind")]


class Components(Strict):
    """Expected background from weighted simulated events, by component."""

    kind: Literal["components"]
    components: Annotated[dict[str, Component], Field(min_length=1)]


BackgroundKind = Annotated[Sidebands | Components, Field(discriminator="kind")]


# --- door counts: published numbers ------------------------------------------------------------------------


class CountedBackground(Strict):
    """Expected background with its uncertainty: `uncertainty`, or `up` and `down` if they differ."""

    value: PositiveFloat
    uncertainty: NotNegative | None = None
    up: NotNegative | None = None
    down: NotNegative | None = None

    @model_validator(mode="after")
    def _one_form(self) -> CountedBackground:
        two = (self.up is not None, self.down is not None)
        if two[0] != two[1] or two[0] == (self.uncertainty is not None):
            raise ValueError("a background needs 'uncertainty', or 'up' and 'down'")
        if self.down is not None and self.down >= self.value:
            raise ValueError(f"down ({self.down}) must be smaller than value ({self.value})")
        return self


class Counted(Strict):
    """What a period counted: events observed and expected, and its single event sensitivity if it was published."""

    observed: Annotated[int, Field(ge=0)]
    background: CountedBackground
    ses: Quantity | None = None
    source: str
    status: Literal["read", "derived", "recalled", "tuned"]

    @model_validator(mode="after")
    def _positive_ses(self) -> Counted:
        if self.ses is not None and self.ses.value <= 0:
            raise ValueError(f"ses must be above 0, it is {self.ses.value}")
        return self


# --- from counts to branching ratios ----------------------------------------------------------------------


class Decays(Strict):
    """Normalisation by the effective number of kaon decays, eq. 3.2 of arXiv:2507.17286."""

    kind: Literal["decays"]
    value: PositiveFloat
    uncertainty: NotNegative = 0.0
    source: str
    status: Literal["read", "derived", "recalled", "tuned"]


class SingleEventSensitivity(Strict):
    """Normalisation by the single event sensitivity of another decay, eq. 2.2 of arXiv:2507.17286.

    SES_X = SES A/A_X, A and SES those of the component `component` of the background; the periods' 1/SES add.
    """

    kind: Literal["ses"]
    component: str


class Tagged(Strict):
    """Normalisation by a number of tagged particles, as pi0 from K+ -> pi+ pi0: B = B_tag N / (value A)."""

    kind: Literal["tagged"]
    value: PositiveFloat
    uncertainty: NotNegative = 0.0
    source: str
    status: Literal["read", "derived", "recalled", "tuned"]
    particle: str
    mass_MeV: PositiveFloat  # of the particle: there the limit is also one on its decay to the final state
    branching_ratio: Quantity  # of the decay that tags it


class PublishedSensitivity(Strict):
    """Normalisation by the single event sensitivities in `counts`; 1/SES of the periods add, A is relative."""

    kind: Literal["counts"]


Normalisation = Annotated[
    Decays | SingleEventSensitivity | Tagged | PublishedSensitivity, Field(discriminator="kind")
]


class SimulatedAcceptance(Strict):
    """The fraction of simulated decays that is selected and inside the window, times `efficiency`."""

    kind: Literal["simulation"]
    efficiency: Quantity | None = None  # of what the simulation leaves out: trigger, identification, matching
    ratio_MeV: tuple[PositiveFloat, PositiveFloat] | None = None  # masses whose acceptances are compared in print


class ConstantAcceptance(Strict):
    """The same acceptance for all masses."""

    kind: Literal["constant"]
    value: PositiveFloat
    uncertainty: NotNegative = 0.0
    source: str
    status: Literal["read", "derived", "recalled", "tuned"]


class TabulatedAcceptance(Strict):
    """Acceptance against mass from a table (mass_MeV, acceptance, acceptance_error), interpolated linearly."""

    kind: Literal["table"]
    path: str


class BoxAcceptance(Strict):
    """The part of a Gaussian of the resolution around m_X^2 that is inside the box."""

    kind: Literal["box"]


AcceptanceKind = Annotated[
    SimulatedAcceptance | ConstantAcceptance | TabulatedAcceptance | BoxAcceptance, Field(discriminator="kind")
]


class PromptLaw(Strict):
    """A(m, tau) = A(m, 0) (1 - exp(-tau0/tau)), eq. 3.1 of arXiv:2507.17286."""

    kind: Literal["prompt"]
    tau0_ns: Quantity
    values_ns: Annotated[tuple[NotNegative, ...], Field(min_length=1)]


class EscapeLaw(Strict):
    """X must leave the detector.

    By simulation: the mean of exp(-d m / (p c tau)) over the decays, d the flight to the end of the detector; the
    same without a simulation for two-body decays whose pion lies in `pion_momentum_GeV`;
    with `kappa_m_per_GeV`, the simple law UL(tau) = UL(inf) exp(kappa m / (c tau)); with `delay_ns`, the same for
    all masses, UL(tau) = UL(inf) exp(delay / tau).
    """

    kind: Literal["escape"]
    kappa_m_per_GeV: Quantity | None = None
    delay_ns: Quantity | None = None
    pion_momentum_GeV: tuple[NotNegative, PositiveFloat] | None = None
    values_ns: Annotated[tuple[PositiveLifetime, ...], Field(min_length=1)]


class StableLaw(Strict):
    """The limits hold for X that escapes, and for nothing else."""

    kind: Literal["stable"]


Lifetime = Annotated[PromptLaw | EscapeLaw | StableLaw, Field(discriminator="kind")]


class Statistics(Strict):
    """The limit: see darkaon.statistics.

    Periods are `added`, counts and backgrounds as one experiment, or combined as `separate` windows with the
    likelihood ratio.
    """

    method: Literal["hybrid", "known", "profile", "asymptotic"] = "hybrid"
    nuisance: Literal["gamma", "gauss", "lognormal"] = "gamma"
    level: Fraction = 0.90
    periods: Literal["added", "separate"] = "added"
    also: tuple[Literal["no_subtraction"], ...] = ()  # treatments of other experiments, shown beside


class HEPDataColumn(Strict):
    """One table of a HEPData folder: its name there, the lifetime it holds for, and its column of limits."""

    table: str
    lifetime_ns: Annotated[float, Field(ge=0, allow_inf_nan=True)]  # .inf: X escapes
    observed: str


class Published(Strict):
    """Published limits: a tidy CSV (lifetime_ns, mass_MeV, upper_limit), or a folder of HEPData YAML tables.

    With a folder, `hepdata` says which of its tables and columns are the limits. `factor` is a common factor on our
    own sensitivity that is tried where they are compared, and nowhere else.
    """

    path: str
    hepdata: tuple[HEPDataColumn, ...] = ()
    factor: Quantity | None = None

    @model_validator(mode="after")
    def _folder_or_file(self) -> Published:
        if Path(self.path).is_dir() and not self.hepdata:
            raise ValueError(f"{self.path} is a folder: say under 'hepdata' which tables and columns hold the limits")
        if Path(self.path).is_file() and self.hepdata:
            raise ValueError(f"{self.path} is a file: 'hepdata' goes with a folder of HEPData tables")
        return self


def _blinded(value: Any) -> bool | tuple[tuple[float, float], ...]:
    if isinstance(value, bool):
        return value
    try:
        ranges = tuple((float(low), float(high)) for low, high in value)
    except (TypeError, ValueError):
        ranges = ((1.0, 0.0),)
    if any(not low <= high for low, high in ranges):
        raise ValueError(f"{value!r} is neither true, false nor ranges of masses [[low, high], ...] in MeV")
    return ranges


Blind = Annotated[Any, PlainValidator(_blinded)]  # bool or ranges of masses [MeV]


class Reference(Strict):
    """Where a search is described."""

    arxiv: str
    section: str = ""


ABSENT: Any = None  # a slot that this door does not use


class Search(Strict):
    """One search: `config/searches/<id>.yaml`. Slots that a door does not use are absent."""

    title: str = ABSENT
    variant_of: str | None = None
    reference: Reference = ABSENT
    process: str = ABSENT
    final_state: str = ABSENT
    door: Literal["events", "counts", "limits"] = ABSENT
    counts: Annotated[dict[str, Counted], Field(min_length=1)] = ABSENT
    events: Events = ABSENT
    regions: dict[str, Region] | None = None
    simulation: Simulation | None = None
    periods: dict[str, Period] = ABSENT
    observable: str = ABSENT
    blind: Blind = False
    masses: Masses = ABSENT
    resolution: ResolutionKind = ABSENT
    window: WindowKind = ABSENT
    background: BackgroundKind = ABSENT
    normalisation: Normalisation = ABSENT
    acceptance: AcceptanceKind = ABSENT
    lifetime: Lifetime = ABSENT
    statistics: Statistics = ABSENT
    published: Published | None = None
    inject: Injection | None = None

    @model_validator(mode="after")
    def _kinds_of_the_door(self) -> Search:
        for slot, kinds in KINDS.get(self.door, {}).items():
            kind = getattr(getattr(self, slot), "kind", None)
            if kind is not None and kind not in kinds:
                raise ValueError(f"{slot}.kind: {kind!r} does not go with door {self.door} ({', '.join(kinds)} do)")
        if self.door == "counts" and self.blind:
            raise ValueError("blind: published counts cannot be blinded; remove the key")
        return self


KINDS = {
    "events": {
        "resolution": ("table", "simulation"),
        "window": ("symmetric",),
        "normalisation": ("decays", "ses"),
        "acceptance": ("simulation",),
    },
    "counts": {
        "masses": ("step",),
        "resolution": ("constant",),
        "window": ("box",),
        "normalisation": ("decays", "tagged", "counts"),
        "acceptance": ("box", "constant", "table"),
    },
}  # slot -> kinds, where a door does not know them all
DESCRIPTION = ("title", "reference", "process", "final_state", "door", "lifetime")
DOORS = {
    "events": (
        *DESCRIPTION, "events", "periods", "observable", "masses", "resolution", "window", "background",
        "normalisation", "acceptance", "statistics",
    ),
    "counts": (*DESCRIPTION, "counts", "masses", "normalisation", "acceptance", "statistics"),
    "limits": (*DESCRIPTION, "published"),
}  # fmt: skip


VARIANT = ("title", "reference", "variant_of", "periods", "statistics", "lifetime", "published")


def read_search(path: str | Path) -> dict[str, Any]:
    """The content of a search's YAML; of a variant, all slots of its search with its own over them.

    A variant is made of the candidates of its search, of the periods that it lists: so it may change nothing that
    selects or blinds them. Published limits are those of the search, not of the variant.

    Raises:
        InputError: no such file or search, a variant of a variant, a slot or a period that a variant cannot have.
    """
    content = read_yaml(path)
    if "variant_of" not in content:
        return content
    parent = Path(path).parent / f"{content['variant_of']}.yaml"
    if not parent.is_file():
        known = [file.stem for file in sorted(parent.parent.glob("*.yaml"))]
        raise InputError(f"{path}: variant_of: there is no file {parent}{nearest(parent.stem, known)}")
    whole = read_yaml(parent)
    if "variant_of" in whole:
        raise InputError(
            f"{path}: variant_of: {parent.stem!r} is itself a variant: name the search that it is made of"
        )
    for slot in content:
        if slot not in VARIANT:
            raise InputError(
                f"{path}: {slot}: a variant takes this slot from {parent} (its own are {', '.join(VARIANT)})"
            )
    periods, listed = whole.get("periods", {}), content.get("periods", ())
    for name in listed:
        if name not in periods or isinstance(listed, dict):
            raise InputError(
                f"{path}: periods: a variant lists names [a, b, ...] of the periods {', '.join(periods)}"
            )
    merged = whole | {"published": None} | content
    if "periods" in content:
        merged["periods"] = {name: periods[name] for name in listed}
    return merged


def load_search(path: str | Path, slots: Sequence[str] | None = None) -> Search:
    """A search from its YAML.

    Args:
        path: `config/searches/<id>.yaml`.
        slots: only these slots are read and validated, the others may hold anything; all, if None.

    Raises:
        InputError: a key that is unknown, missing or of the wrong kind.
    """
    content = read_search(path)
    if slots is None:
        search = validate(Search, content, path)
        missing = [slot for slot in DOORS.get(search.door, DESCRIPTION) if slot not in content]
    else:
        search = validate(Search, {k: v for k, v in content.items() if k in slots}, path)
        needed = DOORS.get(str(content.get("door")), slots)
        missing = [s for s in slots if s in needed and s not in content and not _optional(s)]
    if missing:
        raise InputError(f"{path}: {missing[0]}: this slot is missing")
    return search


def _optional(slot: str) -> bool:
    field = Search.model_fields[slot]
    return field.default is not ABSENT or type(None) in getattr(field.annotation, "__args__", ())


# --- the run --------------------------------------------------------------------------------------------


class Run(Strict):
    """`config/config.yaml`: what a run does."""

    searches: Annotated[tuple[str, ...], Field(min_length=1)]
    models: tuple[str, ...] = ()
    seed: Annotated[int, Field(ge=0)]
    results: str = "results"
    chunks: PositiveInt = 1
    toys: PositiveInt = 4000
    validation_toys: PositiveInt = 100000
    samples: str = "config/samples.csv"
    figures: str = "config/figures.yaml"


def load_run(path: str | Path, overrides: dict[str, Any] | None = None) -> Run:
    """The run's configuration, with `overrides` (from --config or --configfile) put over the file's keys.

    Raises:
        InputError: a key that is unknown, missing or of the wrong kind; a search or model without a file.
    """
    run = validate(Run, read_yaml(path) | (overrides or {}), path)
    folder = Path(path).parent
    for key, names in (("searches", run.searches), ("models", run.models)):
        known = sorted(p.stem for p in (folder / key).glob("*.yaml"))
        for name in names:
            if name not in known:
                raise InputError(
                    f"{path}: {key}: {name!r} has no file {folder / key / name}.yaml{nearest(name, known)} "
                    f"(there are {', '.join(known) or 'none'})"
                )
        repeated = [name for name in names if names.count(name) > 1]
        if repeated:
            raise InputError(f"{path}: {key}: {repeated[0]!r} stands twice")
    return run
