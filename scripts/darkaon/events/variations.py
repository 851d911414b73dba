"""Variations of the selection, whose spread is a systematic uncertainty of the acceptance."""

from __future__ import annotations

from darkaon.config.grammar import plain
from darkaon.config.schema import nearest
from darkaon.config.slots.events import Events
from darkaon.errors import InputError


def varied(events: Events, name: str | None, source: str) -> Events:
    """The slot `events` with one of its variations: changed cuts, and quantities times a factor.

    Args:
        events: the slot.
        name: of the variation; the slot as it is, if none.
        source: the YAML, for errors.

    Raises:
        InputError: no such variation, or a cut or quantity in it that is not there.
    """
    if name is None:
        return events
    if name not in events.variations:
        raise InputError(
            f"{source}: events.variations: {name!r} is none of {', '.join(events.variations) or 'them'}"
            f"{nearest(name, events.variations)}", remedy="add it there",
        )  # fmt: skip
    variation = events.variations[name]
    cuts = {cut.name: cut for cut in events.selection}
    for cut in variation.cuts:
        if cut.name not in cuts:
            raise InputError(
                f"{source}: events.variations.{name}: there is no cut {cut.name!r}{nearest(cut.name, cuts)}",
                remedy="name one of events.selection",
            )
        cuts[cut.name] = cut
    branches, derived = dict(events.branches), dict(events.derived)
    for quantity, factor in variation.scale.items():
        if quantity in branches:
            hidden = f"nominal_{quantity}"
            branches[hidden] = branches.pop(quantity)
            derived[quantity] = str(plain(f"{hidden} * {factor!r}"))
        elif quantity in derived:
            derived[quantity] = str(plain(f"({derived[quantity]}) * {factor!r}"))
        else:
            known = [*branches, *derived]
            raise InputError(
                f"{source}: events.variations.{name}.scale: no quantity {quantity!r}{nearest(quantity, known)}",
                remedy="name one of events.branches or events.derived",
            )
    return events.model_copy(update={"selection": tuple(cuts.values()), "branches": branches, "derived": derived})
