"""Limits on the decay that normalises, made of those on the branching ratio of X."""

import numpy as np
import pytest

from darkaon.config.slots.normalisation import Tagged
from darkaon.errors import InputError
from darkaon.sensitivity.tagged import counted_limit, tagged_limit
from darkaon.tables.table import Table

NUMBER = {"value": 4e9, "uncertainty": 1e8, "source": "a test", "status": "cited"}
TAG = {"value": 0.2, "uncertainty": 0.008, "source": "a test", "status": "cited"}


def table(**columns):
    return Table({name: np.array(values, dtype=float) for name, values in columns.items()})


LIMITS = table(lifetime_ns=[1, 1, np.inf, np.inf], mass_MeV=[130, 140, 130, 140], observed=[9e-9, 8e-9, 4e-9, 2e-9])


def test_a_tagged_decay_is_that_of_an_x_of_its_mass_that_lives_longest():
    """At 135 MeV B(K -> pi X) is 3e-9, so that B(pi0 -> invisible) is 3e-9/0.2."""
    slot = {"kind": "tagged", "particle": "pi0", **NUMBER}
    tagged = Tagged.model_validate(slot | {"mass_MeV": 135.0, "branching_ratio": TAG})
    assert tagged_limit(tagged, LIMITS, "observed") == pytest.approx(1.5e-8)
    with pytest.raises(InputError, match="the tagged particle's own decay"):
        tagged_limit(Tagged.model_validate(slot), LIMITS, "observed")


def test_a_counted_decay_has_one_limit_for_all_masses():
    acceptance = table(acceptance=[0.1, 0.1125, 0.225, 0.45])
    assert counted_limit(LIMITS, acceptance, "observed") == pytest.approx(9e-10)
    with pytest.raises(InputError, match="needs one window for all masses"):
        counted_limit(LIMITS, table(acceptance=[0.1, 0.1125, 0.225, 0.46]), "observed")
