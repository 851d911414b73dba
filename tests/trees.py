"""Small event files and searches for the tests."""

from pathlib import Path

import numpy as np
import uproot
import yaml

from darkaon.config.slots.events import Events

SEARCH = Path(__file__).parents[1] / "config" / "searches" / "na62_kpix_mumu.yaml"
TRACKS = [f"track{k}_{part}" for k in (1, 2, 3) for part in ("momentum", "slope_x", "slope_y")]
BRANCHES = {"run": "run", "vertex_z": "vtx_z", "beam_momentum": "beam_momentum", **{name: name for name in TRACKS}}
UNITS = {"momentum": "GeV", "_z": "m"}


def branch_map(**changes):
    """The branch map of the shipped search, with changes by quantity."""
    plain = {}
    for quantity, name in BRANCHES.items():
        unit = next((unit for end, unit in UNITS.items() if quantity.endswith(end)), "1")
        plain[quantity] = {"name": name, "unit": unit}
    return {name: entry | changes.get(name, {}) for name, entry in plain.items()}


def layout(branches=None, **more):
    """The slot `events`."""
    selection = [
        {"name": "fiducial volume", "quantity": "vertex_z", "low": 105, "high": 165},
        {"name": "kaon mass", "quantity": "kaon_mass", "low": 484, "high": 503},
    ]
    return Events.model_validate({"branches": branches or branch_map(), "selection": selection} | more)


def events(n=300, seed=1):
    """Branches of n K+ -> pi+ mu+ mu- events as they stand in a file; float32 like a real one."""
    from darkaon.simulation.decays import STANDARD_MODEL
    from darkaon.simulation.experiment import NA62
    from darkaon.simulation.samples import simulate

    rng = np.random.default_rng(seed)
    columns = simulate(rng, STANDARD_MODEL["pi_mumu"], 5 * n, NA62)
    raw = {BRANCHES[name]: values[:n].astype(np.float32) for name, values in columns.items() if name in BRANCHES}
    raw["vtx_z"][::7] = 170  # some fail a cut
    return raw | {"run": rng.integers(8000, 8010, n).astype(np.int32)}


def write_root(path, columns, tree="events", **others):
    """Write a TTree (and others by name) of flat or jagged columns."""
    import awkward as ak

    with uproot.recreate(path) as file:
        for name, content in {tree: columns, **others}.items():
            types = {k: ak.type(v).content if isinstance(v, ak.Array) else v.dtype for k, v in content.items()}
            file.mktree(name, {k: f"var * {t.content}" if hasattr(t, "content") else t for k, t in types.items()})
            file[name].extend(content)
    return path


def write_csv(path, columns):
    """The same as CSV, all digits kept."""
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    lines = [",".join(columns), *(",".join(repr(cell) for cell in row) for row in rows)]
    path.write_text("# a comment\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def search_file(path, slots=None, **changes):
    """A search's YAML: the shipped one, only these slots, with changes."""
    content = yaml.safe_load(SEARCH.read_text(encoding="utf-8"))
    content = {k: v for k, v in content.items() if slots is None or k in slots} | changes
    path.write_text(yaml.safe_dump({k: v for k, v in content.items() if v is not None}), encoding="utf-8")
    return path
