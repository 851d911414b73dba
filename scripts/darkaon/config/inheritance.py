"""Searches for another signal in the data of a search: `data_of` in their YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from darkaon.config.schema import nearest, read_yaml
from darkaon.errors import InputError
from darkaon.paths import named, sibling

DATA = ("input", "events", "regions", "periods", "observable", "counts", "blind", "inject", "variant_of")


def with_data_of(path: str | Path, content: dict[str, Any]) -> dict[str, Any]:
    """All slots of the search that `data_of` names with those of `content` over them, and those in `simulation`.

    The data are the same: what makes, selects or blinds them (`DATA`) cannot be changed. Published limits and
    headlines are those of the other search.

    Args:
        path: the YAML, for messages; the other search is beside it.
        content: what it says, among it data_of.

    Raises:
        InputError: no such search, one that has no data of its own, a slot that belongs to the data.
    """
    parent = sibling(path, content["data_of"])
    if not parent.is_file():
        known = [*(file.stem for file in sorted(parent.parent.glob("*.yaml"))), *named("searches")]
        raise InputError(
            f"{path}: data_of: there is no file {parent}{nearest(parent.stem, known)}",
            remedy="name a search of this folder",
        )
    whole = read_yaml(parent)
    for key in ("data_of", "variant_of"):
        if key in whole:
            raise InputError(
                f"{path}: data_of: {parent.stem!r} has no data of its own", remedy=f"name {whole[key]!r}"
            )
    for slot in DATA:
        if slot in content:
            raise InputError(f"{path}: {slot}: with 'data_of' this is what {parent} says", remedy="remove it here")
    merged = whole | {"published": None, "headlines": []} | content
    theirs, own = whole.get("simulation"), content.get("simulation")
    if isinstance(theirs, dict) and isinstance(own, dict):
        merged["simulation"] = theirs | own
    return merged
