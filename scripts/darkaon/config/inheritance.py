"""Searches made of another one: for another signal in its data (`data_of`), or of a part of them (`variant_of`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from darkaon.config.schema import nearest, read_yaml
from darkaon.errors import InputError
from darkaon.paths import named, sibling

VARIANT = (
    "title", "reference", "references", "variant_of", "periods", "statistics", "lifetime", "published", "headlines",
)  # fmt: skip
DATA = ("input", "events", "regions", "periods", "observable", "counts", "blind", "inject", "variant_of")


def with_data_of(path: str | Path, content: dict[str, Any]) -> dict[str, Any]:
    """All slots of the search that `data_of` names, with those of `content` over them, and those in `simulation`.

    The data are the same: what makes, selects or blinds them (`DATA`) cannot be changed. Published limits and
    headlines are those of the other search.

    Raises:
        InputError: no such search, one that has no data of its own, a slot that belongs to the data; other windows in
            data of which some are closed.
    """
    parent, whole = _other(path, content, "data_of")
    for key in ("data_of", "variant_of"):
        if key in whole:
            raise InputError(
                f"{path}: data_of: {parent.stem!r} has no data of its own", remedy=f"name {whole[key]!r}"
            )
    for slot in DATA:
        if slot in content:
            raise InputError(f"{path}: {slot}: with 'data_of' this is what {parent} says", remedy="remove it here")
    merged = whole | content
    _check_closed(path, parent, whole, merged)
    theirs, own = whole.get("simulation"), content.get("simulation")
    if isinstance(theirs, dict) and isinstance(own, dict):
        merged["simulation"] = theirs | own
    return merged


def _check_closed(path: str | Path, parent: Path, whole: dict[str, Any], merged: dict[str, Any]) -> None:
    """Refuse windows or sidebands other than the parent's where some data are closed: they would reach into it.

    Where all is blinded, windows alone do not matter: they are closed too. One-sided ones are, if anything is.
    """

    def kind(slot: str) -> Any:
        return merged[slot].get("kind") if isinstance(merged.get(slot), dict) else None

    different = any(merged.get(slot) != whole.get(slot) for slot in ("masses", "resolution", "window"))
    different |= kind("resolution") == "simulation"  # of its own signal, not of the parent's
    partly = whole.get("blind") is not True or kind("background") == "sidebands"
    if whole.get("blind") and partly and different and kind("window") != "one_sided":
        raise InputError(
            f"{path}: masses, resolution or window: {parent} is blinded, and windows other "
            "than its own would be counted without the events that are closed there",
            remedy="take masses, resolution and window from it (a resolution of kind simulation is of its own "
            "signal: give it as a table in both), or open it",
        )


def as_variant(path: str | Path, content: dict[str, Any]) -> dict[str, Any]:
    """All slots of the search that `variant_of` names, with those of `content` over them.

    A variant is made of the candidates or counts of its search, of the periods that it lists: so it may change
    nothing that selects or blinds them. Published limits and headlines are those of the search, not of the variant.

    Raises:
        InputError: no such search, a variant of a variant, a slot or a period that a variant cannot have.
    """
    parent, whole = _other(path, content, "variant_of")
    if "variant_of" in whole:
        raise InputError(
            f"{path}: variant_of: {parent.stem!r} is itself a variant", remedy="name the search that it is made of"
        )
    for slot in content:
        if slot not in VARIANT:
            raise InputError(
                f"{path}: {slot}: a variant takes this slot from {parent}", remedy=f"its own are {', '.join(VARIANT)}"
            )
    slot = "counts" if whole.get("input") == "counts" else "periods"
    periods, listed = whole.get(slot, {}), content.get("periods", ())
    once = isinstance(listed, list | tuple) and all(listed.count(name) == 1 for name in listed)
    if not once or not all(name in list(periods) for name in listed) or ("periods" in content and not listed):
        raise InputError(
            f"{path}: periods: a variant lists names [a, b, ...] of the periods {', '.join(periods)}, each once",
            remedy="list some of them",
        )
    merged = whole | content
    if "periods" in content:
        del merged["periods"]
        merged[slot] = {name: periods[name] for name in listed}
    return merged


def _other(path: str | Path, content: dict[str, Any], key: str) -> tuple[Path, dict[str, Any]]:
    """The file of the search that `key` names, and what it says but for published limits and headlines."""
    other = sibling(path, content[key])
    if not other.is_file():
        known = [*(file.stem for file in sorted(other.parent.glob("*.yaml"))), *named("searches")]
        raise InputError(
            f"{path}: {key}: there is no file {other}{nearest(other.stem, known)}",
            remedy="name a search of this folder",
        )
    return other, read_yaml(other) | {"published": None, "headlines": []}
