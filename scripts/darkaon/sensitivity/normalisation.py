"""From an acceptance to a single event sensitivity: what the decays, channels or SES of a search make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from darkaon.config.schema import nearest
from darkaon.config.search import Search
from darkaon.config.slots.acceptance import SimulatedAcceptance
from darkaon.config.slots.background import Components
from darkaon.config.slots.normalisation import Channels, Decays, SingleEventSensitivity
from darkaon.errors import InputError
from darkaon.events.candidates import IN_REGIONS
from darkaon.sensitivity.acceptance import Acceptance, combined_sensitivity, fraction, single_event_sensitivity
from darkaon.tables.table import Table
from darkaon.typing import Array


@dataclass(frozen=True)
class Unit:
    """The single event sensitivity that an acceptance of 1 would give, its relative uncertainty, and what it is."""

    value: float
    relative: float
    note: str


def simulated_unit(search: Search, reference: Table | None = None) -> Unit:
    """1/N_K, 1/(N_K sum B_c), or SES A of the decay that normalises: eqs. 3.2 and 2.2 of arXiv:2507.17286.

    Args:
        search: its slots normalisation, periods, background, simulation.
        reference: cutflow of the simulated background, for normalisation.kind ses.

    Raises:
        InputError: a normalisation that has no such number, or a reference that does not hold its component.
    """
    slot = search.normalisation
    if isinstance(slot, Decays | Channels):
        return _unit_of_decays(search, slot)
    if not isinstance(slot, SingleEventSensitivity):
        raise InputError(
            f"normalisation.kind: {slot.kind!r} does not go with input events (decays, channels or ses)",
            remedy="choose one of these kinds, or another input level",
        )
    if reference is None:
        raise InputError(
            "normalisation.kind: ses needs --reference, the cutflow of the simulated background",
            remedy="give that table",
        )
    return _unit_of_reference(search, slot, reference)


def _unit_of_decays(search: Search, slot: Decays | Channels) -> Unit:
    """1/N_K, or 1/(N_K sum B_c)."""
    part = search.simulation.fraction if search.simulation else 1.0
    note = f"{slot.value:.4g} +- {slot.uncertainty:.2g} decays ({slot.status}: {slot.source})"
    note += f", of which {part:g} are simulated" if part < 1 else ""
    ratio, uncertainty = 1.0, 0.0
    if isinstance(slot, Channels):
        ratios = {name: channel.branching_ratio for name, channel in slot.channels.items()}
        ratio = sum(quantity.value for quantity in ratios.values())
        uncertainty = float(np.hypot.reduce([quantity.uncertainty for quantity in ratios.values()]))
        note += f", to {ratio:.4g} +- {uncertainty:.2g} {' + '.join(ratios)}"
    relative = float(np.hypot(slot.uncertainty / slot.value, uncertainty / ratio))
    return Unit(1 / (part * slot.value * ratio), relative, note)


def _unit_of_reference(search: Search, slot: SingleEventSensitivity, table: Table) -> Unit:
    """SES A of the decay that normalises."""
    known = list(search.background.components) if isinstance(search.background, Components) else []
    if slot.component not in known:
        raise InputError(
            f"normalisation.component: {slot.component!r} is none of background.components"
            f"{nearest(slot.component, known)}",
            remedy=f"there are {', '.join(known) or 'none'}",
        )
    mine = table.where(np.equal(table["component"], known.index(slot.component)))
    generated, selected = (mine["events"][mine["cut"] == cut] for cut in ("generated", IN_REGIONS))
    if len(generated) != 1 or len(selected) != 1 or not selected[0] > 0:
        raise InputError(
            f"{table.file}: no decay of {slot.component!r} is generated and selected",
            remedy="simulate more decays, or check the selection",
        )
    acceptance, error = fraction(selected, selected, generated)
    each = [period.ses for period in search.periods.values() if period.ses]
    if len(each) < len(search.periods):
        raise InputError(
            "periods: normalisation.kind: ses needs the key 'ses' in every period",
            remedy="add it to the search's YAML",
        )
    ses, uncertainty = combined_sensitivity([q.value for q in each], [q.uncertainty for q in each])
    note = f"SES {ses:.4g} +- {uncertainty:.2g} of {slot.component}, acceptance {acceptance[0]:.4f} +- {error[0]:.4f}"
    relative = np.hypot(uncertainty / ses, error[0] / acceptance[0])
    return Unit(ses * acceptance[0], float(relative), note)


def channel_weights(search: Search, names: Sequence[str], files: int) -> tuple[list[float], list[float]]:
    """What each file of signal counts for in the acceptance, and the relative uncertainty of its efficiency.

    Of a decay to one of the channels, B_c/sum B is of this one, and efficiency_c of what is simulated is found.

    Args:
        search: its slot normalisation.
        names: the channel of each file; empty if the search has none.
        files: how many there are.

    Raises:
        InputError: files that are not one for each channel.
    """
    slot = search.normalisation
    if not isinstance(slot, Channels):
        if names or files > 1:
            raise InputError(
                f"normalisation.kind: {slot.kind!r} takes one sample of signal (channels takes several)",
                remedy="name one sample, or set the kind to channels",
            )
        return [1.0], [0.0]
    if sorted(names) != sorted(slot.channels) or len(names) != files:
        raise InputError(
            f"normalisation.channels: each of {', '.join(slot.channels)} needs its own sample of signal, "
            f"there are {', '.join(names) or 'none'}",
            remedy="give one sample of signal for each channel",
        )
    total = sum(channel.branching_ratio.value for channel in slot.channels.values())
    weights, relative = [], []
    for name in names:
        efficiency = slot.channels[name].efficiency
        weights.append(slot.channels[name].effective / total)
        relative.append(efficiency.uncertainty / efficiency.value if efficiency else 0.0)
    return weights, relative


def simulated(search: Search) -> SimulatedAcceptance:
    """The slot acceptance of a search with simulated signal.

    Raises:
        InputError: another kind.
    """
    slot = search.acceptance
    if not isinstance(slot, SimulatedAcceptance):
        raise InputError(
            f"acceptance.kind: {slot.kind!r} does not go with input events (simulation)",
            remedy="set it to simulation, or choose another input level",
        )
    return slot


def efficiency(search: Search) -> tuple[float, float]:
    """Value and relative uncertainty of what the simulation leaves out; 1 where it cancels."""
    quantity = simulated(search).efficiency
    return (quantity.value, quantity.uncertainty / quantity.value) if quantity else (1.0, 0.0)


def sensitivity_columns(search: Search, found: Acceptance, masses: Array, unit: Unit) -> dict[str, Array]:
    """The columns of acceptance.csv: a block of the mass hypotheses for each lifetime.

    Raises:
        InputError: an acceptance that is not above 0.
    """
    factor, uncertainty = efficiency(search)
    if not np.all(found.inside > 0):
        time, mass = np.argwhere(~(found.inside > 0))[0]
        raise InputError(
            f"the acceptance at {masses[mass]:g} MeV and {found.lifetime_ns[time]:g} ns is not above 0",
            remedy="raise simulation.signal.decays or leave the mass out; if that holds for many masses, see the "
            "signal's cutflow, and names, units and indices in events.branches",
        )
    relative = np.hypot(found.error / found.inside, uncertainty).ravel()
    acceptance = found.inside.ravel() * factor
    ses = unit.value * single_event_sensitivity(1.0, acceptance)
    longest = np.max(found.inside, axis=0)  # at the lifetime that loses least
    return {
        "lifetime_ns": np.repeat(found.lifetime_ns, len(masses)),
        "mass_MeV": np.tile(masses, len(found.lifetime_ns)),
        "acceptance": acceptance,
        "acceptance_error": acceptance * relative,
        "ses": ses,
        "ses_error": ses * np.hypot(relative, unit.relative),
        "window_efficiency": np.tile(longest / found.selected, len(found.lifetime_ns)),
    }
