"""The proxies of the environment: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, and the hosts in NO_PROXY that need none.

urllib reads NO_PROXY without address ranges, which clusters use (10.0.0.0/8). It also keeps a proxy's login in the
headers of a request, where a redirect that needs no proxy would take it to the store.
"""

import urllib.request
from base64 import b64encode
from ipaddress import ip_address, ip_network
from urllib.parse import unquote, urlsplit

from sentiment_serving.fetching.errors import Misconfigured

_SCHEMES = ("http", "https")


class Proxies(urllib.request.BaseHandler):
    """Sends a request through the proxy for its scheme, if there is one."""

    # Before the handlers that connect.
    handler_order = 100

    def __init__(self) -> None:
        self._proxies = urllib.request.getproxies()

    def http_open(self, req: urllib.request.Request) -> None:
        """Name the proxy in the request; another handler connects."""
        proxy = self._proxies.get(req.type) or self._proxies.get("all")
        if not proxy or needs_no_proxy(req.host, self._proxies.get("no", "")):
            return
        parts = _parts(proxy)
        if parts is None:
            raise Misconfigured("HTTPS_PROXY, HTTP_PROXY and ALL_PROXY must be URLs such as http://proxy.example:3128")
        place, login = parts
        if login:
            req.add_unredirected_header("Proxy-authorization", login)
        req.set_proxy(place, "http")

    https_open = http_open


def needs_no_proxy(netloc: str, no_proxy: str) -> bool:
    """Whether NO_PROXY names a host: by name, by domain, by address or by a range of addresses."""
    ranges, names = [], []
    for entry in map(str.strip, no_proxy.split(",")):
        try:
            ranges.append(ip_network(entry.strip("[]"), strict=False))
        except ValueError:
            names.append(entry)
    if "*" in names or urllib.request.proxy_bypass_environment(netloc, {"no": ",".join(names)}):  # type: ignore[attr-defined]
        return True
    try:
        address = ip_address(urlsplit(f"//{netloc}").hostname or "")
    except ValueError:
        return False
    return any(address in one for one in ranges)


def is_through_proxy(request: urllib.request.Request) -> bool:
    """Whether the peer of the connection is a proxy."""
    return request.has_proxy() or bool(getattr(request, "_tunnel_host", None))


def _parts(proxy: str) -> tuple[str, str] | None:
    """Host and port of a proxy, and its login as a header's value."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        port = parts.port
    except ValueError:
        return None
    if parts.scheme != "http" or not parts.hostname:
        return None
    place = parts.netloc.rpartition("@")[2] if port is not None else f"{parts.netloc.rpartition('@')[2].rstrip(':')}:80"
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return place, f"Basic {b64encode(pair.encode()).decode()}" if parts.username else ""
