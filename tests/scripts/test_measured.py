"""What an experiment measured, from its events to limits on signal events: the phi(1020) and the Z of CMS."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy import optimize, stats

from compute_limits import main as compute_limits
from darkaon.tables.table import read_table
from fit_windows import main as fit_windows
from make_windows import main as make_windows
from select_events import main as select_events

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "config" / "searches" / "cms_phi_demo.yaml"


def chain(folder, search, events):
    """Selection, windows and limits; the tables of the two."""
    files = {"search": folder / "s.yaml", "candidates": folder / "c.npy", "windows": folder / "w.csv"}
    files["search"].write_text(yaml.safe_dump(search), encoding="utf-8")
    select_events(["--search", str(files["search"]), "--sample", "c", "--label", "measured", "--input", str(events),
                   "--output", str(files["candidates"]), "--cutflow", str(folder / "c.csv")])  # fmt: skip
    make_windows(["--search", str(files["search"]), "--label", "measured", "--candidates", str(files["candidates"]),
                  "--periods", *search["periods"], "--output", str(files["windows"])])  # fmt: skip
    compute_limits(["--search", str(files["search"]), "--windows", str(files["windows"]),
                    "--output", str(folder / "l.csv")])  # fmt: skip
    windows, limits = read_table(files["windows"]), read_table(folder / "l.csv")
    assert windows.label == limits.label == "measured" and "level" in limits.header
    return windows, limits


def tail(n, background, uncertainty):
    """P(N >= n) over a gamma distributed background: a negative binomial, by another route than the library's."""
    shape, rate = (background / uncertainty) ** 2, background / uncertainty**2
    return stats.nbinom.logsf(n - 1, shape, rate / (1 + rate))


def significance(n, background, uncertainty):
    """Standard deviations of a Gaussian with that tail."""
    return optimize.brentq(lambda z: stats.norm.logsf(z) - tail(n, background, uncertainty), 0, 30)


def independent(row):
    """Local significance and limit of one window: shape + 1 of the sideband's count, 1/(1 - leak) of the limit."""
    b, stat, syst, tau = (row[name] for name in ("background", "background_stat", "background_syst", "tau"))
    more = b + 1 / tau, np.sqrt(b / tau + 1 / tau**2 + np.hypot(stat, syst) ** 2 - b / tau)
    z = significance(row["n_observed"], *more)
    shape, rate = b**2 / (stat**2 + syst**2), b / (stat**2 + syst**2)
    nodes = stats.gamma(shape, scale=1 / rate).ppf((np.arange(20_000) + 0.5) / 20_000)

    def cls(s):
        return np.mean(stats.poisson.cdf(row["n_observed"], s + nodes)) / np.mean(
            stats.poisson.cdf(row["n_observed"], nodes)
        )

    return z, optimize.brentq(lambda s: cls(s) - 0.1, 1, 5000) / (1 - row["leak"])


def at(table, row):
    return {name: float(values[row]) for name, values in table.columns.items()}


def fitted(folder, search):
    """Fits of the windows that `chain` made in the folder, and the limits that take them."""
    names = {name: str(folder / f"{name}.csv") for name in ("w", "fits", "fit_limits")}
    (folder / "f.yaml").write_text(yaml.safe_dump(search | {"statistics": {"method": "fit", "level": 0.9}}))
    fit_windows(["--search", str(folder / "f.yaml"), "--label", "measured", "--candidates", str(folder / "c.npy"),
                 "--windows", names["w"], "--output", names["fits"]])  # fmt: skip
    compute_limits(["--search", str(folder / "f.yaml"), "--windows", names["w"], "--fits", names["fits"],
                    "--output", names["fit_limits"]])  # fmt: skip
    return read_table(names["fits"]), read_table(names["fit_limits"])


@pytest.mark.parametrize("whole", [False, True])
def test_the_phi(tmp_path, monkeypatch, whole):
    monkeypatch.chdir(ROOT)
    search = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    if whole:  # as far as the figures of the specification go: sidebands and windows beyond the ends of the data
        search["masses"] |= {"stop": 1120, "count": 35}
        search["background"]["spectrum"] = [850, 1200]
        search["events"]["selection"][0] |= {"low": 0.85, "high": 1.2}
    windows, limits = chain(tmp_path, search, ROOT / "resources" / "measured" / "cms_phi.csv")
    row = int(np.argmax(limits["significance"]))
    found = at(windows, row)
    assert found["mass_MeV"] == pytest.approx(1016.63, abs=0.005)
    assert (found["n_observed"], len(windows)) == (1988, 35 if whole else 33)
    assert [found[f"background{part}"] for part in ("", "_stat", "_syst")] == pytest.approx(
        [937.2, 13.69, 111.06], abs=0.01
    )
    z, limit = independent(found)
    assert limits["significance"][row] == pytest.approx(z, abs=1e-4) and z == pytest.approx(7.024, abs=0.001)
    assert limits["observed"][row] == pytest.approx(limit, rel=1e-3)
    assert limit * (1 - found["leak"]) == pytest.approx(1203.45, rel=1e-3)  # before the leak
    # The shape + 1 acts on the statistical part alone, 937.2/0.2 = 4687 counts: 7.0250 becomes 7.0241. On the total
    # uncertainty (shape 70.1) it would make the 6.92 that was foretold.
    total = np.hypot(found["background_stat"], found["background_syst"])
    assert significance(1988, found["background"], total) == pytest.approx(7.0250, abs=2e-4)
    shape = (found["background"] / total) ** 2
    more = found["background"] * (1 + 1 / shape), total * np.sqrt(1 + 1 / shape)
    assert significance(1988, *more) == pytest.approx(6.9228, abs=2e-4)


def test_the_z(tmp_path):
    (tmp_path / "r.csv").write_text("mass_MeV,resolution_MeV\n80000,2500\n100000,2500\n")
    search = {
        "title": "Z", "input": "events", "observable": "pair", "periods": {"2010": {"share": 1.0}},
        "events": {"branches": {"pair": {"name": "mass", "unit": "MeV"}},
                   "selection": [{"name": "spectrum", "quantity": "pair", "low": 60, "high": 120}]},
        "masses": {"kind": "step", "step": 1000, "ranges": [[84000, 98000]]},
        "resolution": {"kind": "table", "path": str(tmp_path / "r.csv")},
        "window": {"kind": "symmetric", "half_width_sigma": 1.5},
        "background": {"kind": "sidebands", "half_width_sigma": 9.0, "order": 1, "alternatives": [2],
                       "spectrum": [60000, 120000]},
        "normalisation": {"kind": "none"}, "statistics": {"method": "hybrid", "nuisance": "gamma", "level": 0.9},
    }  # fmt: skip
    windows, limits = chain(tmp_path, search, ROOT / "tests" / "data" / "measured" / "cms_z.csv")
    row = int(np.argmax(limits["n_observed"]))
    found = at(windows, row)
    assert (found["mass_MeV"], found["n_observed"]) == (91000, 352)
    assert found["background"] == pytest.approx(26.6, abs=0.05)
    z, limit = independent(found)
    assert limits["significance"][row] == pytest.approx(z, abs=1e-4) and z == pytest.approx(8.54, abs=0.01)
    assert limits["observed"][row] == pytest.approx(limit, rel=2e-3)
    fits, _ = fitted(tmp_path, search)
    by_fit = at(fits, row)
    assert (by_fit["counted"], by_fit["order"]) == (
        3,
        0,
    )  # the smooth spectrum follows the Z: spurious signals of 3 sigma
    assert by_fit["spurious"] == pytest.approx(3.2, abs=0.1) and np.isnan(by_fit["observed"])


def test_the_phi_by_fit(tmp_path, monkeypatch):
    """No polynomial follows the phi's own shoulders well enough: the fit hands the window back to counting."""
    monkeypatch.chdir(ROOT)
    search = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    _, counted = chain(tmp_path, search, ROOT / "resources" / "measured" / "cms_phi.csv")
    fits, limits = fitted(tmp_path, search)
    row = int(np.argmax(counted["significance"]))
    found = at(fits, row)
    assert (found["counted"], limits["counted"][row]) == (3, 3)  # no order has a spurious signal small enough
    assert [found[name] for name in ("signal", "signal_error")] == pytest.approx([1273, 40.5], rel=2e-3)
    assert limits["significance"][row] == pytest.approx(counted["significance"][row], abs=1e-3)
    assert limits["observed"][row] > counted["observed"][row]  # the spurious signal is part of its uncertainty
