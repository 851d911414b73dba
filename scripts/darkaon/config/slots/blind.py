"""The slot `blind`: what stays closed."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainValidator, TypeAdapter, WithJsonSchema

LEAST_MEV = 1.0  # where all masses are below, they look like GeV


def _blinded(value: Any) -> bool | tuple[tuple[float, float], ...]:
    if isinstance(value, bool):
        return value
    try:
        ranges = tuple((float(low), float(high)) for low, high in value)
    except (TypeError, ValueError):
        ranges = ((1.0, 0.0),)
    if any(not low <= high for low, high in ranges):
        raise ValueError(f"{value!r} is neither true, false nor ranges of masses [[low, high], ...] in MeV")
    if ranges and max(high for _, high in ranges) < LEAST_MEV:
        raise ValueError(f"{value!r}: masses below {LEAST_MEV:g} MeV look like GeV; give them in MeV")
    return ranges


SCHEMA = TypeAdapter(bool | list[tuple[float, float]]).json_schema()
Blind = Annotated[Any, PlainValidator(_blinded), WithJsonSchema(SCHEMA)]  # bool or ranges of masses [MeV]
