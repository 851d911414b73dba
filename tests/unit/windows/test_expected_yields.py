"""Components of kind yield: decays by their numbers of selected events, counted in a part of the spectrum."""

import numpy as np
import pytest

from darkaon.config.schema import validate
from darkaon.config.slots.background import Components
from darkaon.config.slots.periods import Period
from darkaon.errors import InputError
from darkaon.windows.components import component_background, expected_events, total_events, weights

KNOWN = {"source": "s", "status": "cited"}
REGION = {"spectrum": type("Region", (), {"low": 200.0, "high": 360.0})()}


def components(**keys):
    one = {"kind": "yield", "decay": "pi_gammagamma", "events": {"value": 300.0, "uncertainty": 30.0, **KNOWN}} | keys
    return validate(Components, {"kind": "components", "components": {"one": one}}, "x").components


def period(**keys):
    return validate(Period, keys, "x")


def candidates(n=1600):
    """Uniform from 200 to 360, evenly spaced."""
    found = np.zeros(n, dtype=[("observable", float), ("component", float)])
    found["observable"] = 200 + 160 * (np.arange(n) + 0.5) / n
    return found


def test_periods_share_the_yield():
    periods = [period(share=0.35), period(share=0.65)]
    assert expected_events(components(), periods[0]) == {"one": pytest.approx(105)}
    assert total_events(components(), periods) == {"one": pytest.approx(300)}
    with pytest.raises(InputError, match="'one' has a yield; every period needs 'share'"):
        expected_events(components(), period(ses={"value": 1e-10, **KNOWN}))


@pytest.mark.parametrize(
    ("counted_in", "density"), [(None, 300 / 160), ({"low": 220.0, "high": 340.0, **KNOWN}, 300 / 120)]
)
def test_the_number_is_that_of_the_range_it_was_counted_in(counted_in, density):
    slot, found = components(**({"counted_in": counted_in} if counted_in else {})), candidates()
    weight = weights(found, slot, {"one": 300.0}, REGION)
    assert weight.sum() == pytest.approx(160 * density)
    low, high = np.array([200.0, 270.0]), np.array([210.0, 280.0])  # outside of it as well
    result = component_background(found, weight, slot, low, high)
    np.testing.assert_allclose(result.background, 10 * density)
    np.testing.assert_allclose(result.systematic, 0.1 * result.background)
    np.testing.assert_allclose(result.statistical, result.background / np.sqrt(100))
