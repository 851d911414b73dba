"""Random numbers that belong to a sample: the same whatever else is simulated, in whatever order."""

from __future__ import annotations

import zlib

import numpy as np

from darkaon.errors import InputError


def generator(seed: int, sample: str) -> np.random.Generator:
    """The generator of a sample, from the run's seed and the sample's id (CRC-32: stable between runs).

    Raises:
        InputError: a seed below 0.
    """
    if seed < 0:
        raise InputError(f"--seed: {seed} must be 0 or more", remedy="give another seed")
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(sample.encode())]))
