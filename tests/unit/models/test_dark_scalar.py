from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from darkaon.constants import HBAR_GEV_NS, M_TOP_MSBAR, M_TOP_POLE
from darkaon.errors import InputError
from darkaon.exclusion.files import read_limits
from darkaon.exclusion.intervals import exclude
from darkaon.models.dark_scalar import Options, build, pion_width, rate_constant, tabulated_vertex
from darkaon.tables.table import read_table

ROOT = Path(__file__).parents[3]

BC4 = build(Options(invisible=False))


@pytest.mark.parametrize(
    ("mass", "value", "digit"),
    [(0, 1.38e-3, 1e-5), (100, 1.307e-3, 1e-6), (200, 1.081e-3, 1e-6), (300, 6.46e-4, 1e-6)],
)
def test_kaon_branching_ratio(mass, value, digit):
    assert_allclose(BC4.production["K+ -> pi+ X"](mass, 1.0), value, rtol=0, atol=digit)


@pytest.mark.parametrize(
    ("mass", "seconds", "digit"), [(100, 3.84e-3, 1e-5), (200, 1.92e-3, 1e-5), (230, 0.635e-6, 1e-9)]
)
def test_lifetime(mass, seconds, digit):
    assert_allclose(BC4.lifetime_ns(mass, 1e-8) * 1e-9, seconds, rtol=0, atol=digit)


MASSES = np.array([290.0, 300, 310, 320, 330, 350])


@pytest.mark.parametrize(
    ("pipi", "ratio", "muons"),
    [
        ("dispersive", [3.346, 4.070, 4.512, 4.818, 5.067, 5.521], [0.2301, 0.1972, 0.1814, 0.1719, 0.1648, 0.1533]),
        ("chpt", [1.218, 1.468, 1.584, 1.642, 1.674, 1.701], [0.4509, 0.4052, 0.3871, 0.3784, 0.3740, 0.3703]),
    ],
)
def test_pions_over_muons(pipi, ratio, muons):
    model = build(Options(invisible=False, pipi=pipi))
    to_muons = model.decays["mumu"](MASSES, 1.0)
    assert_allclose(model.decays["pipi"](MASSES, 1.0) / to_muons, ratio, atol=6e-4)
    assert_allclose(to_muons, muons, atol=6e-5)


def test_total_widths():
    width = HBAR_GEV_NS / BC4.lifetime_ns(np.array([300.0, 320, 350]), 1.0)
    assert_allclose(width, [3.985907e-9, 5.776164e-9, 8.471445e-9], rtol=1e-6)


def test_the_table_of_widths_is_that_of_its_vertex():
    table = read_table(ROOT / Options(invisible=False).path)
    mass = table["mass_MeV"] * 1e-3
    width = pion_width(tabulated_vertex(str(ROOT / Options(invisible=False).path)))(mass)
    assert_allclose(width, table["width_pippim_GeV"] + table["width_pi0pi0_GeV"], rtol=2e-5, atol=1e-16)
    t = mass - 0.3
    fit = 0.0705537 + 0.399103 * t - 0.0300065 * t**2 + 5.80629 * t**3 - 18.0695 * t**4
    assert_allclose(table["G_abs_GeV2"][mass > 0.27], fit[mass > 0.27], rtol=5e-3)


def test_pions_have_two_thresholds():
    mass = np.array([269.9, 270.5, 279.0, 279.3])
    pions = BC4.decays["pipi"](mass, 1.0)
    assert pions[0] == 0 and np.all(pions[1:] > 0) and pions[3] > 1.1 * pions[2]


def test_pions_can_be_left_out():
    without = build(Options(invisible=False, pipi="none"))
    assert "pipi" not in without.decays
    assert_allclose(without.lifetime_ns(260.0, 1e-8), BC4.lifetime_ns(260.0, 1e-8))  # below 2 m_pi: the same
    assert without.lifetime_ns(300.0, 1e-8) > 2 * BC4.lifetime_ns(300.0, 1e-8)


def test_a_bad_table_is_refused(tmp_path):
    path = tmp_path / "g.csv"
    path.write_text("mass_MeV,G_abs_GeV2\n300,0.07\n290,0.06\n")
    with pytest.raises(InputError, match=r"g.csv: row 2: mass_MeV is 290: masses must grow"):
        build(Options(invisible=False, path=str(path)))


@pytest.mark.parametrize(
    ("mass", "na48", "na62"),
    [
        (290, 9.028e-6, 3.084e-6), (300, 6.190e-6, 2.158e-6), (310, 6.543e-6, 2.467e-6), (320, 4.839e-6, 2.194e-6),
        (330, 1.601e-5, None), (350, 3.476e-5, None),
    ],
)  # fmt: skip
def test_lower_edges_of_searches_for_muons(mass, na48, na62):
    for name, edge in (("na482_kpix_mumu", na48), ("na62_kpix_mumu_2017_18", na62)):
        limits = read_limits(str(ROOT / "resources" / "published" / f"{name}.csv"), {})[1]
        found = exclude(BC4, limits, np.array([float(mass)]))["coupling_low"]
        if edge is None:
            assert len(found) == 0
        else:
            assert_allclose(found, [edge], rtol=5e-3)


def test_klong_ratio():
    ratio = BC4.production["KL -> pi0 X"](100, 1.0) / BC4.production["K+ -> pi+ X"](100, 1.0)
    assert_allclose(ratio, 3.46, rtol=0, atol=0.01)


def test_rate_constant_of_the_corrected_matrix_element():
    assert_allclose([rate_constant(M_TOP_MSBAR), rate_constant(M_TOP_POLE)], [2.97e-3, 3.77e-3], rtol=3e-3)
    low, high = BC4.theory_factors("K+ -> pi+ X", 100.0)
    assert_allclose([low, high], [2.735 / 3, 3.775 / 3], atol=1e-3)


def test_klong_takes_the_cp_even_part_alone():
    found = BC4.production["KL -> pi0 X"](np.array([100.0, 200.0]), 1.0)
    assert_allclose(found, [4.529908e-3, 3.776944e-3], rtol=1e-6)


def test_the_normalisation_is_an_option():
    doubled = build(Options(invisible=True, C=6e-3))
    ratio = doubled.production["K+ -> pi+ X"](100, 1.0) / BC4.production["K+ -> pi+ X"](100, 1.0)
    assert_allclose(ratio, 2)
