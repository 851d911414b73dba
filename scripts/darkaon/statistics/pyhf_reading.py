"""A pyhf workspace of one channel as windows of this engine: bins are windows, samples sources of background.

What is understood, by pyhf's modifiers: of a background `shapesys` (a Poisson sideband: gamma), `staterror`
(Gaussian) and `normsys` (log-normal, common to all bins and samples that have one); of the signal `normfactor` (the
parameter of interest) and `normsys`. Another modifier is refused by name, since to leave it out would change limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkaon.errors import InputError
from darkaon.statistics.generating import Source, Windows
from darkaon.typing import Array


@dataclass(frozen=True)
class Workspace:
    """What a workspace says.

    Attributes:
        windows: one for each bin.
        share: signal events in each bin at a parameter of interest of 1, shape (W,).
        poi: name of the parameter of interest.
    """

    windows: Windows
    share: Array
    poi: str


def read_workspace(document: Mapping[str, Any], source: str) -> Workspace:
    """The windows of a workspace, which JSON gives as `document`; messages name the file `source`.

    Raises:
        InputError: no workspace, several channels, no signal, a modifier that is not understood.
    """
    try:
        channels, observations = document["channels"], document["observations"]
        poi = document["measurements"][0]["config"]["poi"]
        channel, data = channels[0], observations[0]["data"]
        samples = [(s["name"], np.array(s["data"], dtype=float), s.get("modifiers", [])) for s in channel["samples"]]
    except (KeyError, IndexError, TypeError, ValueError) as fault:
        raise InputError(f"{source}: is not a pyhf workspace ({fault})", remedy="write it with pyhf") from None
    if len(channels) != 1:
        raise InputError(f"{source}: channels: {len(channels)} of them", remedy="leave one channel in the workspace")
    share, sources, relative = np.zeros(len(data)), [], 0.0
    for name, values, modifiers in samples:
        if any(m["type"] == "normfactor" and m["name"] == poi for m in modifiers):
            if share.any():
                raise InputError(f"{source}: two samples have the modifier {poi!r}", remedy="add them up")
            share = values
            relative = _signal_uncertainty(modifiers, poi, f"{source}: {name}")
        else:
            sources += _sources(values, modifiers, f"{source}: {name}")
    if not share.any():
        raise InputError(
            f"{source}: measurements: no sample has the parameter of interest {poi!r}",
            remedy="give the signal a normfactor of this name, or apply a patch that has it",
        )
    empty = [i for i in range(len(data)) if all(s.window != i for s in sources)]
    sources += [Source(i, 0.0) for i in empty]
    common = np.full(len(data), relative)
    return Workspace(Windows(np.array(data, dtype=float), tuple(sources), 0.0 * common, common), share, poi)


def _sources(values: Array, modifiers: list[dict[str, Any]], where: str) -> list[Source]:
    """The bins of one sample of background."""
    up, nuisance, common = np.zeros(len(values)), "gamma", 0.0
    down = up
    if len(modifiers) > 1:
        raise InputError(
            f"{where}: {len(modifiers)} modifiers", remedy="leave one for each sample; split a sample for more"
        )
    for modifier in modifiers:
        kind, data = modifier["type"], modifier["data"]
        if kind in ("shapesys", "staterror"):
            up = down = np.array(data, dtype=float)
            nuisance = "gamma" if kind == "shapesys" else "gauss"
        elif kind == "normsys" and len(values) == 1:
            up, down = values * (data["hi"] - 1.0), values * (1.0 - data["lo"])
            if np.isclose(data["hi"] * data["lo"], 1.0, rtol=1e-6):
                down, nuisance = up, "lognormal"
        elif kind == "normsys" and np.isclose(data["hi"] * data["lo"], 1.0, rtol=1e-2):
            common = data["hi"] - 1.0
        else:
            raise InputError(
                f"{where}: the modifier {modifier['name']!r} of type {kind} is not understood",
                remedy="leave it out, or take pyhf",
            )
    return [
        Source(i, float(b), float(u), float(d), nuisance, common)
        for i, (b, u, d) in enumerate(zip(values, up, down, strict=True))
    ]


def _signal_uncertainty(modifiers: list[dict[str, Any]], poi: str, where: str) -> float:
    """Relative, of all bins together."""
    relative = 0.0
    for modifier in modifiers:
        if modifier["type"] == "normsys":
            relative = float(np.hypot(relative, modifier["data"]["hi"] - 1.0))
        elif modifier["name"] != poi:
            raise InputError(
                f"{where}: the modifier {modifier['name']!r} of type {modifier['type']} is not understood",
                remedy="leave it out, or take pyhf",
            )
    return relative
