"""A search as a typed model: `config/searches/<id>.yaml`, made of the slots in `darkaon.config.slots`.

A slot with variants has a `kind`. A quantity that comes from outside is a `Quantity` with source and
status; a choice is a plain value. `load_search(path, slots)` gives a script just the slots that it declares,
so that an edit elsewhere in the file changes nothing for it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from darkaon.config.inheritance import as_variant, with_data_of
from darkaon.config.schema import Strict, read_yaml, validate
from darkaon.config.slots.acceptance import AcceptanceKind, Given, SimulatedAcceptance
from darkaon.config.slots.background import BackgroundKind, Components, Sidebands, Tabulated
from darkaon.config.slots.blind import Blind
from darkaon.config.slots.counts import Counted
from darkaon.config.slots.events import Events, Region, check_smooth
from darkaon.config.slots.headlines import HeadlineKind, check_columns
from darkaon.config.slots.lifetime import Lifetime
from darkaon.config.slots.masses import Masses
from darkaon.config.slots.normalisation import Normalisation, Unnormalised
from darkaon.config.slots.periods import Period
from darkaon.config.slots.published import Published
from darkaon.config.slots.simulation import Injection, Simulation
from darkaon.config.slots.statistics import Statistics
from darkaon.config.slots.windows import OneSidedWindow, ResolutionKind, WindowKind
from darkaon.errors import InputError
from darkaon.reading import planned


class Reference(Strict):
    """Where a search is described."""

    arxiv: str
    section: str = ""


ABSENT: Any = None  # a slot that this input level does not use


class Search(Strict):
    """One search: `config/searches/<id>.yaml`. Slots that an input level does not use are absent."""

    title: str = ABSENT
    variant_of: str | None = None
    data_of: str | None = None
    reference: Reference | None = None
    references: tuple[str, ...] = ()  # further papers, by arXiv number
    process: str = ABSENT
    final_state: str = ABSENT
    input: Literal["events", "counts", "limits"] = ABSENT
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
    headlines: tuple[HeadlineKind, ...] = ()
    inject: Injection | None = None

    @property
    def papers(self) -> tuple[str, ...]:
        """The arXiv numbers of the papers that describe it."""
        return (*((self.reference.arxiv,) if self.reference else ()), *self.references)

    @model_validator(mode="after")
    def _kinds_of_the_input(self) -> Search:
        for slot, kinds in KINDS.get(self.input, {}).items():
            kind = getattr(getattr(self, slot), "kind", None)
            if kind is not None and kind not in kinds:
                raise ValueError(f"{slot}.kind: {kind!r} does not go with input {self.input} ({', '.join(kinds)} do)")
        both = [getattr(getattr(self, slot), "kind", None) for slot in ("normalisation", "resolution")]
        if both == ["channels", "simulation"]:
            raise ValueError("resolution.kind: 'simulation' does not go with several channels (a table does)")
        if isinstance(self.window, OneSidedWindow) != isinstance(self.background, Tabulated) and self.background:
            raise ValueError("window.kind: one_sided and background.kind: tabulated go together, in one search")
        if isinstance(self.background, Tabulated) and self.simulation and self.simulation.fraction < 1:
            raise ValueError("background.kind: tabulated is a spectrum of all data: simulation.fraction must be 1")
        if isinstance(self.background, Sidebands) and self.regions:
            check_smooth(self.background.spectrum, self.regions)
        if isinstance(self.background, Sidebands) and self.events:
            _check_edges(self, self.background.spectrum)
        prescale = self.events.runs.prescale if self.events else 1
        if prescale > 1 and isinstance(self.acceptance, Given) and not self.acceptance.prescaled:
            raise ValueError(
                f"acceptance: one event in {prescale} is read (events.runs.prescale), and a given acceptance must "
                f"hold that; divide it by {prescale} and say prescaled: true"
            )
        if self.events and prescale == 1 and isinstance(self.acceptance, Given) and self.acceptance.prescaled:
            raise ValueError(
                "acceptance.prescaled: all events are read (events.runs.prescale is 1), and limits would be as many "
                "times too weak as it was divided by; remove it, or set the prescale"
            )
        if isinstance(self.normalisation, Unnormalised):
            given = [slot for slot in (*OF_THE_SIGNAL, "published") if getattr(self, slot) is not None]
            if given:
                raise ValueError(f"{given[0]}: limits on signal events need none; remove it, or give a normalisation")
        fits = self.statistics is not None and self.statistics.method == "fit"
        if fits and self.background and not isinstance(self.background, Sidebands):
            raise ValueError("statistics.method: 'fit' is for background.kind: sidebands; choose hybrid")
        if fits and self.acceptance and not isinstance(self.acceptance, SimulatedAcceptance):
            raise ValueError(
                "statistics.method: 'fit' needs acceptance.kind: simulation, which says what part of the signal is "
                "in the window; choose hybrid"
            )
        if fits and self.input == "counts":
            raise ValueError("statistics.method: 'fit' needs a spectrum, not published counts; choose hybrid")
        if self.statistics:
            _check_periods(self)
        if self.input == "counts" and self.blind:
            raise ValueError("blind: published counts cannot be blinded; remove the key")
        if self.input == "limits" or self.statistics:
            check_columns(self.headlines, self.statistics.also if self.statistics else ())
        return self


def _check_edges(search: Search, spectrum: tuple[float, float]) -> None:
    """Refuse a cut on the observable inside the spectrum, where sidebands would take the empty side for background.

    Raises:
        ValueError: the first of them; an energy is cut in GeV, and seen in MeV.
    """
    near, scale = 1e-9 * (spectrum[1] - spectrum[0]), search.events.scale(search.observable)
    regions = search.regions or {}
    for cut in (*search.events.selection, *(cut for region in regions.values() for cut in region.selection)):
        edges = (cut.low, cut.high) if cut.quantity == search.observable else ()
        for edge in (edge * scale for edge in edges if edge is not None):
            if spectrum[0] + near < edge < spectrum[1] - near:
                raise ValueError(
                    f"background.spectrum: {spectrum[0]:g} to {spectrum[1]:g} reaches beyond the cut {cut.name!r} at "
                    f"{edge:g}, where sidebands would count what it removes as no background; end the spectrum there"
                )


def _check_periods(search: Search) -> None:
    """Refuse what periods that are added, or separate, cannot carry.

    Raises:
        ValueError: the first of it.
    """
    statistics, background = search.statistics, search.background
    periods = list((search.periods or {}).values())
    if statistics.periods == "added":
        uncertain = [period for period in periods if period.background and period.background.uncertainty > 0]
        if len(uncertain) > 1 and "background" in statistics.correlated.periods:
            raise ValueError(
                "statistics.correlated.periods: 'background' goes with periods: separate, added ones are "
                "independent; take it out, or set periods to separate"
            )
        return
    others = isinstance(background, Components) and background.others
    for fault, what in (
        (search.input == "counts", "input events, since published counts are added"),
        (
            background and (not isinstance(background, Components) or others),
            "background.kind: components, no 'others'",
        ),
        (any(period.ses is None for period in periods), "'ses' in all periods"),
        (statistics.method != "hybrid" or statistics.nuisance != "gamma", "method hybrid and nuisance gamma"),
    ):
        if fault:
            raise ValueError(f"statistics.periods: 'separate' needs {what}; set it to added, or change that")


KINDS = {
    "events": {
        "masses": ("resolution_steps", "step", "list"),
        "resolution": ("table", "simulation"),
        "window": ("symmetric", "one_sided"),
        "normalisation": ("decays", "channels", "ses", "none"),
        "acceptance": ("simulation", "table", "constant"),
    },
    "counts": {
        "masses": ("step", "list", "plane"),
        "resolution": ("constant",),
        "window": ("box",),
        "normalisation": ("decays", "tagged", "counts"),
        "acceptance": ("box", "constant", "table", "selection"),
    },
}  # slot -> kinds, where an input level does not know them all
DESCRIPTION = ("title", "process", "final_state", "input", "lifetime")
INPUTS = {
    "events": (
        *DESCRIPTION, "events", "periods", "observable", "masses", "resolution", "window", "background",
        "normalisation", "acceptance", "statistics",
    ),
    "counts": (*DESCRIPTION, "counts", "masses", "normalisation", "acceptance", "statistics"),
    "limits": (*DESCRIPTION, "published"),
}  # fmt: skip
OF_THE_SIGNAL = ("process", "final_state", "lifetime", "acceptance")  # not asked for without a normalisation


def read_search(path: str | Path) -> dict[str, Any]:
    """The content of a search's YAML, with what it takes from another by `data_of` or `variant_of`.

    Raises:
        InputError: no such file; whatever `with_data_of` and `as_variant` refuse.
    """
    content = read_yaml(path)
    if "data_of" in content:
        return with_data_of(path, content)
    return as_variant(path, content) if "variant_of" in content else content


def load_search(path: str | Path, slots: Sequence[str] | None = None, inputs: Sequence[str] = ()) -> Search:
    """A search from its YAML; only `slots` are read and validated, the others may hold anything (all, if None).

    Raises:
        InputError: a key that is unknown, missing or of the wrong kind; an input level that is not one of `inputs`.
    """
    content = read_search(path)
    _check_planned(path, content)
    level = content.get("input")
    if inputs and level is not None and level not in inputs:
        raise InputError(
            f"{path}: input: {level!r} has no part in this step, which is for {' or '.join(inputs)}",
            remedy="give another search, or correct the key",
        )
    if slots is None:
        search = validate(Search, content, path)
        missing = [slot for slot in _needed(content, INPUTS.get(search.input, DESCRIPTION)) if slot not in content]
    else:
        search = validate(Search, {k: v for k, v in content.items() if k in slots}, path)
        needed = _needed(content, INPUTS.get(str(content.get("input")), slots))
        missing = [s for s in slots if s in needed and s not in content and not _optional(s)]
    if missing:
        raise InputError(f"{path}: {missing[0]}: this slot is missing", remedy="add it, see config/new_search.md")
    return search


def _check_planned(path: str | Path, content: dict[str, Any]) -> None:
    """Refuse slots that are no more those that the workflow planned this job with; of periods, its own."""
    expected = planned("slots")
    now = json.loads(json.dumps({slot: content.get(slot) for slot in expected}, default=str))
    for slot, value in expected.items():
        found = now[slot]
        if slot == "periods" and isinstance(found, dict) and isinstance(value, dict):
            found = {name: found[name] for name in value if name in found}
        if json.dumps(found, sort_keys=True) != json.dumps(value, sort_keys=True):
            raise InputError(f"{path}: {slot}: was changed while the run lasts", remedy="start the run again")


def _needed(content: dict[str, Any], slots: Sequence[str]) -> list[str]:
    """The slots without which a search is not complete."""
    normalisation = content.get("normalisation")
    without = isinstance(normalisation, dict) and normalisation.get("kind") == "none"
    return [slot for slot in slots if not (without and slot in OF_THE_SIGNAL)]


def _optional(slot: str) -> bool:
    field = Search.model_fields[slot]
    return field.default is not ABSENT or type(None) in getattr(field.annotation, "__args__", ())
