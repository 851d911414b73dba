import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from darkaon.config import ResolutionSteps, Steps, SymmetricWindow
from darkaon.errors import InputError
from darkaon.tables import Table, read_table
from darkaon.windows import Resolution, count_between, even_steps, mass_grid, window_edges

DIMUON = "resources/na62/dimuon_resolution.csv"


def resolution(masses, sigmas):
    return Resolution(
        Table({"mass_MeV": np.array(masses, float), "resolution_MeV": np.array(sigmas, float)}), "r.csv"
    )


def test_constant_resolution_gives_even_steps():
    masses, scale = even_steps(
        ResolutionSteps(kind="resolution_steps", start=10, stop=20, count=11), resolution([0, 100], [2, 2])
    )
    np.testing.assert_allclose(masses, np.arange(10, 21), rtol=1e-14)
    assert scale == pytest.approx(0.5)


def test_linear_resolution_gives_the_closed_form():
    """For sigma = k m, u = ln(m)/k: masses in geometric progression."""
    masses, scale = even_steps(
        ResolutionSteps(kind="resolution_steps", start=100, stop=200, count=50), resolution([50, 400], [0.5, 4])
    )
    np.testing.assert_allclose(masses, np.geomspace(100, 200, 50), rtol=1e-12)
    assert scale == pytest.approx(np.log(2) / 0.01 / 49)


def test_dimuon_grid(monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)
    sigma = Resolution(read_table(DIMUON), DIMUON)
    masses, scale = even_steps(ResolutionSteps(kind="resolution_steps", start=215.3, stop=326.7, count=298), sigma)
    assert (masses[0], masses[-1], len(masses)) == (215.3, 326.7, 298)
    knots = [m for m in sigma.mass if 215.3 < m < 326.7]
    integral = quad(lambda m: 1 / sigma(m), 215.3, 326.7, points=knots, limit=200)[0]
    assert scale == pytest.approx(integral / 297, rel=1e-9)
    assert abs(scale - 1) < 0.02
    np.testing.assert_allclose(np.diff(sigma.steps(masses)), scale, rtol=1e-9)
    assert sigma(masses).mean() == pytest.approx(0.375, rel=0.01)  # arXiv:2507.17286: 111.4 MeV / 297


@pytest.mark.parametrize(
    ("masses", "sigmas", "message"),
    [([1, 1], [1, 1], "must rise"), ([2, 1], [1, 1], "must rise"), ([1, 2], [1, 0], "row 2: resolution_MeV must be")],
)
def test_bad_tables(masses, sigmas, message):
    with pytest.raises(InputError, match=message):
        resolution(masses, sigmas)


def test_no_extrapolation():
    with pytest.raises(InputError, match="no resolution at 101 MeV: the table covers 0 to 100"):
        resolution([0, 100], [1, 1])([50, 101])


@given(st.lists(st.floats(0, 10), max_size=50), st.floats(0, 10), st.floats(0, 5))
def test_counts_are_half_open(values, low, width):
    ordered = np.sort(np.array(values, dtype=float))
    assert count_between(ordered, low, low + width) == sum(low <= v < low + width for v in values)


def test_edges():
    low, high = window_edges(SymmetricWindow(kind="symmetric", half_width_sigma=1.5), [100.0, 200.0], [2.0, 4.0])
    np.testing.assert_array_equal(low, [97, 194])
    np.testing.assert_array_equal(high, [103, 206])


def test_steps_in_several_ranges():
    masses, note = mass_grid(
        Steps(kind="step", step=1.4, ranges=((0, 110), (154, 260))), resolution([0, 300], [1.0, 1.0])
    )
    assert masses[0] == 0
    assert 108.6 < masses[masses < 150].max() <= 110
    assert masses[masses > 150].min() == 154
    assert masses[-1] <= 260 < masses[-1] + 1.4
    assert note == f"{len(masses)} masses in steps of 1.4 MeV"


@given(st.integers(1, 200), st.floats(0.1, 5))
def test_the_last_step_is_not_lost_to_rounding(count, step):
    stop = 10 + step * count
    masses, _ = mass_grid(Steps(kind="step", step=step, ranges=((10, stop),)), resolution([0, 5000], [1, 1]))
    assert len(masses) == count + 1
