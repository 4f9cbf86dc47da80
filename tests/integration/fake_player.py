#!/usr/bin/python3
"""A player that does as the name of what it is given says, well or badly. It writes what happens to it, with the time, into the file that
is its sink, and makes no sound."""
import json
import os
import select
import signal
import struct
import subprocess
import sys
import time

RATE = 48000


def say(**doc):
    sys.stdout.write(json.dumps(doc) + "\n")
    sys.stdout.flush()


def say_level(db, seconds=0.2):
    """Of the last so many seconds."""
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    say(**{"is": "level", "db": db, "from_us": now - int(seconds * 1e6), "to_us": now})


def for_ever():
    while True:
        signal.pause()


def order(timeout=None):
    """The next line, "" at the end of input, None when none came in time."""
    if timeout is not None and not select.select([0], [], [], max(timeout, 0))[0]:
        return None
    text = b""
    while not text.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return ""
        text += byte
    return json.loads(text)


def number(name, default):
    """"ready-300-play.wav": 300."""
    for word in name.replace(".", "-").split("-"):
        if word.isdigit():
            return int(word)
    return default


class Air:
    def __init__(self, first):
        self.first = first
        self.sink = first["sink"].removeprefix("file:")
        given = first["inputs"][0]
        self.name = os.path.basename(given.get("file") or given.get("tone") or given["live"])

    def note(self, what):
        with open(self.sink, "a", encoding="utf-8") as log:
            log.write(f"{what} {time.monotonic_ns() // 1000}\n")

    def run(self):
        self.note("order")
        with open(self.sink + ".order", "w", encoding="utf-8") as log:
            json.dump(self.first, log)
        if self.name.startswith("hang-open"):
            for_ever()
        if self.name.startswith("error"):
            say(**{"is": "error", "what": "sink", "detail": "the card is gone"})
            sys.exit(1)
        if self.name.startswith("ready"):
            time.sleep(number(self.name, 0) / 1000)
        self.note("ready")
        say(**{"is": "ready"})
        first = order()
        if first == "":
            sys.exit(0)
        assert first["do"] == "go", first
        self.note("go")
        if self.name.startswith("mute"):
            for_ever()
        say(**{"is": "started"})
        self.began = time.monotonic()
        self.misbehave()
        self.play()

    def misbehave(self):
        name = self.name
        if name.startswith("hang-air"):
            say_level(-20)
            for_ever()
        if name.startswith("die-air"):
            os.kill(os.getpid(), signal.SIGKILL)
        if name.startswith("leave-child"):
            # It holds our output open, and lives for long.
            subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL, close_fds=False)
            sys.stderr.write("I leave\n")
            os._exit(3)
        if name.startswith("garbage"):
            os.write(1, b"\x00\xff{]\n")
        if name.startswith("long-line"):
            os.write(1, b"x" * 70000)
        if name.startswith("flood"):
            while True:
                say_level(-20)
        if name.startswith("chatty"):
            for i in range(100):
                sys.stderr.write("trouble \x1b[31m %d\n" % i)
            sys.stderr.flush()
        if name.startswith("deaf"):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            while True:
                say_level(-20)
                time.sleep(0.4)

    def position(self):
        return self.first["from_us"] + int((time.monotonic() - self.began) * 1e6)

    def play(self):
        length = number(self.name, 600000) / 1000
        if self.name.startswith("ready"):
            length = 600
        level = 0
        while True:
            left = self.began + length - time.monotonic()
            if left <= 0:
                break
            said = order(min(left, max(0, self.began + level * 0.2 - time.monotonic())))
            if said == "":
                sys.exit(0)
            if said and said["do"] == "stop":
                self.note("stop")
                time.sleep(said.get("fade_ms", 80) / 1000)
                say(**{"is": "stopped", "position_us": self.position()})
                sys.exit(0)
            if said is None and time.monotonic() - self.began >= level * 0.2:
                say_level(-20 if level % 2 else -30)
                if self.name.startswith("silent") and level == 1:
                    say(**{"is": "silent"})
                level += 1
        far = 3600 * 10**6 if self.name.startswith("far") else self.first["from_us"] + int(length * 1e6)
        say(**{"is": "done", "position_us": far})
        if self.name.startswith("linger"):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            for_ever()
        sys.exit(0)


def prepare(first):
    """A recording whose first word is an order gets what it asks for; any other becomes 100 ms a byte."""
    with open(first["file"], "rb") as f:
        given = f.read()
    with open(os.path.join(os.path.dirname(first["out"]), "..", "prepared"), "a", encoding="utf-8") as log:
        log.write(os.path.basename(first["out"]) + "\n")
    word = given.split()[0] if given.split() else b""
    if word == b"bad":
        say(**{"is": "error", "what": "format", "detail": "no sound in it"})
        sys.exit(1)
    if word == b"long":
        say(**{"is": "error", "what": "too-long", "detail": "longer than it may be"})
        sys.exit(1)
    if word == b"hang":
        for_ever()
    if word == b"liar":
        say(**{"is": "prepared", "length_us": 1000000, "lufs": -16.0, "peak_db": -1.5})
        sys.exit(0)
    frames = RATE // 10 * max(1, len(given))
    head = b"RIFF" + struct.pack("<I", 36 + 2 * frames) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    with open(first["out"], "wb") as f:
        f.write(head + b"data" + struct.pack("<I", 2 * frames) + bytes(2 * frames))
    say(**{"is": "prepared", "length_us": frames * 1000000 // RATE, "lufs": first["loudness"] + 0.1, "peak_db": -1.5})


def listen(first):
    """Levels as a file says them, and what else it orders."""
    path = first["source"].removeprefix("alsa:")
    while True:
        with open(path, encoding="utf-8") as f:
            said = f.read().strip()
        if said == "die":
            say(**{"is": "error", "what": "input", "detail": "no such device"})
            sys.exit(1)
        if said == "hang":
            for_ever()
        if said:
            say_level(float(said), 0.1)
        if order(0.1) == "":
            sys.exit(0)


def main():
    first = order()
    if first == "":
        sys.exit(0)
    if first["mode"] == "air":
        Air(first).run()
    elif first["mode"] == "prepare":
        prepare(first)
    elif first["mode"] == "listen":
        listen(first)


main()
