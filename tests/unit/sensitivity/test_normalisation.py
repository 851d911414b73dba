"""One event at an acceptance of 1, and how badly that is known."""

from types import SimpleNamespace

import numpy as np
import pytest

from darkaon.config.slots.acceptance import SimulatedAcceptance
from darkaon.config.slots.background import Components
from darkaon.config.slots.normalisation import Channels, Decays, SingleEventSensitivity, Tagged
from darkaon.errors import InputError
from darkaon.events.candidates import IN_REGIONS
from darkaon.sensitivity.acceptance import Acceptance
from darkaon.sensitivity.counted import unit_sensitivity
from darkaon.sensitivity.normalisation import Unit, channel_weights, sensitivity_columns, simulated_unit
from darkaon.tables.table import Table


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


def test_of_the_decay_that_normalises():
    """SES A: 1/SES of two periods adds, 7.5e-12 +- 10 % (correlated); A = 100/400 = 0.25 +- sqrt(A (1 - A)/400)."""
    decay = {"kind": "decay", "decay": "pi_nunu", "branching_ratio": known(8.6e-11, 0)}
    periods = {name: SimpleNamespace(ses=SimpleNamespace(value=v, uncertainty=v / 10)) for name, v in PERIODS.items()}
    one = SimpleNamespace(
        normalisation=SingleEventSensitivity(kind="ses", component="pi_nunu"),
        background=Components.model_validate({"kind": "components", "components": {"pi_nunu": decay}}),
        periods=periods,
    )
    rows = {"component": [0.0, 0.0], "cut": ["generated", IN_REGIONS], "events": [400.0, 100.0]}
    table = Table({name: np.array(column) for name, column in rows.items()})
    unit = simulated_unit(one, table)
    assert unit.value == pytest.approx(7.5e-12 * 0.25)
    assert unit.relative == pytest.approx(np.hypot(0.1, np.sqrt(0.75 / 0.25 / 400)))
    with pytest.raises(InputError, match="no decay of 'pi_nunu' is generated and selected"):
        simulated_unit(one, table.where(np.array([True, False])))


PERIODS = {"a": 1e-11, "b": 3e-11}


def test_each_channel_counts_with_its_part_of_the_decays_and_its_efficiency():
    channels = {
        "a": {"branching_ratio": known(0.3, 0.003), "efficiency": known(0.5, 0.01)},
        "b": {"branching_ratio": known(0.1, 0.001)},
    }
    one = search(Channels.model_validate({"kind": "channels", "channels": channels} | known(1e9, 0)))
    assert channel_weights(one, ["b", "a"], 2) == (pytest.approx([0.25, 0.375]), pytest.approx([0.0, 0.02]))


def test_columns_of_a_sensitivity():
    """The efficiency in the window is that of the lifetime that loses least, whatever the lifetime of the row."""
    slot = SimulatedAcceptance.model_validate({"kind": "simulation", "efficiency": known(0.5, 0.02)})
    inside = np.array([[0.02, 0.01], [0.08, 0.06]])
    found = Acceptance(np.array([1.0, np.inf]), np.array([0.1, 0.1]), inside, 0.03 * inside)
    unit, masses = Unit(1e-12, 0.12, ""), np.array([100.0, 200.0])
    columns = sensitivity_columns(SimpleNamespace(acceptance=slot), found, masses, unit)
    assert columns["lifetime_ns"].tolist() == [1, 1, np.inf, np.inf]
    assert columns["mass_MeV"].tolist() == [100, 200, 100, 200]
    assert columns["acceptance"] == pytest.approx(np.array([0.01, 0.005, 0.04, 0.03]))
    assert columns["acceptance_error"] == pytest.approx(columns["acceptance"] * 0.05)
    assert columns["ses"] == pytest.approx(1e-12 / columns["acceptance"])
    assert columns["ses_error"] == pytest.approx(columns["ses"] * 0.13)
    assert columns["window_efficiency"] == pytest.approx(np.array([0.8, 0.6, 0.8, 0.6]))
