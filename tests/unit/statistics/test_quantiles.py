"""Expected bands: quantiles of the count averaged over the background."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats

from darkaon.statistics.hybrid import Windows, at_most
from darkaon.statistics.limits import set_limits
from darkaon.statistics.quantiles import count_quantiles
from darkaon.typing import BANDS

SIGMAS = (-2.0, -1.0, 0.0, 1.0, 2.0)
SUFFIXES = ("m2", "m1", "0", "p1", "p2")
INSIDE = {1: 0.6827, 2: 0.9545}
LEAST_OF_TOYS = {1: 0.675, 2: 0.95}


def _cases() -> list[dict[str, str]]:
    path = Path(__file__).parents[2] / "data/limits/bands.csv"
    return list(csv.DictReader(line for line in path.read_text().splitlines() if not line.startswith("#")))


CASES = _cases()
NAMES = [f"{case['nuisance']} {case['b']}+-{case['up']}" for case in CASES]


def windows(case: dict[str, str], n: np.ndarray | float = 0.0) -> Windows:
    b, up = float(case["b"]), float(case["up"])
    down = float(case["down"]) if case["down"] else up
    n = np.atleast_1d(np.asarray(n, dtype=float))
    name = "gamma" if case["nuisance"] == "known" else case["nuisance"]
    return Windows(n, *(np.full(n.size, x) for x in (b, up, down)), name)


def options(case: dict[str, str]) -> dict:
    down = float(case["down"]) if case["down"] else None
    named = case["nuisance"] in ("gamma", "gauss", "lognormal")
    return {"uncertainty_down": down} | ({"nuisance": case["nuisance"]} if named else {})


def summed(case: dict[str, str], low: float, high: float) -> float:
    """The probability of a count from low to high."""
    below = at_most(windows(case, [max(low - 1, 0), high]))
    return float(below[1] - (below[0] if low > 0 else 0.0))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_counts_and_limits_are_those_of_the_check_values(case):
    found = count_quantiles(SIGMAS, windows(case))[:, 0]
    assert found.tolist() == [float(case[f"n_{name}"]) for name in SUFFIXES]
    limits = set_limits(None, float(case["b"]), float(case["up"]), **options(case))
    for name, suffix in zip(BANDS, SUFFIXES, strict=True):
        assert getattr(limits, name)[0] == pytest.approx(float(case[f"limit_{suffix}"]), rel=1e-5)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_bands_hold_what_they_say_by_summation(case):
    n = count_quantiles(SIGMAS, windows(case))[:, 0]
    assert summed(case, n[1], n[3]) >= INSIDE[1]
    assert summed(case, n[0], n[4]) >= INSIDE[2]


def test_quantiles_of_a_fixed_background_hold_too_little():
    """What the bands were before: it must fail the test above."""
    held = []
    for case in CASES:
        n = stats.poisson.ppf(special.ndtr(SIGMAS), float(case["b"]))
        held.append((summed(case, n[1], n[3]), summed(case, n[0], n[4])))
    assert np.sum(np.array(held) < [INSIDE[1], INSIDE[2]], axis=0).min() >= 8
    assert min(inner for inner, _ in held) < 0.2 and min(outer for _, outer in held) < 0.3


def _backgrounds(case: dict[str, str], rng: np.random.Generator, size: int) -> np.ndarray:
    b, up = float(case["b"]), float(case["up"])
    if up == 0:
        return np.full(size, b)
    if case["nuisance"] == "gamma":
        return rng.gamma((b / up) ** 2, up * up / b, size)
    if case["nuisance"] == "gauss":
        return stats.truncnorm.rvs(-b / up, np.inf, b, up, size=size, random_state=rng)
    down = -np.log1p(-float(case["down"]) / b) if case["down"] else np.log1p(up / b)
    z = rng.standard_normal(size)
    return b * np.exp(z * np.where(z > 0, np.log1p(up / b), down))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_bands_hold_what_they_say_by_pseudo_experiments(case):
    rng = np.random.default_rng(20250723)
    n = rng.poisson(_backgrounds(case, rng, 40_000)).astype(float)
    quantiles = count_quantiles(SIGMAS, windows(case))[:, 0]  # the limit grows with the count
    for sigma in (1, 2):
        inside = (n >= quantiles[2 - sigma]) & (n <= quantiles[2 + sigma])
        assert inside.mean() >= LEAST_OF_TOYS[sigma]


def test_quantiles_of_a_fixed_background_hold_too_little_by_pseudo_experiments():
    """What the bands were before: it must fail the test above, here for an uncertainty of twice the Poisson error."""
    case = next(case for case in CASES if case["b"] == "100" and case["up"] == "20")
    n = np.random.default_rng(20250723).poisson(_backgrounds(case, np.random.default_rng(1), 40_000))
    low, high = stats.poisson.ppf(special.ndtr([-1.0, 1.0]), 100.0)
    assert np.mean((n >= low) & (n <= high)) == pytest.approx(summed(case, low, high), abs=0.01)
    for sigma, least in LEAST_OF_TOYS.items():
        low, high = stats.poisson.ppf(special.ndtr([-sigma, sigma]), 100.0)
        assert np.mean((n >= low) & (n <= high)) < least - 0.2


@pytest.mark.parametrize("nuisance", ["gamma", "gauss", "lognormal"])
def test_the_search_gives_the_smallest_count_at_any_size(nuisance):
    rng = np.random.default_rng(5)
    b = 10 ** rng.uniform(-2, 6, 120)
    sigma = b * 10 ** rng.uniform(-4, 0, b.size)
    for z, n in zip(SIGMAS, count_quantiles(SIGMAS, Windows(b, b, sigma, sigma, nuisance)), strict=True):
        goal = special.ndtr(z)
        assert np.all(at_most(Windows(n, b, sigma, sigma, nuisance)) >= goal * (1 - 1e-9))
        less = at_most(Windows(np.maximum(n - 1, 0), b, sigma, sigma, nuisance))
        assert np.all((n == 0) | (less < goal))
