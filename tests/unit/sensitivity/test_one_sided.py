import numpy as np
import pytest

from darkaon.config.schema import BranchingFraction
from darkaon.config.slots.periods import Period
from darkaon.config.slots.windows import OneSidedWindow
from darkaon.errors import InputError
from darkaon.sensitivity.one_sided import signal_in_windows, strongest, total_share
from darkaon.simulation.spectrum import tabulated
from darkaon.tables.table import Table

SLOT = OneSidedWindow(kind="one_sided", lows=(200, 250, 300), high=380)
MASSES = np.array([10.0, 100.0, 200.0, 300.0])


def candidates():
    """Missing masses spread evenly from the mass of X to 380 MeV."""
    rows = [(x, m) for m in MASSES for x in np.linspace(m, 380, 4000, endpoint=False)]
    return np.array(rows, dtype=[("observable", float), ("x_mass_MeV", float)])


def test_a_window_holds_all_that_is_above_its_edge():
    value, error = signal_in_windows(candidates(), MASSES, SLOT)
    expected = np.minimum((380 - np.array(SLOT.lows)) / (380 - MASSES[:, None]), 1)
    np.testing.assert_allclose(value, expected, atol=1 / 4000)
    np.testing.assert_allclose(error, np.sqrt(value * (1 - value) / 4000), atol=1e-9)
    on_edge = candidates()
    on_edge["observable"][-4000:] = 300.0
    assert signal_in_windows(on_edge, MASSES, SLOT)[0][-1] == pytest.approx(np.ones(3))
    on_edge["observable"][-4000:] = 380.0
    assert signal_in_windows(on_edge, MASSES, SLOT)[0][-1] == pytest.approx(np.zeros(3), abs=1e-12)


def test_the_strongest_limit_is_chosen():
    limits = np.array([100.0, 50.0, 20.0])
    signal = np.array([[0.9, 0.5, 0.1], [1.0, 1.0, 0.9], [0.4, 0.4, 0.4]])
    assert strongest(limits, signal, 0.001 * signal).tolist() == [1, 2, 2]


def test_a_window_with_hardly_any_simulated_signal_is_not_chosen():
    signal = np.array([[0.9, 0.5, 0.4]])
    errors = np.array([[0.01, 0.01, 0.3]])
    assert strongest(np.array([100.0, 50.0, 1.0]), signal, errors).tolist() == [1]
    with pytest.raises(InputError, match="hardly any signal above any of them"):
        strongest(np.ones(3), 0 * signal, 0 * errors)


def test_events_of_a_spectrum_above_an_edge():
    """exp(-m/50) between its tabulated points: the closed form."""
    mass = np.array([100.0, 180, 250, 300, 400])
    spectrum = tabulated(Table({"mass_MeV": mass, "events_per_MeV": 7 * np.exp(-mass / 50)}), "x.csv")
    low = np.array([100, 200, 399.0])
    np.testing.assert_allclose(spectrum.above(low, 400), 350 * (np.exp(-low / 50) - np.exp(-8)), rtol=1e-4)
    assert spectrum.above(np.array([200.0]), 250)[0] == pytest.approx(350 * (np.exp(-4) - np.exp(-5)), rel=1e-4)


def test_periods_share_the_spectrum():
    assert total_share([Period(share=0.2), Period(share=0.5)]) == pytest.approx(0.7)
    ses = BranchingFraction(value=1e-10, source="s", status="cited")
    with pytest.raises(InputError, match="needs the key 'share' in every period"):
        total_share([Period(share=0.2), Period(ses=ses)])
