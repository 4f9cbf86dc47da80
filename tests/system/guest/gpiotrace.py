"""The kernel's own record of what it is told to put on a line."""

import pathlib
import re

TRACING = pathlib.Path("/sys/kernel/tracing")


class Told:
    """What the kernel was told to put on a line, by whom and when (monotonic seconds)."""

    def __init__(self, at, line, level, program):
        self.at, self.line, self.level, self.program = at, line, level, program

    def __repr__(self):
        return f"{self.program} set {self.line.offset} to {self.level} at {self.at:.3f}"


class Trace:
    """Everything that the kernel is told to put on any line since boot. Holds what a look at a level is too slow to
    see, such as a request with one level and a correction after it."""

    PLACE = TRACING / "instances" / "rig"

    def start(self):
        self.PLACE.mkdir(exist_ok=True)
        (self.PLACE / "trace_clock").write_text("mono", encoding="ascii")
        (self.PLACE / "events/gpio/gpio_value/enable").write_text("1", encoding="ascii")

    def told(self, *lines, since=0.0):
        numbers = {line.number: line for line in lines}
        told = []
        for text in (self.PLACE / "trace").read_text(encoding="ascii").splitlines():
            found = re.match(r"\s*(.+)-(\d+)\s+\[.* (\d+\.\d+): gpio_value: (\d+) set (\d)", text)
            if found and int(found.group(4)) in numbers and float(found.group(3)) >= since:
                told.append(Told(float(found.group(3)), numbers[int(found.group(4))], int(found.group(5)), found.group(1).strip()))
        return told


TRACE = Trace()
