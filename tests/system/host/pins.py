"""The pins of the emulated Raspberry Pi, as a meter on the header would see them: read from the controller's registers through
the emulator, which asks nobody in the guest."""

import json
import re
import threading
import time

REGISTERS, WORDS = 0x3F200000, 15  # BCM2835 ARM Peripherals, 6.1: GPFSEL0 to 5, and GPLEV0 and 1 at 0x34
HEADER = range(28)
EVERY, OFTEN = 0.05, 0.001  # seconds between two looks; during a watch


class Pins(threading.Thread):
    """Looks as long as the machine has power, and remembers each change with the seconds since power on.

    A pin is "0" or "1" when it is an output, "in" when it is an input: then its pull decides what a relay board gets, and of pulls
    the emulator knows nothing. Any other function is "alt"."""

    def __init__(self, monitor):
        super().__init__(daemon=True)
        self.monitor = monitor
        self.replies = self.monitor.makefile("r", encoding="utf-8")
        self.lock = threading.Lock()
        self.changes, self.last, self.looks, self.longest, self.looked = [], {}, 0, 0.0, None
        self.began = time.monotonic()
        self.watched = threading.Event()
        self.replies.readline()  # the greeting
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            line = self.replies.readline()
            if not line:
                raise ConnectionError("the emulator has ended")
            answer = json.loads(line)
            if "error" in answer:
                raise ConnectionError(f"the emulator refuses {command}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def read(self):
        """What each pin of the header is now."""
        said = self.ask("human-monitor-command", **{"command-line": f"xp /{WORDS}wx {REGISTERS:#x}"})
        words = [int(word, 16) for word in re.findall(r"\b0x[0-9a-f]{8}\b", said)]
        select, levels = words[:6], words[13] | words[14] << 32
        function = {pin: select[pin // 10] >> 3 * (pin % 10) & 7 for pin in HEADER}
        return {pin: str(levels >> pin & 1) if function[pin] == 1 else "in" if function[pin] == 0 else "alt" for pin in HEADER}

    def run(self):
        try:
            while True:
                self.look()
                if not self.watched.wait(EVERY):
                    continue
                time.sleep(OFTEN)
        except (OSError, ValueError):
            pass  # the mains have failed

    def look(self):
        with self.lock:
            now, pins = time.monotonic(), self.read()
            for pin, state in pins.items():
                if self.last.get(pin) != state:
                    self.changes.append((now - self.began, pin, state))
            self.last = pins
            self.looks += 1
            self.longest = max(self.longest, now - (self.looked or now))
            self.looked = now

    def now(self, _=None):
        """What the pins are, by number."""
        self.look()
        return self.last

    def history(self, _=None):
        """[seconds since power on, pin, state] of each change, the first look included."""
        self.look()
        return self.changes

    def watch(self, _=None):
        """Looks as often as it can from here on."""
        self.watched.set()
        self.look()
        with self.lock:
            self.looks, self.longest, self.mark = 0, 0.0, len(self.changes)
            self.watch_began = time.monotonic()
            return {str(pin): state for pin, state in self.last.items()}

    def seen(self, _=None):
        """Ends a watch: the changes since it began, how often was looked, and the longest time between two looks."""
        self.look()
        self.watched.clear()
        with self.lock:
            return {"changes": self.changes[self.mark:], "looks": self.looks, "longest": self.longest,
                    "seconds": time.monotonic() - self.watch_began}
