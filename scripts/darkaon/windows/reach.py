"""Whether the candidates of each period lie where a search looks: in reach of its windows and sidebands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from darkaon.config.search import Search
from darkaon.config.slots.background import BackgroundKind, Sidebands
from darkaon.errors import InputError
from darkaon.events.cutflows import MANY, PREDICTED
from darkaon.statistics.numerics import overlaps
from darkaon.tables.blocks import Candidates
from darkaon.typing import Array
from darkaon.windows.grid import Windows, count_between, is_squared

FEW = 0.05  # of the candidates that others predict: so few are none, as of a wrong unit


def reach(background: BackgroundKind, windows: Windows) -> tuple[float, float]:
    """Both ends of what the windows and their sidebands cover, in the observable."""
    if not isinstance(background, Sidebands):
        return float(windows.low.min()), float(windows.high.max())
    half = background.half_width_sigma * windows.sigma
    low, high = background.spectrum
    return max(low, float(np.min(windows.centre - half))), min(high, float(np.max(windows.centre + half)))


def check_reach(
    search: Search, windows: Windows, periods: Mapping[str, Sequence[str]], allowed: Collection[str], blinded: Array
) -> list[str]:
    """Whether a period, or a file of it, has its candidates elsewhere: what is lost makes the limits of all stronger.

    Args:
        search: with the slots `observable` and `background`.
        windows: of all hypotheses.
        periods: files of candidates by period.
        allowed: periods of which it is known (`allow_empty`).
        blinded: ranges of the observable, shape (k, 2), in which nothing is counted.

    Returns:
        A sentence for each of `allowed` that has its candidates elsewhere.

    Raises:
        InputError: `MANY` candidates or more on one side of the spectrum of the sidebands; hardly any in their
            reach, where those of the other files predict more than `PREDICTED`.
    """
    low, high = reach(search.background, windows)
    peak = isinstance(search.background, Sidebands)
    spectrum = search.background.spectrum if isinstance(search.background, Sidebands) else (low, high)
    groups = [(name, list(paths)) for name, paths in periods.items()]
    groups += [(name, [path]) for name, paths in periods.items() if len(paths) > 1 for path in paths]
    counts = np.array([_open(Candidates(paths), low, high, blinded) for _, paths in groups])
    all_inside, everywhere = counts[: len(periods)].sum(axis=0)
    unit, said = "GeV^2" if is_squared(search.observable) else "MeV", []
    for (name, paths), (inside, number) in zip(groups, counts, strict=True):
        others = everywhere - number
        predicted = number * (all_inside - inside) / others if others else 0.0
        fewer = predicted > PREDICTED and inside <= FEW * predicted
        if not fewer and (inside or number < MANY or not peak):
            continue
        ends = np.array(Candidates(paths).ends())
        if not fewer and ends[0] < spectrum[1] and ends[1] >= spectrum[0]:
            continue
        fault = f"{inside:.0f} of {number:.0f} candidates lie in reach of the windows, {low:g} to {high:g} {unit}"
        if peak:
            fault += " of background.spectrum"
        if fewer:
            fault += f", where the others predict {predicted:.1f}"
        if not np.any(overlaps(ends, ends, blinded)):
            fault += f"; they have {search.observable} from {ends[0]:.4g} to {ends[1]:.4g}"
        who = ", ".join([*[f"period {name!r}"] * bool(name), *paths[: len(paths) == 1]]) or "--candidates"
        if name not in allowed:
            raise InputError(
                f"{who}: {fault}",
                remedy="a wrong unit is the likely cause, see events.branches and events.derived; if it is right, "
                + (
                    "say yes in the column allow_empty of config/samples.csv"
                    if name
                    else "give --periods and --allow-empty"
                ),
            )
        said.append(f"{who}: {fault} (allowed)")
    return said


def _open(events: Candidates, low: float, high: float, blinded: Array) -> tuple[int, int]:
    """Candidates from `low` to `high`, and all, without those in the blinded ranges."""
    inside, closed = count_between(events, low, high), np.clip(blinded, low, high)
    return (
        int(inside - np.sum(count_between(events, closed[:, 0], closed[:, 1]))),
        int(len(events) - np.sum(count_between(events, blinded[:, 0], blinded[:, 1]))),
    )
