"""A headless Chromium, driven through a pipe by its DevTools protocol; no package needed."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
)
ALT, SHIFT = 1, 8  # modifiers of keys and of the mouse
# Chromium reads commands from descriptor 3 and answers on 4. The detour over high numbers keeps
# one from overwriting the other.
TRAMPOLINE = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 50) for end in sys.argv[1:3]]
for end, wanted in zip(ends, (3, 4)):
    os.dup2(end, wanted)
os.execvp(sys.argv[3], sys.argv[3:])
"""


def find() -> str | None:
    """The browser of this machine, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """The one page of a browser."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, os.fdopen(answers, "rb")
        self._count, self._session = 0, None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send one command and wait for its answer."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]

    def open(self, path: Path, fragment: str = "", *, dark: bool = False) -> None:
        """Show a file."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        calm = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.call("Emulation.setEmulatedMedia", features=[scheme, calm])
        self.events.clear()
        # Another query makes it another document, even where only the fragment differs.
        self.call("Page.navigate", url=f"{path.as_uri()}?{self._count}{fragment}")
        self._wait_for_load()

    def reload(self) -> None:
        """Show the file again, as it is now."""
        self.events.clear()
        self.call("Page.reload", ignoreCache=True)
        self._wait_for_load()

    def _wait_for_load(self) -> None:
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._read()
        self.settle()

    def settle(self) -> None:
        """Wait until what was asked has been drawn."""
        frame = "new Promise((done) => requestAnimationFrame(done))"
        self.ask(f"{frame}.then(() => {frame}).then(() => {frame}).then(() => 0)")

    def ask(self, expression: str) -> Any:
        """The value of an expression, when its promise is kept."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def text(self, selector: str) -> str:
        """What the reader reads there; nothing where it is hidden."""
        return self.ask(f"document.querySelector({json.dumps(selector)}).innerText")

    def mouse(self, kind: str, x: float, y: float, **parameters: object) -> None:
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **parameters)
        self.settle()

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        listed = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        self.call("Input.dispatchTouchEvent", type=kind, touchPoints=listed)
        self.settle()

    def key(self, key: str, *, shift: bool = False) -> None:
        """Press a key, such as ``Enter``, ``ArrowDown`` or ``+``."""
        held = SHIFT if shift else 0
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        if key == "Tab":
            text = {"windowsVirtualKeyCode": 9}
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, modifiers=held, **text
            )
        self.settle()

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)
        self.settle()

    def screenshot(self) -> bytes:
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def complaints(self) -> list[dict[str, Any]]:
        """Exceptions, console errors, and what the page's own policy refused."""
        return [
            event
            for event in self.events
            if event["method"] == "Runtime.exceptionThrown"
            or (
                event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error"
            )
        ]

    def requests(self) -> list[str]:
        """Every address asked for since the page was opened."""
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def _read(self) -> dict[str, Any]:
        message = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "the browser ended"
            message += byte
        decoded = json.loads(message)
        if "method" in decoded:
            self.events.append(decoded)
        return decoded


@contextmanager
def browser(program: str, folder: Path, *, width: int = 1280, height: int = 860) -> Iterator[Page]:
    """A browser with one page, which keeps what it keeps in ``folder``."""
    to_read, commands = os.pipe()
    answers, to_write = os.pipe()
    flags = (*FLAGS, f"--user-data-dir={folder}", f"--window-size={width},{height}")
    process = subprocess.Popen(
        [sys.executable, "-c", TRAMPOLINE, str(to_read), str(to_write), program, *flags],
        pass_fds=(to_read, to_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(to_write)
    page = Page(commands, answers)
    page.call(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=height,
        deviceScaleFactor=1,
        mobile=False,
    )
    try:
        yield page
    finally:
        process.terminate()
        process.wait(timeout=60)
        os.close(commands)
        page._answers.close()
