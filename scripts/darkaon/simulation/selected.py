"""Simulated decays that are selected at once, cut by cut: an acceptance without event files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkaon.config.schema import check_known
from darkaon.config.slots.events import Cut
from darkaon.events.quantities import Values, needs_of
from darkaon.events.selection import within
from darkaon.simulation.decay import Decay
from darkaon.simulation.experiment import Experiment
from darkaon.simulation.samples import BATCH, simulate

DETECTED = "in the detector"  # the first row: all tracks cross it


def selected(
    rng: np.random.Generator, decay: Decay, number: int, experiment: Experiment, cuts: Sequence[Cut]
) -> dict[str, int]:
    """Simulate `number` decays and count those that are left after each cut.

    Raises:
        InputError: a cut on what the decay does not have.
    """
    left = dict.fromkeys([DETECTED, *(cut.name for cut in cuts)], 0)
    for start in range(0, number, BATCH):
        columns = simulate(rng, decay, min(BATCH, number - start), experiment)
        values = Values(columns)
        passed = np.ones(len(values), dtype=bool)
        left[DETECTED] += len(passed)
        for cut in cuts:
            for need in needs_of(cut.quantity or ""):
                fault = f"acceptance.selection: {cut.quantity!r} needs {need!r}, which simulated decays do not have"
                check_known(need, columns, fault, remedy="cut on another quantity, or set acceptance.kind to another")
            passed &= within(cut, values.number(cut.quantity or ""))
            left[cut.name] += int(passed.sum())
    return left
