"""Searches for dark sectors in kaon decays: limits, models and the couplings that are excluded.

Everything is loaded when it is first used; what the names mean stands in `darkaon.interface.functions`.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

from darkaon.version import VERSION as __version__  # noqa: N811

_PLACES = {
    "exclude": "darkaon.interface.functions",
    "explore": "darkaon.interface.functions",
    "limits": "darkaon.interface.functions",
    "model": "darkaon.interface.functions",
    "model_names": "darkaon.interface.functions",
    "plot": "darkaon.interface.functions",
    "read": "darkaon.interface.functions",
    "references": "darkaon.interface.functions",
    "search_names": "darkaon.interface.functions",
    "upper_limit": "darkaon.interface.functions",
}
__all__ = ["__version__", *_PLACES]  # noqa: PLE0604


def __getattr__(name: str) -> _Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'darkaon' has no attribute {name!r}")
    return getattr(_import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
