"""The header of a Raspberry Pi: its pins as the kernel has them, and as the host reads them in the controller's registers."""

import pathlib
import time

import rig
from gpiotrace import TRACE

CHIP = "pinctrl-bcm2835"
IN = "in"  # an input: what a relay board gets is the affair of the pin's pull


def _first_number():
    """The kernel's number of GPIO0, which its trace counts from."""
    for chip in pathlib.Path("/sys/class/gpio").glob("gpiochip*"):
        if (chip / "label").read_text(encoding="ascii").strip() == CHIP:
            return int((chip / "base").read_text(encoding="ascii"))
    raise rig.Failure(f"there is no {CHIP}")


class Pin:
    def __init__(self, offset):
        self.offset, self.name = offset, f"GPIO{offset}"
        self.number = _first_number() + offset

    def __repr__(self):
        return self.name

    def state(self):
        """"0", "1" or IN, as seen from outside."""
        return rig.WIRE.ask("pins")[str(self.offset)]


class Watch:
    """Every state that pins had during the block, seen from outside as often as the emulator's monitor answers, and what the
    kernel was told to put on them."""

    def __init__(self, *pins):
        self.pins = pins

    def __enter__(self):
        self.began = time.monotonic()
        at_first = rig.WIRE.ask("pins-watch")
        self.states = {pin: [at_first[str(pin.offset)]] for pin in self.pins}
        return self

    def __exit__(self, *_):
        seen = rig.WIRE.ask("pins-seen")
        for pin in self.pins:
            self.states[pin] += [state for _, offset, state in seen["changes"] if offset == pin.offset]
        self.told = TRACE.told(*self.pins, since=self.began)
        self.looks, self.longest, self.seconds = seen["looks"], seen["longest"], seen["seconds"]
        return False

    def __str__(self):
        return f"{self.looks} looks in {self.seconds:.0f} s, at most {1000 * self.longest:.0f} ms apart"


def since_power_on(pin, which="pins-history"):
    """[(seconds since power on, state)] of each change of a pin, by the host's clock."""
    return [(at, state) for at, offset, state in rig.WIRE.ask(which) if offset == pin.offset]
