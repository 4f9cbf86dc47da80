"""Thôn as a technician meets it: thonctl, the broker, systemctl. The same on every board."""

import json
import pathlib
import subprocess
import tempfile
import threading
import time

from rig import Failure, eventually, run

DEB = pathlib.Path("/run/rig/thon.deb")
UNIT, RELAY_UNIT, CAMERA_UNIT = "thon-lightd.service", "thon-relayd.service", "thon-camerad.service"

PROGRAMS = [
    {"id": "theo-gio", "name": "Theo giờ", "start": "off",
     "steps": [{"at": "17:42", "set": "on"}, {"at": "05:12", "set": "off"}]},
    {"id": "theo-troi", "name": "Theo mặt trời", "start": "off",
     "steps": [{"at": "dusk", "set": "on"}, {"at": "dawn", "set": "off"}]},
]
CALENDARS = [
    {"id": "lich-gio", "name": "Lịch theo giờ", "rules": [], "default": "theo-gio"},
    {"id": "lich-troi", "name": "Lịch theo mặt trời", "rules": [], "default": "theo-troi"},
]


def thonctl(*words, **options):
    """A command's one JSON document."""
    text = run("thonctl", "--json", *words, **options)
    try:
        return json.loads(text)
    except ValueError:
        raise Failure(f"thonctl {' '.join(words)}: not one JSON document: {text[:300]!r}") from None


def thonctl_file(*words, document):
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False)
        file.flush()
        return thonctl(*words, file.name)


def set_circuit(circuit, config, verb="set"):
    words = ["--kind", "circuit", "--name", circuit, "--area", "rig"] if verb == "add" else []
    thonctl("device", verb, circuit, *words, "--config", json.dumps(config))


def show(circuit):
    return thonctl("light", "show", circuit)


def unit(prop, name=UNIT):
    return run("systemctl", "show", "--value", "-p", prop, name).strip()


def status_line():
    return unit("StatusText")


def running(pid_before=None, name=UNIT):
    pid = unit("MainPID", name)
    return unit("ActiveState", name) == "active" and pid not in ("0", pid_before) and pid


def thonctl_try(*words):
    done = run("thonctl", "--json", *words, check=False)
    return done.returncode == 0 and done.stdout


class Mqtt:
    """What is said on the broker while the block runs, as (seconds, topic, payload)."""

    def __init__(self, topic="thon/1/#", retained=True):
        # Into a pipe it keeps what it says about itself until the first message: where nothing is retained, that is too late.
        command = ["stdbuf", "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-V", "mqttv5", "-t", topic, "-F", "%t %p"] + broker_login()
        self.command = command if retained else command + ["-R"]
        self.heard, self.lock = [], threading.Lock()

    def _listen(self):
        for text in self.child.stdout:
            topic, _, payload = text.rstrip("\n").partition(" ")
            with self.lock:
                self.heard.append((time.monotonic(), topic, payload))

    def __enter__(self):
        # What it says about itself tells when it listens: without that an event could be missed.
        self.child = subprocess.Popen(self.command + ["-d"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True)
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()
        eventually(lambda: any(topic == "Subscribed" for _, topic, _ in self.said()), 10,
                   lambda: f"mosquitto_sub does not listen: {self.said()}")
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        self.thread.join()
        return False

    def said(self):
        with self.lock:
            return list(self.heard)

    def wait(self, topic, match=lambda payload: True, since=0.0, within=5):
        """(seconds, payload) of the first message on a topic (its end suffices) that matches."""
        def look():
            for at, where, payload in self.said():
                if at >= since and where.endswith(topic) and payload.startswith("{") and match(json.loads(payload)):
                    return at, json.loads(payload)
            return None
        return eventually(look, within, lambda: f"nothing fitting on {topic}; heard {[(t, p[:200]) for _, t, p in self.said() if t.endswith(topic)][-3:]}")


def broker_login():
    """thonctl's own, which may read everything."""
    return ["-u", "thonctl", "-P", pathlib.Path("/etc/thon/credentials/thonctl").read_text(encoding="ascii").strip()]


def wall(mono):
    """The wall clock at a monotonic instant, as the wall clock goes now. The two clocks are read one after the other: of
    several readings the one counts that was not interrupted."""
    def reading():
        before, now, after = time.monotonic(), time.time(), time.monotonic()
        return after - before, now - (before + after) / 2
    return min(reading() for _ in range(20))[1] + mono
