"""The kernel's gpio-sim: chips whose outputs can be read, and whose inputs can be driven, from outside their holder."""

import fcntl
import os
import pathlib
import signal
import struct
import threading
import time

from gpiotrace import TRACE

CONFIG = pathlib.Path("/sys/kernel/config/gpio-sim")
PERSIST = pathlib.Path("/sys/module/gpio_sim/parameters/persist_gpio_outputs")
LINE_INFO = struct.Struct("=32s32sII184x"), 0xC100B405  # linux/gpio.h: gpio_v2_line_info, GPIO_V2_GET_LINEINFO_IOCTL


class Line:
    def __init__(self, chip, offset):
        self.chip, self.offset = chip, offset
        self.number = chip.base + offset
        place = chip.place / f"sim_gpio{offset}"
        self.value_file, self.pull_file = place / "value", place / "pull"

    def level(self):
        return int(self.value_file.read_text(encoding="ascii"))

    def pull(self, level):
        """Drives an input from outside."""
        self.pull_file.write_text("pull-up" if level else "pull-down", encoding="ascii")

    def holder(self):
        """The name that the line's holder goes by, "" while nobody holds it.

        Never ask /sys/kernel/debug/gpio: the 6.12 kernel of Debian 13 dies when that is read while a line is being
        requested. The line counts as requested before it has its holder's name, and gpio-sim's part of the file, which
        makes the requester wait in between, copies the missing name, takes that for a lack of memory and frees the error
        as if it were a string. 6.12.117 copies no name that is not there."""
        layout, ioctl = LINE_INFO
        with open(f"/dev/{self.chip.name}", "rb") as chip:
            info = fcntl.ioctl(chip, ioctl, layout.pack(b"", b"", self.offset, 0))
        return layout.unpack(info)[1].rstrip(b"\0").decode()


class Chip:
    """A simulated chip, found or made."""

    def __init__(self, label, lines):
        device = CONFIG / label
        bank = device / "bank0"
        if not device.exists():
            bank.mkdir(parents=True)
            (bank / "num_lines").write_text(str(lines), encoding="ascii")
            (bank / "label").write_text(label, encoding="ascii")
            for offset in range(lines):
                (bank / f"line{offset}").mkdir()
                (bank / f"line{offset}" / "name").write_text(f"{label.upper()}{offset}", encoding="ascii")
            (device / "live").write_text("1", encoding="ascii")
        self.label = label
        self.name = (bank / "chip_name").read_text(encoding="ascii").strip()
        platform = pathlib.Path("/sys/devices/platform") / (device / "dev_name").read_text(encoding="ascii").strip()
        self.place = platform / self.name
        self.base = int(next(platform.glob("gpio/gpiochip*/base")).read_text(encoding="ascii"))
        self.lines = [Line(self, offset) for offset in range(lines)]

    def __getitem__(self, offset):
        return self.lines[offset]


class Change:
    def __init__(self, at, level):
        self.at, self.level = at, level

    def __repr__(self):
        return f"{self.level} at {self.at:.3f}"


def _poll(lines, pipe, began):
    """A child of its own: reads the levels again and again and writes down each change. It goes before all else that the
    guest's processor has to do, and sleeps 2 ms in between: that leaves the processor to what is watched."""
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    fds = [(n, os.open(line.value_file, os.O_RDONLY)) for n, line in enumerate(lines)]
    last, looks = [None] * len(fds), 0
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    while True:
        last_look = bool(stop)  # one more after the end: what the parent has seen by then is seen here too
        for n, fd in fds:
            level = os.pread(fd, 2, 0)[:1]
            if level != last[n]:
                os.write(pipe, f"{n} {time.monotonic()} {level.decode()}\n".encode())
                last[n] = level
        looks += 1
        if looks == 1:
            os.write(began, b".")
        if last_look:
            break
        time.sleep(0.002)
    os.write(pipe, f"looks {looks} 0\n".encode())
    os._exit(0)


class Watch:
    """Every level that lines had during the block: `changes[line]`, and `looks`, how often they were read."""

    def __init__(self, *lines):
        self.lines, self.looks = lines, 0
        self.changes = {line: [] for line in lines}

    def __enter__(self):
        self.began = time.monotonic()
        self.pipe, write = os.pipe()
        began, began_write = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            try:
                _poll(self.lines, write, began_write)
            finally:
                os._exit(1)
        os.close(write)
        os.close(began_write)
        os.read(began, 1)
        os.close(began)
        return self

    def __exit__(self, *_):
        os.kill(self.child, signal.SIGTERM)
        os.waitpid(self.child, 0)
        with os.fdopen(self.pipe, encoding="ascii") as pipe:
            for text in pipe:
                which, at, level = text.split()
                if which == "looks":
                    self.looks = int(at)
                else:
                    self.changes[self.lines[int(which)]].append(Change(float(at), int(level)))
        self.ended = time.monotonic()
        return False

    def __str__(self):
        """Each line's level with the time of its last change, as seen and as the kernel's trace has it, by the monotonic clock."""
        lines = []
        for line in self.lines:
            told = TRACE.told(line)
            lines.append(f"line {line.offset} {'-'.join(map(str, self.levels(line)))}, last set at {told[-1].at:.3f}" if told else f"line {line.offset} never set")
        return f"{self.began:.3f} to {self.ended:.3f} s, {self.looks} looks: {'; '.join(lines)}"

    def levels(self, line):
        return [change.level for change in self.changes[line]]


class Contactor(threading.Thread):
    """What hangs on a relay in the cabinet: its auxiliary contact follows the relay, unless the supply is cut."""

    def __init__(self, relay, contact, active_low=False):
        super().__init__(daemon=True)
        self.relay, self.contact, self.active_low = relay, contact, active_low
        self.supply = True
        self.ended = threading.Event()

    def run(self):
        shown = None
        while not self.ended.wait(0.02):
            wanted = self.supply and bool(self.relay.level()) != self.active_low
            if wanted != shown:
                self.contact.pull(wanted)
                shown = wanted

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()
        return False
