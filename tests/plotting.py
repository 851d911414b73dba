"""Small tables of every kind, in the format of the real ones, for the tests of the figures."""

import numpy as np

from darkaon.tables.table import write_table

BAND = ("expected_m2", "expected_m1", "expected", "expected_p1", "expected_p2")
SIMULATED = {"label": "simulated", "statuses": "tuned: simulation.smearing\nread: normalisation"}
PUBLISHED = {"label": "published"}
MASS = np.concatenate([np.linspace(215, 260, 16), np.linspace(290, 320, 11)])  # with a gap


def limits(lifetimes=(0.0, 1.0, np.inf), own=True):
    tau, mass = (values.ravel() for values in np.meshgrid(lifetimes, MASS, indexing="ij"))
    base = 1e-10 * (1 + np.minimum(tau, 100)) * (1 + mass / 300)
    columns = {"lifetime_ns": tau, "mass_MeV": mass, "observed": base * (1 + 0.3 * np.sin(mass))}
    return columns | (
        {name: base * factor for name, factor in zip(BAND, (0.5, 0.7, 1, 1.4, 2), strict=True)} if own else {}
    )


def two_masses():
    """Limits from 1e-9 to 1e-8 over the masses of X and of what it decays to."""
    pairs = [(m, m2) for m in (100.0, 110.0, 120.0) for m2 in (10.0, 30.0, 50.0, 60.0) if m2 <= m / 2]
    mass, mass2 = np.array(pairs).T
    observed = np.geomspace(1e-9, 1e-8, len(mass))
    return {"lifetime_ns": 0 * mass, "mass_MeV": mass, "mass2_MeV": mass2, "observed": observed}


def windows(n=None):
    background = 20 + 0.1 * MASS
    return {
        "mass_MeV": MASS,
        "resolution": 0.002 * MASS,
        "low": MASS - 1,
        "high": MASS + 1,
        "n_observed": np.round(background + np.sin(MASS)) if n is None else np.full(len(MASS), n),
        "background": background,
        "background_stat": 0.03 * background,
        "background_syst": 0.02 * background,
    }


def p_values():
    local = 10 ** (-2 - 2 * np.sin(MASS) ** 2)
    return {"mass_MeV": MASS, "p_local": local, "p_global": np.minimum(30 * local, 1)}


def methods():
    counted = 5 + 0.01 * MASS
    columns = {"counted": counted * 1.1, "counted_expected": counted}
    return {"mass_MeV": MASS} | columns | {"fit": 0.8 * counted, "fit_expected": 0.9 * counted}


def predictions():
    mass = np.linspace(5, 350, 30)
    both = np.concatenate([mass, mass[:20]])
    return {
        "process": ["K+ -> pi+ X"] * 30 + ["KL -> pi0 X"] * 20,
        "mass_MeV": both,
        "branching_ratio_per_coupling2": 1e-3 * (1 - both / 400),
        "theory_low": np.full(50, 0.8),
        "theory_high": np.full(50, 1.2),
        "lifetime_s_at_reference": 1e-3 / both,
    }


def contours():
    def box(names, low, high, number=0):
        corners = [(low, 1e-8), (high, 1e-8), (high, 1e-4), (low, 1e-4), (low, 1e-8)]
        return [(*names.split(), number, mass, coupling) for mass, coupling in corners]

    rows = [
        *box("e949_kpix published observed", 0, 110),
        *box("na62_kpix_invisible published observed", 0, 120),
        *box("na62_kpix_invisible published observed", 150, 260, 1),
        *box("mine simulated expected", 200, 320),
        *box("mine simulated observed", 210, 310),
    ]
    names = ("search", "label", "kind", "polygon", "mass_MeV", "coupling")
    return dict(zip(names, zip(*rows, strict=True), strict=True))


def write_tables(folder):
    """Every table of a search and a model in `folder`; name -> path."""
    model = {
        "coupling": "epsilon",
        "coupling2": "epsilon^2",
        "reference": "1e-3",
        "notes": "form factors recalled",
        "decay_notes": "S -> pi pi left out",
    }
    content = {
        "windows": (windows(), SIMULATED),
        "event_limits": (limits((0.0,)), SIMULATED),
        "p_values": (p_values(), SIMULATED),
        "methods": (methods(), SIMULATED),
        "acceptance": (limits((0.0, 1.0)) | {"acceptance": np.full(2 * len(MASS), 0.06)}, SIMULATED),
        "own": (limits(), SIMULATED),
        "branching_limits": (two_masses(), SIMULATED),
        "published": (limits(own=False), PUBLISHED),
        "predictions": (predictions(), model),
        "contours": (contours(), SIMULATED | {"label": "published, simulated", "notes": model["notes"]}),
        "spectrum_5": ({"low": [0, 5], "high": [5, 10], "n_observed": [3, 2], "upstream": [2.5, 2.5]}, SIMULATED),
        "cutflow.a": ({"cut": ["read"], "events": [300]}, SIMULATED),
    }
    paths = {}
    for name, (columns, header) in content.items():
        paths[name] = folder / f"{name}.csv"
        write_table(paths[name], columns, header)
    paths["candidates.a"] = folder / "a.npy"
    candidates = np.random.default_rng(1).normal(270, 20, 300)
    np.save(paths["candidates.a"], np.rec.fromarrays([np.sort(candidates)], names="observable").view(np.ndarray))
    return paths
