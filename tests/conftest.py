"""For every suite, in both environments: only what needs no library."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers, since unknown ones are errors."""
    config.addinivalue_line("markers", "slow: loads the real language model")
