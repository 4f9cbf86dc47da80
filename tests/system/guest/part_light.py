"""The evening, the night and the morning of three roads."""

import datetime
import os
import pathlib
import re
import signal
import time

from gpiosim import PERSIST, TRACE, Contactor, Watch
from rig import Part, eventually, expect, local, run, set_clock, slowness
from thon import (CHO, CONTACT, DINH, LANG, METER, UNIT, Mqtt, expect_lamps, pulse, running, show,
                  status_line, thonctl, thonctl_try, unit, wait_for_level, wall)

evening = Part("evening")
faults = Part("night")
dark_boot = Part("night, after a power cut", boot={"rtc": "2027-03-12T16:30:00"})
noon_boot = Part("noon, after a power cut", boot={"rtc": "2027-03-13T05:00:00"})
no_clock = Part("no clock after a power cut", boot={"rtc": "2027-03-13T20:00:00", "battery": False})


def on_time(line, level, civil, late=1, within=20):
    """The line gets this level at that time of the site, no second early and at most so many late."""
    began = time.monotonic()
    wait_for_level(line, level, within)
    told = TRACE.told(line, since=began)
    expect(told and told[-1].level == level, f"the trace has {told}")
    seen = wall(told[0].at) - (civil if isinstance(civil, float) else local(civil))
    late += 0.2 * slowness()
    expect(-0.01 <= seen < late, f"switched {seen:+.3f} s after {civil}; {late:.1f} s late is the limit here")


def planned(circuit, day, on):
    """The instant at which the plan has this change in the night of that day."""
    plan = thonctl("light", "plan", "--from", day, "--days", "1", "--circuit", circuit)
    return next(datetime.datetime.fromisoformat(change["at"]).timestamp() for change in plan
                if change["circuit"] == circuit and change["on"] is on)


@evening.scenario
def on_at_the_minute():
    """On at 17:42, not a second early"""
    set_clock("2027-03-10 17:41:52")
    expect_lamps(lang=False)
    on_time(LANG, 1, "2027-03-10 17:42:00")


@evening.scenario
def on_at_dusk():
    """On at dusk of this day and place, on a board whose relays close on low"""
    dusk = planned("rig-dinh", "2027-03-10", True)
    set_clock(dusk - 4)
    expect_lamps(dinh=False)
    on_time(DINH, 0, dusk, late=1 + 5 * 0.3)  # the sample's roads may take their turn before it


@evening.scenario
def off_at_the_minute():
    """Off at 05:12 of the next morning"""
    set_clock("2027-03-11 05:11:54")
    expect_lamps(lang=True, dinh=True)
    on_time(LANG, 0, "2027-03-11 05:12:00")


@evening.scenario
def a_clock_step_heals():
    """The clock is put to the middle of the day and of the night, and the lamps are right at once"""
    for civil, wanted in (("2027-03-11 12:30:00", False), ("2027-03-11 23:30:00", True), ("2027-03-12 08:00:00", False)):
        set_clock(civil)
        expect_lamps(lang=wanted, dinh=wanted, cho=wanted, within=3)


@evening.scenario
def override_ends():
    """A lamp that a person switches on by day for some seconds shines, says why, and goes off by itself"""
    set_clock("2027-03-12 10:00:00")
    expect_lamps(cho=False)
    began = time.monotonic()
    thonctl("light", "on", "rig-cho", "--for", "6s", "--reason", "sửa bóng đèn")
    given = time.monotonic()
    wait_for_level(CHO, 1, 2)
    state = show("rig-cho")
    expect(state["in_effect"] == "on" and state["commanded"] == "off", f"it says {state}")
    expect(state["override"]["reason"] == "sửa bóng đèn", f"it says {state['override']}")
    ended = wait_for_level(CHO, 0, 10)
    limit = 6 + max(3, 1.5 * slowness())
    expect(ended - began > 5 and ended - given < limit, f"it shone {ended - began:.1f} s")
    expect(show("rig-cho")["override"] is None, "the override is still shown")


@evening.scenario
def override_outlives_a_restart():
    """A person's order holds through a restart of the daemon and ends on its time"""
    began = time.monotonic()
    thonctl("light", "on", "rig-cho", "--for", "20s", "--reason", "đám cưới")
    given = time.monotonic()
    wait_for_level(CHO, 1, 2)
    with Watch(CHO) as watch:
        run("systemctl", "restart", UNIT)
    expect(watch.levels(CHO) == [1], f"the restart blinked the lamp: {watch.changes[CHO]}")
    ended = wait_for_level(CHO, 0, 23)
    limit = 20 + max(3, 1.5 * slowness())
    expect(ended - began > 18 and ended - given < limit, f"it shone {ended - began:.1f} s")


@evening.scenario
def all_on():
    """All on in an emergency, all back afterwards"""
    thonctl("light", "on", "all", "--reason", "khẩn cấp", "--for", "1h")
    expect_lamps(lang=True, dinh=True, cho=True)
    thonctl("light", "auto", "all")
    expect_lamps(lang=False, dinh=False, cho=False)


@faults.scenario
def night_falls():
    """At 22:00 all three are lit, and the contactor's contact says so"""
    set_clock("2027-03-12 22:00:00")
    expect_lamps(lang=True, dinh=True, cho=True)
    with Contactor(LANG, CONTACT):
        eventually(lambda: show("rig-lang")["physical"] == "on", 5, lambda: f"it says {show('rig-lang')}")


@faults.scenario
def killed_by_night():
    """kill -9 by night: no lamp changes, whatever the kernel does with a dead program's lines, and it is back within 3 s"""
    seen = []
    for persist in ("1", "0"):
        PERSIST.write_text(persist, encoding="ascii")
        try:
            eventually(lambda: running() and thonctl_try("light", "list"), 20, "the daemon is not up")
            pid, before = running(), time.monotonic()
            with Watch(LANG, DINH) as watch:
                os.kill(int(pid), signal.SIGKILL)
                slow = slowness()
                eventually(lambda: running(pid), 30, "systemd did not start it again", every=0.5)
                eventually(lambda: thonctl_try("light", "list"), 20, "it does not answer", every=0.3)
            back = int(unit("ActiveEnterTimestampMonotonic")) / 1e6 - before
            told = TRACE.told(LANG, DINH, CHO, since=before)
            wait = unit("RestartUSec")
            waited = int(wait.removesuffix("ms")) / 1000 if wait.endswith("ms") else int(wait.removesuffix("s"))
            limit = waited + (3 - waited) * slow
            expect(back < limit, f"it was back after {back:.1f} s; 3 s of a Pi are {limit:.1f} s here")
            expect(watch.levels(LANG) == [1] and watch.levels(DINH) == [0], f"persist {persist}: the lamps went {watch.changes[LANG]} and {watch.changes[DINH]}")
            expect(all(t.level == (0 if t.line is DINH else 1) for t in told), f"persist {persist}: the kernel was told {told}")
            seen.append(str(watch))
        finally:
            PERSIST.write_text("1", encoding="ascii")
    return " | ".join(seen)


@faults.scenario
def restarted_by_night():
    """A restart, and a reload, by night blink no lamp, on a kernel that lets a dead program's lines fall"""
    eventually(running, 5, "the daemon is not up")
    PERSIST.write_text("0", encoding="ascii")
    seen = []
    try:
        for verb in ("restart", "reload"):
            before = time.monotonic()
            with Watch(LANG, DINH) as watch:
                run("systemctl", verb, UNIT)
                eventually(running, 5, "the daemon is not up")
            expect(watch.levels(LANG) == [1] and watch.levels(DINH) == [0],
                   f"{verb}: the lamps went {watch.changes[LANG]} and {watch.changes[DINH]}")
            told = TRACE.told(LANG, DINH, CHO, since=before)
            expect(all(t.level == (0 if t.line is DINH else 1) for t in told), f"{verb}: the kernel was told {told}")
            seen.append(f"{verb} {watch}")
    finally:
        PERSIST.write_text("1", encoding="ascii")
    return " | ".join(seen)


@faults.scenario
def the_thief():
    """The supply is cut while the road is lit: an event within 5 s; it comes back: the same event clears"""
    with Contactor(LANG, CONTACT) as contactor, Mqtt() as mqtt:
        eventually(lambda: show("rig-lang")["physical"] == "on", 5, "the contact is not seen")
        contactor.supply = False
        cut = time.monotonic()
        at, raised = mqtt.wait("event/light-dark", lambda event: event["subject"] == "rig-lang", since=cut, within=8)
        limit = max(5, 2 + 1.5 * slowness())  # 2 s to be sure; the rest is what the programs need
        expect(at - cut < limit, f"the event came after {at - cut:.1f} s")
        expect(raised["severity"] == "critical", f"the event is {raised}")
        expect(any(fault["fault"] == "dark" for fault in show("rig-lang")["faults"]), f"it says {show('rig-lang')}")
        contactor.supply = True
        back = time.monotonic()
        _, cleared = mqtt.wait("event/light-dark", lambda event: event["subject"] == "rig-lang", since=back, within=8)
        expect(cleared["id"] == raised["id"], f"raised {raised['id']}, cleared {cleared['id']}")
        eventually(lambda: not show("rig-lang")["faults"], 5, lambda: f"it says {show('rig-lang')}")


@faults.scenario
def the_meter_counts():
    """25 pulses of the S0 meter are 25 Wh, not one lost; told within a minute"""
    with Contactor(LANG, CONTACT):
        before = show("rig-lang")["kwh"]
        pulse(METER, 25)
        began = time.monotonic()
        eventually(lambda: abs(show("rig-lang")["kwh"] - before - 0.025) < 1e-6, 70,
                   lambda: f"the meter went from {before} to {show('rig-lang')['kwh']} kWh", every=0.5)
        took, limit = time.monotonic() - began, 60 + max(10, 2 * slowness())
        expect(took < limit, f"it was told after {took:.0f} s")


@faults.scenario
def the_broker_goes():
    """The broker stops: the lamps go on by their program; it starts: the daemon is there again with its states"""
    pid = running()
    run("systemctl", "stop", "mosquitto")
    try:
        set_clock("2027-03-12 12:30:00")
        expect_lamps(lang=False, dinh=False, cho=False)
        set_clock("2027-03-12 22:10:00")
        expect_lamps(lang=True, dinh=True, cho=True)
    finally:
        run("systemctl", "start", "mosquitto")
    with Mqtt() as mqtt:
        mqtt.wait("status/lightd", lambda status: status["state"] == "online", within=40)
        mqtt.wait("light/rig-cho/state", lambda state: state["in_effect"] == "on", within=10)
    expect(running() == pid, "the daemon was restarted, it should have waited")
    with Contactor(LANG, CONTACT):
        eventually(lambda: not show("rig-lang")["faults"], 8, lambda: f"it says {show('rig-lang')}")


@faults.scenario
def the_store_goes():
    """The store is gone and the daemon restarts: the last good plan keeps the lamps right"""
    store = pathlib.Path("/var/lib/thon/thon.db")
    found = store if store.exists() else next(iter(store.parent.glob("*.db")))
    away = found.with_suffix(".away")
    run("systemctl", "stop", UNIT)
    siblings = [file for file in found.parent.glob(found.name + "*")]
    for file in siblings:
        file.rename(away.with_name(file.name + ".away"))
    found.mkdir()
    try:
        run("systemctl", "start", UNIT)
        expect_lamps(lang=True, dinh=True, cho=True)
        set_clock("2027-03-12 12:30:00")
        expect_lamps(lang=False, dinh=False, cho=False)
    finally:
        run("systemctl", "stop", UNIT)
        found.rmdir()
        for file in siblings:
            away.with_name(file.name + ".away").rename(file)
        run("systemctl", "start", UNIT)
    set_clock("2027-03-12 22:20:00")
    expect_lamps(lang=True, dinh=True, cho=True)


@faults.scenario
def what_the_technician_reads():
    """systemctl status has one line that says it all; journalctl -x says what to do, in Vietnamese too"""
    expect(re.match(r"\d+ circuits, \d+ on, next \d\d:\d\d \S+ (on|off)", status_line()), f"the line is {status_line()!r}")
    expect(f'Status: "{status_line()}"' in run("systemctl", "status", "--no-pager", UNIT), "systemctl status does not show it")
    for locale, words in (("C.UTF-8", "power|cable|breaker|contactor"), ("vi_VN.UTF-8", "[ăđơưạảấầậắặẹếềệịọốồộớờợụứừự]")):
        text = run("journalctl", "--no-pager", "-x", "-u", UNIT, env={"PATH": "/usr/bin:/bin", "LC_ALL": locale, "LANG": locale})
        told = [line for line in text.splitlines() if line.startswith("░░")]
        expect(len(told) > 10 and re.search(words, "\n".join(told)), f"{locale}: the catalog says {told[:12]}")


@faults.scenario
def something_for_the_power_cut():
    """A pulse count and a person's order are on disk when the mains fail"""
    with Contactor(LANG, CONTACT):
        kwh = show("rig-lang")["kwh"]
        expect(kwh >= 0.025, f"the meter has {kwh} kWh")
    thonctl("light", "off", "rig-cho", "--for", "3h", "--reason", "nhà có tang")
    expect_lamps(cho=False)


@dark_boot.scenario
def right_after_boot_by_night():
    """The mains come back at 23:30: lit as the program says, at the first request, with nobody's help"""
    expect_lamps(lang=True, dinh=True, within=30)
    told = TRACE.told(LANG, DINH)
    expect(all(t.level == (0 if t.line is DINH else 1) for t in told), f"the kernel was told {told}")


@dark_boot.scenario
def orders_survive_a_power_cut():
    """The order to leave one road dark still holds, with its reason"""
    eventually(running, 30, "the daemon is not up")
    expect_lamps(cho=False)
    expect(all(t.level == 0 for t in TRACE.told(CHO)), f"the road flashed: {TRACE.told(CHO)}")
    expect(show("rig-cho")["override"]["reason"] == "nhà có tang", f"it says {show('rig-cho')}")
    thonctl("light", "auto", "rig-cho")
    expect_lamps(cho=True)


@dark_boot.scenario
def the_count_survives_a_power_cut():
    """The meter's count is that of before, and goes on"""
    before = show("rig-lang")["kwh"]
    expect(before >= 0.025, f"the meter has {before} kWh")
    with Contactor(LANG, CONTACT):
        pulse(METER, 5)
        for verb in ("off", "auto"):  # a change of state is told at once, with the energy so far
            thonctl("light", verb, "rig-lang")
        eventually(lambda: abs(show("rig-lang")["kwh"] - before - 0.005) < 1e-6, 5,
                   lambda: f"the meter went from {before} to {show('rig-lang')['kwh']} kWh")


@dark_boot.scenario
def the_store_is_whole():
    """The store and its audit log are whole after a power cut"""
    thonctl("store", "check")
    thonctl("audit", "verify")


@noon_boot.scenario
def right_after_boot_by_day():
    """The mains come back at noon: no lamp is lit, not for an instant"""
    eventually(lambda: len(TRACE.told(LANG, DINH, CHO)) >= 3, 30, lambda: f"the lines were not requested; {status_line()}")
    told = TRACE.told(LANG, DINH, CHO)
    expect(all(t.level == (1 if t.line is DINH else 0) for t in told), f"the kernel was told {told}")
    expect_lamps(lang=False, dinh=False, cho=False)


@no_clock.scenario
def nobody_knows_the_time():
    """No battery, no network: each road follows its own rule for that, and the status says why"""
    eventually(lambda: "clock not trusted" in status_line(), 30, lambda: f"the status is {status_line()!r}")
    expect_lamps(lang=True, dinh=False, cho=False)
    expect(show("rig-lang")["why"] == "untrusted-clock", f"it says {show('rig-lang')}")


@no_clock.scenario
def the_time_comes():
    """The time is set at last: all is as the program has it, within seconds"""
    set_clock("2027-03-13 23:00:00")
    expect_lamps(lang=True, dinh=True, cho=True, within=15)
    eventually(lambda: show("rig-cho")["why"] == "program", 5, lambda: f"it says {show('rig-cho')}")


