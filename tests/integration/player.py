"""thon-player in tests: a real player and its lines, sounds that a test makes, and what is measured in those that come out."""

import array
import json
import math
import os
import queue
import re
import struct
import subprocess
import threading
import wave

import thon

RATE = 48000
PLAYER = thon.BUILD / "thon-player"


class Player:
    """A player that got its order. Its lines are told by wait(); it ends with the test."""

    def __init__(self, order, env=None):
        self.child = subprocess.Popen(
            [str(PLAYER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
            preexec_fn=thon._die_with_parent,
        )
        self.pid = self.child.pid
        self.lines = []
        self.coming = queue.Queue()
        self.errors = []
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()
        self.say(order)

    def _read(self):
        for line in self.child.stdout:
            self.coming.put(json.loads(line))
        self.coming.put(None)

    def _read_errors(self):
        for line in self.child.stderr:
            self.errors.append(line.decode("utf-8", "replace"))

    def say(self, what):
        text = what if isinstance(what, bytes) else json.dumps(what).encode()
        try:
            self.child.stdin.write(text + b"\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            pass  # it ended; its lines say why

    def wait(self, *kinds, timeout=20):
        """The next line of one of these kinds; all before it are in `lines`."""
        deadline = thon.Deadline(timeout)
        while True:
            try:
                line = self.coming.get(timeout=max(0.01, deadline.left()))
            except queue.Empty:
                raise AssertionError(f"no {kinds} within {timeout} s; {self.lines} {self.errors}") from None
            assert line is not None, f"it ended without {kinds}: {self.lines} {self.errors}"
            self.lines.append(line)
            if line["is"] in kinds:
                return line
            assert line["is"] != "error", line

    def end(self, timeout=10):
        """Its exit status; by itself."""
        return self.child.wait(timeout * thon.SLOW)

    def close(self):
        self.child.kill()
        self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout, self.child.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass


def air(inputs, sink, **more):
    return {
        "mode": "air",
        "inputs": inputs,
        "sink": sink,
        "delay_ms": 0,
        "gain_db": 0,
        "highpass_hz": 0,
        "from_us": 0,
        "limit_us": 60_000_000,
        "archive": None,
        "start": "now",
        **more,
    }


# ---- sounds ------------------------------------------------------------------------------------------------------------


def sine(hz, seconds, level=0.125, rate=RATE):
    return array.array("h", (round(32767 * level * math.sin(2 * math.pi * hz * i / rate)) for i in range(round(seconds * rate))))


def write_wav(path, samples, rate=RATE, channels=1):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(array.array("h", samples).tobytes())
    return str(path)


def read_wav(path):
    """Of a prepared or aired file."""
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return array.array("h", file.readframes(file.getnframes()))


def ffmpeg(*args):
    return subprocess.run(
        ["ffmpeg", "-nostdin", "-hide_banner", "-y", *map(str, args)], capture_output=True, check=True, timeout=60
    )


def decode(path):
    """Any file as samples, by another's decoder."""
    out = ffmpeg("-v", "error", "-i", path, "-f", "s16le", "-ac", 1, "-ar", RATE, "-").stdout
    return array.array("h", out)


# ---- measures ----------------------------------------------------------------------------------------------------------


def rms_db(samples):
    mean = sum(s * s for s in samples) / len(samples)
    return 10 * math.log10(mean / 32768**2) if mean else -120.0


def tone_db(samples, hz, rate=RATE):
    """How much of one tone is in it (Goertzel), dBFS of its RMS."""
    turn = 2 * math.pi * hz / rate
    c, before, last = 2 * math.cos(turn), 0.0, 0.0
    for s in samples:
        before, last = last, s + c * last - before
    power = (before * before + last * last - c * before * last) * 2 / len(samples) ** 2
    return 10 * math.log10(power / 32768**2) if power > 0 else -120.0


def loudest(samples, tones, rate=RATE):
    return max(tones, key=lambda hz: tone_db(samples, hz, rate))


def loudness(path):
    """LUFS and dBTP, as ffmpeg measures them."""
    told = ffmpeg("-i", path, "-af", "ebur128=peak=true", "-f", "null", "-").stderr.decode()
    summary = told[told.rindex("Summary:") :]
    return (
        float(re.search(r"I:\s+(-?[\d.]+|-inf) LUFS", summary)[1]),
        float(re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", summary)[1]),
    )


def rtp(packet):
    """Payload type, sequence, time stamp, source and payload."""
    first, kind, sequence, stamp, source = struct.unpack("!BBHII", packet[:12])
    assert first == 0x80, "version 2, no padding, extension or contributors"
    return kind & 0x7F, sequence, stamp, source, packet[12:]
