"""Periods side by side as separate windows: which uncertainty goes where, and which quantile is which band."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import ndtr

from compute_limits import separate
from darkaon.statistics.combination import combined_limit, windows_from
from darkaon.statistics.limits import set_limits
from darkaon.tables.table import Table
from darkaon.typing import BANDS

N, B, SIGMA, SHARE, SES = [1.0, 4.0], [0.5, 3.0], [0.1, 0.9], [0.25, 0.75], 0.2


def periods(n=N):
    columns = {"n_observed": n, "background": B, "background_uncertainty": SIGMA, "share": SHARE}
    return Table({"mass_MeV": np.array([200.0, 200.0]), **{k: np.array(v) for k, v in columns.items()}})


def found(*correlated, n=N, table=None):
    statistics = SimpleNamespace(level=0.9, correlated=SimpleNamespace(periods=correlated))
    return separate(table or periods(n), np.array([200.0]), np.array([SES]), statistics)


@pytest.mark.parametrize(
    ("correlated", "uncertainties"),
    [
        ((), {"uncertainty": SIGMA, "signal_uncertainty": SES}),
        (("ses",), {"uncertainty": SIGMA, "common_signal_uncertainty": SES}),
        (("background",), {"correlated": np.divide(SIGMA, B), "signal_uncertainty": SES}),
    ],
)
def test_each_band_is_its_quantile_with_its_uncertainties(correlated, uncertainties):
    windows, limits = windows_from(N, B, **uncertainties), found(*correlated)
    assert limits["observed"] == pytest.approx(combined_limit(windows, SHARE, level=0.9), rel=1e-9)
    for name, sigma in zip(BANDS, (-2, -1, 0, 1, 2), strict=True):
        expected = combined_limit(windows, SHARE, level=0.9, quantile=float(ndtr(sigma)))
        assert limits[name] == pytest.approx(expected, rel=1e-9), name


def test_one_period_has_the_limits_of_its_window():
    one = periods().where(np.array([True, False]))
    limits = found(table=Table(one.columns | {"share": np.ones(1)}))
    window = set_limits(N[:1], B[:1], SIGMA[:1], signal_uncertainty=SES)
    for name in ("observed", *BANDS):
        assert limits[name] == pytest.approx(getattr(window, name), rel=1e-4), name


def test_a_blinded_period_blinds_the_sum():
    limits = found(n=[np.nan, 4.0])
    assert np.isnan(limits["observed"]).all() and np.isfinite(limits["expected"]).all()
