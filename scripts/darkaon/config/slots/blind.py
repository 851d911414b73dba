"""The slot `blind`: what stays closed."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainValidator


def _blinded(value: Any) -> bool | tuple[tuple[float, float], ...]:
    if isinstance(value, bool):
        return value
    try:
        ranges = tuple((float(low), float(high)) for low, high in value)
    except (TypeError, ValueError):
        ranges = ((1.0, 0.0),)
    if any(not low <= high for low, high in ranges):
        raise ValueError(f"{value!r} is neither true, false nor ranges of masses [[low, high], ...] in MeV")
    return ranges


Blind = Annotated[Any, PlainValidator(_blinded)]  # bool or ranges of masses [MeV]
