"""Which hosts need no proxy. The proxies themselves are in tests/integration/serving."""

import pytest

from sentiment_serving.fetching.proxies import needs_no_proxy


@pytest.mark.parametrize(
    ("host", "no_proxy", "direct"),
    [
        ("10.1.2.3:9000", "10.0.0.0/8", True),
        ("10.1.2.3", "localhost, 10.1.0.0/16 ,.svc", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("[fd00::7]:9000", "fd00::/8", True),
        ("[fd00::7]", "[fd00::7]", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.0/33", False),
        ("minio.svc:9000", "10.0.0.0/8,.svc", True),
        ("minio.svc", "svc", True),
        ("10.evil.example", "10.0.0.0/8", False),
        ("store.example", "*", True),
        ("store.example", "10.0.0.0/8, *", True),
        ("store.example", "", False),
    ],
)
def test_hosts_domains_addresses_and_ranges(host: str, no_proxy: str, direct: bool) -> None:
    assert needs_no_proxy(host, no_proxy) is direct
