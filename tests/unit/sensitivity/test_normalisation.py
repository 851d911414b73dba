"""One event at an acceptance of 1, and how badly that is known."""

from types import SimpleNamespace

import pytest

from darkaon.config.slots.normalisation import Channels, Decays, Tagged
from darkaon.sensitivity.counted import unit_sensitivity
from darkaon.sensitivity.normalisation import simulated_unit


def known(value, uncertainty):
    return {"value": value, "uncertainty": uncertainty, "source": "a test", "status": "cited"}


def search(slot, fraction=None):
    return SimpleNamespace(normalisation=slot, simulation=fraction and SimpleNamespace(fraction=fraction))


def test_of_decays():
    unit = simulated_unit(search(Decays(kind="decays", **known(2e12, 1e11))))
    assert (unit.value, unit.relative) == pytest.approx((5e-13, 0.05))
    assert simulated_unit(search(Decays(kind="decays", **known(2e12, 1e11)), 0.1)).value == pytest.approx(5e-12)


def test_of_channels_with_the_errors_of_their_branching_fractions():
    channels = {"a": {"branching_ratio": known(0.2, 0.003)}, "b": {"branching_ratio": known(0.05, 0.004)}}
    unit = simulated_unit(
        search(Channels.model_validate({"kind": "channels", "channels": channels} | known(4e9, 8e7)))
    )
    assert unit.value == pytest.approx(1e-9)
    assert unit.relative == pytest.approx((0.02**2 + (0.005 / 0.25) ** 2) ** 0.5)


def test_of_tagged_particles_with_the_error_of_the_decay_that_tags_them():
    slot = {"kind": "tagged", "particle": "pi0", "mass_MeV": 135.0, "branching_ratio": known(0.2, 0.008)}
    unit = unit_sensitivity(search(Tagged.model_validate(slot | known(4e9, 1.2e8))), SimpleNamespace())
    assert unit == pytest.approx((5e-11, 0.05))
    own = Tagged.model_validate({"kind": "tagged", "particle": "pi0"} | known(4e9, 1.2e8))
    assert unit_sensitivity(search(own), SimpleNamespace()) == pytest.approx((2.5e-10, 0.03))
