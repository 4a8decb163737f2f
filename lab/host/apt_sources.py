"""The Debian mirror that this machine itself uses (see sources.list(5))."""

import re
from collections.abc import Iterable
from pathlib import Path

_HOLDS_DEBIAN = re.compile(r"/debian/?$")


def mirror(folder: Path = Path("/etc/apt")) -> str | None:
    """The first mirror of Debian itself in the machine's apt sources; None if it has none (as on Ubuntu)."""
    files = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*"))]
    for file in files:
        if file.suffix in {".list", ".sources"} and file.is_file():
            text = file.read_text(errors="replace")
            found = deb822_uris(text) if file.suffix == ".sources" else one_line_uris(text)
            for uri in found:
                if _HOLDS_DEBIAN.search(uri):
                    return uri.rstrip("/")
    return None


def one_line_uris(text: str) -> Iterable[str]:
    """URIs of `deb [options] URI suite component...` lines, in order."""
    for line in text.splitlines():
        words = re.sub(r"\[[^]]*\]", " ", line.partition("#")[0]).split()
        if len(words) >= 3 and words[0] == "deb":
            yield words[1]


def deb822_uris(text: str) -> Iterable[str]:
    """URIs of the enabled binary stanzas of a deb822 file, in order."""
    for stanza in re.split(r"\n\s*\n", text):
        fields = _fields(stanza)
        if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes").lower() not in {"no", "false"}:
            yield from fields.get("uris", "").split()


def _fields(stanza: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace():
            fields[name] = f"{fields.get(name, '')} {line.strip()}"
        elif ":" in line:
            key, _, value = line.partition(":")
            name = key.lower()
            fields[name] = value.strip()
    return fields
