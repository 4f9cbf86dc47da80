"""The hamlet's circuits on the simulated chips, and all of office.py beside them."""

import time

from gpiosim import Chip
from office import (CALENDARS, CAMERA_UNIT, DEB, PROGRAMS, RELAY_UNIT, UNIT, Mqtt, broker_login, running, set_circuit, show,  # noqa: F401
                    status_line, thonctl, thonctl_file, thonctl_try, unit, wall)
from rig import eventually

RELAYS, INPUTS = Chip("relays", 32), Chip("inputs", 32)

# Three roads more than the sample's five. The first is fed through a contactor with an auxiliary contact, and metered; the second has a board that
# closes its relay on a low level; the three differ in what they do when nobody knows the time.
CIRCUITS = {
    "rig-lang": {"calendar": "lich-gio", "lamps": 8, "watts": 100, "min_dwell": 0, "untrusted_clock": "on",
                 "relay": {"gpio": {"chip": "relays", "line": "RELAYS10"}},
                 "feedback": {"gpio": {"chip": "inputs", "line": "INPUTS30"}},
                 "meter": {"gpio": {"chip": "inputs", "line": "INPUTS31"}, "pulses_per_kwh": 1000}},
    "rig-dinh": {"calendar": "lich-troi", "lamps": 8, "watts": 100, "min_dwell": 0, "untrusted_clock": "off",
                 "relay": {"gpio": {"chip": "relays", "line": "11", "active_low": True}}},
    "rig-cho": {"calendar": "lich-gio", "lamps": 8, "watts": 100, "min_dwell": 0, "untrusted_clock": "off",
                "relay": {"gpio": {"chip": "relays", "line": "RELAYS12"}}},
}
LANG, DINH, CHO = RELAYS[10], RELAYS[11], RELAYS[12]
CONTACT, METER = INPUTS[30], INPUTS[31]


def lit(line):
    """As the lamp sees it."""
    return bool(line.level()) != (line is DINH)


def lamps():
    return {"lang": lit(LANG), "dinh": lit(DINH), "cho": lit(CHO)}


def expect_lamps(within=5, **wanted):
    eventually(lambda: {name: lamps()[name] for name in wanted} == wanted, within,
               lambda: f"the lamps are {lamps()}, not {wanted}; {status_line()}")


def pulse(line, times):
    """S0: 100 ms closed, 100 ms open. A meter gives 30 ms and more; the guest is slow."""
    for _ in range(times):
        line.pull(1)
        time.sleep(0.1)
        line.pull(0)
        time.sleep(0.1)


def wait_for_level(line, level, within):
    """Monotonic seconds at which the kernel was told so, by the trace's own clock."""
    eventually(lambda: line.level() == level, within, lambda: f"the line stays {line.level()}; {status_line()}")
    return time.monotonic()
