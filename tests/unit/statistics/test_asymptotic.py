import pytest

from darkaon.errors import InputError
from darkaon.statistics.limits import set_limits
from darkaon.typing import BANDS


@pytest.mark.parametrize("n, b, sigma, level", [(0, 0.01, 0.002, 0.9), (1, 0.5, 0.1, 0.95), (100, 110.0, 3.0, 0.9)])
@pytest.mark.filterwarnings("ignore")
def test_it_is_what_pyhf_gives(n, b, sigma, level):
    import pyhf
    from pyhf.infer.intervals.upper_limits import toms748_scan

    model = pyhf.simplemodels.uncorrelated_background([1.0], [b], [sigma])
    bounds = model.config.suggested_bounds()
    bounds[model.config.poi_index] = (0, 80.0)
    data = [n, *model.config.auxdata]
    observed, expected = toms748_scan(data, model, 0.0, 75.0, level=1 - level, rtol=1e-6, par_bounds=bounds)
    ours = set_limits(n, b, sigma, method="asymptotic", level=level)
    assert ours.observed[0] == pytest.approx(float(observed), rel=1e-3)
    for name, value in zip(BANDS, expected, strict=True):
        assert getattr(ours, name)[0] == pytest.approx(float(value), rel=1e-3)


def test_a_signal_uncertainty_and_a_lognormal_are_refused():
    with pytest.raises(InputError, match="signal_uncertainty"):
        set_limits(1, 1.0, method="asymptotic", signal_uncertainty=0.1)
    with pytest.raises(InputError, match="nuisance"):
        set_limits(1, 1.0, method="asymptotic", nuisance="lognormal")
