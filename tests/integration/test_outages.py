"""Long outages of what the station leans on, and a clock that jumps while things are under way: the broker for an hour, the
Internet for a day, name servers that never answer. Nothing is lost that was promised, nothing blocks, nothing grows."""

import contextlib
import os
import re
import socket
import subprocess
import time
from pathlib import Path

import pytest

import announce
import relay as of
from lights import INPUTS, Lights, gpio
from thon import SLOW
from watch import QUICK


def processor_s(daemon):
    """User and system, in seconds."""
    fields = Path(f"/proc/{daemon.pid}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_kb(daemon):
    """What it wrote of its own; pages of libraries come and go."""
    rollup = Path(f"/proc/{daemon.pid}/smaps_rollup").read_text(encoding="ascii")
    return int(re.search(r"Private_Dirty:\s+(\d+) kB", rollup)[1])


@contextlib.contextmanager
def frugal(*daemons, cpu_s, memory=2048):
    """However long it takes for them: so much of the processor, and no memory that is not given back."""
    before = {d.name: (processor_s(d), memory_kb(d)) for d in daemons}
    yield
    for d in daemons:
        cpu, grown = processor_s(d) - before[d.name][0], memory_kb(d) - before[d.name][1]
        print(f"{d.name}: {cpu:.2f} s of the processor, {grown:+} kB")
        assert cpu < cpu_s * SLOW and (grown < memory or SLOW > 1), f"{d.name}: {cpu} s, {grown} kB"


# ---- the broker, for an hour ----


def commune(relay, site):
    """A road with a door to its cabinet, and a technician who hears of it."""
    lights = Lights.__new__(Lights)
    lights.site, lights.gpio = site, site.gpio
    lights.program({"id": "night", "steps": [{"at": "18:00", "set": "on"}, {"at": "18:30", "set": "off"},
                                             {"at": "18:55", "set": "on"}]})
    lights.calendar({"id": "nightly", "rules": [], "default": "night"})
    lights.road(door=gpio(INPUTS, 1))
    lights.gpio.pull(INPUTS, 1, False)
    relay.channel("tg", "telegram")
    relay.person("tho", {"tg": of.telegram(1)}, role="technician", area="xa")
    relay.route("moi", match="light-door camera-* broker-down", to="role:technician", ack="no", **{"class": "priority"})
    return lights


def test_a_broker_that_is_down_for_an_hour(relay, site, watch, farm, broker):
    """Lamps and cameras go on; what happened in that hour reaches a phone when the broker is back, once each. The broker was
    killed before it wrote down anything, and knows nobody any more: whoever is back first waits for relayd."""
    lights = commune(relay, site)
    farm.enrol(site, names=["c1", "c2"])
    # Only what is refused is to fail: an hour is half a minute, in which a loaded machine may answer late.
    watch.conf(camera={**QUICK["camera"], "connect_ms": 10000, "answer_ms": 10000})
    start = "2026-11-21T17:50:00+07:00,x120"
    relay.start(start)
    camerad = watch.start(start)
    lightd = lights.start(start)
    relay.mqtt.wait_for("status/lightd", lambda d: d["state"] == "online")
    watch.well("c1", "c2")
    with frugal(lightd, camerad, relay.daemon, cpu_s=8):
        broker.kill()
        lights.gpio.pull(INPUTS, 1, True)
        farm.set("c1", mode="refused")
        lightd.wait_log("road: fault door raised", timeout=20)
        camerad.wait_log("Camera c1", timeout=40)
        relay.fakes.wait_message(lambda m: "mosquitto" in m["text"] and "đã ngừng" in m["text"], "telegram", 40)
        for at, level in (("18:00", "on"), ("18:30", "off"), ("18:55", "on")):  # and the hour is over
            lightd.wait_log(rf"road: {level} \(night / {at}", timeout=60)
        lights.lit()
    broker.start()
    for words in ("cửa tủ điện đang mở", "Camera c1", "✓"):
        relay.fakes.wait_message(lambda m, words=words: words in m["text"], "telegram", 90)
    texts = relay.fakes.texts("telegram")
    print("\n".join(texts))
    assert len([t for t in texts if "cửa tủ điện" in t and t.startswith("⚠")]) == 1
    assert len([t for t in texts if "Camera c1" in t and t.startswith("⚠")]) == 1
    # How often one knocked at a closed door: the steps of the back-off, not a loop.
    for daemon in (lightd, camerad, relay.daemon):
        assert len([line for line in daemon.lines if "Not connected" in line]) < 10


def test_who_is_back_at_a_broker_that_forgot_everybody_waits_for_the_reader(relay, site, broker):
    """To a broker without relayd's session an event is delivered as soon as it has come: to nobody."""
    lights = commune(relay, site)
    start = "2026-11-21T20:00:00+07:00"
    relay.start(start)
    lightd = lights.start(start)
    relay.mqtt.wait_for("status/lightd", lambda d: d["state"] == "online")
    lights.gpio.pull(INPUTS, 1, True)
    relay.fakes.wait_message(lambda m: "cửa tủ điện đang mở" in m["text"], "telegram")
    broker.kill()
    lights.gpio.pull(INPUTS, 1, False)
    lightd.wait_log("road: fault door cleared", timeout=20)
    relay.daemon.freeze()
    since = relay.mqtt.mark()
    broker.start()
    relay.mqtt.wait_for("light/road/state", timeout=60, since=since)  # lightd is back, and relayd is not
    relay.daemon.thaw()
    relay.fakes.wait_message(lambda m: m["text"].startswith("✓"), "telegram", 60)


# ---- the Internet, for a day ----


def test_a_day_without_the_internet(relay, fakes):
    """What is still of use goes when it is back, once; what is not is said to be not sent. Nobody knocks all day long."""
    relay.channel("oa", "zalo-oa", rate="10/s")
    relay.families(1, 30)
    fakes.clock("2026-11-21T09:00:00+07:00,x7200")
    relay.start("2026-11-21T09:00:00+07:00,x7200")
    fakes.shut()
    with frugal(relay.daemon, cpu_s=6):
        today = relay.submit("area:xa", "Họp tối nay", expires="2026-11-21T20:00:00+07:00")
        week = relay.submit("area:xa", "Tiêm chủng ngày 28/11", expires="2026-11-27T20:00:00+07:00")
        storm = relay.submit("area:xa", "Bão đổ bộ ngày 25/11", expires="2026-11-25T00:00:00+07:00", **{"class": "emergency"})
        day = relay.submit("household:H1", "Sáng mai", expires="2026-11-22T09:00:00+07:00")
        relay.mqtt.wait_for("event/relay-offline", lambda e: e["state"] == "raised", timeout=30)
        relay.wait_outcomes(today, timeout=60, not_sent=30)
        relay.wait_outcomes(day, timeout=60, not_sent=1)  # a day has passed
    assert relay.outcomes(week) == relay.outcomes(storm) == {f"H{n}": "pending" for n in range(1, 31)}
    before = fakes.counts()["messages"]
    fakes.open()
    relay.wait_outcomes(storm, timeout=60, sent=30)
    relay.wait_outcomes(week, timeout=60, sent=30)
    assert before == 0
    for n in range(1, 31):
        mine = fakes.texts("zalo-oa", address=of.oa(n))
        assert sorted(mine) == ["Bão đổ bộ ngày 25/11", "Tiêm chủng ngày 28/11"], mine
    assert len(relay.mqtt.seen("event/relay-offline")) <= 2


# ---- name servers that never answer ----


@pytest.fixture
def silent_dns(own_network):
    """Whoever /etc/resolv.conf names is here, takes every question, and says nothing."""
    servers = [
        line.split()[1]
        for line in Path("/etc/resolv.conf").read_text(encoding="utf-8").splitlines()
        if line.startswith("nameserver") and ":" not in line
    ] or ["127.0.0.1"]
    sockets = []
    for server in servers:
        if not server.startswith("127."):
            subprocess.run(["ip", "address", "add", f"{server}/32", "dev", "lo"], check=True)
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((server, 53))
        sockets.append(s)
    yield sockets
    for s in sockets:
        s.close()


def test_name_servers_that_never_answer_hold_nothing_up(silent_dns, relay, fakes):
    """The channel with a name fails in its own time; the loop answers orders, and the other channel sends, at once."""
    relay.channel("xa-hoi", "ntfy", api_url="https://ntfy.example.vn", topic="thon", credential=None)
    relay.channel("tg", "telegram")
    relay.person("tho", {"tg": of.telegram(1)}, role="technician", area="xa")
    relay.conf()
    relay.daemon = relay.site.start("relayd")  # a name is no place for a simulated clock
    relay.mqtt.wait_state("status/relayd", lambda d: d["state"] == "online", timeout=20)
    relay.submit(["channel:xa-hoi"], "Ra ngoài", **{"class": "priority"})
    longest, n = 0.0, 0
    silent_dns[0].settimeout(20 * SLOW)
    assert b"ntfy" in silent_dns[0].recv(4096), "somebody asks"
    begun = time.monotonic()
    failed = None
    while time.monotonic() - begun < 60 * SLOW and not failed:
        asked = time.monotonic()
        notice = relay.submit("person:tho", f"Tin {n}", **{"class": "priority"})
        longest = max(longest, time.monotonic() - asked)
        n += 1
        relay.wait_outcomes(notice, sent=1)
        health = relay.mqtt.last("status/relayd").data["health"]["channels"]["xa-hoi"]
        failed = health["in_flight"] == 0 and time.monotonic() - begun > 1
    print(f"{n} orders while the names hung for {time.monotonic() - begun:.1f} s; the longest took {longest * 1000:.0f} ms")
    assert failed, "the call never ended"
    assert longest < 3 * SLOW  # a hung loop would be ten seconds late
    fakes.wait(n, "telegram", timeout=30)
    # A question that is still out holds the end up, for no longer than the service manager waits anyway.
    asked = time.monotonic()
    assert relay.daemon.stop(60) == 0
    print(f"it ended {time.monotonic() - asked:.1f} s after it was told to")


# ---- a clock that jumps while something is on air ----

TEXT = "Thông báo họp thôn lúc 7h30 tại nhà văn hóa. "


@pytest.mark.parametrize("step", ["-2h", "+400d"])
def test_a_bulletin_on_air_goes_on_when_the_clock_jumps(air, step):
    """It is heard once, to its end. What was to air in the hours that the clock passed over does not come late, and nothing comes
    again in those that it repeats."""
    air.zones("thon-4", latest="30min")
    # It lasts for twenty seconds, and the clock jumps in the midst of it.
    air.start(f"{announce.NOON},step={step}@14s")
    bulletin = air.submit(text=TEXT * 5)
    air.airing(bulletin, "thon-4", "on-air")
    later = air.submit(text="Họp lúc một giờ.", at="2026-11-23T13:00:00+07:00")
    air.daemon.wait_log("stepped", timeout=20)
    air.aired(bulletin, "thon-4", timeout=60)
    if step.startswith("+"):
        air.airing(later, "thon-4", "dropped", timeout=20)
    assert len(air.played("thon-4")) == 1
    (sound,) = air.sounds("thon-4")
    assert sound.seconds > 15


@pytest.mark.parametrize("step", ["-400d", "+400d"])
def test_a_clock_that_jumps_for_a_year_breaks_no_camera(site, watch, farm, step):
    farm.enrol(site)
    watch.start(f"2026-11-21T12:00:00+07:00,x5,step={step}@30s")
    watch.well("c1", "c2", "c3")
    watch.daemon.wait_log("stepped", timeout=20)
    watch.checks(farm, "c2", 3)
    assert watch.events() == []
    farm.set("c1", mode="refused")
    watch.event("camera-port-closed")
    farm.set("c1", mode="ok")
    watch.event("camera-port-closed", "cleared")
