"""Variations of the selection, whose spread is a systematic uncertainty of the acceptance."""

from __future__ import annotations

from darkaon.config.grammar import plain
from darkaon.config.schema import check_known
from darkaon.config.slots.events import Events


def varied(events: Events, name: str | None, source: str) -> Events:
    """The slot `events` with one of its variations, if one is named: changed cuts, and quantities times a factor.

    Raises:
        InputError: no such variation, or a cut or quantity in it that is not there.
    """
    if name is None:
        return events
    check_known(name, events.variations, f"{source}: events.variations: {name!r} is not there", remedy="add it there")
    variation = events.variations[name]
    cuts = {cut.name: cut for cut in events.selection}
    for cut in variation.cuts:
        check_known(cut.name, cuts, f"{source}: events.variations.{name}: there is no cut {cut.name!r}")
        cuts[cut.name] = cut
    branches, derived = dict(events.branches), dict(events.derived)
    for quantity, factor in variation.scale.items():
        fault = f"{source}: events.variations.{name}.scale: no quantity {quantity!r}"
        check_known(quantity, [*branches, *derived], fault)
        if quantity in branches:
            hidden = f"nominal_{quantity}"
            branches[hidden] = branches.pop(quantity)
            derived[quantity] = str(plain(f"{hidden} * {factor!r}"))
        else:
            derived[quantity] = str(plain(f"({derived[quantity]}) * {factor!r}"))
    return events.model_copy(update={"selection": tuple(cuts.values()), "branches": branches, "derived": derived})
