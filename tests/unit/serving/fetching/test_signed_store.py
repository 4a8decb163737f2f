"""The query of a shared access signature. The stores themselves are in tests/integration/serving."""

import pytest

from sentiment_serving.fetching.signed_store import shared_access_signature


@pytest.mark.parametrize(
    ("environ", "query"),
    [
        ({}, ""),
        ({"AZURE_STORAGE_SAS_KEY": ""}, ""),
        ({"AZURE_STORAGE_SAS_KEY": "sv=1&sig=a%2Bb%3D"}, "sv=1&sig=a%2Bb%3D"),
        ({"AZURE_STORAGE_SAS_KEY": "?sv=1&sig=a+b=\n"}, "sv=1&sig=a%2Bb%3D"),
        ({"AZURE_STORAGE_SAS_TOKEN": "sv=1", "AZURE_STORAGE_SAS_KEY": "sv=2"}, "sv=2"),
    ],
)
def test_a_signature_becomes_a_query(environ: dict[str, str], query: str) -> None:
    assert shared_access_signature(environ) == query
