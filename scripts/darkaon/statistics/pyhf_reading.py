"""A pyhf workspace of one channel as windows of this engine: bins are windows, samples sources of background.

What is understood, by pyhf's modifiers: of a background `shapesys` (a Poisson sideband: gamma), `staterror`
(Gaussian) and `normsys` (log-normal; one name may be common to several bins or samples); of the signal `normfactor`
(the parameter of interest) and `normsys`. Others are refused by name, since to leave them out would change limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkaon.errors import InputError
from darkaon.statistics.generating import Source, Windows
from darkaon.typing import Array

Sample = tuple[str, Array, list[dict[str, Any]]]
"""Name, events in each bin, modifiers."""


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
        channels, config = document["channels"], document["measurements"][0]["config"]
        poi, parameters = config["poi"], config.get("parameters", [])
        channel = channels[0]
        observed = {o["name"]: o["data"] for o in document["observations"]}
        samples = [(s["name"], np.array(s["data"], dtype=float), s.get("modifiers", [])) for s in channel["samples"]]
    except (KeyError, IndexError, TypeError, ValueError) as fault:
        raise InputError(f"{source}: is not a pyhf workspace ({fault!r})", remedy="write it with pyhf") from None
    if len(channels) != 1:
        raise InputError(f"{source}: channels: {len(channels)} of them", remedy="leave one channel in the workspace")
    _check_settings(parameters, source)
    if channel.get("name") not in observed:
        raise InputError(f"{source}: observations: none is of {channel.get('name')!r}", remedy="add it")
    data = observed[channel["name"]]
    of_signal = [any(m["type"] == "normfactor" and m["name"] == poi for m in modifiers) for *_, modifiers in samples]
    shared = _shared(samples, of_signal, source)
    share, sources, relative = np.zeros(len(data)), [], 0.0
    for (name, values, modifiers), signal in zip(samples, of_signal, strict=True):
        where = f"{source}: {name}"
        if len(values) != len(data):
            raise InputError(f"{where}: {len(values)} bins, observed are {len(data)}", remedy="give as many")
        if not signal:
            sources += _sources(values, modifiers, shared, where)
        elif share.any():
            raise InputError(f"{source}: two samples have the modifier {poi!r}", remedy="add them up")
        else:
            share, relative = values, _signal_uncertainty(modifiers, poi, where)
    if not share.any():
        raise InputError(
            f"{source}: measurements: no sample has the parameter of interest {poi!r}",
            remedy="give the signal a normfactor of this name, or apply a patch that has it",
        )
    empty = [i for i in range(len(data)) if all(s.window != i for s in sources)]
    sources += [Source(i, 0.0) for i in empty]
    common = np.full(len(data), relative)
    return Workspace(Windows(np.array(data, dtype=float), tuple(sources), 0.0 * common, common), share, poi)


def _check_settings(parameters: Sequence[Mapping[str, Any]], source: str) -> None:
    """Settings of parameters that would change limits; bounds and starting values do not."""
    for parameter in parameters:
        for key in sorted({key for key in parameter if parameter[key]} - {"name", "bounds", "inits"}):
            raise InputError(
                f"{source}: measurements: parameters: {parameter['name']}: {key!r} is not understood",
                remedy="leave it out, or take pyhf",
            )


def _shared(samples: Sequence[Sample], of_signal: Sequence[bool], source: str) -> str | None:
    """The name of the normsys that several bins or samples of background have in common, if there is one.

    Raises:
        InputError: there are several, or the signal has it too: the engine knows one for all backgrounds.
    """
    bins: dict[str, int] = {}
    signal = set()
    for (_, values, modifiers), is_signal in zip(samples, of_signal, strict=True):
        for name in (m["name"] for m in modifiers if m["type"] == "normsys"):
            if is_signal:
                signal.add(name)
            else:
                bins[name] = bins.get(name, 0) + len(values)
    both, common = signal & bins.keys(), [name for name, number in bins.items() if number > 1]
    if both or len(common) > 1:
        fault = "moves signal and background" if both else "are several that move several bins or samples"
        names = ", ".join(map(repr, sorted(both) or common))
        raise InputError(f"{source}: normsys {names} {fault}, which is not understood", remedy="take pyhf")
    return common[0] if common else None


def _sources(values: Array, modifiers: list[dict[str, Any]], shared: str | None, where: str) -> list[Source]:
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
            if up.shape != values.shape:
                raise InputError(
                    f"{where}: {modifier['name']}: {len(up)} bins of {len(values)}", remedy="give as many"
                )
            nuisance = "gamma" if kind == "shapesys" else "gauss"
        elif kind == "normsys" and modifier["name"] == shared:
            common = _relative(modifier, where)
        elif kind == "normsys" and (low := min(data.values())) <= 1.0 <= (high := max(data.values())):
            up, down = values * (high - 1.0), values * (1.0 - low)
            if np.isclose(data["hi"] * data["lo"], 1.0, rtol=1e-6):
                down, nuisance = up, "lognormal"
        else:
            raise _not_understood(modifier, where)
    return [
        Source(i, float(b), float(u), float(d), nuisance, common)
        for i, (b, u, d) in enumerate(zip(values, up, down, strict=True))
    ]


def _relative(modifier: Mapping[str, Any], where: str) -> float:
    """The relative uncertainty of a normsys that goes up and down by the same factor, within 10 %."""
    low, high = (float(modifier["data"][end]) for end in ("lo", "hi"))
    if not (0 < low <= 1 <= high and abs(high * low - 1.0) <= 0.1):
        raise _not_understood(modifier, where)
    return float(np.sqrt(high / low) - 1.0)


def _not_understood(modifier: Mapping[str, Any], where: str) -> InputError:
    data = modifier["data"]
    ends = f", {data['lo']} to {data['hi']}," if modifier["type"] == "normsys" else ""
    return InputError(
        f"{where}: the modifier {modifier['name']!r} of type {modifier['type']}{ends} is not understood",
        remedy="leave it out, or take pyhf",
    )


def _signal_uncertainty(modifiers: list[dict[str, Any]], poi: str, where: str) -> float:
    """Relative, of all bins together."""
    relative = 0.0
    for modifier in modifiers:
        if modifier["type"] == "normsys":
            relative = float(np.hypot(relative, _relative(modifier, where)))
        elif modifier["name"] != poi:
            raise _not_understood(modifier, where)
    return relative
