"""A search as a pyhf workspace and a patch set over its mass hypotheses, and pyhf's answer to them.

The workspace is background only: one channel with one bin, the search window. Windows of neighbouring masses share
events, so a hypothesis is no channel of its own beside the others: its patch puts its window in the place of the
first. Nothing here needs pyhf but `limits`.

The parameter of interest `signal_events` is the number of signal events in the window, as in event_limits.csv. The
background is measured by a Poisson sideband (nuisance gamma: `shapesys`), by a Gaussian (gauss: `staterror`) or
scaled log-normally (lognormal, and any asymmetric uncertainty: `normsys`); no other uncertainty is part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from darkaon.errors import InputError
from darkaon.tables.masses import masses_of
from darkaon.tables.table import Table
from darkaon.typing import LIMITS

POI = "signal_events"
NUISANCE = "background_uncertainty"
CHANNEL = "window"
DOWN = "background_uncertainty_down"
NO_RECORD = "ins0000000"
"""pyhf demands an INSPIRE number; this stands for none. The paper's arXiv number is beside it."""

LEAST = 0.008
"""Of the range of the signal, where pyhf begins to search: its CLs at 0 is 0/0, and no usual limit is below."""


def documents(table: Table, nuisance: str, *, title: str, arxiv: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """The workspace and the patch set of a search.

    Args:
        table: mass_MeV (and mass2_MeV), n_observed, background, background_uncertainty and, if they differ downwards,
            background_uncertainty_down; perhaps leak, the part of a signal that its own sidebands take away; blinded
            windows are left out.
        nuisance: gamma, gauss or lognormal.
        title: of the search.
        arxiv: number of its paper.

    Raises:
        InputError: no window is open.
    """
    open_ = table.where(~np.isnan(table["n_observed"]))
    masses = masses_of(open_)
    rows = [
        (hypothesis, n, b, sigma, _modifier(b, sigma, down, nuisance), 1.0 - leak)
        for hypothesis, n, b, sigma, down, leak in zip(
            list(zip(*(values.tolist() for values in masses.values()), strict=True)),
            *(open_[name].tolist() for name in ("n_observed", "background", "background_uncertainty")),
            open_.columns.get(DOWN, np.full(len(open_), np.nan)).tolist(),
            open_.columns.get("leak", np.zeros(len(open_))).tolist(),
            strict=True,
        )
    ]
    if not rows:
        raise InputError("every window is blinded", remedy="there is nothing to export before 'blind' is lifted")
    _, n, b, sigma, modifier, part = rows[0]
    workspace = {
        "channels": [{"name": CHANNEL, "samples": [_background(b, modifier)]}],
        "measurements": [{"name": "search", "config": {"poi": POI, "parameters": [_bounds(n, b, sigma, part)]}}],
        "observations": [{"name": CHANNEL, "data": [n]}],
        "version": "1.0.0",
    }
    patches = {
        "metadata": {
            "references": {"hepdata": NO_RECORD},
            "arxiv": arxiv,
            "description": f"{title}. {POI}: signal events in the window of each mass hypothesis. {table.label}.",
            "digests": {"sha256": digest(workspace)},
            "labels": list(masses),
        },
        "patches": [
            {
                "metadata": {"name": patch_name(*hypothesis), "values": list(hypothesis)},
                "patch": _patch(n, b, sigma, modifier, part),
            }
            for hypothesis, n, b, sigma, modifier, part in rows
        ],
        "version": "1.0.0",
    }
    return workspace, patches


def digest(document: Mapping[str, Any]) -> str:
    """The checksum by which pyhf knows a workspace (`pyhf.utils.digest`)."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def patch_name(*masses_MeV: float) -> str:
    """The name of the patch of a mass hypothesis; pyhf allows letters, digits and '_'."""
    text = "_m".join(f"{mass:.9g}" for mass in masses_MeV)
    return "m" + text.replace(".", "_").replace("-", "_").replace("+", "") + "_MeV"


def _patch(n: float, b: float, sigma: float, modifier: dict[str, Any] | None, part: float) -> list[dict[str, Any]]:
    """The window of one hypothesis; `part` of a signal event counts, the rest is lost to its own sidebands."""
    signal = {"name": "signal", "data": [part], "modifiers": [{"name": POI, "type": "normfactor", "data": None}]}
    return [
        {"op": "replace", "path": "/channels/0/samples/0", "value": _background(b, modifier)},
        {"op": "add", "path": "/channels/0/samples/1", "value": signal},
        {"op": "replace", "path": "/observations/0/data/0", "value": n},
        {"op": "replace", "path": "/measurements/0/config/parameters/0", "value": _bounds(n, b, sigma, part)},
    ]


def _background(b: float, modifier: dict[str, Any] | None) -> dict[str, Any]:
    return {"name": "background", "data": [b], "modifiers": [modifier] if modifier else []}


def _modifier(b: float, sigma: float, down: float, nuisance: str) -> dict[str, Any] | None:
    """What measures the background; `down` is NaN if the uncertainty is symmetric."""
    if sigma == 0:
        return None
    if np.isnan(down) and nuisance != "lognormal":
        return {"name": NUISANCE, "type": "staterror" if nuisance == "gauss" else "shapesys", "data": [sigma]}
    low = 1 / (1 + sigma / b) if np.isnan(down) else 1 - down / b
    return {"name": NUISANCE, "type": "normsys", "data": {"hi": 1 + sigma / b, "lo": low}}


def _bounds(n: float, b: float, sigma: float, part: float) -> dict[str, Any]:
    """The range of the parameter of interest: well above any limit, whatever the count."""
    most = (max(n - b, 0.0) + 8.0 * (n + b + sigma * sigma) ** 0.5 + 10.0) / part
    return {"name": POI, "inits": [1.0], "bounds": [[0.0, float(f"{most:.4g}")]]}


def limits(
    workspace: Mapping[str, Any], patches: Mapping[str, Any], names: Sequence[str], level: float
) -> dict[str, np.ndarray]:
    """What pyhf gives for some patches: columns `observed`, `expected_m2` ... `expected_p2`, from its q~ asymptotics.

    Takes about a second for each.

    Raises:
        InputError: a patch that is not there, or that was not made for this workspace.
    """
    import pyhf

    try:
        collection = pyhf.PatchSet(dict(patches))
        collection.verify(dict(workspace))
        specs = [pyhf.Workspace(collection.apply(dict(workspace), name)) for name in names]
    except pyhf.exceptions.InvalidPatchLookup as error:
        raise InputError(f"{error}", remedy="choose one of the patch set") from None
    except pyhf.exceptions.PatchSetVerificationError:
        raise InputError("the patch set was made for another workspace", remedy="export both again") from None
    rows = []
    for spec in specs:
        model = spec.model()
        top = model.config.suggested_bounds()[model.config.poi_index][1]
        observed, expected = pyhf.infer.intervals.upper_limits.toms748_scan(
            spec.data(model), model, LEAST * top, top, level=1.0 - level, rtol=1e-5
        )
        rows.append([float(observed), *map(float, expected)])
    return dict(zip(LIMITS, np.array(rows).T, strict=True))
