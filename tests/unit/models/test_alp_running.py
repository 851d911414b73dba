import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.unit.models.alp_patterns import PATTERNS, rows

from darkaon.constants import V_TD_CONJ_V_TS
from darkaon.models.alp import Couplings
from darkaon.models.alp_running import CKM, LOW, SOURCES, anomalies, response, run_down

FIELDS = {"qL": "q", "uR": "u", "dR": "d", "lL": "l", "eR": "e"}


def source(name):
    return name if name in SOURCES else FIELDS[name[:2]] + name[-1]


@pytest.mark.parametrize("row", rows("response"), ids=lambda row: f"{row['source']}-{float(row['Lambda_GeV']):g}")
def test_response(row):
    low = dict(zip(LOW, response(float(row["Lambda_GeV"]))[SOURCES.index(source(row["source"]))], strict=True))
    assert_allclose(low["k_12"], complex(float(row["Re_k12"]), float(row["Im_k12"])), rtol=0.01)
    for name in (*LOW[:8], "dV"):
        assert_allclose(low["d_vector" if name == "dV" else name].real, float(row[name]), rtol=0.01)


def test_values_at_1_tev():
    c = run_down(1000.0, Couplings(**PATTERNS["BC10"]).sources())
    assert_allclose([c.c_uu, c.c_dd, c.c_ee], [0.87409, 0.97948, 1.0520], rtol=1e-4)
    assert_allclose(c.k_12, -2.886e-6 - 1.258e-6j, rtol=1e-3)


def test_ckm_matrix():
    assert_allclose(np.einsum("ij,kj->ik", CKM, CKM.conj()), np.eye(3), atol=1e-15)
    assert_allclose(CKM[[0, 0, 1, 2], [0, 1, 2, 2]].imag, 0, atol=0)
    assert_allclose(CKM[2, 0].conj() * CKM[2, 1], V_TD_CONJ_V_TS, rtol=0.01)


def test_baryon_number_does_not_run():
    # its current is conserved up to the anomaly, which c_WW and c_BB cancel: nothing but the matching is left
    baryon = {f"{field}{i}": 1.0 for field in "qud" for i in (1, 2, 3)} | {"c_WW": 4.5, "c_BB": -4.5}
    far, near, alone = (
        run_down(scale, couplings) for scale, couplings in ((1e9, baryon), (1e3, baryon), (1e9, {"c_WW": 4.5}))
    )
    for name in ("c_uu", "c_dd", "c_bb", "c_ee", "k_12"):
        assert abs(getattr(far, name) - getattr(near, name)) < 1e-3 * abs(getattr(alone, name))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("KSVZ", (0.5, 0, 0)),
        ("DFSZ-tanb1", (0, 0, 0)),
        ("DFSZ-tanb10", (0, 0, 0)),
        ("BC10", (3, 3, 5)),
        ("BC9-WW", (0, 1, 0)),
        ("TOP", (0.5, 0, 4 / 3)),
    ],
)
def test_anomalies_of_the_patterns(pattern, expected):
    sources = Couplings(**PATTERNS[pattern]).sources()
    traces = np.array([sum(sources[f"{field}{i}"] for i in (1, 2, 3)) for field in "qudle"])
    gauge = np.array([sources[name] for name in ("c_GG", "c_WW", "c_BB")])
    assert_allclose(anomalies(traces, gauge), expected, atol=1e-12)


def test_running_is_done_once_for_a_scale():
    assert response(1000.0) is response(1000.0)


def test_a_higher_scale_runs_further():
    sources = Couplings(**PATTERNS["BC10"]).sources()
    assert abs(run_down(1e5, sources).k_12) > 2 * abs(run_down(1e3, sources).k_12)


def test_flavour_violation_is_added_as_it_is():
    assert run_down(1000.0, {}, 2 + 1j).k_12 == 2 + 1j
