"""The kernel's loopback card as a station's sound: what goes in on one side comes out on the other. Cable 0 leads from Thôn to the
amplifier, cable 1 from the amplifier's output back to the input by which Thôn hears it."""

import array
import contextlib
import math
import subprocess
import threading
import time

from rig import expect

# As Thôn's configuration names them, and the other end of each.
SINK, RETURN = "plughw:Loopback,0,0", "plughw:Loopback,1,1"
_LINE, _BACK = "plughw:Loopback,1,0", "plughw:Loopback,0,1"
RATE = 48000
CHUNK = 0.1  # seconds
SILENCE = -120.0
LOUD = -50.0  # dBFS: above it is sound
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


class Heard:
    """A tenth of a second, which had ended at `at` (monotonic): what came in, and what a person at the horn heard of it."""

    def __init__(self, at, line, horn):
        self.at, self.line, self.horn = at, line, horn

    def __repr__(self):
        return f"{self.line:.0f} in, {self.horn:.0f} dB out at {self.at:.2f}"


class Amplifier(threading.Thread):
    """An amplifier behind a relay, and its horns. Its output is fed back. `wire`: cut it, and no horn sounds any more, whatever
    comes in; `hum`: samples that come out of it by themselves, as if somebody else had got hold of it."""

    def __init__(self, relay):
        super().__init__(daemon=True)
        self.relay = relay
        self.wire, self.hum = True, None
        self.heard, self.lock = [], threading.Lock()
        self.ended = False

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.line = stack.enter_context(subprocess.Popen(["arecord", "-D", _LINE, *RAW, "--buffer-time=2000000"],
                                                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
            self.back = stack.enter_context(subprocess.Popen(["aplay", "-D", _BACK, *RAW, "--buffer-time=600000"],
                                                             stdin=subprocess.PIPE, stderr=subprocess.DEVNULL))
            self.start()
            self.processes = stack.pop_all()
        return self

    def run(self):
        size = int(RATE * CHUNK)
        none = bytes(2 * size)
        while True:
            data = self.line.stdout.read(2 * size)
            at = time.monotonic()
            if len(data) < 2 * size or self.ended:
                return
            fed = data if self.wire and self.relay.level() else none
            if self.hum and self.relay.level():
                fed = self.hum
            self.back.stdin.write(fed)
            self.back.stdin.flush()
            line = SILENCE if data == none else level(array.array("h", data))
            horn = line if fed is data else SILENCE if fed is none else level(array.array("h", fed))
            with self.lock:
                self.heard.append(Heard(at, line, horn))

    def __exit__(self, *_):
        self.ended = True
        said = ""
        if self.line.poll() is not None:
            said = self.line.stderr.read().decode("utf-8", "replace")
        self.line.kill()
        self.join()
        self.back.kill()
        self.back.stdin.close()
        self.processes.close()
        expect(not said, f"the amplifier hears nothing: {said}")
        return False

    def since(self, began):
        with self.lock:
            return [heard for heard in self.heard if heard.at >= began]

    def line_since(self, began):
        """All that came in since then, whether it could be heard or not."""
        return [heard for heard in self.since(began) if heard.line > LOUD]

    def sounds(self, began):
        """All that a person heard since then."""
        return [heard for heard in self.since(began) if heard.horn > LOUD]
