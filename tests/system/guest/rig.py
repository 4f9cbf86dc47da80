"""What scenarios are written with: the wire to the host, deadlines instead of sleeps, and the guest's own clock."""

import contextlib
import datetime
import json
import os
import pathlib
import platform
import socket
import subprocess
import termios
import threading
import time
import traceback
import tty
import zoneinfo

ZONE = zoneinfo.ZoneInfo("Asia/Ho_Chi_Minh")
HERE = pathlib.Path(__file__).resolve().parent
POLL = 0.02
PATIENCE = 240  # seconds that one wait may last in a guest that is slow
MEMORY = {}  # what outlives a power cut without a write to the disk: the host keeps it
WIRE = None  # to the host, for scenarios that have more to tell it than how they ended


class Failure(AssertionError):
    """The scenario's claim does not hold."""


class Wire:
    """The second serial line, on a Raspberry Pi the first: one line of text a message, answers in JSON."""

    def __init__(self):
        path = next(path for path in ("/dev/ttyAMA0", "/dev/ttyS1") if os.path.exists(path))
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        self.lock = threading.Lock()
        tty.setraw(self.fd, termios.TCSANOW)

    def say(self, word, text=""):
        data = f"{word} {text}\n".encode()
        with self.lock:
            while data:
                data = data[os.write(self.fd, data):]
            termios.tcdrain(self.fd)

    def ask(self, word, text=""):
        self.say(word, text)
        answer = b""
        while not answer.endswith(b"\n"):
            answer += os.read(self.fd, 4096)
        return json.loads(answer)


def expect(condition, text):
    if not condition:
        raise Failure(text)


def eventually(look, within, text, every=POLL):
    """Looks again and again until `look()` is true, which is returned; a Failure when `within` seconds of a Raspberry Pi
    have passed. How slow the guest is now is measured only when it matters: when that much time has passed here. The end
    comes before the host loses its patience with a silent guest."""
    began = time.monotonic()
    deadline, slow = began + within, None
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            if slow is not None:
                raise Failure(f"{text() if callable(text) else text} (waited {time.monotonic() - began:.0f} s)")
            slow = 2 * slowness()  # an emulated processor is slower still at starting programs than at what is measured
            deadline = began + min(within * slow, max(within, PATIENCE))
        time.sleep(every)


def run(*command, check=True, within=180, **options):
    """A command's output as text. Fails with what it said."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
    done = subprocess.run(command, text=True, timeout=within, check=False, **options)
    if check and done.returncode:
        said = ((done.stderr or "") + done.stdout).strip()
        raise Failure(f"{' '.join(map(str, command))}: exit {done.returncode}: {said[-900:]}")
    return done.stdout if check else done


def this_release():
    """Debian's name of what runs here: "trixie"."""
    return platform.freedesktop_os_release()["VERSION_CODENAME"]


def local(text):
    """Unix time of a civil time of the site, "2027-03-10 17:41:50"."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


def set_clock(when):
    """Steps the guest's clock, in its battery-backed clock too, and says that it is synchronised, as timesyncd does."""
    time.clock_settime(time.CLOCK_REALTIME, when if isinstance(when, (int, float)) else local(when))
    marker = pathlib.Path("/run/systemd/timesync/synchronized")
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()


def slowness():
    """How many times slower than a Raspberry Pi 4 this guest is at this moment: an emulated processor on a busy host. For
    claims about the time that a program needs, as against the time that it waits."""
    began = time.monotonic()
    for _ in range(1_000_000):
        pass
    return max(1.0, (time.monotonic() - began) / 0.07)


def notify(state):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(state.encode(), os.environ["NOTIFY_SOCKET"])


class Part:
    """Scenarios that share a boot. `boot`: the mains fail first, and come back with this clock; with "reboot" the system goes down
    in order before that; None: no power cut.
    `release`: played in this release of Debian alone, where the release makes no difference to what is tried."""

    def __init__(self, title, boot=None, release=None):
        self.title, self.boot, self.release, self.scenarios = title, boot, release, []

    def scenario(self, function):
        """A story: told by the first line of the function's text. What it returns is told too: what was measured."""
        self.scenarios.append((function.__doc__.splitlines()[0].rstrip("."), function))
        return function

    def play(self, wire):
        for story, function in self.scenarios:
            began = time.monotonic()
            try:
                measured = function()
                wire.say("ok", f"{self.title}: {story} ({time.monotonic() - began:.1f} s{f'; {measured}' if measured else ''})")
            except Exception as error:  # whatever went wrong is this scenario's failure, the others still run
                wire.say("not-ok", f"{self.title}: {story}")
                where = traceback.extract_tb(error.__traceback__)[1:2]
                kind = "" if isinstance(error, Failure) else f"{type(error).__name__}: "
                for line in f"{kind}{error}".splitlines()[:25] + [f"at {frame.filename}:{frame.lineno}" for frame in where]:
                    wire.say("#", line)


@contextlib.contextmanager
def process(*command, **options):
    """A program that runs while the block does."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield child
    finally:
        child.kill()
        child.wait()
