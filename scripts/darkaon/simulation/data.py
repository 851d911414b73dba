"""The simulated data of one period: what is expected, one Poisson draw of it, and a signal on request."""

from __future__ import annotations

from typing import Any

import numpy as np

from darkaon.config.search import Search
from darkaon.config.slots.background import CategoryComponent, Component, Components, YieldComponent
from darkaon.config.slots.normalisation import Channels, Decays
from darkaon.constants import MEV
from darkaon.errors import InputError
from darkaon.events.branches import decode, encode
from darkaon.events.selection import Selection
from darkaon.simulation.decay import Decay
from darkaon.simulation.decays import recoil, signal, standard_model
from darkaon.simulation.experiment import experiment
from darkaon.simulation.kaon_pion import background
from darkaon.simulation.samples import Columns, Keep, as_recorded, injected, joined, selected_for_each, until_selected
from darkaon.simulation.spectrum import DENSITY, tabulated
from darkaon.tables.table import read_table
from darkaon.typing import Mask
from darkaon.windows.components import counted, expected_events, region_events


def component_decay(component: Component, source: str) -> Decay:
    """How the events of a component of the background are made; `source` names the YAML in errors."""
    if isinstance(component, CategoryComponent):
        return background(component.spectrum)
    return standard_model(component.decay, source)


class Simulator:
    """Simulates the data of a search, period by period."""

    def __init__(self, search: Search, source: str, rng: np.random.Generator) -> None:
        """Take a search with the slots of simulate_events.py; `source` names its YAML in errors."""
        assert search.simulation is not None
        self.search, self.source, self.rng, self.slot = search, source, rng, search.simulation
        self.experiment = experiment(self.slot.experiment, self.slot.smearing.value, source)
        self.events = search.events
        self.selection = Selection(search.events, search.observable, source, search.regions)

    def period(self, name: str) -> tuple[Columns, dict[str, Any]]:
        """The events of a period in the order of a record, and what there is to say of them."""
        make = self._decays if self.slot.decays else self._spectrum if self.slot.spectrum else self._components
        parts, facts, decays = make(name)
        if self.search.inject is not None:
            parts.append(self._injected(decays, facts))
        first_run = 1000 * (1 + list(self.search.periods).index(name))
        return as_recorded(self.rng, joined(parts), first_run), facts

    def _decays(self, name: str) -> tuple[list[Columns], dict[str, Any], float]:
        """The decays with their numbers of candidates; and the kaon decays of the period."""
        share = self._share(name, "decays")
        assert self.slot.decays is not None
        parts, facts = [], dict[str, Any]()
        for key, candidates in self.slot.decays.items():
            number = int(self.rng.poisson(self.slot.fraction * candidates.value * share))
            decay = standard_model(key, self.source)
            data = until_selected(self.rng, decay, number, self.experiment, self._passes(""))
            parts.append(data.columns)
            facts |= {key: data.selected, f"{key} acceptance": data.acceptance}
        return parts, facts, self._kaons(share)

    def _spectrum(self, name: str) -> tuple[list[Columns], dict[str, Any], float]:
        """A smooth spectrum of candidates; and the decays of the period."""
        slot, share = self.slot.spectrum, self._share(name, "spectrum")
        assert slot is not None
        spectrum = tabulated(read_table(slot.path, required=("mass_MeV", DENSITY)), slot.path)
        mass = spectrum.draw(self.rng, int(self.rng.poisson(self.slot.fraction * spectrum.events * share)))
        columns = selected_for_each(
            self.rng, recoil(slot.decay, self.source), mass * MEV, self.experiment, self._passes("")
        )
        columns.pop("x_flight_m_per_GeV", None)  # truth is not in the data
        return [columns], {slot.decay: len(mass)}, self._kaons(share)

    def _share(self, name: str, key: str) -> float:
        """The share of a period in the candidates, which `simulation.<key>` needs."""
        share = self.search.periods[name].share
        if share is None:
            raise InputError(
                f"{self.source}: periods.{name}.share: this key is missing: simulation.{key} needs it",
                remedy="add it to the search's YAML",
            )
        return share

    def _kaons(self, share: float | None) -> float:
        """Kaon decays, times the efficiency, of a period with this share, if the search is normalised to kaons."""
        slot, efficiency = self.search.normalisation, getattr(self.search.acceptance, "efficiency", None)
        kaons = self.slot.fraction * slot.value * share if isinstance(slot, Decays | Channels) and share else 0.0
        return kaons * (efficiency.value if efficiency else 1.0)

    def _components(self, name: str) -> tuple[list[Columns], dict[str, Any], float]:
        """All components of the background; and the kaon decays that the period stands for."""
        slot, regions = self.search.background, self.search.regions or {}
        if not isinstance(slot, Components):
            raise InputError(
                f"{self.source}: simulation.decays: this key is missing", remedy="it says what to simulate"
            )
        period = self.search.periods[name]
        parts, facts, acceptance = [], dict[str, Any](), dict[str, float]()
        for key, events in expected_events(slot.components, period).items():
            component = slot.components[key]
            for region, mean in (region_events(component, events, regions) or {"": events}).items():
                wanted = int(self.rng.poisson(mean))
                decay = component_decay(component, self.source)
                data = until_selected(self.rng, decay, wanted, self.experiment, self._counted(component, region))
                elsewhere = self._passes("")(data.columns) & ~self._passes(region)(data.columns)
                parts.append({quantity: values[~elsewhere] for quantity, values in data.columns.items()})
                acceptance[key] = data.acceptance
                facts[f"{key} {region}".strip()] = data.selected
                if isinstance(component, YieldComponent):
                    facts[f"{key} acceptance"] = data.acceptance
        reference = getattr(self.search.normalisation, "component", "")
        decays = 1 / (period.ses.value * acceptance[reference]) if period.ses and reference in acceptance else 0.0
        return parts, facts, decays or self._kaons(period.share)

    def _injected(self, decays: float, facts: dict[str, Any]) -> Columns:
        """The events of K -> pi X among so many kaon decays."""
        inject = self.search.inject
        assert inject is not None
        slot, parts, selected = self.search.normalisation, [], 0
        channels = (
            {name: c.effective for name, c in slot.channels.items()} if isinstance(slot, Channels) else {"": 1.0}
        )
        for channel, share in channels.items():
            x = signal(self.search.process, self.search.final_state, inject.mass_MeV, self.source, channel)
            mean = decays * share * inject.branching_ratio
            extra = injected(self.rng, x, mean, self.experiment, self._passes(""))
            parts.append(extra.columns)
            selected += extra.selected
        facts |= {
            "injected_mass_MeV": inject.mass_MeV,
            "injected_branching_ratio": inject.branching_ratio,
            "injected_candidates": selected,
        }
        columns = joined(parts)
        columns.pop("x_flight_m_per_GeV", None)  # truth is not in the data
        return columns

    def _counted(self, component: Component, region: str) -> Keep:
        """Which events the number of a component means."""
        passes = self._passes(region)

        def counts(columns: Columns) -> Mask:
            seen = decode(encode(columns, self.events), self.events)
            return passes(columns) & counted(component, self.selection.observe(seen))

        return counts

    def _passes(self, region: str) -> Keep:
        """Which events are selected (in this region, if one is given), as they will be read: rounded to the file."""

        def passes(columns: Columns) -> Mask:
            seen = decode(encode(columns, self.events), self.events)
            kept = self.selection.passes(seen)
            return kept & dict(self.selection.in_regions(seen))[region] if region else kept

        return passes
