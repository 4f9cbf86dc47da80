"""What a daemon meets when the machine gives no more: its memory, and a card that has turned read-only; and one that dies at every
start."""

import contextlib
import pathlib
import time

import providers
from part_relay import BOT, TECHNICIAN
from part_relay import CONF as RELAY_CONF
from rig import Part, eventually, expect, run, set_clock
from thon import CAMERA_UNIT, LANG, RELAY_UNIT, UNIT, Mqtt, expect_lamps, running, thonctl, thonctl_try, unit

limits = Part("limits", release="bookworm")
loop = Part("crash loop", release="trixie")

ANNOUNCE_UNIT = "thon-announced.service"
OTHERS = (UNIT, CAMERA_UNIT, ANNOUNCE_UNIT)
# It lives long enough to be heard at the broker, even in a guest that is slow, and dies as of a bad address.
DIES = """[Service]
ExecStart=
ExecStart=/bin/sh -c '(sleep 4; kill -SEGV $$$$) & exec /usr/sbin/thon-announced'
"""


def pids(names):
    return {name: running(name=name) for name in names}


@limits.scenario
def memory():
    """A daemon that reaches its memory limit is ended by the kernel and comes back by itself; the others run on and the lamps stay lit"""
    set_clock("2027-03-20 22:00:00")
    expect_lamps(lang=True, dinh=True, cho=True, within=10)
    before, pid, ceiling = pids(OTHERS), running(name=RELAY_UNIT), unit("MemoryMax", RELAY_UNIT)
    run("systemctl", "set-property", "--runtime", RELAY_UNIT, "MemoryMax=2M")
    eventually(lambda: "oom-kill" in run("journalctl", "--no-pager", "-o", "cat", "-n", "60", "-u", RELAY_UNIT), 30, "the kernel does not end it")
    run("systemctl", "set-property", "--runtime", RELAY_UNIT, f"MemoryMax={ceiling}")
    eventually(lambda: running(pid, name=RELAY_UNIT), 30, lambda: f"it is {unit('ActiveState', RELAY_UNIT)}")
    eventually(lambda: thonctl_try("notify", "list"), 20, "it does not work again")
    expect(pids(OTHERS) == before, f"the others were {before} and are {pids(OTHERS)}")
    expect_lamps(lang=True, dinh=True, cho=True)


@limits.scenario
def card_turned_read_only():
    """On a card that has turned read-only, as ext4 does after an error, orders are carried out and nothing is called kept; writable again, all goes on"""
    before = pids((*OTHERS, RELAY_UNIT))
    pathlib.Path("/proc/sysrq-trigger").write_text("u", encoding="ascii")
    try:
        eventually(lambda: run("findmnt", "-n", "-o", "OPTIONS", "/").startswith("ro"), 20, "it is not read-only")
        refused = run("thonctl", "area", "add", "chi-doc", "--name", "Chỉ đọc", check=False)
        expect(refused.returncode == 1 and "read-only" in refused.stderr, f"it said {refused.returncode}: {refused.stderr}")
        run("thonctl", "light", "off", "rig-lang", "--for", "30min", check=False)
        eventually(lambda: LANG.level() == 0, 10, "an order is not carried out")
    finally:
        run("mount", "-o", "remount,rw", "/")
    eventually(lambda: thonctl_try("area", "add", "ghi-duoc", "--name", "Ghi được"), 90, "nothing can be written again")
    thonctl("light", "auto", "rig-lang")
    expect_lamps(lang=True, within=10)
    expect(pids((*OTHERS, RELAY_UNIT)) == before, f"the daemons were {before} and are {pids((*OTHERS, RELAY_UNIT))}")


@contextlib.contextmanager
def told_of_daemons():
    """The technician is told of daemons while the block runs."""
    before = RELAY_CONF.read_text(encoding="utf-8")
    RELAY_CONF.write_text(before + "\n[route may]\nmatch = daemon-down\nto = role:technician\nclass = priority\n", encoding="utf-8")
    run("systemctl", "reload", RELAY_UNIT)
    try:
        yield
    finally:
        RELAY_CONF.write_text(before, encoding="utf-8")
        run("systemctl", "reload", RELAY_UNIT)


@loop.scenario
def one_daemon_dies_at_every_start():
    """systemd starts it for ever, the others run on and the lamps stay lit; the technician has it, and hears the end once it is mended"""
    set_clock("2027-03-20 22:00:00")
    expect_lamps(lang=True, dinh=True, cho=True, within=10)
    others = (UNIT, CAMERA_UNIT, RELAY_UNIT)
    before, drop_in = pids(others), pathlib.Path(f"/run/systemd/system/{ANNOUNCE_UNIT}.d/dies.conf")
    with told_of_daemons(), Mqtt("thon/1/+/event/daemon-down", retained=False) as mqtt:
        since = providers.newest(BOT)
        drop_in.parent.mkdir(parents=True, exist_ok=True)
        drop_in.write_text(DIES, encoding="ascii")
        run("systemctl", "daemon-reload")
        began = time.monotonic()
        run("systemctl", "restart", ANNOUNCE_UNIT, check=False)
        _, raised = mqtt.wait("event/daemon-down", lambda event: event["subject"] == "announced" and event["state"] == "raised", within=60)
        at, message = providers.wait_message(BOT, since, 15, address=TECHNICIAN, text="thon-announced")
        expect("liên tục tự tắt" in message["text"], f"the technician has {message}")
        restarts = int(unit("NRestarts", ANNOUNCE_UNIT))
        expect(restarts >= 2 and unit("ActiveState", ANNOUNCE_UNIT) != "failed", f"systemd gave up after {restarts} restarts")
        expect(pids(others) == before, f"the others were {before} and are {pids(others)}")
        expect_lamps(lang=True, dinh=True, cho=True)

        drop_in.unlink()
        drop_in.parent.rmdir()
        run("systemctl", "daemon-reload")
        with Mqtt("thon/1/+/status/announced", retained=False) as status:
            run("systemctl", "restart", ANNOUNCE_UNIT)
            status.wait("status/announced", lambda doc: doc["state"] == "online", within=30)
        # The first may have met it dead. This one it takes as an order, which says that somebody has it in hand.
        run("systemctl", "restart", ANNOUNCE_UNIT)
        mqtt.wait("event/daemon-down", lambda event: event["state"] == "cleared" and event["id"] == raised["id"], within=30)
        providers.wait_message(BOT, since, 15, address=TECHNICIAN, text="✓")
        pid = eventually(lambda: running(name=ANNOUNCE_UNIT), 20, lambda: f"it is {unit('ActiveState', ANNOUNCE_UNIT)}")
        expect(pids(others) == before, f"the others were {before} and are {pids(others)}")
        expect_lamps(lang=True, dinh=True, cho=True)
        ended = time.monotonic()
    expect(running(name=ANNOUNCE_UNIT) == pid, "it is not well")
    return f"told {at - began:.0f} s after its first start, {restarts} restarts, {ended - began:.0f} s in all"
