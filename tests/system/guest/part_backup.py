"""The copies of the store under the real service manager: by night, on a stick, and back again."""

import pathlib
import sqlite3
import tarfile
import tempfile

from rig import Failure, Part, eventually, expect, run, set_clock
from thon import CAMERA_UNIT, RELAY_UNIT, UNIT, running, thonctl, unit

backups = Part("backups", release="bookworm")

STATE = pathlib.Path("/var/lib/thon")
COPIES = STATE / "backups"
STICK = pathlib.Path("/dev/disk/by-label/THON-BACKUP")  # the host plugged it in
ON_THE_STICK = "thon-backup"
HASTE = pathlib.Path("/run/systemd/system/thon-backup.timer.d/haste.conf")
DAEMONS = (UNIT, RELAY_UNIT, CAMERA_UNIT, "thon-announced.service")
SAID = ("journalctl", "--no-pager", "-o", "cat", "-n", "25")


def copies():
    return sorted(path.name for path in COPIES.glob("thon-*.db"))


@backups.scenario
def made_by_night():
    """At ten past two the timer has a copy made, as thon and with nobody asking"""
    thonctl("area", "add", "sao-luu", "--name", "Nhà sao lưu")
    before = copies()
    expect(unit("ActiveState", "thon-backup.timer") == "active", "the timer does not run")
    # After a clock that jumps it would wait at random anew.
    HASTE.parent.mkdir(parents=True)
    HASTE.write_text("[Timer]\nRandomizedDelaySec=0\n", encoding="ascii")
    run("systemctl", "daemon-reload")
    set_clock("2027-03-20 02:09:58")
    made = eventually(lambda: set(copies()) - set(before), 20, lambda: run(*SAID, "-u", "thon-backup") + run("systemctl", "list-timers", "--all", "--no-pager")
                      + run("systemctl", "status", "--no-pager", "thon-backup.timer", "thon-backup.service", check=False).stdout)
    copy = COPIES / made.pop()
    expect((copy.stat().st_mode & 0o777, copy.owner()) == (0o640, "thon"), f"{copy} is {oct(copy.stat().st_mode)} of {copy.owner()}")
    with sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True) as db:
        expect(db.execute("PRAGMA integrity_check").fetchone() == ("ok",), "the copy is damaged")
    return copy.name


@backups.scenario
def copied_to_the_stick():
    """After that it goes to the stick that is plugged in, with what a new machine needs, and the stick may be pulled out"""
    expect(STICK.exists(), "the guest has no stick")
    run("systemctl", "start", "thon-backup.service")
    unit_name, newest = "thon-backup-usb.service", copies()[-1]
    # Of this copy: an earlier one, of the hour of installation, was told in the same words.
    eventually(lambda: f"{newest} and" in run(*SAID, "-u", unit_name), 120,
               lambda: f"{run(*SAID, '-u', unit_name)}{run(*SAID, '-u', 'thon-backup')}")
    eventually(lambda: "may be pulled out" in run(*SAID, "-u", unit_name).split(f"{newest} and")[-1], 60,
               lambda: run(*SAID, "-u", unit_name))
    eventually(lambda: unit("ActiveState", unit_name) in ("inactive", "failed"), 60, lambda: unit("ActiveState", unit_name))
    expect(unit("Result", unit_name) == "success", f"it ended with {unit('Result', unit_name)}: {run(*SAID, '-u', unit_name)}")
    expect(run("findmnt", "-n", str(STICK.resolve()), check=False).stdout == "", "the stick is still mounted")
    with tempfile.TemporaryDirectory() as place:
        run("mount", "-o", "ro", str(STICK), place)
        try:
            there = pathlib.Path(place) / ON_THE_STICK
            if not (there / newest).exists():
                said = run("journalctl", "--no-pager", "-o", "short-monotonic", "-n", "60", "-u", unit_name, "-u", "thon-backup", "-u", "media-thon.mount")
                raise Failure(f"there is {sorted(map(str, there.parent.rglob('*')))}, here {copies()}: {said}")
            expect((there / newest).read_bytes() == (COPIES / newest).read_bytes(), f"{newest} differs there")
            archive = (there / newest).with_suffix(".station.tar")
            with tarfile.open(archive) as tar:
                names = set(tar.getnames())
        finally:
            run("umount", place)
    wanted = {"etc/thon/thon.conf", "etc/thon/credentials/thon-lightd", "etc/mosquitto/thon.passwd"}
    expect(wanted <= names, f"the archive lacks {wanted - names}: it has {sorted(names)[:40]}")


@backups.scenario
def restored_by_one_command():
    """A store that is damaged is replaced by the copy with one command, which says what is lost, and all daemons run again"""
    thonctl("area", "add", "mat", "--name", "Sẽ mất")
    pids = {name: running(name=name) for name in DAEMONS}
    with open(STATE / "thon.db", "r+b") as file:
        file.seek(4096 * 2)
        file.write(b"\xff" * 4096 * 3)
    done = thonctl("store", "restore", "--stop", within=500)
    expect(done["from"] == str(COPIES / copies()[-1]), f"it took {done['from']}")
    for name in DAEMONS:
        eventually(lambda name=name: running(pids[name], name=name), 30, lambda name=name: f"{name} is {unit('ActiveState', name)}")
    areas = {area["id"] for area in thonctl("area", "list")}
    expect("sao-luu" in areas and "mat" not in areas, f"the areas are {areas}")
    thonctl("store", "check")
    thonctl("audit", "verify")
