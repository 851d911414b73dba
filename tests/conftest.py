"""What all tests share."""

from functools import partial

import pytest
from hypothesis import settings

# Relative: by default two numbers 1e-12 apart are as good as equal, and many a branching ratio is no larger.
pytest.approx = partial(pytest.approx, rel=1e-6, abs=0.0)

settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole workflows first: a file of theirs takes minutes, and begun last it would leave the other cores idle."""
    items.sort(key=lambda item: item.get_closest_marker("workflow") is None)
