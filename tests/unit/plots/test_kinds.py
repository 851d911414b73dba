"""Every kind of plot: what is on it. The script's tests look at files."""

from importlib import import_module

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.text import Text

from darkaon.config.figures_file import FiguresFile
from darkaon.config.schema import validate
from darkaon.errors import InputError
from darkaon.models.loading import load_model
from darkaon.plots import lifetime, path
from darkaon.plots.boxes import overlaps
from darkaon.plots.style import canvas, check_mathtext, label_text, lifetime_name, notes_of, styled, with_gaps
from darkaon.report.greek import plain
from darkaon.tables.blocks import Candidates
from darkaon.tables.table import Table
from plotting import MASS, PUBLISHED, SIMULATED, contours, limits, predictions, two_masses, windows

MODEL = {"coupling": "epsilon", "coupling2": "epsilon^2", "reference": "1e-3"}


def spec(kind, **settings):
    target = "model" if kind in ("production", "lifetime", "path", "exclusion") else "search"
    content = {"kind": kind, target: "x", "title": "t", "caption": "c", **settings}
    return validate(FiguresFile, {"figures": {"f": content}}, "figures.yaml").figures["f"]


def table(columns, header=SIMULATED):
    return Table({name: np.asarray(values) for name, values in columns.items()}, header)


def draw(kind, tables, **settings):
    """The figure, and all words on it, after it has been rendered."""
    with styled():
        figure = canvas(["simulated"], title="t")
        import_module(f"darkaon.plots.{kind}").draw(figure, tables, spec(kind, **settings))
        figure.canvas.draw()
    return figure, {text.get_text() for text in figure.findobj(Text) if text.get_text()}


def test_spectrum_counts_every_candidate(tmp_path):
    np.save(tmp_path / "a.npy", np.array([(100.0,), (101,), (101.5,), (109,)], dtype=[("observable", float)]))
    values = Candidates([tmp_path / "a.npy"])
    figure, words = draw(
        "spectrum", {"candidates.a": values, "candidates.b": values, "windows": table(windows())}, bin_width=2
    )
    points = figure.axes[0].containers[0].lines[0]
    assert points.get_ydata().tolist() == [6, 2] and points.get_xdata().tolist() == [101, 109]
    assert {"8 candidates", "search range", "candidates / (2 MeV)"} <= words


def test_curve_of_one_lifetime_with_its_error_and_a_gap():
    acceptance = table(limits((0.0, 1.0)) | {"a": np.full(2 * len(MASS), 0.1), "e": np.full(2 * len(MASS), 0.01)})
    figure, _ = draw("curve", {"acceptance": acceptance}, table="acceptance", column="a", error="e", lifetimes_ns=[1])
    (line,) = figure.axes[0].lines
    assert np.isnan(line.get_ydata()).sum() == 1 and len(line.get_ydata()) == len(MASS) + 1


def test_a_published_number_is_marked_on_a_curve():
    marks = [{"masses_MeV": [220, 230], "value": 0.2, "label": "published"}]
    acceptance = table(limits((0.0,)) | {"a": np.full(len(MASS), 0.1)})
    figure, words = draw("curve", {"acceptance": acceptance}, table="acceptance", column="a", marks=marks)
    assert figure.axes[0].lines[1].get_xydata().tolist() == [[220, 0.2], [230, 0.2]] and "published" in words


def test_stack_of_the_background_under_the_candidates():
    spectrum = {
        "low": [0, 1, 5.0],
        "high": [1, 2, 6.0],
        "n_observed": [4, np.nan, 0],
        "a": [1, 2, 3],
        "b": [1.0, 1, 1],
    }
    settings = {"bin_width": 1, "names": {"a": "A", "b": "B"}}
    figure, words = draw("stack", {"spectrum_1": table(spectrum)}, **settings)
    bars, points = figure.axes[0].containers[:2], figure.axes[0].containers[2].lines[0]
    assert [[bar.get_y() for bar in part] for part in bars] == [[0, 0, 0], [1, 2, 3]]
    assert points.get_xydata().tolist() == [[0.5, 4]] and {"A", "B", "4 candidates"} <= words
    with pytest.raises(InputError, match="no column 'c'"):
        draw("stack", {"spectrum_1": table(spectrum)}, **settings | {"names": {"c": "C"}})


def test_stack_while_all_is_blinded():
    spectrum = {"low": [0.0], "high": [1.0], "n_observed": [np.nan], "a": [1.0]}
    _, words = draw("stack", {"spectrum_1": table(spectrum)}, bin_width=1, names={"a": "A"})
    assert "blinded" in words and not any("candidates" in word for word in words)


@pytest.mark.parametrize(
    ("changes", "message"), [({"column": "b"}, "no column 'b'"), ({"lifetimes_ns": [3]}, "3 ns")]
)
def test_curve_without_its_column_or_lifetime(changes, message):
    acceptance = table(limits((0.0,)) | {"a": np.full(len(MASS), 0.1)})
    with pytest.raises(InputError, match=message):
        draw("curve", {"acceptance": acceptance}, **{"table": "acceptance", "column": "a"} | changes)


def test_windows_also_when_blinded():
    hidden = limits((0.0,)) | {"observed": np.full(len(MASS), np.nan)}
    figure, words = draw(
        "windows", {"windows": table(windows(np.nan)), "event_limits": table(hidden)}, limits_label="N"
    )
    assert len(figure.axes) == 2 and {"N", "expected", "observed"} <= words


def test_limits_of_one_lifetime_tell_published_from_simulated():
    tables = {"own": table(limits()), "published": table(limits(own=False), {"label": "published"})}
    _, words = draw("limits", tables, lifetimes_ns=[0])
    assert {"expected, simulated", "from simulated data", "observed, published", r"$\pm2\sigma$"} <= words


def test_own_limits_of_another_search_stand_beside():
    tables = {"own": table(limits()), "part": table(limits())}
    _, words = draw("limits", tables, lifetimes_ns=[0], beside=["part"], display={"part": {"name": "2016"}})
    assert "from simulated data, 2016" in words and "expected, simulated, 2016" not in words
    figure, words = draw(
        "limits", tables, lifetimes_ns=[0], beside=["part"], display={"part": {"name": "2016"}}, own="expected"
    )
    assert "expected, simulated, 2016" in words and "from simulated data, 2016" not in words
    assert not overlaps(figure)


def test_limits_of_several_lifetimes_are_named_at_their_ends():
    tables = {"own": table(limits()), "published": table(limits(own=False), {"label": "published"})}
    _, words = draw("limits", tables, lifetimes_ns=[0, 1, float("inf")], own="expected")
    assert {r"$\tau_X=0$", "1 ns", "stable", "observed, published", "expected, simulated"} <= words


def test_names_of_curves_that_end_together_are_apart():
    same = limits((0.0, 1.0), own=False) | {"observed": np.full(2 * len(MASS), 1e-10)}
    figure, _ = draw("limits", {"published": table(same, PUBLISHED)}, lifetimes_ns=[0, 1])
    assert len([text for text in figure.axes[0].texts if text.get_text()]) == 2 and not overlaps(figure)


def test_limits_from_a_published_table_alone():
    _, words = draw("limits", {"published": table(limits(own=False), PUBLISHED)}, lifetimes_ns=[0])
    assert "observed, published" in words and "expected, simulated" not in words


def test_limits_of_a_lifetime_that_no_table_has():
    with pytest.raises(InputError, match="x: no table of limits has the lifetime 7 ns"):
        draw("limits", {"own": table(limits())}, lifetimes_ns=[7])


def test_production_of_each_process():
    figure, words = draw(
        "production", {"predictions": table(predictions(), MODEL)}, processes=["K+ -> pi+ X", "KL -> pi0 X"]
    )
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [30, 20] and "KL → π⁰ X" in words
    assert not figure.axes[0].collections
    figure, words = draw(
        "production", {"predictions": table(predictions(), MODEL)}, processes=["K+ -> pi+ X"], theory=True
    )
    assert len(figure.axes[0].collections) == 1 and "theory uncertainty" in words
    with pytest.raises(InputError, match="no process 'K -> X'"):
        draw("production", {"predictions": table(predictions(), MODEL)}, processes=["K -> X"])


@pytest.mark.parametrize(("coupling2", "power"), [("epsilon^2", 2), ("epsilon", 1)])
def test_lifetime_falls_as_the_coupling_to_its_power(coupling2, power):
    header = MODEL | {"coupling2": coupling2}
    figure, words = draw("lifetime", {"predictions": table(predictions(), header)}, y_range=[1e-4, 1e-2])
    values = figure.axes[0].collections[0].get_array()
    assert values[0, 0] / values[-1, 0] == pytest.approx(100**power) and values[0, 0] == pytest.approx(
        2e-4 * 10**power
    )
    assert r"lifetime $\tau$ [s]" in words


def test_lifetime_of_what_escapes():
    stable = predictions() | {"lifetime_s_at_reference": np.full(50, np.inf)}
    with pytest.raises(InputError, match="no finite lifetime"):
        lifetime.draw(canvas([]), {"predictions": table(stable, MODEL)}, spec("lifetime", y_range=[1e-4, 1e-2]))


def test_mean_path_of_the_dark_photon():
    """50 GeV, eps^2 = 1e-6: 4.06 cm at 10 MeV, 1.62 mm at 50, 0.41 mm at 100; ten times that at eps^2 = 1e-7."""
    model = load_model("bc1")
    mass = np.array([10.0, 50.0, 100.0])
    columns = {"process": ["pi0 -> gamma X"] * 3, "mass_MeV": mass}
    columns["lifetime_s_at_reference"] = model.lifetime_ns(mass, model.coupling.reference) * 1e-9
    header = MODEL | {"reference": f"{model.coupling.reference:g}"}
    couplings = [{"value": 1e-3, "label": "six"}, {"value": 10**-3.5, "label": "seven"}]
    figure, words = draw(
        "path",
        {"predictions": table(columns, header)},
        process="pi0 -> gamma X",
        energy_GeV=50,
        couplings=couplings,
    )
    six, seven = (line.get_ydata() for line in figure.axes[0].lines)
    np.testing.assert_allclose(six, [4.06e-2, 1.62e-3, 0.41e-3], rtol=0.015)
    np.testing.assert_allclose(seven, 10 * six, rtol=1e-9)
    assert {"six", "seven", "$E=50$ GeV"} <= words
    assert np.isnan(path.mean_path_m(200.0, 1.0, 0.1))  # no such X


def plane(columns=None, **settings):
    ranges = {"x_range": [0, 350], "y_range": [1e-9, 1e-2]}
    return draw("exclusion", {"contours": table(columns or contours())}, **ranges | settings)


def test_exclusion_fills_published_and_outlines_own():
    figure, words = plane()
    filled = [c for c in figure.axes[0].collections if isinstance(c, PolyCollection) and len(c.get_paths())]
    assert len(filled) == 2 and not overlaps(figure)  # e949 and na62; mine is outlined
    assert {"observed, published", "from simulated data", "e949_kpix", "na62_kpix_invisible", "mine"} <= words


def relabelled(**changes):
    """The first polygon of the contours under another name."""
    return {
        n: [changes.get(n, v)] * 5 if n in changes else list(values[:5])
        for n, values in contours().items()
        for v in values[:1]
    }


def test_the_theory_band_lies_between_its_ends():
    outer = relabelled(kind="observed_theory_p1")
    outer["coupling"] = [c * (2 if c > 1e-6 else 0.5) for c in outer["coupling"]]
    parts = [contours(), relabelled(kind="observed_theory_m1"), outer]
    columns = {name: [v for part in parts for v in part[name]] for name in contours()}
    middle = np.mean(outer["mass_MeV"][:2])
    pictures = []
    for theory in (False, True):
        figure, words = plane(columns, theory=theory)
        canvas_ = FigureCanvasAgg(figure)
        canvas_.draw()
        places = figure.axes[0].transData.transform([(middle, c) for c in (0.7e-8, 1e-6, 3e-3)])
        picture = np.asarray(canvas_.buffer_rgba())
        pictures.append([picture[len(picture) - int(y), int(x)].tolist() for x, y in places])
    assert [a != b for a, b in zip(*pictures, strict=True)] == [True, False, False]
    assert "theory uncertainty" in words


def test_projections_combination_overlays_and_what_is_uncertain():
    first = relabelled(label="projection x10", kind="expected")
    columns = {name: [*values, *first[name]] for name, values in contours().items()}
    search = first["search"][0]
    ranges = {"x_range": [0, 350], "y_range": [1e-9, 1e-2], "projections": {search: 10}, "hatched": [115, 155]}
    given = {"mass_MeV": [1.0, 2, 2, 1], "coupling": [1e-6, 1e-6, 1e-5, 1e-6], "polygon": [0.0] * 4}
    tables = {
        "contours": table(columns),
        "combination": table(relabelled(search="combined")),
        "overlay.0": table(given),
        "overlay.1": table(given | {"label": ["theirs"] * 4}),
    }
    overlays = [{"path": "a.csv", "label": "mine"}, {"path": "b.csv"}]
    _, words = draw("exclusion", tables, **ranges, overlays=overlays)
    assert {
        "expected with 10 times the data",
        "windows combined, from simulated data",
        "mine (overlaid)",
        "theirs (overlaid)",
    } <= words
    assert "uncertain" in words
    _, words = draw(
        "exclusion", {"contours": tables["contours"]}, **ranges, projection_label="expected from all data"
    )
    assert "expected from all data" in words and "expected with 10 times the data" not in words
    _, words = plane(columns)
    assert not any("projection" in word for word in words)


def test_exclusion_of_chosen_searches_and_own_limits():
    figure, words = plane(searches=["mine"], own=["expected"], display={"mine": {"name": "$X$"}})
    lines = [c for c in figure.axes[0].collections if len(c.get_paths())]
    assert max(path.vertices[:, 0].max() for c in lines for path in c.get_paths()) == 320
    assert all(np.ptp(path.vertices[:, 0]) > 0 for c in lines for path in c.get_paths())  # no upright side
    assert "$X$" in words and "expected, simulated" in words and "e949_kpix" not in words


def test_names_stand_where_they_are_told_to():
    figure, _ = plane(at={"mine": [330, 1e-3]})
    (name,) = [text for text in figure.axes[0].texts if text.get_text() == "mine"]
    x, y = name.get_position()
    assert (350 * x, np.log10(1e-9) + 7 * y) == pytest.approx((330, -3), abs=25) and not overlaps(figure)


def test_nothing_is_excluded():
    _, words = plane({name: [] for name in contours()})
    assert "nothing is excluded" in words


def test_words():
    assert label_text(["published", "simulated, published"]) == "simulated + published"
    assert label_text(["", "measured"]) == "measured"
    assert (
        label_text(("published counts", "published", "projection x10")) == "published + published counts + projection"
    )
    assert plain("S -> pi pi, pipi, mu, pi0, Lambda") == "S → π π, pipi, μ, π⁰, Λ"
    assert [lifetime_name(t) for t in (0, 0.5, np.inf)] == [r"$\tau_X=0$", "0.5 ns", "stable"]
    tables = {
        "a": table({}, {"notes": "none", **SIMULATED}),
        "b": table({}, {"notes": "C = 3e-3", "statuses": "recalled: k"}),
    }
    assert notes_of(tables) == ["C = 3e-3", "tuned: simulation", "recalled: k"]
    part = {"p": table({}, {"data_fraction": "na62_ke_n 0.1"})}
    assert notes_of(part) == ["simulated part of the data: na62_ke_n 0.1"]


def test_a_long_list_of_labels_has_a_line_of_its_own():
    labels = ["simulated", "published", "published counts", "assumed counts"]
    with styled():
        short, long = (canvas(of, (), "A title of some length") for of in (labels[:1], labels))
        boxes = [text.get_window_extent() for text in long.texts[:2]]
    assert long.get_size_inches()[1] > short.get_size_inches()[1] and boxes[1].x0 > 0
    assert boxes[1].y1 < boxes[0].y0 + 2


def test_lines_break_at_gaps_alone():
    assert np.isnan(with_gaps(MASS, MASS)[0]).sum() == 1
    assert len(with_gaps(np.array([1.0, 50]), np.array([1.0, 2]))[0]) == 2


def test_what_is_no_mathtext_is_refused():
    with pytest.raises(InputError, match=r"fig: y_label: '\$\\\\nonsense\$' is not mathtext"):
        check_mathtext(spec("windows", limits_label="N", y_label=r"$\nonsense$"), "fig")


def test_plane_has_no_colour_where_x_cannot_decay():
    settings = {"colour_label": "B", "x_label": "S", "y_label": "A"}
    figure, words = draw("plane", {"branching_limits": table(two_masses())}, **settings)
    colours = figure.axes[0].collections[0].get_array()
    assert colours.shape == (4, 3) and colours.mask.sum() == 2 and colours.mask[3].tolist() == [True, True, False]
    assert colours.compressed().min() == 1e-9 and colours.compressed().max() == pytest.approx(1e-8)
    assert figure.axes[0].lines[0].get_xydata().tolist() == [[100, 50], [120, 60]]
    assert {"B", "S", "A"} <= words


def test_a_number_is_marked_beside_limits():
    marks = [{"masses_MeV": [220, 230], "value": 2e-8, "label": "needed"}]
    figure, words = draw("limits", {"own": table(limits((0.0,)))}, lifetimes_ns=[0], marks=marks)
    assert figure.axes[0].lines[-1].get_xydata().tolist() == [[220, 2e-8], [230, 2e-8]] and "needed" in words
