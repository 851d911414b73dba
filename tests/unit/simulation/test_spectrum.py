import numpy as np
import pytest
from scipy.stats import kstest

from darkaon.errors import InputError
from darkaon.events.quantities import Values
from darkaon.simulation.decays import recoil
from darkaon.simulation.experiment import experiment
from darkaon.simulation.samples import selected_for_each
from darkaon.simulation.spectrum import tabulated
from darkaon.tables.table import Table


def table(mass, density):
    return Table({"mass_MeV": np.array(mass, dtype=float), "events_per_MeV": np.array(density, dtype=float)})


def test_an_exponential_is_exact():
    mass = np.linspace(100, 200, 6)
    spectrum = tabulated(table(mass, 50 * np.exp(mass / 25)), "x.csv")
    assert spectrum.events == pytest.approx(50 * 25 * (np.exp(8) - np.exp(4)), rel=1e-6)
    drawn = spectrum.draw(np.random.default_rng(1), 20_000)
    cdf = lambda m: np.expm1((m - 100) / 25) / np.expm1(4)  # noqa: E731
    assert kstest(drawn, cdf).pvalue > 0.01


@pytest.mark.parametrize(
    ("mass", "density", "fault"),
    [([100, 90, 110], [1, 1, 1], "must rise"), ([100, 110], [1, 0], r"row 2: events_per_MeV is 0: must be above 0")],
)
def test_faults_of_the_table(mass, density, fault):
    with pytest.raises(InputError, match=f"x.csv.*{fault}"):
        tabulated(table(mass, density), "x.csv")


def accepted(columns):
    return columns["track1_momentum"] < 20


def test_the_spectrum_is_that_of_selected_events_whatever_their_acceptance():
    # between 350 and 450 MeV the acceptance of this cut is three times that at 200
    mass = np.random.default_rng(4).uniform(0.2, 0.45, 20_000)
    columns = selected_for_each(
        np.random.default_rng(5), recoil("kaon_to_electron", "x"), mass, experiment("na62", 0.0, "x"), accepted
    )
    assert len(columns["track1_momentum"]) == len(mass) and np.all(accepted(columns))
    seen = Values(columns).number("kaon_electron_missing_mass") * 1e-3
    assert kstest(seen, lambda m: np.clip((m - 0.2) / 0.25, 0, 1)).pvalue > 0.01  # uniform, as it was asked for


def test_masses_without_acceptance_end_in_a_sentence(monkeypatch):
    monkeypatch.setattr("darkaon.simulation.samples.MOST_DRAWN", 5)
    with pytest.raises(InputError, match=r"recoil masses of 480 to 480 MeV.*end the spectrum"):
        selected_for_each(
            np.random.default_rng(5), recoil("kaon_to_electron", "x"), np.full(100, 0.48),
            experiment("na62", 1.0, "x"), accepted,
        )  # fmt: skip


def test_nothing_is_a_sample_too():
    columns = selected_for_each(
        np.random.default_rng(5), recoil("kaon_to_muon", "x"), np.array([]), experiment("na62", 1.0, "x"), accepted
    )
    assert len(columns["vertex_z"]) == 0
