"""One command after the store was damaged: the newest sound copy is in its place, the station runs again, and a person knows what
was lost. The seeds of the damage are printed; THON_SEED sets them."""

import contextlib
import json
import os
import random
import sqlite3
import stat
import time

import pytest

PAGE = 4096


@pytest.fixture
def commune(site):
    """A thousand households in a copy, and after it a day's work of an officer."""
    site.ok("area", "add", "xa", "--name", "Xã Mẫu")
    rows = ["code,area,head_name,phone"] + [f"H{n:04d},xa,Chủ hộ {n},0912{n:06d}" for n in range(1000)]
    (site.dir / "h.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    site.ok("household", "import", site.dir / "h.csv")
    site.copy = site.state / "backups" / site.ok("store", "backup", "--nightly")["file"]
    site.ok("household", "add", "MOI-1", "--area", "xa", "--head-name", "Trần Văn Mới")
    site.ok("household", "set", "H0500", "--head-name", "Lê Thị Đổi")
    site.ok("household", "remove", "H0501")
    site.ok("person", "add", "an", "--name", "Nguyễn An", "--role", "officer")
    checkpoint(site)
    return site


def checkpoint(site):
    with contextlib.closing(sqlite3.connect(site.state / "thon.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def seed():
    number = int(os.environ.get("THON_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"THON_SEED={number}")
    return random.Random(number)


def table(lost, name):
    return next(t for t in lost["registry"] + lost["history"] if t["table"] == name)


def records(lost, name):
    return {(r["change"], r["id"]): r.get("was") for r in table(lost, name)["records"]}


def test_what_a_sound_store_had_is_told_row_by_row(commune):
    begun = time.monotonic()
    done = commune.ok("store", "restore")
    print(f"restored, compared and told in {time.monotonic() - begun:.2f} s")
    assert time.monotonic() - begun < 10
    assert done["from"] == str(commune.copy) and 0 <= done["age"] < 60 and done["passed_over"] == []
    lost = done["lost"]
    assert lost["readable"] and all(t["whole"] for t in lost["registry"] + lost["history"])
    households = records(lost, "household")
    assert set(households) == {("added", "MOI-1"), ("changed", "H0500"), ("removed", "H0501")}
    assert households["added", "MOI-1"]["head_name"] == "Trần Văn Mới"
    assert households["changed", "H0500"] == {"head_name": "Lê Thị Đổi"}
    assert records(lost, "person")["added", "an"]["role"] == "officer"
    assert table(lost, "audit")["new"] == 3  # four were written since; the restore itself wrote one
    assert commune.ok("household", "show", "H0500")["head_name"] == "Chủ hộ 500"
    assert commune.ok("audit", "verify")["rows"] > 0
    assert commune.ok("audit", "export")[-1]["action"] == "store.restore"
    assert commune.ok("store", "check")["findings"] == []


def corrupt(path, how, dice):
    data = bytearray(path.read_bytes())
    pages = len(data) // PAGE
    if how == "header":
        data[:100] = dice.randbytes(100)
    elif how == "pages":
        for page in dice.sample(range(1, pages), pages // 10):
            data[page * PAGE : (page + 1) * PAGE] = dice.randbytes(PAGE)
    elif how == "cut":
        del data[dice.randrange(1, pages) * PAGE + 17 :]
    elif how == "zeros":
        at = dice.randrange(1, pages - 5) * PAGE
        data[at : at + 5 * PAGE] = bytes(5 * PAGE)
    elif how == "empty":
        data.clear()
    elif how == "bits":
        for _ in range(200):
            data[dice.randrange(100, len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(data)
    if how == "wal":
        path.with_name("thon.db-wal").write_bytes(dice.randbytes(40 * PAGE))


@pytest.mark.parametrize("how", ["header", "pages", "cut", "zeros", "empty", "bits", "wal"])
def test_whatever_happened_to_it_one_command_brings_it_back(commune, how):
    dice = seed()
    corrupt(commune.state / "thon.db", how, dice)
    done = commune.ok("store", "restore")
    assert done["from"] == str(commune.copy)
    assert len(commune.ok("household", "list")) == 1000
    assert commune.ok("store", "check")["findings"] == []
    lost = done["lost"]
    if how in ("header", "empty"):
        assert not lost["readable"]
    elif how == "wal":  # garbage is no frame: all of it can be read
        assert set(records(lost, "household")) == {("added", "MOI-1"), ("changed", "H0500"), ("removed", "H0501")}
    else:
        print({t["table"]: t["whole"] for t in lost["registry"]})
        # What can be read is right; what cannot is not passed off as nothing lost.
        if lost["readable"] and table(lost, "household")["whole"] and how != "bits":
            assert ("added", "MOI-1") in records(lost, "household")


def test_a_bad_page_in_the_middle_hides_nothing_behind_it(commune):
    """Read from both ends: of a thousand changed households a page costs a few."""
    path = commune.state / "thon.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE household SET notes = 'sửa'")
        db.commit()
        leaf = db.execute(
            "SELECT pageno FROM dbstat WHERE name = 'household' AND pagetype = 'leaf' ORDER BY path"
        ).fetchall()
    checkpoint(commune)
    with open(path, "r+b") as file:
        file.seek((leaf[len(leaf) // 2][0] - 1) * PAGE)
        file.write(b"\xa5" * PAGE)
    lost = commune.ok("store", "restore")["lost"]
    households = table(lost, "household")
    assert not households["whole"]
    assert households["changed"] > 900


def test_a_copy_that_rotted_is_passed_over(commune):
    older = commune.copy.with_name("thon-20200101T000000Z.db")
    older.write_bytes(commune.copy.read_bytes())
    with open(commune.copy, "r+b") as file:
        file.seek(3 * PAGE)
        file.write(b"\xff" * PAGE)
    done = commune.ok("store", "restore")
    assert done["from"] == str(older) and done["passed_over"] == [commune.copy.name]
    assert done["made"] == "2020-01-01T07:00:00+07:00"


def test_a_copy_that_was_made_by_a_clock_that_was_ahead_is_the_last_resort(commune):
    ahead = commune.copy.with_name("thon-20990101T000000Z.db")
    ahead.write_bytes(commune.copy.read_bytes())
    assert commune.ok("store", "restore")["from"] == str(commune.copy)
    commune.copy.unlink()
    assert commune.ok("store", "restore")["from"] == str(ahead)


def test_without_any_copy_it_says_where_to_look(site):
    assert "thonctl store restore FILE" in site.refused("store", "restore")


def systemctl(site, stop=0):
    """A service manager that runs lightd and relayd, and writes down what it is told."""
    path = site.dir / "bin"
    path.mkdir()
    script = path / "systemctl"
    script.write_text(f"""#!/bin/sh
echo "$*" >> {site.dir}/asked
case "$*" in
is-active*lightd|is-active*relayd) exit 0 ;;
is-active*) exit 3 ;;
stop*) exit {stop} ;;
esac
""")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{path}:/usr/bin:/bin"}


def asked(site):
    return [line for line in (site.dir / "asked").read_text().splitlines() if not line.startswith("is-active")]


def test_the_daemons_are_stopped_and_started_again(commune):
    env = systemctl(commune)
    commune.ok("store", "restore", "--stop", env=env)
    assert asked(commune) == ["stop thon-lightd thon-relayd", "start thon-lightd thon-relayd"]


def test_they_are_started_again_when_nothing_could_be_restored(commune):
    env = systemctl(commune)
    commune.copy.write_bytes(b"")
    assert commune.ctl("store", "restore", "--stop", env=env).data["error"] == "corrupt"
    assert asked(commune) == ["stop thon-lightd thon-relayd", "start thon-lightd thon-relayd"]


def test_they_are_started_again_when_they_could_not_all_be_stopped(commune):
    env = systemctl(commune, stop=1)
    assert "nothing was restored" in commune.refused("store", "restore", "--stop", env=env)
    assert asked(commune)[-1] == "start thon-lightd thon-relayd"
    assert commune.ok("household", "show", "MOI-1")


def test_people_are_told_in_words(commune):
    done = commune.ctl("store", "restore", json_output=False)
    assert done.code == 0
    assert "household MOI-1 was added since" in done.out and "Trần Văn Mới" in done.out
    assert "household H0500 was changed since, to:" in done.out
    assert "is restored from" in done.out


def test_secrets_are_named_and_not_shown(commune):
    commune.ok("device", "add", "cam", "--kind", "camera", "--area", "xa", "--name", "Cổng", "--config",
               json.dumps({"url": "rtsp://192.0.2.1/1"}))
    commune.ok("device", "secret", "cam", stdin="mat-khau-camera\n")
    done = commune.ctl("store", "restore")
    assert "mat-khau-camera" not in done.out
    assert records(done.data["lost"], "device_secret") == {("added", "cam"): {}}


def test_what_waited_in_the_copy_is_not_sent_twice(relay, fakes):
    """A notice waits when the copy is made, is sent after it, and the store of then comes back."""
    relay.channel("oa", "zalo-oa", unknown="ask")
    relay.family(1)
    relay.start()
    fakes.shut()
    notice = relay.submit("household:H1", "Họp thôn lúc 19 giờ")
    later = relay.submit("household:H1", "Sáng mai tiêm phòng", not_before="2027-06-01T06:00:00+07:00")
    relay.site.ok("store", "backup", "--nightly")
    fakes.open()
    relay.wait_outcomes(notice, sent=1, timeout=40)
    after = relay.submit("household:H1", "Tin sau bản sao lưu")
    relay.wait_outcomes(after, sent=1)
    relay.daemon.stop()
    done = relay.site.ok("store", "restore")
    assert done["unknown"] == 1
    assert table(done["lost"], "notification")["new"] == 1
    relay.start()
    relay.wait_outcomes(notice, unknown=1)
    assert relay.outcomes(later) == {"H1": "pending"}
    # An answer to a number that is lost meets nobody else's notice.
    fresh = relay.submit("household:H1", "Tin mới")
    assert fresh > after + 900
    relay.wait_outcomes(fresh, sent=1)
    assert fakes.texts("zalo-oa") == ["Họp thôn lúc 19 giờ", "Tin sau bản sao lưu", "Tin mới"]
