"""The copies of every night: made, verified, kept by age, skipped when nothing changed, refused when the disk lacks room."""

import datetime
import os
import shutil
import sqlite3

import pytest


def name(at):
    return at.strftime("thon-%Y%m%dT%H%M%SZ.db")


NOW = datetime.datetime.now(datetime.timezone.utc)


@pytest.fixture
def commune(site):
    site.ok("area", "add", "xa", "--name", "Xã Mẫu")
    site.backups = site.state / "backups"
    return site


def names(site):
    return sorted(p.name for p in site.backups.iterdir() if p.name.startswith("thon-"))


def test_a_copy_is_made_verified_and_can_be_restored(commune):
    made = commune.ok("store", "backup", "--nightly")
    assert made["audit_rows"] == 1 and made["audit_head"] == commune.ok("audit", "verify")["head"]
    path = commune.backups / made["file"]
    assert commune.backups.stat().st_mode & 0o777 == 0o750
    assert path.stat().st_mode & 0o777 == 0o640
    assert {p.name for p in commune.backups.iterdir()} == {made["file"], "last.json"}  # no trace of having been opened
    assert commune.ok("store", "backups")[0]["file"] == str(path)
    commune.ok("area", "remove", "xa")
    commune.ok("store", "restore", path)
    assert [a["id"] for a in commune.ok("area", "list")] == ["xa"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave what others cannot read")
def test_what_root_makes_belongs_to_the_owner_of_the_state_directory(commune):
    os.chown(commune.state, 65534, 65534)
    commune.ok("store", "backup", "--nightly")
    owners = {(p.name, p.stat().st_uid) for p in [commune.backups, *commune.backups.iterdir()]}
    assert len(owners) == 3 and {uid for _, uid in owners} == {65534}


def test_a_night_without_a_change_writes_no_copy(commune):
    first = commune.ok("store", "backup", "--nightly")
    again = commune.ok("store", "backup", "--nightly")
    assert again["unchanged"] and again["file"] == first["file"] and again["audit_head"] == first["audit_head"]
    commune.ok("area", "add", "thon", "--name", "Thôn")
    assert not commune.ok("store", "backup", "--nightly")["unchanged"]


def test_a_copy_that_rotted_is_made_again(commune):
    path = commune.backups / commune.ok("store", "backup", "--nightly")["file"]
    with open(path, "r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)
    made = commune.ok("store", "backup", "--nightly")
    assert not made["unchanged"]
    assert sqlite3.connect(commune.backups / made["file"]).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_old_copies_go_by_age_and_foreign_files_never(commune):
    good = commune.backups / commune.ok("store", "backup", "--nightly")["file"]
    made = [NOW - datetime.timedelta(days=d) for d in range(1, 300)]
    for at in made:
        shutil.copy(good, commune.backups / name(at))
    future = name(NOW + datetime.timedelta(days=4000))
    shutil.copy(good, commune.backups / future)
    foreign = ["thon.db", "thon-20200101T000000Z.db.bak", "thon-20201301T000000Z.db", "của-tôi.db"]
    for other in foreign:
        (commune.backups / other).write_bytes(b"x")
    (commune.backups / "thon-20200202T000000Z.db").mkdir()
    (commune.backups / (name(made[0]) + ".new-a1B2c3")).write_bytes(b"half")
    commune.ok("area", "add", "thon", "--name", "Thôn")
    done = commune.ok("store", "backup", "--nightly")
    left = names(commune)
    assert done["file"] in left and future in left
    assert all((commune.backups / other).exists() for other in foreign)
    assert not any(".new-" in p for p in left)
    copies = [p for p in left if p not in foreign and p != "thon-20200202T000000Z.db"]
    assert len(copies) == done["kept"] <= 7 + 4 + 6 + 1
    assert name(made[0]) in copies and name(made[3]) in copies
    oldest = min(copies)
    assert oldest >= name(NOW - datetime.timedelta(days=7 * 31))


def test_a_full_disk_is_refused_and_costs_no_copy(commune):
    commune.ok("store", "backup", "--nightly")
    before = names(commune)
    commune.ok("area", "add", "thon", "--name", "Thôn")
    commune.write_conf("thon.conf", backup={"min_free": "900GiB"})
    said = commune.refused("store", "backup", "--nightly")
    assert "no copy was made" in said and "MiB are free" in said
    assert names(commune) == before


def test_on_a_full_disk_what_is_too_old_goes_first(commune):
    """Else a disk that was full once would stay so, however few copies are to be kept."""
    good = commune.backups / commune.ok("store", "backup", "--nightly")["file"]
    for days in range(1, 300):
        shutil.copy(good, commune.backups / name(NOW - datetime.timedelta(days=days)))
    commune.ok("area", "add", "thon", "--name", "Thôn")
    commune.write_conf("thon.conf", backup={"min_free": "900GiB"})
    assert "no copy was made" in commune.refused("store", "backup", "--nightly")
    assert good.exists() and len(names(commune)) <= 7 + 4 + 6 + 1


def test_a_damaged_store_pushes_out_no_copy(commune):
    made = commune.ok("store", "backup", "--nightly")
    before = names(commune)
    with open(commune.state / "thon.db", "r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)
    assert "damaged" in commune.refused("store", "backup", "--nightly")
    assert names(commune) == before and made["file"] in before


def test_two_nights_at_once_are_one(commune):
    import fcntl

    commune.ok("store", "backup", "--nightly")
    fd = os.open(commune.backups, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        assert "another backup" in commune.refused("store", "backup", "--nightly")
    finally:
        os.close(fd)


def test_the_relay_tells_that_the_backup_is_old_and_that_it_is_new_again(relay, fakes, site, mqtt):
    site.ok("store", "backup", "--nightly")
    backups = site.state / "backups"
    shutil.move(backups / names_of(backups)[0], backups / "thon-20261110T190000Z.db")
    (backups / "last.json").unlink()
    relay.channel("oa", "zalo-oa")
    fakes.clock("2026-11-21T09:00:00+07:00,x600")
    relay.start("2026-11-21T09:00:00+07:00,x600")
    old = mqtt.wait_for("event/relay-backup", lambda d: d["state"] == "raised", timeout=20)
    assert "10 ngày" in old.data["text"]
    shutil.copy(backups / "thon-20261110T190000Z.db", backups / "thon-20261121T010000Z.db")
    mqtt.wait_for("event/relay-backup", lambda d: d["state"] == "cleared", timeout=90)


def names_of(directory):
    return sorted(p.name for p in directory.iterdir() if p.name.startswith("thon-"))


def test_status_says_how_old_the_last_copy_is(commune):
    commune.start("lightd")
    assert commune.ok("status")["backup"]["last"] is None  # the store is young: there is time
    good = commune.backups / commune.ok("store", "backup", "--nightly")["file"]
    assert commune.ok("status")["backup"]["ok"]
    (commune.backups / "last.json").unlink()
    good.rename(commune.backups / name(NOW - datetime.timedelta(days=5)))
    assert 5 * 86400 - 60 < commune.ctl("status").data["backup"]["age"] < 5 * 86400 + 3600
    assert "h ago" in commune.ctl("status", json_output=False).out
