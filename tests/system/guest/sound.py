"""The kernel's loopback card as a station's sound: what goes in on one side comes out on the other. Cable 0 leads from Thôn to the
amplifier, cable 1 from the amplifier's output back to the input by which Thôn hears it."""

import array
import contextlib
import fcntl
import functools
import math
import pathlib
import re
import struct
import subprocess
import termios
import threading
import time

from rig import eventually

# As Thôn's configuration names them, and the other end of each.
SINK, RETURN = "plughw:Loopback,0,0", "plughw:Loopback,1,1"
_LINE, _BACK = "plughw:Loopback,1,0", "plughw:Loopback,0,1"
RATE = 48000
CHUNK = 0.1  # seconds
SILENCE = -120.0
LOUD = -50.0  # dBFS: above it is sound
HELD = 0.7  # seconds of sound that lie in the amplifier's output before they are heard
LATE = 2.0  # seconds: older sound does not get to the return
TONE = (b"\x33\x0b" * 48 + b"\xcd\xf4" * 48) * (RATE // 96)  # one second of 500 Hz, square
TONE_DB = -21.2
_CHUNK_BYTES = 2 * int(RATE * CHUNK)
_NONE, _STRANGE = bytes(_CHUNK_BYTES), TONE[:_CHUNK_BYTES]
RAW = ["-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(RATE), "--period-time=100000"]


def levels(data):
    """Of raw sound: dBFS of each tenth of a second that is whole."""
    samples = array.array("h", data[:len(data) // 2 * 2])
    size = int(RATE * CHUNK)
    return [level(samples[at:at + size]) for at in range(0, len(samples) - size + 1, size)]


def level(samples):
    """dBFS of some of the samples, of which every sixth is looked at: the guest is slow."""
    some = samples[::6]
    power = sum(sample * sample for sample in some) / max(1, len(some)) / 32768 ** 2
    return 10 * math.log10(power) if power > 1e-12 else SILENCE


def cables():
    """What the kernel says of both cables, for a failure's text."""
    said = []
    for path in sorted(pathlib.Path("/proc/asound/Loopback").glob("pcm*/sub[01]/status")):
        state = " ".join(path.read_text(encoding="ascii").split())
        if state != "closed":
            said.append(f"{path.parent.parent.name}/{path.parent.name}: {state}")
    return "\n".join(said)


def _running(stream):
    return "RUNNING" in pathlib.Path(f"/proc/asound/Loopback/{stream}/status").read_text(encoding="ascii")


class Heard:
    """A tenth of a second, which ended at `at` (monotonic): what came in, and what a person at the horn heard of it."""

    def __init__(self, at, data, amplified):
        self.at, self._data, self._amplified = at, data, amplified

    @functools.cached_property
    def line(self):
        """Measured by who asks for it: the amplifier has no time to lose."""
        return SILENCE if self._data == _NONE else level(array.array("h", self._data))

    @property
    def horn(self):
        return self.line if self._amplified is self._data else TONE_DB if self._amplified is _STRANGE else SILENCE

    def __repr__(self):
        return f"{self.line:.0f} in, {self.horn:.0f} dB out at {self.at:.2f}"


class Amplifier(threading.Thread):
    """An amplifier behind a relay, and its horns. Its output is fed back. `wire`: cut it, and no horn sounds any more, whatever
    comes in; `stranger`: sounds whatever Thôn does, as if somebody else had got hold of the horns."""

    def __init__(self, relay):
        super().__init__(daemon=True)
        self.relay = relay
        self.wire, self.stranger = True, False
        self.heard, self.fed, self.lock = [], [], threading.Lock()
        self.ended = False

    def __enter__(self):
        self._connect()
        self.start()
        # Who opens one end of a cable while the other is being set up finds that they have nothing in common.
        eventually(lambda: _running("pcm1c/sub0") and _running("pcm0p/sub1") and self.heard, 10, cables)
        return self

    def _connect(self):
        self.line = subprocess.Popen(["arecord", "-D", _LINE, *RAW, "--buffer-time=5000000"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0)
        self.back = subprocess.Popen(["aplay", "-D", _BACK, *RAW, f"--buffer-time={round((HELD - CHUNK) * 1e6)}"], stdin=subprocess.PIPE)

    def _disconnect(self):
        for process, pipe in ((self.line, self.line.stdout), (self.back, self.back.stdin)):
            process.kill()
            process.wait()
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _behind(self):
        """Seconds of sound that came after what was read last and wait to be read: a slow guest is not always up to date."""
        waiting = struct.unpack("i", fcntl.ioctl(self.line.stdout, termios.FIONREAD, bytes(4)))[0] // 2
        found = re.search(r"avail +: (\d+)", pathlib.Path("/proc/asound/Loopback/pcm1c/sub0/status").read_text(encoding="ascii"))
        return (waiting + (int(found.group(1)) if found else 0)) / RATE

    def _amplify(self):
        """One tenth of a second. False when a cable has come loose."""
        data = b""
        while len(data) < _CHUNK_BYTES:
            more = self.line.stdout.read(_CHUNK_BYTES - len(data))
            if not more:
                return False
            data += more
        behind = self._behind()
        at = time.monotonic() - behind
        fed = _STRANGE if self.stranger else data if self.wire and self.relay.level() else _NONE
        with self.lock:
            self.heard.append(Heard(at, data, fed))
        # No amplifier holds sound back. One that made up for each moment in which it stood still would after some of them be seconds behind.
        if behind > LATE:
            return True
        try:
            self.back.stdin.write(fed)
            self.back.stdin.flush()
        except BrokenPipeError:
            return False
        with self.lock:
            self.fed.append(time.monotonic())
        return True

    def run(self):
        while not self.ended:
            # The kernel takes a cable for broken when the guest stood still for seconds: a busy host.
            if not self._amplify() and not self.ended:
                self._disconnect()
                time.sleep(0.5)
                self._connect()
        self._disconnect()

    def __exit__(self, *_):
        self.ended = True
        self.line.kill()
        self.back.kill()
        self.join(timeout=10)
        return False

    def since(self, began):
        with self.lock:
            return [heard for heard in self.heard if heard.at >= began]

    def stood_still(self, began):
        """The longest time since then, in seconds, in which it gave nothing to the return: this program had no processor, or its cable
        had come loose."""
        with self.lock:
            fed = [began, *(at for at in self.fed if at >= began), time.monotonic()]
        return max(b - a for a, b in zip(fed, fed[1:]))

    def line_since(self, began):
        """All that came in since then, whether it could be heard or not."""
        return [heard for heard in self.since(began) if heard.line > LOUD]

    def sounds(self, began):
        """All that a person heard since then."""
        return [heard for heard in self.since(began) if heard.horn > LOUD]
