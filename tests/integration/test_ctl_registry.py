"""thonctl and the registry: what an officer types, imports from a spreadsheet, looks for and takes back."""

import hashlib
import re
import sqlite3

import pytest

HOUSEHOLDS = """\ufeffMã hộ;Thôn;Số nhà;Ngõ;Chủ hộ;Điện thoại;Nhân khẩu;Vĩ độ;Kinh độ;Internet;Điện thoại thông minh;Thanh toán điện tử;Kỹ năng số\r
CP-001;chi-phuc;12;Ngõ Đông;Nguyễn Văn Ân;912345678;4;19,8067;105,7766;có;có;không;cơ bản\r
CP-002;chi-phuc;14;Ngõ Đông;Trần Thị Bé;0987 654 321;2;;;không;;;\r
CP-003;chi-phuc;3;"Ngõ Tây; cuối làng";Lê Hoàng Đạt;;5;;;x;x;x;\r
"""


@pytest.fixture
def commune(site):
    site.ok("area", "add", "xa", "--name", "Xã Mẫu", "--kind", "xã")
    site.ok("area", "add", "chi-phuc", "--name", "Thôn Chí Phúc", "--kind", "thôn", "--parent", "xa")
    return site


@pytest.fixture
def imported(commune, tmp_path):
    path = tmp_path / "households.csv"
    path.write_text(HOUSEHOLDS, encoding="utf-8", newline="")
    assert commune.ok("household", "import", path) == {
        "ok": True,
        "dry_run": False,
        "rows": 3,
        "added": 3,
        "changed": 0,
        "unchanged": 0,
    }
    return commune


def test_what_excel_in_vietnam_writes_is_understood(imported):
    shown = imported.ok("household", "show", "CP-001")
    assert shown["head_name"] == "Nguyễn Văn Ân" and shown["phone"] == "+84912345678"
    assert (shown["lat"], shown["lon"], shown["members"]) == (19.8067, 105.7766, 4)
    assert shown["internet"] is True and shown["e_payment"] is False
    assert imported.ok("household", "show", "cp-003")["lane"] == "Ngõ Tây; cuối làng"
    assert [h["code"] for h in imported.ok("household", "list")] == ["CP-001", "CP-002", "CP-003"]


def test_an_export_read_back_changes_nothing(imported, tmp_path):
    for noun in ("area", "household", "person", "group", "device"):
        text = imported.ctl(noun, "export", json_output=False)
        assert text.code == 0 and text.out.startswith("\ufeff")
        path = tmp_path / f"{noun}.csv"
        path.write_text(text.out, encoding="utf-8", newline="")
        again = imported.ok(noun, "import", path)
        assert again["added"] == again["changed"] == 0, noun
    assert len(imported.ok("household", "export")) == 3


def test_a_dry_run_writes_nothing(commune, tmp_path):
    path = tmp_path / "households.csv"
    path.write_text(HOUSEHOLDS, encoding="utf-8", newline="")
    rehearsed = commune.ok("household", "import", path, "--dry-run")
    assert rehearsed["dry_run"] and rehearsed["added"] == 3
    assert commune.ok("household", "list") == []


def test_every_bad_line_is_told_and_nothing_is_imported(commune, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("code,area,phone,members\nA-1,chi-phuc,0912345678,4\nA-2,nowhere,12,x\nA-1,chi-phuc,,\n")
    result = commune.ctl("household", "import", path)
    assert result.code == 1 and result.data["ok"] is False and result.data["error"] == "invalid"
    told = {(p["line"], p["column"]) for p in result.data["problems"]}
    assert {(3, "area"), (3, "phone"), (3, "members")} <= told and any(line == 4 for line, _ in told)
    assert all(p["reason"] for p in result.data["problems"])
    assert "nothing was imported" in result.err
    assert commune.ok("household", "list") == []


@pytest.mark.parametrize("text, code", [("nguyen van an dong", "CP-001"), ("le dat", "CP-003"), ("0987654321", "CP-002"), ("ĐẠT", "CP-003")])
def test_a_household_is_found_without_marks(imported, text, code):
    assert imported.ok("household", "find", *text.split())[0]["code"] == code


def test_who_is_not_there_is_not_found(imported):
    assert imported.ok("household", "find", "khong co ai") == []
    assert "CP-999" in imported.refused("household", "show", "CP-999")
    for noun in ("area", "person", "group", "device"):
        imported.refused(noun, "show", "nobody")
        imported.refused(noun, "remove", "nobody")
        imported.refused(noun, "set", "nobody", "--name", "x")


def test_records_are_added_changed_and_removed(commune):
    commune.ok("household", "add", "CP-1", "--area", "chi-phuc", "--head-name", "Lê Văn A")
    commune.ok("person", "add", "a", "--name", "Lê Văn A", "--household", "CP-1", "--role", "trưởng thôn")
    commune.ok("person", "set", "a", "--phone", "0912 345 678", "--consent", "notices,emergency", "--channels", "oa:77;bot:8")
    person = commune.ok("person", "show", "a")
    assert person["role"] == "hamlet-head" and person["phone"] == "+84912345678"
    assert person["channels"] == {"oa": "77", "bot": "8"} and person["consent"] == ["notices", "emergency"]
    assert person["consent_at"]
    commune.ok("group", "add", "nong-dan", "--name", "Hội Nông dân", "--kind", "nông dân")
    commune.ok("group", "join", "nong-dan", "a")
    assert commune.ok("group", "show", "nong-dan")["kind"] == "farmers"
    assert commune.ok("person", "show", "a")["groups"] == ["nong-dan"]
    commune.ok("group", "leave", "nong-dan", "a")
    assert "CP-1" in commune.refused("household", "remove", "CP-1")  # somebody lives there
    commune.ok("person", "remove", "a")
    commune.ok("household", "remove", "CP-1")
    assert commune.ok("household", "list") == []


@pytest.mark.parametrize(
    "args",
    [
        ("household", "add", "CP 1", "--head-name", "x"),
        ("household", "add", "CP-1", "--phone", "12"),
        ("household", "add", "CP-1", "--lat", "95", "--lon", "1"),
        ("household", "add", "CP-1", "--lat", "9"),
        ("household", "add", "CP-1", "--colour", "blue"),
        ("household", "add", "CP-1", "--area", "nowhere"),
        ("person", "add", "a"),
        ("area", "add", "UPPER", "--name", "x"),
        ("area", "set", "xa", "--parent", "chi-phuc"),
        ("device", "add", "d", "--kind", "circuit", "--name", "x", "--config", "{}"),
        ("device", "add", "d", "--kind", "circuit", "--name", "x", "--config", "{"),
        ("device", "add", "d", "--kind", "camera", "--name", "x", "--config", '{"url":"ftp://a"}'),
        ("device", "add", "d", "--kind", "host", "--name", "x", "--config", '{"address":"a","ports":[70000]}'),
    ],
)
def test_what_breaks_a_rule_is_refused_and_nothing_is_written(commune, args):
    before = commune.ok("audit", "verify")
    commune.refused(*args)
    assert commune.ok("audit", "verify") == before


@pytest.mark.parametrize("args", [("household", "add"), ("household", "add", "a", "b"), ("household", "set", "a", "--name"), ("household", "find"), ("area", "merge", "xa"), ("group", "join", "g"), ("household", "import"), ("household", "wash"), ("tractor", "list"), ()])
def test_a_wrong_command_line_is_usage(site, args):
    result = site.ctl(*args)
    assert result.code == 2 and re.search("Try 'thonctl( household| area| group)? --help'", result.err) and result.data["error"] == "usage"


def test_a_hamlet_is_merged_and_keeps_its_history(imported):
    imported.ok("area", "add", "chi-loc", "--name", "Thôn Chí Lộc", "--kind", "thôn", "--parent", "xa")
    assert imported.ok("area", "merge", "chi-phuc", "--into", "chi-loc") == {"ok": True, "id": "chi-phuc", "into": "chi-loc"}
    assert imported.ok("household", "show", "CP-001")["area"] == "chi-loc"
    assert "chi-phuc" in str(imported.ok("area", "show", "chi-loc"))
    imported.ok("household", "add", "CP-9", "--area", "Thôn Chí Phúc")  # people go on saying so
    assert imported.ok("household", "show", "CP-9")["area"] == "chi-loc"
    imported.refused("area", "add", "chi-phuc", "--name", "Thôn khác")
    imported.refused("area", "merge", "xa", "--into", "chi-loc")


def test_every_write_tells_the_daemons(commune, mqtt):
    for noun, args in (("household", ("CP-1",)), ("group", ("g", "--name", "G")), ("person", ("p", "--name", "P"))):
        since = mqtt.mark()
        commune.ok(noun, "add", *args)
        assert mqtt.wait_for("registry/changed", since=since).data == {"tables": [noun]}


def test_a_write_without_the_broker_is_stored_and_says_so(commune, broker):
    broker.kill()
    result = commune.ctl("household", "add", "CP-1")
    assert result.code == 0 and result.data == {"ok": True, "id": "CP-1"}
    assert "stored, but the daemons could not be told" in result.err
    assert commune.ok("household", "show", "CP-1")["code"] == "CP-1"


# ---- the store ----


def test_backup_and_restore(imported, tmp_path):
    copy = tmp_path / "copy.db"
    assert imported.ok("store", "backup", copy) == {"ok": True, "file": str(copy)}
    imported.ok("household", "remove", "CP-002")
    assert imported.ok("store", "restore", copy)["ok"]
    assert len(imported.ok("household", "list")) == 3
    assert (imported.state / "thon.db.before-restore").exists()
    assert imported.ok("store", "check") == {"ok": True, "findings": []}


def test_a_restore_needs_the_daemons_stopped(imported, tmp_path):
    copy = tmp_path / "copy.db"
    imported.ok("store", "backup", copy)
    daemon = imported.start("lightd", "--sim-clock", "2026-11-21T20:00:00+07:00")
    assert imported.ctl("store", "restore", copy).data["error"] == "busy"
    daemon.stop()
    imported.ok("store", "restore", copy)


@pytest.mark.parametrize("what", ["garbage", "empty", "missing", "other"])
def test_a_bad_backup_is_not_restored(imported, tmp_path, what):
    copy = tmp_path / "copy.db"
    if what == "garbage":
        copy.write_bytes(b"no database at all " * 400)
    elif what == "empty":
        copy.write_bytes(b"")
    elif what == "other":
        sqlite3.connect(copy).execute("CREATE TABLE t (x)").connection.commit()
    imported.refused("store", "restore", copy)
    assert len(imported.ok("household", "list")) == 3


def test_a_missing_store_is_told_with_what_to_do(make_site, broker):
    site = make_site(broker)
    result = site.ctl("household", "list")
    assert result.code == 1 and result.data["error"] == "missing" and "thonctl store init" in result.err
    site.ok("store", "init")
    assert site.ok("household", "list") == []
    assert site.ok("store", "init")["ok"]  # again: nothing happens


def test_a_damaged_store_is_told(imported):
    path = imported.state / "thon.db"
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 30] = b"\xa5" * (4096 * 27)
    path.write_bytes(data[: path.stat().st_size])
    result = imported.ctl("store", "check")
    assert result.code == 1 and result.data["error"] == "corrupt" and "restore" in result.err


def test_the_audit_log_names_the_first_broken_row(imported):
    whole = imported.ok("audit", "verify")
    rows = imported.ok("audit", "export")
    assert whole["rows"] == len(rows) == 3 and whole["head"] == rows[-1]["hash"]
    assert [r["action"] for r in rows] == ["area.add", "area.add", "household.import"]
    assert hashlib.sha256(HOUSEHOLDS.encode()).hexdigest() in rows[-1]["detail"]
    assert imported.ok("audit", "verify", "--head", whole["head"])["ok"]
    assert imported.ctl("audit", "verify", "--head", "f" * 64).code == 1
    db = sqlite3.connect(imported.state / "thon.db")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("DELETE FROM audit WHERE id = 2")
    # Whoever can write the file can also take its guards away.
    for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'").fetchall():
        db.execute(f"DROP TRIGGER {trigger}")
    db.execute("UPDATE audit SET actor = 'nobody' WHERE id = 2")
    db.commit()
    db.close()
    result = imported.ctl("audit", "verify")
    assert result.code == 1 and result.data["error"] == "broken-chain" and "2" in result.err


def test_who_acted_is_in_the_audit_log(commune):
    commune.ok("--by", "chị Năm", "household", "add", "CP-1")
    last = commune.ok("audit", "export")[-1]
    assert (last["actor"], last["action"], last["object"]) == ("chị Năm", "household.add", "CP-1")


def test_another_store_and_another_broker_are_used_when_they_are_named(commune, tmp_path, make_broker, make_mqtt):
    other, path = make_broker(), tmp_path / "other.db"
    watch = make_mqtt(other)
    at = ("--store", path, "--broker", f"127.0.0.1:{other.port}")
    commune.ok(*at, "store", "init")
    result = commune.ctl(*at, "household", "add", "X-1")
    assert result.code == 0, result
    watch.wait_for("registry/changed")
    assert [h["code"] for h in commune.ok("--store", path, "household", "list")] == ["X-1"]
    assert commune.ok("household", "list") == []
