import numpy as np
import pytest

from darkaon.config.schema import validate
from darkaon.config.search import Search
from darkaon.config.slots.background import Sidebands
from darkaon.errors import InputError
from darkaon.events.branches import Chunk
from darkaon.events.candidates import Collector
from darkaon.events.selection import Selection
from darkaon.statistics.numerics import overlaps
from darkaon.windows.blinding import blinded_ranges
from darkaon.windows.grid import Windows
from darkaon.windows.sidebands import sideband_background
from trees import branch_map, layout

MASS = np.arange(220.0, 320, 2)
ONE = np.ones(len(MASS))
WINDOWS = Windows(MASS, MASS, ONE, MASS - 1.5, MASS + 1.5, np.full(len(MASS), -1))


def test_ranges_are_the_windows_of_the_blinded_hypotheses():
    assert blinded_ranges(False, WINDOWS).shape == blinded_ranges((), WINDOWS).shape == (0, 2)
    assert blinded_ranges(True, WINDOWS).tolist() == [[218.5, 319.5]]
    assert blinded_ranges(((239.9, 242.1), (300, 300)), WINDOWS).tolist() == [[238.5, 243.5], [298.5, 301.5]]
    with pytest.raises(InputError, match="no mass hypothesis between 100 and 120 MeV"):
        blinded_ranges(((100, 120),), WINDOWS)


def test_touched_windows():
    hidden = overlaps(WINDOWS.low, WINDOWS.high, np.array([[238.5, 241.5]]))
    assert MASS[hidden].tolist() == [238, 240, 242]
    assert not overlaps(WINDOWS.low, WINDOWS.high, np.empty((0, 2))).any()


@pytest.mark.parametrize("blind", ["perhaps", [[10]], [["a", 3]], [[30, 20]], 3, [["nan", 20]]])
def test_what_blind_may_be(blind):
    with pytest.raises(
        InputError,
        match=r"^x.yaml: blind: .* is neither true, false nor ranges of masses \[\[low, high\], ...\] in MeV; change",
    ):
        validate(Search, {"blind": blind}, "x.yaml")
    assert validate(Search, {"blind": [[10, 20]]}, "x.yaml").blind == ((10.0, 20.0),)


def test_hidden_events_are_counted_nowhere(tmp_path):
    cuts = [{"name": "fiducial", "quantity": "vertex_z", "low": 105, "high": 165}]
    selection = Selection(
        layout(branch_map(track1_momentum={"unit": "1"}), selection=cuts), "track1_momentum", "x.yaml"
    )
    columns = {"track1_momentum": np.array([5.0, 20.0, 30.0, 35.0]), "vertex_z": np.array([110.0, 110, 200, 120])}
    collector = Collector(selection, "measured", tmp_path / "a.npy", np.array([[10.0, 35.0]]))
    collector.add(Chunk(columns, np.ones(4, dtype=bool)))
    collector.close()
    assert np.load(tmp_path / "a.npy")["observable"].tolist() == [5.0, 35.0]
    assert collector.cutflow({}) == {"cut": ["read", "fiducial"], "events": [2, 2]}
    assert collector.read == 2


def sidebands(ordered, blinded):
    mass, one = np.array([250.0]), np.ones(1)
    slot = Sidebands(kind="sidebands", half_width_sigma=9.0, order=1, spectrum=(200.0, 300.0))
    return sideband_background(ordered, Windows(mass, mass, one, mass - 1, mass + 1, -one), slot, blinded)


def test_sidebands_that_stay_visible_give_the_background():
    """What lies in a blinded range changes nothing; a flat spectrum is still met from the rest."""
    ordered = np.linspace(240, 260, 2001)
    hidden = np.array([[248.0, 252.0]])
    kept = ordered[~((ordered >= 248) & (ordered < 252))]
    found, same = sidebands(ordered, hidden), sidebands(kept, hidden)
    assert found.background.tolist() == same.background.tolist()
    assert found.background[0] == pytest.approx(200, rel=0.01)
    assert found.statistical[0] > sidebands(ordered, None).statistical[0]


def test_where_no_sideband_stays_it_is_refused():
    with pytest.raises(InputError, match="keeps no sideband outside the blinded ranges; blind narrower ranges, or"):
        sidebands(np.linspace(240, 260, 2001), np.array([[240.0, 262.0]]))


def test_a_window_that_only_touches_a_blinded_range_stays_open():
    """Both are half open: an event at the common edge belongs to one of them."""
    touching = np.array([[WINDOWS.high[3], WINDOWS.high[3] + 0.5], [WINDOWS.low[20] - 0.5, WINDOWS.low[20]]])
    hidden = overlaps(WINDOWS.low[[3, 20]], WINDOWS.high[[3, 20]], touching)
    assert not hidden.any()
    barely = touching + np.array([[-1e-9, 0], [0, 1e-9]])
    assert overlaps(WINDOWS.low[[3, 20]], WINDOWS.high[[3, 20]], barely).all()
