"""A period whose candidates lie elsewhere, as in a wrong unit, is refused; one that is blinded is not."""

from types import SimpleNamespace

import numpy as np
import pytest

from darkaon.config.slots.background import Sidebands
from darkaon.errors import InputError
from darkaon.tables.blocks import Writer
from darkaon.windows.grid import Windows
from darkaon.windows.reach import check_reach, reach

MASS = np.array([230.0, 300.0, 370.0])
WINDOWS = Windows(MASS, MASS, np.ones(3), MASS - 1.5, MASS + 1.5, np.full(3, -1))
SIDEBANDS = Sidebands(kind="sidebands", half_width_sigma=9.0, order=1, spectrum=(225.0, 400.0))
PEAK = SimpleNamespace(observable="mm", background=SIDEBANDS)
OTHER = SimpleNamespace(observable="mm", background=None)
OPEN = np.empty((0, 2))
DATA = np.linspace(200.0, 400.0, 2000, endpoint=False)


@pytest.fixture
def file(tmp_path):
    def write(name, values):
        writer = Writer(tmp_path / f"{name}.npy", ("observable",))
        writer.add([np.asarray(values)])
        writer.close()
        return str(tmp_path / f"{name}.npy")

    return write


def test_reach_ends_where_sidebands_or_the_spectrum_do():
    assert reach(SIDEBANDS, WINDOWS) == (225.0, 379.0)
    assert reach(None, WINDOWS) == (228.5, 371.5)


def test_a_period_in_another_unit_is_refused_or_allowed(file):
    """2000 candidates evenly from 200 to 400 MeV: 1540 from 225 to 379; of 1000 others as many predict 770."""
    paths = {"2017": [file("a", DATA)], "2018": [file("b", DATA[::2] / 1000)]}
    sentence = (
        r"^period '2018', .*b.npy: 0 of 1000 candidates lie in reach of the windows, 225 to 379 MeV of "
        r"background.spectrum, where the others predict 770.0; they have mm from 0.2 to 0.3998; a wrong unit is the "
        r"likely cause, .* allow_empty"
    )
    with pytest.raises(InputError, match=sentence):
        check_reach(PEAK, WINDOWS, paths, (), OPEN)
    (said,) = check_reach(PEAK, WINDOWS, paths, ("2018",), OPEN)
    assert said.endswith("from 0.2 to 0.3998 (allowed)")


def test_a_file_among_others_of_its_period_is_refused(file):
    paths = {"2017": [file("a", DATA), file("b", DATA / 1000)]}
    with pytest.raises(InputError, match=r"^period '2017', .*b.npy: 0 of 2000 candidates"):
        check_reach(PEAK, WINDOWS, paths, (), OPEN)


def test_alone_it_is_refused_where_all_lie_on_one_side(file):
    with pytest.raises(InputError, match=r"^.*a.npy: 0 of 2000 candidates lie .*; if it is right, give --periods"):
        check_reach(PEAK, WINDOWS, {"": [file("a", DATA / 1000)]}, (), OPEN)
    assert not check_reach(PEAK, WINDOWS, {"": [file("few", DATA[:19] / 1000)]}, (), OPEN)
    assert not check_reach(PEAK, WINDOWS, {"": [file("above", DATA[1800:])]}, (), OPEN)  # of 379: in the spectrum
    assert not check_reach(PEAK, WINDOWS, {"": [file("none", [])]}, (), OPEN)


def test_empty_windows_of_one_period_are_refused_with_any_background(file):
    paths = {"2017": [file("a", DATA)], "2018": [file("b", DATA[DATA < 228])]}
    with pytest.raises(
        InputError, match=r"^period '2018', .*: 0 of 280 .*, 228.5 to 371.5 MeV, where .* 200.2; they"
    ):
        check_reach(OTHER, WINDOWS, paths, (), OPEN)
    assert not check_reach(OTHER, WINDOWS, {"2018": paths["2018"]}, (), OPEN)


def test_closed_ranges_count_nowhere(file):
    """What is closed for all predicts nothing, and where candidates would show their ends are not told."""
    paths = {"2017": [file("a", DATA)], "2018": [file("b", DATA[DATA < 228])]}
    assert not check_reach(OTHER, WINDOWS, paths, (), np.array([[228.0, 372.0]]))
    assert not check_reach(OTHER, WINDOWS, paths, (), np.array([[-np.inf, np.inf]]))
    with pytest.raises(InputError) as error:
        check_reach(OTHER, WINDOWS, paths, (), np.array([[199.0, 210.0]]))
    assert "from" not in error.value.fault and "0 of 180 candidates" in error.value.fault
