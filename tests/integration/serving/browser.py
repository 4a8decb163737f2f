"""A real browser without a window, driven by the DevTools protocol (https://chromedevtools.github.io/devtools-protocol)."""

import base64
import itertools
import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import websocket

from testbed.waiting import eventually

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
"""One browser under the names that Debian, Ubuntu and Google give it."""


class Page:
    """One tab."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self.complaints: list[str] = []
        """What went to the console as an error or a warning, blocked resources included."""

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv())
            if message.get("id") == number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self._note(message)

    def _note(self, event: dict[str, Any]) -> None:
        match event:
            case {"method": "Log.entryAdded", "params": {"entry": entry}}:
                self.complaints.append(entry["text"])
            case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": details}}:
                self.complaints.append(details["text"])

    def open(self, url: str) -> None:
        """Go there, and wait for it."""
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=url)
        eventually(lambda: self.run("document.readyState") == "complete", "the page")

    def run(self, script: str) -> Any:
        """The value of an expression."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def press(self, key: str, *, control: bool = False) -> None:
        """One key, as from a keyboard."""
        codes = {"Tab": 9, "Enter": 13}
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=codes[key],
                modifiers=2 if control else 0,
                **(text if kind == "keyDown" else {}),
            )

    def write(self, text: str) -> None:
        """Type where the focus is."""
        self.call("Input.insertText", text=text)

    def prefer(self, scheme: str) -> None:
        """`dark` or `light`."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self) -> bytes:
        """The whole page, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])


@contextmanager
def browsing(folder: Path) -> Iterator[Page]:
    """A browser with an empty page; `folder` becomes its profile."""
    command = [
        _program(),
        "--headless=new",
        "--no-sandbox",  # tests run as root in containers, and the page is our own
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--window-size=1000,1300",
        f"--user-data-dir={folder}",
        "--remote-debugging-port=0",
        "--remote-allow-origins=*",
        "about:blank",
    ]
    with (
        (folder.parent / "browser.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            announced = folder / "DevToolsActivePort"
            eventually(lambda: announced.exists() and announced.read_text().count("\n") == 1, "the browser")
            port = announced.read_text().splitlines()[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                (target,) = [one for one in json.load(answer) if one["type"] == "page"]
            connection = websocket.create_connection(target["webSocketDebuggerUrl"], timeout=60)
            try:
                yield Page(connection)
            finally:
                connection.close()
        finally:
            process.terminate()
            process.wait(30)


def _program() -> str:
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found
    missing = f"none of {', '.join(PROGRAMS)} is installed: `sudo make browser` installs one where there is apt"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)
