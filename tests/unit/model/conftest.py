"""Both implementations of the model's core."""

import os
from collections.abc import Iterator

import pytest

from sentiment_model import native


@pytest.fixture(scope="module", params=["python", "rust"])
def implementation(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run each test with both implementations."""
    name: str = request.param
    if name == "rust":
        need_rust()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTIMENT_NATIVE", "1" if name == "rust" else "0")
        assert native.implementation() == name
        yield name


@pytest.fixture(scope="session")
def rust() -> None:
    """Skips the test where the wheel is not installed."""
    need_rust()


def need_rust() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SENTIMENT_NATIVE", raising=False)
        if native.available() is None:
            missing = "sentiment-native is not installed: install Rust and run make setup"
            assert not os.environ.get("CI"), missing
            pytest.skip(missing)
