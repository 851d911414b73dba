"""Searches for dark sectors in kaon decays: limits, models and the couplings that are excluded.

Everything is loaded when it is first used; what the names mean stands in `darkaon.interface.functions`.
"""

from importlib import import_module as _import_module

_FUNCTIONS = "darkaon.interface.functions"
_PLACES = {  # name -> module and name there
    "__version__": ("darkaon.version", "VERSION"),
    "exclude": (_FUNCTIONS, "exclude"),
    "explore": (_FUNCTIONS, "explore"),
    "limits": (_FUNCTIONS, "limits"),
    "model": (_FUNCTIONS, "model"),
    "model_names": (_FUNCTIONS, "model_names"),
    "plot": (_FUNCTIONS, "plot"),
    "read": (_FUNCTIONS, "read"),
    "references": (_FUNCTIONS, "references"),
    "search_names": (_FUNCTIONS, "search_names"),
    "upper_limit": (_FUNCTIONS, "upper_limit"),
}
__all__ = list(_PLACES)


def __getattr__(name: str):  # type: ignore[no-untyped-def]
    if name not in _PLACES:
        raise AttributeError(f"module 'darkaon' has no attribute {name!r}")
    module, own = _PLACES[name]
    return getattr(_import_module(module), own)


def __dir__() -> list[str]:
    return sorted(__all__)
