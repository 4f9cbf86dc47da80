"""What a daemon meets when the machine gives no more: its memory, and a card that has turned read-only."""

import pathlib

from rig import Part, eventually, expect, run, set_clock
from thon import CAMERA_UNIT, LANG, RELAY_UNIT, UNIT, expect_lamps, running, thonctl, thonctl_try, unit

limits = Part("limits", release="bookworm")

OTHERS = (UNIT, CAMERA_UNIT, "thon-announced.service")


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
