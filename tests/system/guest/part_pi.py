"""A Raspberry Pi with Debian as it is: the package from its first day to an upgrade. What its relays do is read from outside."""

import datetime
import os
import pathlib
import re
import signal
import subprocess
import time

import header
from gpiotrace import TRACE
from header import IN, Pin, Watch
from office import (CALENDARS, DEB, PROGRAMS, UNIT, running, set_circuit, show, status_line, thonctl, thonctl_file, thonctl_try, unit)
from rig import Part, eventually, expect, process, run, set_clock, slowness

board = Part("the board")
package = Part("the package on it")
night = Part("a night on it")
idle = Part("at rest")
reboot = Part("rebooted", boot={"reboot": True, "firmware": {"23": 1}})
power_cut = Part("after a power cut", boot={"firmware": {"23": 1}})

DAEMONS = ("thon-lightd", "thon-relayd", "thon-camerad", "thon-announced")
# What the wiring of docs/gpio.md wants: boards that close on high at pins which are pulled down at power-on, one that closes on low
# at a pin which is pulled up; and what it has for those who cannot choose: one that closes on low at a pin which is pulled down,
# held by the firmware until lightd has it (gpio=23=op,dh in config.txt).
CIRCUITS = {"duong-lang": {"name": "Đường làng", "calendar": "lich-gio", "untrusted_clock": "on", "line": "GPIO17"},
            "duong-dinh": {"name": "Đường đình", "calendar": "lich-troi", "untrusted_clock": "off", "line": "GPIO5", "active_low": True},
            "duong-cho": {"name": "Đường chợ", "calendar": "lich-gio", "untrusted_clock": "off", "line": "GPIO27"},
            "duong-bai": {"name": "Đường bãi", "calendar": "lich-gio", "untrusted_clock": "off", "line": "GPIO23", "active_low": True}}
SPARE = Pin(22)
PINS = {"duong-lang": Pin(17), "duong-dinh": Pin(5), "duong-cho": Pin(27), "duong-bai": Pin(23)}


def state(circuit, on):
    """What a pin is when its road is lit, or dark."""
    return str(int(on != CIRCUITS[circuit].get("active_low", False)))


def told_on():
    """What `thonctl light list` says is lit."""
    return {row["circuit"]: row["in_effect"] == "on" for row in thonctl("light", "list")}


def expect_roads(within=8, **wanted):
    """The pins, and what thonctl says of them, are so."""
    wanted = {f"duong-{name}": on for name, on in wanted.items()}
    eventually(lambda: {name: PINS[name].state() for name in wanted} == {name: state(name, on) for name, on in wanted.items()}, within,
               lambda: f"the pins are {({name: pin.state() for name, pin in PINS.items()})}, wanted is {wanted}; {status_line()}", every=0.2)
    eventually(lambda: {name: told_on()[name] for name in wanted} == wanted, within, lambda: f"thonctl says {told_on()}, wanted is {wanted}", every=0.2)


def lit_all_night(watch, what):
    """Nothing but the level of a lit road was seen in a watch, and nothing else was told to the kernel."""
    for circuit, pin in PINS.items():
        lit = state(circuit, True)
        expect(watch.states[pin] == [lit], f"{what}: {pin} went {watch.states[pin]}")
        expect(all(told.level == int(lit) for told in watch.told if told.line is pin), f"{what}: the kernel was told {watch.told}")
    expect(watch.looks > 20 and watch.longest < 5, f"{what}: it was hardly watched: {watch}")
    return f"{what}: {watch}, {len(watch.told)} words to the kernel"


@board.scenario
def pins_are_read_from_outside():
    """A level that gpioset puts on GPIO22 is read in the controller's registers; a released line becomes an input"""
    chips = run("gpiodetect")
    expect(f"[{header.CHIP}] (54 lines)" in chips, chips)
    for level in ("1", "0"):
        with process("gpioset", f"{SPARE.name}={level}") as child:
            eventually(lambda: SPARE.state() == level, 20, lambda: f"the pin is {SPARE.state()}", every=0.2)
            told = TRACE.told(SPARE)
            expect(told and told[-1].level == int(level) and told[-1].program == "gpioset", f"the trace has {told}")
            child.send_signal(signal.SIGKILL)
            child.wait()
            eventually(lambda: SPARE.state() == IN, 20, lambda: f"the line of a dead holder is {SPARE.state()}", every=0.2)
    return pathlib.Path("/proc/device-tree/model").read_text(encoding="ascii").strip("\0")


@package.scenario
def installs():
    """dpkg -i installs the arm64 package without a network, and its daemons run"""
    set_clock("2027-03-10 10:00:00")
    said = run("dpkg", "-i", DEB, within=600, stderr=subprocess.STDOUT)
    for name in DAEMONS:
        eventually(lambda: running(name=f"{name}.service"), 60, lambda: f"{name} is {unit('ActiveState', name)}: {said[-800:]}", every=0.5)
    expect(run("dpkg-query", "-W", "-f", "${Architecture}", "thon") == "arm64", "it is not the arm64 package")


@package.scenario
def set_up_by_one_command():
    """`thonctl setup` by options: the place, a zone of loudspeakers, four relays and the first user; each relay obeys at its pin"""
    secret = pathlib.Path("/run/rig/password")
    secret.write_text("mật khẩu của cán bộ thôn\n", encoding="utf-8")
    words = ["setup", "--yes", "--id", "chi-phuc", "--name", "Thôn Chí Phúc", "--lat", "19.99", "--lon", "105.65", "--area", "thon=Thôn Chí Phúc",
             "--night", "whole", "--zone", "nha-van-hoa=rtp:127.0.0.1:5004", "--zone-name", "Nhà văn hóa",
             "--user", "can-bo", "--user-name", "Cán bộ thôn", "--password-file", str(secret)]
    for circuit, given in CIRCUITS.items():
        words += ["--relay", f"{given['line']}:{given['name']}{':active-low' if given.get('active_low') else ''}:lamps=8:watts=100:id={circuit}"]
    done = thonctl(*words, within=300)
    expect(done["changed"] and {row["line"] for row in done["relays"]} == {given["line"] for given in CIRCUITS.values()}, f"it did {done}")
    given = words.index("--password-file")
    again = thonctl(*words[:given], *words[given + 2:], within=300)
    expect(not again["changed"], f"a second run changes {again['changes']}")
    expect_roads(within=30, lang=False, dinh=False, cho=False, bai=False)
    for circuit in CIRCUITS:
        thonctl("light", "on", circuit, "--for", "1h", "--reason", "thử rơ le")
        expect_roads(**{name.removeprefix("duong-"): name == circuit for name in CIRCUITS})
        thonctl("light", "auto", circuit)
    expect_roads(lang=False, dinh=False, cho=False, bai=False)
    return f"sunset {done['site']['sunset']}"


@package.scenario
def takes_programs():
    """Programs by the clock and by the sun are given to the roads, and what each does without a clock"""
    for program in PROGRAMS:
        thonctl_file("light", "program", "set", document=program)
    for calendar in CALENDARS:
        thonctl_file("light", "calendar", "set", document=calendar)
    for circuit, given in CIRCUITS.items():
        line = {key: value for key, value in given.items() if key in ("line", "active_low")}
        set_circuit(circuit, {"calendar": given["calendar"], "untrusted_clock": given["untrusted_clock"], "lamps": 8, "watts": 100,
                              "min_dwell": 0, "relay": {"gpio": {"chip": header.CHIP, **line}}})
    expect_roads(lang=False, dinh=False, cho=False, bai=False)


@night.scenario
def pins_follow_the_plan():
    """All through a night the pins are as `light plan` has them, and `light list` agrees"""
    plan = thonctl("light", "plan", "--from", "2027-03-10", "--days", "1")
    changes = sorted((datetime.datetime.fromisoformat(change["at"]).timestamp(), change["circuit"], change["on"]) for change in plan)
    expect({circuit for _, circuit, _ in changes} == set(CIRCUITS) and len(changes) >= 6, f"the plan is {plan}")
    wanted = dict.fromkeys(CIRCUITS, False)
    for at in sorted({at for at, _, _ in changes}):
        wanted.update({circuit: on for when, circuit, on in changes if when == at})
        set_clock(at + 1)
        expect_roads(**{name.removeprefix("duong-"): on for name, on in wanted.items()})
    return f"{len(changes)} changes"


@night.scenario
def an_order_by_day():
    """A person lights a road by day: the pin, and the list, say so; it goes back to its program"""
    set_clock("2027-03-11 10:00:00")
    expect_roads(cho=False, dinh=False)
    thonctl("light", "on", "duong-dinh", "--for", "1h", "--reason", "sửa bóng đèn")
    expect_roads(cho=False, dinh=True)
    expect(show("duong-dinh")["override"]["reason"] == "sửa bóng đèn", f"it says {show('duong-dinh')}")
    thonctl("light", "auto", "duong-dinh")
    expect_roads(cho=False, dinh=False)


@night.scenario
def no_blink():
    """By night lightd is killed, restarted, reloaded, and the package upgraded over itself: no pin changes, not for an instant"""
    set_clock("2027-03-11 22:00:00")
    expect_roads(lang=True, dinh=True, cho=True, bai=True)
    seen = []
    pid = running()
    with Watch(*PINS.values()) as watch:
        os.kill(int(pid), signal.SIGKILL)
        eventually(lambda: running(pid), 30, "systemd did not start it again", every=0.3)
        eventually(lambda: thonctl_try("light", "list"), 30, "it does not answer", every=0.3)
    seen.append(lit_all_night(watch, "kill -9"))
    for verb in ("restart", "reload"):
        with Watch(*PINS.values()) as watch:
            run("systemctl", verb, UNIT)
            eventually(running, 30, "the daemon is not up", every=0.3)
        seen.append(lit_all_night(watch, verb))
    pid = running()
    with Watch(*PINS.values()) as watch:
        run("dpkg", "-i", DEB, within=600)
        eventually(lambda: running(pid), 30, "the daemon was not restarted", every=0.3)
    seen.append(lit_all_night(watch, "upgrade"))
    expect_roads(lang=True, dinh=True, cho=True, bai=True)
    return "; ".join(seen)


@night.scenario
def stopped_it_lets_go():
    """systemctl stop releases the pins, which become inputs; a start lights the roads again, each by one change"""
    with Watch(*PINS.values()) as watch:
        run("systemctl", "stop", UNIT)
        eventually(lambda: all(pin.state() == IN for pin in PINS.values()), 20,
                   lambda: f"the pins are {({name: pin.state() for name, pin in PINS.items()})}", every=0.2)
    for circuit, pin in PINS.items():
        expect(watch.states[pin] == [state(circuit, True), IN], f"{pin} went {watch.states[pin]}")
    expect(not watch.told, f"the kernel was told {watch.told}")
    with Watch(*PINS.values()) as watch:
        run("systemctl", "start", UNIT)
        expect_roads(lang=True, dinh=True, cho=True, bai=True)
    for circuit, pin in PINS.items():
        expect(watch.states[pin] == [IN, state(circuit, True)], f"{pin} went {watch.states[pin]}")


def control_group(name):
    return pathlib.Path("/sys/fs/cgroup") / unit("ControlGroup", f"{name}.service").lstrip("/")


def cpu_seconds(name):
    return int(re.search(r"usage_usec (\d+)", (control_group(name) / "cpu.stat").read_text(encoding="ascii")).group(1)) / 1e6


@idle.scenario
def what_it_takes():
    """At rest, with four roads: the memory of each daemon, and the processor's time in a minute"""
    eventually(lambda: all(running(name=f"{name}.service") for name in DAEMONS), 30, "not all run")
    before, began = {name: cpu_seconds(name) for name in DAEMONS}, time.monotonic()
    time.sleep(60)
    lasted, slow = time.monotonic() - began, slowness()
    told = []
    for name in DAEMONS:
        rollup = pathlib.Path(f"/proc/{running(name=f'{name}.service')}/smaps_rollup").read_text(encoding="ascii")
        pss, rss = (int(re.search(rf"(?m)^{key}:\s+(\d+) kB", rollup).group(1)) / 1024 for key in ("Pss", "Rss"))
        used = 100 * (cpu_seconds(name) - before[name]) / lasted
        told.append(f"{name} {pss:.1f} MiB (RSS {rss:.1f}), {used:.2f} % CPU")
        expect(pss < 24, f"{name} has {pss:.1f} MiB")
        expect(used < 0.5 * slow, f"{name} takes {used:.1f} % of a processor, {slow:.0f} times slower than a Pi 4")
    return "; ".join(told) + f"; {slow:.0f} times slower than a Pi 4"


def from_power_on(circuit, on):
    """The road's pin was an input since power on, then what it should be, and nothing else: seconds until then. The firmware's pin was
    always what it should be."""
    pin = PINS[circuit]
    went = header.since_power_on(pin)
    wanted = [state(circuit, on)] if pin.offset == 23 else [IN, state(circuit, on)]
    expect([seen for _, seen in went] == wanted, f"since power on {pin} went {went}")
    return went[-1][0]


def all_from_power_on():
    """How long it took from power on, and from the kernel's first instant, until the roads were right without a clock."""
    eventually(running, 60, "the daemon is not up", every=0.3)
    expect_roads(within=60, lang=True, dinh=False, cho=False, bai=False)
    expect(show("duong-lang")["why"] == "untrusted-clock", f"it says {show('duong-lang')}")
    seconds = max(from_power_on(circuit, circuit == "duong-lang") for circuit in CIRCUITS)
    kernel = max(told.at for told in TRACE.told(*PINS.values()))
    return f"right {kernel:.0f} s after the kernel's start, {seconds:.0f} s after power on; {slowness():.0f} times slower than a Pi 4"


@reboot.scenario
def let_go_in_order():
    """As the system went down, each pin went from its level to an input, and nothing else was seen"""
    for circuit, pin in PINS.items():
        went = [seen for _, seen in header.since_power_on(pin, "pins-before")]
        expect(went[-2:] == [state(circuit, True), IN], f"{pin} went {went}")


@reboot.scenario
def right_without_a_clock():
    """After a reboot without a clock each pin goes from an input straight to what its road's rule for that says; what the firmware drives stays"""
    return all_from_power_on()


@reboot.scenario
def right_with_the_clock():
    """The network brings the time: all is as the program has it"""
    set_clock("2027-03-12 23:00:00")
    expect_roads(within=20, lang=True, dinh=True, cho=True, bai=True)


@power_cut.scenario
def right_after_the_cut():
    """After a power cut too, each pin goes from an input straight to its level"""
    return all_from_power_on()


@power_cut.scenario
def nothing_is_lost():
    """The store is whole, the roads follow their programs when the time comes, and no unit has failed"""
    set_clock("2027-03-13 12:00:00")
    expect_roads(within=20, lang=False, dinh=False, cho=False, bai=False)
    thonctl("store", "check")
    thonctl("audit", "verify")
    failed = run("systemctl", "list-units", "--failed", "--no-legend", "--plain")
    expect(not failed, f"failed: {failed}")
