"""What all tests share."""

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole workflows first: a file of theirs takes minutes, and begun last it would leave the other cores idle."""
    items.sort(key=lambda item: item.get_closest_marker("workflow") is None)
