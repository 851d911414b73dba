import numpy as np
import pytest
from numpy.testing import assert_allclose

from darkaon.errors import InputError
from darkaon.models.dark_scalar import Options as ScalarOptions
from darkaon.models.dark_scalar import build as build_scalar
from darkaon.models.loading import model_of

GOOD = "mass_MeV,K+ -> pi+ X,width_GeV,ee,mumu\n0,1e-3,0,0,0\n100,2e-3,1e-12,1,0\n200,1e-3,2e-12,0.5,0.5\n"
MODULE = """
import numpy as np
production = {"K+ -> pi+ X": lambda mass, g: 1e-3 * g**2 * np.ones_like(mass)}
decays = {"ee": lambda mass, g: 1.0}
def lifetime_ns(mass, g):
    return 1e-9 / g**2
"""


def model(path, text, **options):
    path.write_text(text)
    content = {"title": "Mine", "family": "custom", "options": {"path": str(path), **options}}
    return model_of(content, "config/models/mine.yaml")


def test_csv(tmp_path):
    mine = model(tmp_path / "mine.csv", GOOD)
    assert_allclose(mine.production["K+ -> pi+ X"]([-1, 0, 50, 200, 201], 2.0), [0, 4e-3, 6e-3, 4e-3, 0])
    assert_allclose(mine.decays["mumu"]([150.0], 1.0), 0.25)
    assert np.isinf(mine.lifetime_ns(0.0, 1.0))
    assert_allclose(mine.lifetime_ns(100.0, 0.1), 6.582119569e-25 * 1e9 / 1e-12 * 100)
    assert mine.production["K+ -> pi+ X"](np.ones((3, 1)), np.ones(4)).shape == (3, 4)


def test_csv_with_a_lifetime_and_a_linear_coupling(tmp_path):
    text = "mass_MeV,K+ -> pi+ X,lifetime_ns\n0,1,inf\n100,1,5\n"
    mine = model(tmp_path / "mine.csv", text, coupling={"power": 1, "name": "s2", "low": 1e-12})
    assert_allclose(mine.lifetime_ns([0.0, 100.0], 1e-3), [np.inf, 5])
    assert_allclose(mine.production["K+ -> pi+ X"](50.0, 1e-3), 1e-3)
    assert (mine.coupling.name, mine.coupling.power) == ("s2", 1)


def test_a_tabulated_scalar_is_the_scalar(tmp_path):
    scalar, mass = build_scalar(ScalarOptions(invisible=False)), np.arange(0.0, 301.0)
    width = 6.582119569e-16 / scalar.lifetime_ns(mass, 1.0)
    columns = [mass, scalar.production["K+ -> pi+ X"](mass, 1.0), width, scalar.decays["mumu"](mass, 1.0)]
    lines = [",".join(f"{v:.12g}" for v in row) for row in zip(*columns, strict=True)]
    text = "\n".join(["mass_MeV,K+ -> pi+ X,width_GeV,mumu", *lines])
    mine = model(tmp_path / "mine.csv", text, coupling={"power": 1})
    at = np.array([50.0, 250.0, 299.0])
    assert_allclose(mine.lifetime_ns(at, 1e-8), scalar.lifetime_ns(at, 1e-8), rtol=1e-6)
    assert_allclose(mine.signal("K+ -> pi+ X", "mumu", at, 1e-8), scalar.signal("K+ -> pi+ X", "mumu", at, 1e-8))


def test_python_module(tmp_path):
    mine = model(tmp_path / "mine.py", MODULE)
    assert_allclose(mine.production["K+ -> pi+ X"](np.ones((2, 1)), np.ones(3)), np.full((2, 3), 1e-3))
    assert mine.lifetime_ns(np.ones((2, 1)), np.ones(3)).shape == (2, 3)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("mass_MeV", "mass", "column 'mass_MeV' is missing"),
        ("width_GeV", "width", "column 'width' is unknown; did you mean 'width_GeV'"),
        ("K+ -> pi+ X", "pipi", "no column of production"),
        ("width_GeV", "gammagamma", "needs a column 'width_GeV' or 'lifetime_ns'"),
        ("100,", "300,", "row 3: mass_MeV is 200: masses must grow"),
        ("2e-12", "-2e-12", "row 3: width_GeV is -2e-12: must not be negative"),
        ("1e-12,1,0", "1e-12,1.2,0", "row 2: ee is 1.2: a branching fraction is 1 at most"),
        ("0.5,0.5", "0.5,0.6", "row 3: mumu is 1.1: with the columns before it"),
        ("2e-3", "", "row 2: K\\+ -> pi\\+ X is nan: a number is missing"),
        ("2e-3", "much", "line 3: K\\+ -> pi\\+ X is 'much', which is not a number"),
    ],
)
def test_bad_csv_names_row_and_column(tmp_path, old, new, words):
    with pytest.raises(InputError, match=words) as caught:
        model(tmp_path / "mine.csv", GOOD.replace(old, new))
    assert "mine.yaml: options: " in str(caught.value) and "mine.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("decays =", "decay =", "'decays' is missing"),
        ("K+ ->", "K ->", "is not known; did you mean 'K\\+ -> pi\\+ X'"),
        ("import numpy", "import numpi", "cannot be run: ModuleNotFoundError"),
        ("1e-9 / g**2", "[1, 2, 3, 4, 5, 6]", "lifetime_ns: fails for arrays"),
        ("1e-9 / g**2", "-1e-9 / g**2", "lifetime_ns: is -1e\\+11 at 1 MeV and a coupling of 1e-10: .*above 0"),
        ("1e-9 / g**2", "np.nan", "lifetime_ns: is nan at 1 MeV"),
        ("1e-3 * g**2", "-1e-3 * g**2", "production\\['K\\+ -> pi\\+ X'\\]: is -1e-23 at 1 MeV"),
        ("np.ones_like(mass)", "np.where(mass > 150, np.nan, 1)", "is nan at 200 MeV"),
        ("lambda mass, g: 1.0", "lambda mass, g: 1.5", "decays\\['ee'\\]: is 1.5 at 1 MeV .* between 0 and 1"),
        (
            '"ee": lambda mass, g: 1.0',
            '"ee": lambda m, g: 0.7, "mumu": lambda m, g: 0.7',
            "the sum of decays: is 1.4",
        ),
        ("production = {", "production = [", "cannot be run: SyntaxError"),
        ('{"ee": lambda mass, g: 1.0}', "[1]", "decays: is a list and no dictionary"),
        ("import numpy as np", "import sys; sys.exit('bye')", "cannot be run: SystemExit: bye"),
    ],
)
def test_bad_module(tmp_path, old, new, words):
    with pytest.raises(InputError, match=words):
        model(tmp_path / "mine.py", MODULE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "g: 1.0",
            "g: np.where(abs(mass - 75) < 15, 3.0, 1.0)",
            r"decays\['ee'\]: is 3 at 61 MeV .* 0 and 1",
        ),
        (
            "np.ones_like(mass)",
            "np.where(mass==181, -1, 1)",
            r"production\[.*\]: is -1e-15 at 181 MeV",
        ),
        ("1e-9 / g**2", "1e-9 * (310.5 - mass) / g**2", r"lifetime_ns: is -500 at 311 MeV and a coupling of 1e-06"),
        (
            "1e-9 / g**2",
            "interp1d([1, 300], [1, 2])(mass)",
            r"lifetime_ns: fails for arrays, of masses from 0 to 319 MeV: ValueError: .*below the int",
        ),
        (
            '"ee": lambda mass, g: 1.0',
            '"ee": lambda m, g: 0.3 + 0.4 * (m == 61), "mumu": lambda m, g: 0.7',
            r"the sum of decays: is 1.4 at 61 MeV",
        ),
    ],
)
def test_a_module_is_checked_where_it_is_used(tmp_path, old, new, words):
    """At masses that are not those of the first check."""
    text = "from scipy.interpolate import interp1d\n" + MODULE.replace(old, new)
    mine, mass = model(tmp_path / "mine.py", text), np.arange(0.0, 320.0)
    with pytest.raises(InputError, match=rf"mine.py: {words}"):
        for function in (*mine.production.values(), *mine.decays.values(), mine.lifetime_ns):
            function(mass, 1e-6)


def test_csv_with_pairs_and_several_final_states(tmp_path):
    text = "mass_MeV,K+ -> pi+ a a,K+ -> pi+ X,width_GeV,invisible,ee,4e\n10,1,1e-3,1e-12,0.4,0.3,0.09\n"
    mine = model(tmp_path / "mine.csv", text + "100,1,1e-3,1e-12,0.4,0.3,0.09\n")
    assert mine.meets("K+ -> pi+ a a", "4e") and mine.meets("K+ -> pi+ X", "invisible")
    assert_allclose(mine.signal("K+ -> pi+ a a", "4e", 50.0, 1e-3), 0.09e-6)
    assert_allclose(mine.fraction("invisible", 50.0, 1e-3), 0.4)


def test_masses_that_look_like_gev(tmp_path):
    with pytest.warns(UserWarning, match="are these masses in GeV"):
        model(tmp_path / "a.csv", GOOD.replace("100,", "0.1,").replace("200,", "0.2,"))


def test_other_files_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"options: path: "):
        model(tmp_path / "mine.txt", GOOD)
    with pytest.raises(InputError, match=r"coupling: .*low .* must be below high"):
        model(tmp_path / "mine.csv", GOOD, coupling={"low": 2.0})
    for limits in ({"low": 1e-300}, {"high": 1e300}):  # by fuzzing: their squares are no numbers
        with pytest.raises(InputError, match=r"coupling.(low|high): 1e.300 is no coupling"):
            model(tmp_path / "mine.csv", GOOD, coupling=limits)
