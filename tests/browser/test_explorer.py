"""The explorer in a real browser: what it draws, says, keeps and gives away."""

import json
import re
import time

import numpy as np
import pytest

from darkaon.tables.table import read_table

from .conftest import write

MUMU, INVISIBLE = "X→μ⁺μ⁻", "NA62 K⁺→π⁺Xinv"


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def chrome(start, downloads):
    return start(downloads=downloads)


@pytest.fixture
def show(chrome, page):
    """Open the page at a view and return a function that runs JavaScript."""

    def at(view=""):
        chrome.get("about:blank")
        chrome.get(f"{page.as_uri()}#{view}")
        return chrome.execute_script

    return at


def content(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)[1])


def text(script, id):
    return script("return document.getElementById(arguments[0]).textContent", id)


def key(script, *keys, shift=False):
    for name in keys:
        script(
            "document.getElementById('picture').dispatchEvent(new KeyboardEvent('keydown',"
            " {key: arguments[0], shiftKey: arguments[1], bubbles: true}))", name, shift,
        )  # fmt: skip


def picture(script):
    return script("return document.querySelector('#picture svg').outerHTML")


def test_bytes_repeat(folder, page, tmp_path):
    write(folder, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes() and page.stat().st_size < 4e6


def test_what_is_embedded_is_what_the_tables_hold(folder, page):
    """Every point of every polygon that is shown, within 1e-4."""
    compared, held = 0, content(page)
    for plane in held["planes"]:
        if plane["group"] != "planes":
            continue
        table = read_table(
            folder[0] / "models" / plane["id"] / "contours.csv", text=("search", "label", "kind", "edge")
        )
        names = {"published": ("published", "observed"), "expected": ("published counts", "expected")}
        for group, (label, kind) in names.items():
            rows = table.where((table["label"] == label) & (table["kind"] == kind))
            own = [region for region in plane["regions"] if region["k"] == group]
            mass, coupling = [], []
            for region in own:
                has = {key: held["masses"][region[key]] for key in ("m", "px") if key in region}
                for key in region.keys() & {"lo", "hi", "py"}:
                    has[key] = np.exp(np.cumsum(held["values"][region[key]]) * held["log_step"])
                if "m" in has:
                    path = [*has["m"], *has["m"][::-1], has["m"][0]]
                    edge = [*has["lo"], *has["hi"][::-1], has["lo"][0]]
                else:
                    path, edge = has["px"], has["py"]
                mass += path
                coupling += edge
            np.testing.assert_allclose(mass, rows["mass_MeV"], rtol=1e-6)
            np.testing.assert_allclose(coupling, rows["coupling"], rtol=1e-4)
            compared += len(mass)
    assert compared > 3000


def test_it_is_drawn_within_a_second_with_no_error_and_no_request(chrome, show, page):
    chrome.get_log("performance")
    script = show("plane=bc4")
    assert script("return document.querySelectorAll('#picture .region').length") > 5
    assert script("return performance.getEntriesByName('drawn').length") == 1
    messages = [json.loads(entry["message"])["message"] for entry in chrome.get_log("performance")]
    urls = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert urls and all(url.startswith(("file:", "blob:", "data:")) for url in urls)
    assert [entry for entry in chrome.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.parametrize(
    ("view", "search", "interval"),
    [
        ("plane=bc4&at=211.1111,1e-6", INVISIBLE, "4.13×10⁻⁹ to 0.1819"),
        ("plane=bc4&at=323.6231,1e-5", MUMU, "1.61×10⁻⁶ to 1"),
        ("plane=bc2&at=245.5556,1e-3", INVISIBLE, "1.46×10⁻⁴ to 1"),
    ],
)
def test_the_read_out_has_the_intervals_of_the_tables(show, view, search, interval):
    script = show(view)
    rows = script(
        "return [...document.querySelectorAll('#table tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    own = [row for row in rows if row[0] == search and row[1] == "published, observed"]
    assert [row[2] for row in own] == [interval] and "arXiv:2507.17286" in own[0][3]
    assert f"excluded by {search}" in text(script, "readout") or search in text(script, "readout")


@pytest.mark.parametrize(("at", "lifetime"), [("250,1e-6", "2.3549 ns"), ("200,1e-8", "1.9204×10⁶ ns")])
def test_the_lifetime(show, at, lifetime):
    assert f"lifetime {lifetime}" in text(show(f"plane=bc4&at={at}"), "readout")


def test_no_lifetime_where_x_escapes(show):
    assert "lifetime" not in text(show("plane=bc4_inv&at=100,1e-6"), "readout")


def test_what_is_implied_beyond_the_authors_region_says_so(show):
    implied = f"excluded by {INVISIBLE} (implied, beyond what its authors exclude)"
    assert implied in text(show("plane=bc4&at=240,3e-6"), "readout")
    assert "implied" not in text(show("plane=bc4&at=240,3e-8"), "readout")


def test_nothing_is_said_outside_the_masses(show):
    script = show("plane=bc4&at=340,1e-9")
    assert "not excluded" in text(script, "readout")


def test_kinds_and_searches_are_switched(show):
    script = show("plane=bc4")
    count = "return document.querySelectorAll('#picture .region').length"
    before = script(count)
    script("document.getElementById('kind-theory').click()")
    assert script(count) > before
    script("document.getElementById('none').click()")
    assert script(count) == 0
    script("document.getElementById('search-na62_kpix_mumu').click()")
    assert script(count) > 0 and "off=" in script("return location.hash")


def test_own_limits_say_what_they_are(show):
    script = show("plane=bc4")
    assert script("return document.querySelector('#picture .own').textContent") == "own limits: published counts"


def test_a_link_restores_the_view(chrome, show):
    script = show("plane=bc4&at=212.2,1e-6")
    key(script, "+", "+", "ArrowUp")
    script("document.getElementById('kind-band1').click(); document.getElementById('logx').click()")
    hash_, before = script("return location.hash"), picture(script)
    again = show(hash_[1:])
    assert picture(again) == before and again("return location.hash") == hash_


def test_unknown_values_are_ignored(show):
    script = show("plane=nothing&kinds=x&off=y&x=3,a&at=1&tau=7")
    assert script("return document.getElementById('plane').value") == "bc2"
    assert script("return document.querySelectorAll('#picture svg').length") == 1


def test_keys(show):
    script = show("plane=bc4&at=200,1e-6")
    mass = lambda: float(re.search(r"at=([\d.]+)", script("return decodeURIComponent(location.hash)"))[1])  # noqa: E731
    key(script, "ArrowRight")
    one = mass() - 200
    key(script, "ArrowLeft")
    assert one == pytest.approx(1.75) and mass() == pytest.approx(200)
    key(script, "ArrowRight", shift=True)
    assert mass() == pytest.approx(200 + 10 * one)
    key(script, "+")
    assert "&x=" in script("return location.hash")
    key(script, "0")
    assert "&x=" not in script("return location.hash")


def test_drag_zooms_and_a_click_reads_out(chrome, show):
    from selenium.webdriver.common.action_chains import ActionChains

    script = show("plane=bc4")
    area = chrome.find_element("id", "picture")
    ActionChains(chrome).move_to_element_with_offset(area, -200, -100).click().perform()
    assert "at=" in script("return location.hash")
    ActionChains(chrome).move_to_element_with_offset(area, -100, -100).click_and_hold().move_by_offset(
        180, 120
    ).release().perform()
    assert "&x=" in script("return location.hash") and "&y=" in script("return location.hash")


def test_limits_have_lifetimes(show):
    script = show("plane=limits_K_____pi__X_mumu")
    options = script("return [...document.querySelectorAll('#tau option')].map(o => o.value)")
    assert "0 ns" in options and "stable" not in options
    script = show("plane=limits_K_____pi__X_mumu&tau=0%20ns&at=300,1e-9")
    table = text(script, "table")
    assert "B < " in table and MUMU in table
    assert text(script, "title") == "Limits: K+ → π+ X, X → mumu"


def wait_for(path):
    for _ in range(100):
        if path.exists() and path.stat().st_size:
            return path.read_bytes()
        time.sleep(0.1)
    raise AssertionError(f"no {path}")


def test_csv_svg_and_png(chrome, show, downloads):
    show("plane=bc4")
    for name in ("csv", "svg", "png"):
        chrome.find_element("id", name).click()
    rows = wait_for(downloads / "darkaon_bc4.csv").decode().splitlines()
    assert rows[1] == "search,kind,label,lifetime,polygon,mass_MeV,value,arxiv" and len(rows) > 1000
    assert wait_for(downloads / "darkaon_bc4.svg").startswith(b'<svg xmlns="http://www.w3.org/2000/svg"')
    png = wait_for(downloads / "darkaon_bc4.png")
    assert png[:4] == b"\x89PNG" and int.from_bytes(png[16:20], "big") == 2000


def violations(script, axe):
    script(axe)
    return script(
        "return window.axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target).join(' ')))"
    )


@pytest.mark.parametrize("view", ["plane=bc4&at=212.2,1e-6", "plane=limits_K_____pi__X_mumu&at=300,1e-9"])
def test_axe_finds_nothing(show, axe, view):
    assert violations(show(view), axe) == []


@pytest.fixture(scope="module")
def phone(start, page):
    browser = start(400, 850, mobile=True)
    browser.get(f"{page.as_uri()}#plane=bc4&at=212.2,1e-6")
    return browser.execute_script


def test_a_phone_scrolls_only_downwards_and_has_room_for_fingers(phone, axe):
    assert phone("return document.documentElement.scrollWidth") <= 400
    small = phone(
        "return [...document.querySelectorAll('button, select, fieldset label, td a')].filter(e => e.offsetParent)"
        ".filter(e => { const b = e.getBoundingClientRect(); return b.height < 44 || b.width < 44; })"
        ".map(e => e.textContent)"
    )
    assert small == []
    assert violations(phone, axe) == []


def test_dark_mode(start, page, axe):
    browser = start(dark=True)
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    browser.get(f"{page.as_uri()}#plane=bc4&at=212.2,1e-6")
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 27)"
    assert 'fill="#16181b"' in picture(browser.execute_script)
    assert violations(browser.execute_script, axe) == []
