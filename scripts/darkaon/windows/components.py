"""Expected background events of the components of a search, and their sum in windows.

A component of kind `decay` has B/SES events in a period, distributed as its simulation says. One of kind `category`
has its part of the period's `background`, whose uncertainty all categories share, in the regions as its `split` says.
One of kind `yield` has the period's `share` of its events, counted in a part of the spectrum and distributed over all
of it as its simulation says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon.config.slots.background import CategoryComponent, Component, DecayComponent, YieldComponent
from darkaon.config.slots.events import Region
from darkaon.config.slots.periods import Period
from darkaon.errors import InputError
from darkaon.tables.blocks import WEIGHT, field_or_ones
from darkaon.typing import Array
from darkaon.windows.expected import Expected


def expected_events(components: Mapping[str, Component], period: Period) -> dict[str, float]:
    """Expected events of each component in a period, over all regions."""
    categories = {k: c.events.value for k, c in components.items() if isinstance(c, CategoryComponent)}
    total = sum(categories.values())
    found = {}
    for name, component in components.items():
        if isinstance(component, DecayComponent):
            if period.ses is None:
                raise InputError(
                    f"periods: the component {name!r} has a branching ratio", remedy="every period needs 'ses'"
                )
            found[name] = component.branching_ratio.value / period.ses.value
        elif isinstance(component, YieldComponent):
            if period.share is None:
                raise InputError(f"periods: the component {name!r} has a yield", remedy="every period needs 'share'")
            found[name] = component.events.value * period.share
        else:
            if period.background is None:
                raise InputError(
                    f"periods: {name!r} is a part of the background", remedy="every period needs 'background'"
                )
            found[name] = period.background.value * categories[name] / total
    return found


def total_events(components: Mapping[str, Component], periods: Iterable[Period]) -> dict[str, float]:
    """Expected events of each component in all periods together."""
    each = [expected_events(components, period) for period in periods]
    return {name: sum(events[name] for events in each) for name in components}


def relative_uncertainty(component: Component) -> float:
    """Of the normalisation of a component."""
    quantity = component.branching_ratio if isinstance(component, DecayComponent) else component.events
    return quantity.uncertainty / quantity.value


def period_uncertainty(periods: Iterable[Period]) -> float:
    """Relative, of what the periods' `background` gives to all categories together; independent between periods."""
    given = [period.background for period in periods if period.background]
    total = sum(background.value for background in given)
    return math.hypot(*(background.uncertainty for background in given)) / total if total else 0.0


def region_events(component: Component, events: float, regions: Mapping[str, Region]) -> dict[str, float]:
    """Events that a category has in each region by its split; nothing of what its simulation distributes.

    Raises:
        InputError: a split that is not over the regions.
    """
    if not isinstance(component, CategoryComponent):
        return {}
    if set(component.split.value) != set(regions):
        raise InputError(
            f"background.components: the split {', '.join(component.split.value)} is not over the regions "
            f"{', '.join(regions)}",
            remedy="name these regions",
        )
    return {name: events * component.split.value[name] for name in regions}


def flat_split(regions: Mapping[str, Region]) -> dict[str, float]:
    """Shares of the regions by their widths."""
    width = {name: region.high - region.low for name, region in regions.items()}
    return {name: value / sum(width.values()) for name, value in width.items()}


def weights(
    candidates: NDArray[Any],
    components: Mapping[str, Component],
    events: Mapping[str, float],
    regions: Mapping[str, Region],
) -> Array:
    """What each simulated candidate stands for, in expected events.

    Args:
        candidates: structured array of `observable`, `component` (place in `components`) and perhaps `weight`.
        components: the slot.
        events: expected events of each component.
        regions: all candidates lie in them.

    Raises:
        InputError: a component, or one in a region, without simulated candidates.
    """
    own = field_or_ones(candidates, WEIGHT).copy()
    value = candidates["observable"]
    for place, (name, component) in enumerate(components.items()):
        mine = candidates["component"] == place
        parts = region_events(component, events[name], regions) or {"": events[name]}
        for region, wanted in parts.items():
            there = mine & _inside(value, regions[region]) if region else mine
            among = there & counted(component, value)
            if not np.any(among) and wanted > 0:
                part = getattr(component, "counted_in", None) if np.any(there) else None
                raise InputError(
                    f"no simulated candidate of the background {name!r} {region}"
                    + (f"in counted_in, {part.low:g} to {part.high:g}" if part else ""),
                    remedy="give counted_in in the unit of the observable" if part else "simulate more decays",
                )
            own[there] *= wanted / max(np.sum(own[among]), 1e-300)
    return own


def counted(component: Component, value: Array) -> NDArray[np.bool_]:
    """Which events, by their observable, are among those that a component's number means."""
    if not isinstance(component, YieldComponent) or component.counted_in is None:
        return np.ones(value.shape, dtype=bool)
    return (value >= component.counted_in.low) & (value < component.counted_in.high)


def _inside(value: Array, region: Region) -> NDArray[np.bool_]:
    return (value >= region.low) & (value < region.high)


def region_bins(regions: Iterable[Region], width: float) -> tuple[Array, Array]:
    """Lower and upper edges of bins of this width in all regions, from the start of each; the last may be shorter."""
    pairs = []
    for region in regions:
        edges = region.low + width * np.arange(int(np.ceil((region.high - region.low) / width - 1e-9)))
        pairs.append(np.stack([edges, np.append(edges[1:], region.high)]))
    low, high = np.concatenate(pairs, axis=1)
    return low, high


def component_background(
    candidates: NDArray[Any],
    weight: Array,
    components: Mapping[str, Component],
    low: Array,
    high: Array,
    common: float = 0.0,
) -> Expected:
    """Sum the candidates with what `weights` gave for them in every window low <= observable < high, shape (W,).

    `common` is the relative uncertainty that all categories share (`period_uncertainty`).
    """
    background, variance, systematic, categories = np.zeros((4, len(low)))
    for place, component in enumerate(components.values()):
        mine = candidates["component"] == place
        order = np.argsort(candidates["observable"][mine], kind="stable")
        value, own = candidates["observable"][mine][order], weight[mine][order]
        first, last = np.searchsorted(value, low, side="left"), np.searchsorted(value, high, side="left")
        share, square = (np.concatenate([[0.0], np.cumsum(w)]) for w in (own, own * own))
        part = share[last] - share[first]
        background += part
        variance += square[last] - square[first]
        systematic += (part * relative_uncertainty(component)) ** 2
        if isinstance(component, CategoryComponent):
            categories += part
    return Expected(background, np.sqrt(variance), np.sqrt(systematic + (common * categories) ** 2))
