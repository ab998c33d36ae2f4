"""A headless Chromium, driven by its DevTools protocol."""

import base64
import json
import os
import re
import subprocess
import tempfile
import time

import websocket

# Until a page is there, and until a condition holds, seconds.
LIMIT = 60


class Chromium:
    """One browser with one page."""

    def __init__(self, program):
        self.directory = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        options = ["--headless=new", "--remote-debugging-port=0", "--remote-allow-origins=*", "--hide-scrollbars"]
        options += ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-gpu"]
        options += ["--disable-dev-shm-usage", "--force-color-profile=srgb", f"--user-data-dir={self.directory.name}"]
        if os.geteuid() == 0:
            options.append("--no-sandbox")
        self.log = open(os.path.join(self.directory.name, "log"), "w+")
        command = [program, *options, "about:blank"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.socket = websocket.create_connection(self._address(), timeout=LIMIT)
        self.number = 0
        self.session = None
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def _address(self):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            with open(self.log.name) as log:
                found = re.search(r"DevTools listening on (ws://\S+)", log.read())
            if found:
                return found[1]
            assert self.process.poll() is None, "Chromium has ended"
            time.sleep(0.05)
        raise AssertionError("Chromium does not listen")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.directory.cleanup()

    def _receive(self):
        message = json.loads(self.socket.recv())
        if "id" not in message:
            self.events.append(message)
        return message

    def call(self, method, **parameters):
        """A command of the protocol; gives its result."""
        self.number += 1
        command = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        self.socket.send(json.dumps(command))
        while True:
            message = self._receive()
            if message.get("id") == self.number:
                assert "error" not in message, f"{method}: {message}"
                return message["result"]

    def _arrived(self, do):
        """Does something that leads to another page, and waits for that."""
        self.events = [event for event in self.events if event["method"] != "Page.loadEventFired"]
        do()
        end = time.monotonic() + LIMIT
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            assert time.monotonic() < end, "the page does not come"
            self._receive()

    def open(self, address):
        self._arrived(lambda: self.call("Page.navigate", url=address))

    def press_and_go(self, key):
        self._arrived(lambda: self.press(key))

    def evaluate(self, script):
        """What an expression gives."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, f"{script[:200]}: {result['exceptionDetails']}"
        return result["result"].get("value")

    def until(self, script, what):
        end = time.monotonic() + LIMIT
        while not self.evaluate(script):
            assert time.monotonic() < end, f"not within {LIMIT} s: {what}"
            time.sleep(0.1)

    def press(self, key, text=""):
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        text = text or {"Enter": "\r", " ": " "}.get(key, "")
        common = {"key": key, "code": {" ": "Space"}.get(key, key), "windowsVirtualKeyCode": codes.get(key, 0)}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def look(self, dark=False, width=1200, height=800, scripts=True, reduced=False):
        """How the page is seen."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if reduced else "no-preference"},
        ]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)

    def picture(self, path):
        shot = self.call("Page.captureScreenshot", format="png")
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def complaints(self):
        """What the console says of errors, refused loads and scripts that failed, since the last call."""
        self.evaluate("0")
        found = []
        for event in self.events:
            about = event.get("params", {})
            if event["method"] == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
                found.append(about["entry"]["text"])
            elif event["method"] == "Runtime.exceptionThrown":
                found.append(str(about["exceptionDetails"]))
            elif event["method"] == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
                found.append(str(about["args"]))
        self.events = []
        return found
