"""Types that stand in every room: arrays, and the names of the six limits."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.intp]

Limit = Literal["observed", "expected_m2", "expected_m1", "expected", "expected_p1", "expected_p2"]
LIMITS: tuple[str, ...] = get_args(Limit)  # the columns of every table of limits, in this order
BANDS: tuple[str, ...] = LIMITS[1:]  # the limit expected without signal, at -2 ... +2 standard deviations
