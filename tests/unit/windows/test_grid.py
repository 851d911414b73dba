import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from darkaon.config.slots.events import Region
from darkaon.config.slots.masses import ResolutionSteps, Steps
from darkaon.config.slots.windows import SymmetricWindow
from darkaon.errors import InputError
from darkaon.tables.table import Table, read_table
from darkaon.windows.grid import (
    Resolution,
    centre,
    count_between,
    even_steps,
    lay_windows,
    mass_grid,
    resolution_column,
)

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
    [
        ([1, 1], [1, 1], "must rise"),
        ([2, 1], [1, 1], "must rise"),
        ([1, 2], [1, 0], "row 2: resolution_MeV is 0: must be"),
    ],
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


def test_counts_of_thousands_are_exact():
    rng = np.random.default_rng(5)
    values, low = np.sort(rng.uniform(0, 10, 20_000)), rng.uniform(0, 5, 20)
    expected = [np.count_nonzero((values >= edge) & (values < edge + 3)) for edge in low]
    np.testing.assert_array_equal(count_between(values, low, low + 3), expected)


def test_edges():
    middle, sigma = np.array([100.0, 200.0]), np.array([2.0, 4.0])
    windows = lay_windows(SymmetricWindow(kind="symmetric", half_width_sigma=1.5), middle, middle, sigma)
    low, high = windows.low, windows.high
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


# --- windows clipped to regions -----------------------------------------------------------------------------

REGIONS = {"R1": Region(low=0.0, high=0.010), "R2": Region(low=0.026, high=0.068)}
WINDOW = SymmetricWindow(kind="symmetric", half_width_sigma=1.5)


def clipped(middle, sigma=1e-3):
    middle = np.atleast_1d(np.asarray(middle, dtype=float))
    windows = lay_windows(WINDOW, np.sqrt(middle) * 1e3, middle, np.full(len(middle), sigma), REGIONS)
    return windows.low[0], windows.high[0], windows.region[0]


@pytest.mark.parametrize(
    ("middle", "low", "high", "region"),
    [
        (0.0, 0.0, 0.0015, 0),  # half of the window is below the region
        (0.001, 0.0, 0.0025, 0),
        (0.005, 0.0035, 0.0065, 0),
        (0.009, 0.0075, 0.010, 0),
        (0.010, 0.0085, 0.010, 0),
        (0.0101, 0.0085, 0.010, 0),  # shorter than 1.5 sigma: the last 1.5 sigma of the region
        (0.0179, 0.0085, 0.010, 0),
        (0.0181, 0.026, 0.0275, 1),  # nearer to the second
        (0.025, 0.026, 0.0275, 1),
        (0.027, 0.026, 0.0285, 1),
        (0.0675, 0.066, 0.068, 1),
    ],
)
def test_the_clipping_rule(middle, low, high, region):
    np.testing.assert_allclose(clipped(middle)[:2], (low, high), atol=1e-15)
    assert clipped(middle)[2] == region


@given(st.floats(0, 0.07), st.floats(1e-4, 3e-3))
def test_windows_stay_inside_their_region_and_have_their_length(middle, sigma):
    low, high, region = clipped(middle, sigma)
    ends = list(REGIONS.values())[region]
    assert ends.low <= low < high <= ends.high
    assert 1.5 * sigma * (1 - 1e-9) <= high - low <= 3 * sigma * (1 + 1e-9)


def test_where_x_is_seen():
    assert centre("missing_mass_squared", [0.0, 200.0]).tolist() == pytest.approx([0.0, 0.04])
    assert centre("dimuon_mass", [220.0]).tolist() == [220.0]
    assert [resolution_column(name) for name in ("missing_mass_squared", "dimuon_mass")] == [
        "resolution_GeV2",
        "resolution_MeV",
    ]


def test_without_regions_nothing_is_clipped():
    windows = lay_windows(WINDOW, np.array([250.0]), np.array([250.0]), np.array([2.0]))
    assert (windows.low[0], windows.high[0], windows.region[0]) == (247.0, 253.0, -1)
